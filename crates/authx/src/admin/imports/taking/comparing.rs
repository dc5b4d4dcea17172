//! A line beside what is stored.

use super::{
    super::{Fault, ImportError, reader::Line},
    Taking, fault,
};
use crate::{
    admin::{AdminError, accounts as admin_accounts, accounts::Details},
    store::accounts::{self, AccountRow},
};
use authx_core::{UserId, name::Name};

impl Taking<'_> {
    /// A name of the line that means somebody else at an application with a domain suffix. A name
    /// that the account has already stays its own.
    pub(super) async fn alike(
        &self,
        line: &Line,
        own: Option<UserId>,
    ) -> Result<Option<Fault>, ImportError> {
        let names = std::iter::once(("name", &line.name)).filter(|_| own.is_none());
        let aliases = line.aliases.iter().map(|alias| ("aliases", alias));
        for (column, name) in names.chain(aliases) {
            if let Some(owner) = self.alike.owner(self.app, self.tenant, name, own).await? {
                let message = admin_accounts::taken(name, owner).to_string();
                return Ok(Some(fault(line, column, name.as_str(), message)));
            }
        }
        Ok(None)
    }

    /// Where a line says something else than what is stored. An empty cell says nothing.
    pub(super) async fn differs(
        &self,
        line: &Line,
        row: &AccountRow,
    ) -> Result<Option<(&'static str, String)>, ImportError> {
        let stored = Details::of(row);
        let Details { display, mail } = &line.details;
        if let Some(display) = display.as_ref().filter(|it| stored.display.as_ref() != Some(it)) {
            return Ok(Some(("display", display.to_string())));
        }
        if let Some(mail) = mail.as_ref().filter(|it| stored.mail.as_ref() != Some(it)) {
            return Ok(Some(("mail", mail.as_str().to_owned())));
        }
        if line.active.is_some_and(|active| active != row.active) {
            let word = if row.active { "disabled" } else { "active" };
            return Ok(Some(("state", word.to_owned())));
        }
        let (store, tenant) = (&self.app.store, self.tenant);
        if !line.aliases.is_empty() {
            let known = accounts::aliases_of(store, tenant, row.id).await;
            let known = known.map_err(AdminError::from)?;
            let new = line.aliases.iter().find(|alias| !known.contains(&alias.folded()));
            if let Some(alias) = new {
                return Ok(Some(("aliases", alias.to_string())));
            }
        }
        if !line.groups.is_empty() {
            let known = accounts::groups_of(store, tenant, row.id).await;
            let known = known.map_err(AdminError::from)?;
            let is_in = |group: &&Name| {
                let id = self.groups.get(&group.folded());
                !known.iter().any(|(known, _)| Some(known) == id)
            };
            if let Some(group) = line.groups.iter().find(is_in) {
                return Ok(Some(("groups", group.to_string())));
            }
        }
        Ok(None)
    }
}
