//! What a user has, read and opened for a step.

use super::{LoginError, factors};
use crate::{
    admin::passkeys,
    app::App,
    directory::Protected,
    enrol::phones::shown_at_prompt,
    store::{Batch, accounts, logins::StoredFactor, passkeys as stored, requests},
};
use authx_core::{
    UserId,
    factor::{Enrolled, Enrolment},
    login::{Enrol, Means, Phone},
    policy::Policy,
};

/// What a user has.
#[derive(Default)]
pub(super) struct Has {
    /// The factors that count, opened.
    pub(super) enrolled: Vec<Enrolled>,
    pub(super) phones: Vec<Phone>,
    /// There are passkeys, and one can be asked for.
    pub(super) passkeys: bool,
    enrol: Option<Enrol>,
    /// What makes the code of `enrol` count.
    pub(super) enrolment: Batch,
}

impl Has {
    /// As the rules take it.
    pub(super) fn means(&mut self) -> Means<'_> {
        let enrol = self.enrol.clone();
        let passkeys = self.passkeys;
        Means { enrolled: &mut self.enrolled, phones: &self.phones, enrol, passkeys }
    }

    /// Opens the factors, and reads the phones of who has any.
    pub(super) async fn of(
        app: &App,
        caller: &Protected,
        policy: &Policy,
        user: Option<UserId>,
        factors: &[StoredFactor],
    ) -> Result<Self, LoginError> {
        let open = |factor| factors::open(caller, factor);
        let mut enrolled = factors.iter().map(open).collect::<Result<Vec<_>, _>>()?;
        if caller.is_portal {
            enrolled.retain(|one| !matches!(one.enrolment, Enrolment::Bypass(_)));
        }
        let push = enrolled.iter().any(|one| matches!(one.enrolment, Enrolment::Push(_)));
        let mut phones = match user.filter(|_| push) {
            Some(user) => requests::phones_of(&app.store, caller.tenant, user).await?,
            None => vec![],
        };
        // Also one that was enrolled under another policy.
        phones.retain(|phone| policy.phone_classes.contains(&phone.class));
        // Only in a browser, and only at this server: no VPN can ask for one.
        let asks = caller.is_portal && passkeys::are_available(app);
        let passkeys = match user.filter(|_| asks) {
            Some(user) => !stored::passkeys_of(&app.store, caller.tenant, user).await?.is_empty(),
            None => false,
        };
        let mut has = Self { enrolled, phones, passkeys, ..Self::default() };
        if let Some(user) = user.filter(|_| has.enrolled.is_empty() && !has.passkeys) {
            has.may_enrol(app, caller, user).await?;
        }
        Ok(has)
    }

    /// Draws the code with which a user without a factor may enrol, if the window for it is open.
    async fn may_enrol(
        &mut self,
        app: &App,
        caller: &Protected,
        user: UserId,
    ) -> Result<(), LoginError> {
        let now = app.now()?;
        let until = accounts::enrolment(&app.store, caller.tenant, user).await?;
        if until.is_none_or(|until| until <= now) {
            return Ok(());
        }
        let (batch, shown) = shown_at_prompt(app, caller.tenant, user, now, Batch::default());
        self.enrolment = batch;
        let site = app.phone_url.host().to_owned();
        self.enrol = Some(Enrol { site, code: shown.code.shown().to_string() });
        Ok(())
    }
}
