//! What is known of people besides their names: how they are called, and how they are written to.

use super::{AccountError, Known, free, row};
use crate::{
    admin::{
        Actor, AdminError, Change, change, detail,
        letters::{self, Deed, Letter},
    },
    app::{About, App},
    mail::Address,
    store::{Batch, accounts as stored},
};
use authx_core::{
    Millis, TenantId, UserId,
    audit::EventKind,
    name::{Name, fold},
};
use serde_json::{Map, Value};

/// A mail address, as typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Mail(String);

/// Why a text is no mail address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("“{0}” is not a mail address; one looks like anna@example.com")]
pub struct InvalidMail(pub String);

/// What is known of an account besides its names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Details {
    /// As people call them.
    pub display: Option<Name>,
    /// How they are written to.
    pub mail: Option<Mail>,
}

impl Mail {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`InvalidMail`].
    pub fn new(text: &str) -> Result<Self, InvalidMail> {
        let text = text.trim();
        let readable = !text.contains(|c: char| c.is_control() || c.is_whitespace());
        let address = text.parse::<lettre::Address>();
        if text.len() > MOST_MAIL || !readable || address.is_err() {
            return Err(InvalidMail(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Details {
    /// What a search looks through: every name of the account, folded, and these.
    pub(in crate::admin) fn search(&self, names: &[String]) -> String {
        let display = self.display.as_ref().map(|display| fold(display.as_str()));
        let mail = self.mail.as_ref().map(|mail| fold(mail.as_str()));
        let mut words: Vec<&str> = names.iter().map(String::as_str).collect();
        words.extend(display.as_deref());
        words.extend(mail.as_deref());
        // A line feed is in no name, so nothing is found across two of them.
        words.join("\n")
    }

    /// As the store takes it.
    pub(in crate::admin) fn known<'a>(&'a self, search: &'a str) -> Known<'a> {
        let display = self.display.as_ref().map(Name::as_str);
        Known { display, mail: self.mail.as_ref().map(Mail::as_str), search }
    }

    /// Adds what there is to an entry of the record.
    pub(in crate::admin) fn record(&self, detail: &mut Map<String, Value>) {
        if let Some(display) = &self.display {
            detail.insert("display".to_owned(), display.as_str().into());
        }
        if let Some(mail) = &self.mail {
            detail.insert("mail".to_owned(), mail.as_str().into());
        }
    }

    /// Those of a stored account.
    pub(in crate::admin) fn of(row: &stored::AccountRow) -> Self {
        let display = row.display.as_deref().and_then(|display| Name::new(display).ok());
        Self { display, mail: row.mail.clone().map(Mail) }
    }
}

/// What is to be otherwise; what is `None` stays.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Amendment {
    /// The name.
    pub name: Option<Name>,
    /// As people call them, or that nobody does.
    pub display: Option<Option<Name>>,
    /// How they are written to, or that nobody writes.
    pub mail: Option<Option<Mail>>,
    /// An alias that goes: one that another name left, when that is taken back.
    pub forgets: Option<Name>,
}

/// Gives an account another name, and replaces what is known of it. The name before stays an alias:
/// what is typed from habit, and what a VPN server has stored, goes on working.
///
/// # Errors
///
/// [`AccountError::NameTaken`], [`AccountError::NameReserved`], [`AccountError::Unknown`],
/// [`AccountError::Admin`].
pub async fn edit(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
    name: &Name,
    details: &Details,
) -> Result<(), AccountError> {
    let Details { display, mail } = details.clone();
    let name = Some(name.clone());
    let all = Amendment { name, display: Some(display), mail: Some(mail), forgets: None };
    amend(app, by, tenant, id, &all).await
}

/// The same for some of it.
///
/// # Errors
///
/// As [`edit`].
pub async fn amend(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: UserId,
    amendment: &Amendment,
) -> Result<(), AccountError> {
    change(app, by, tenant, move |tenant, now| async move {
        let tenant = tenant.id;
        let row = row(app, tenant, id).await?;
        by.check_self_or_outranks(id, row.role)?;
        let Amendment { name, display, mail, forgets } = amendment.clone();
        let name = &name.map_or_else(|| Name::new(&row.name), Ok)?;
        let folded = &name.folded();
        let before = Details::of(&row);
        let details = &Details {
            display: display.unwrap_or(before.display),
            mail: mail.unwrap_or(before.mail),
        };
        let aliases = stored::aliases_of(&app.store, tenant, id).await;
        let mut aliases = aliases.map_err(AdminError::from)?;
        let mut batch = Batch::default();
        if !aliases.contains(folded) {
            free(app, tenant, name, Some(id)).await?;
            batch = batch.insert_alias(tenant, id, folded);
            aliases.push(folded.clone());
        }
        let forgets = forgets.map(|alias| alias.folded()).filter(|alias| alias != folded);
        if let Some(alias) = forgets.filter(|alias| aliases.contains(alias)) {
            batch = batch.delete_alias(tenant, id, &alias);
            aliases.retain(|known| *known != alias);
        }
        let search = details.search(&aliases);
        let batch = batch.describe_account(tenant, id, name, details.known(&search));
        let told = tell_old_address(app, by, (tenant, id), now, &row, details).await?;
        Ok(Change {
            batch: batch.and(told),
            kind: EventKind::UserChanged,
            about: About { user: Some(id), ..About::default() },
            detail: changed(&row, name, details),
            outcome: (),
        })
    })
    .await
}

/// Writes to the address that was on record until now: whoever changes it could have links for a
/// new password sent elsewhere.
pub(in crate::admin) async fn tell_old_address(
    app: &App,
    by: &Actor,
    (tenant, account): (TenantId, UserId),
    now: Millis,
    row: &stored::AccountRow,
    details: &Details,
) -> Result<Batch, AdminError> {
    let Some(old) = row.mail.as_deref().filter(|old| !old.is_empty()) else {
        return Ok(Batch::default());
    };
    let new = details.mail.as_ref().map(Mail::as_str);
    if new.is_some_and(|new| new.eq_ignore_ascii_case(old)) {
        return Ok(Batch::default());
    }
    let to = new.and_then(|new| new.parse::<Address>().ok()).map(|new| new.masked());
    let letter = Letter::MailChanged { to, deed: Deed::by(by, account, now) };
    letters::notify_at(app, now, (tenant, account), old, &letter).await
}

/// What was and what is, for the record: only what differs.
pub(in crate::admin) fn changed(
    row: &stored::AccountRow,
    name: &Name,
    details: &Details,
) -> Map<String, Value> {
    let (mut before, mut after) = (Map::new(), Map::new());
    let (display, mail) = (details.display.as_ref(), details.mail.as_ref());
    let pairs = [
        ("name", Some(row.name.as_str()), Some(name.as_str())),
        ("display", row.display.as_deref(), display.map(Name::as_str)),
        ("mail", row.mail.as_deref(), mail.map(Mail::as_str)),
    ];
    for (key, was, is) in pairs.into_iter().filter(|(_, was, is)| was != is) {
        before.insert(key.to_owned(), was.unwrap_or_default().into());
        after.insert(key.to_owned(), is.unwrap_or_default().into());
    }
    detail([("name", name.as_str().into()), ("before", before.into()), ("after", after.into())])
}

/// RFC 5321 §4.5.3.1.3: a path has 256 characters, two of them brackets.
const MOST_MAIL: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_mail_address() {
        for good in ["anna@example.com", " o'hara+vpn@mail.example.co.uk ", "a@b.example"] {
            assert_eq!(Mail::new(good).unwrap().as_str(), good.trim());
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for bad in ["", "anna", "anna@", "@example.com", "a b@example.com", "a@b\n.example", &long]
        {
            assert!(Mail::new(bad).is_err(), "{bad}");
        }
    }
}
