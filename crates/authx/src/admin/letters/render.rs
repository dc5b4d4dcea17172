//! A letter as its reader gets it.

use super::{
    letter::Letter,
    times::Times,
    words::{Page, Reader, plain},
};
use crate::{
    admin::AdminError,
    app::App,
    mail::{Address, MailRefused, one_line},
    store::deliveries as stored,
};
use askama::Template;
use authx_core::{
    DeliveryId, TenantId, UserId,
    seal::{DataKey, Place},
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// A letter that waits, as it is sealed. It may hold a link that lets somebody in.
#[derive(Deserialize, Serialize, Zeroize)]
#[zeroize(drop)]
pub(crate) struct Written {
    /// What its reader is called.
    pub(crate) name: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// Somebody who is written to, and by which company.
pub(super) struct Correspondent {
    pub(super) tenant: TenantId,
    pub(super) data_key: DataKey,
    company: String,
    times: Times,
    /// The name to sign in with.
    account: String,
    /// What the person is called.
    name: String,
    mail: Option<String>,
}

/// Where a part of a delivery is sealed to.
pub(crate) fn place<'a>(tenant: TenantId, column: &'static str, id: &'a DeliveryId) -> Place<'a> {
    Place { tenant, table: "delivery", column, row: id.as_bytes() }
}

#[derive(Template)]
#[template(path = "mail/letter.html")]
struct Html<'a> {
    subject: &'a str,
    preview: &'a str,
    company: &'a str,
    hello: &'a str,
    page: &'a Page,
    portal: &'a str,
    help: &'a str,
    support_code: &'a str,
}

#[derive(Template)]
#[template(path = "mail/letter.txt", escape = "none")]
struct Text<'a> {
    company: &'a str,
    hello: &'a str,
    page: &'a Page,
    portal: &'a str,
    help: &'a str,
    support_code: &'a str,
}

impl Correspondent {
    pub(super) async fn of(
        app: &App,
        tenant: TenantId,
        account: UserId,
    ) -> Result<Self, AdminError> {
        let found = stored::correspondent(&app.store, tenant, account).await?;
        let row = found.ok_or(AdminError::UnknownTenant)?;
        Ok(Self {
            tenant,
            data_key: app.keys.master.unwrap(tenant, &row.company.data_key)?,
            company: one_line(&row.company.name, 100),
            times: Times::of(&row.company.settings),
            name: row.display.unwrap_or_else(|| row.name.clone()),
            account: row.name,
            mail: row.mail,
        })
    }

    pub(super) async fn stranger(
        app: &App,
        tenant: TenantId,
        name: &str,
    ) -> Result<Self, AdminError> {
        let found = stored::company(&app.store, tenant).await?;
        let row = found.ok_or(AdminError::UnknownTenant)?;
        Ok(Self {
            tenant,
            data_key: app.keys.master.unwrap(tenant, &row.data_key)?,
            company: one_line(&row.name, 100),
            times: Times::of(&row.settings),
            account: name.to_owned(),
            name: name.to_owned(),
            mail: None,
        })
    }

    /// Where mail reaches the person.
    pub(super) fn address(&self) -> Result<Address, MailRefused> {
        let mail = self.mail.as_deref().filter(|mail| !mail.is_empty());
        let mail = mail.ok_or_else(|| MailRefused::NoAddress(self.account.clone()))?;
        mail.parse().map_err(|_| MailRefused::BadAddress(self.account.clone()))
    }

    pub(super) fn write(
        &self,
        app: &App,
        help: &str,
        letter: &Letter,
        support_code: &str,
    ) -> Result<Written, AdminError> {
        let reader = Reader { company: &self.company, account: &self.account, times: &self.times };
        write(app, &reader, &self.name, help, letter, support_code)
    }
}

/// What goes to somebody of this name.
pub(super) fn write(
    app: &App,
    reader: &Reader<'_>,
    name: &str,
    help: &str,
    letter: &Letter,
    support_code: &str,
) -> Result<Written, AdminError> {
    let page = letter.page(reader);
    let portal = format!("{}{OWN_PAGE}", app.public_url);
    let named = plain(name);
    let hello = if named.is_empty() { "there" } else { named.as_str() };
    let (company, page, portal) = (reader.company, &page, portal.as_str());
    let subject = one_line(&page.subject, 150);
    let html = Html {
        subject: &subject,
        preview: &page.preview,
        company,
        hello,
        page,
        portal,
        help,
        support_code,
    };
    let text = Text { company, hello, page, portal, help, support_code };
    let failed = |error: askama::Error| AdminError::Damaged(error.to_string());
    let (html, text) = (html.render().map_err(failed)?, text.render().map_err(failed)?);
    Ok(Written { name: named.clone(), subject, text, html })
}

/// The portal's page of whoever is signed in.
const OWN_PAGE: &str = "/me";
