//! What stands around the lists of what happened: where else a support code leads, and which one
//! user a list is narrowed to.

use super::{Portal, error::PortalError, listing::Listing, who::Who};
use crate::admin::{
    accounts::{self, AccountError},
    administrators, applications,
    record::codes::{self, Log},
};
use authx_core::{UserId, role::Permission};

/// See the module.
pub(super) struct Around {
    /// Where else what was searched for stands: addresses and words.
    pub(super) elsewhere: Vec<(String, &'static str)>,
    /// The user whose rows alone are shown, and the way to all.
    pub(super) only: Option<(String, String)>,
}

impl Around {
    pub(super) async fn of(
        portal: &Portal,
        who: &Who,
        listing: &Listing,
        here: Log,
    ) -> Result<Self, PortalError> {
        let (app, tenant) = (portal.app(), who.tenant());
        let mut logs = codes::logs_of(app, tenant, listing.search()).await?;
        logs.retain(|log| *log != here && who.may(needed(*log)));
        let query = query(listing.search());
        let way = |log| (format!("{}?{query}", path(log)), words(log));
        let only = match listing.filter("user").parse::<UserId>() {
            Ok(id) => Some((called(portal, who, id).await?, listing.with("user", ""))),
            Err(_) => None,
        };
        Ok(Self { elsewhere: logs.into_iter().map(way).collect(), only })
    }
}

/// The applications, for a select.
pub(super) async fn applications(
    portal: &Portal,
    who: &Who,
    listing: &Listing,
) -> Result<Vec<(String, String)>, PortalError> {
    let all = applications::list(portal.app(), who.tenant()).await?;
    Ok(super::logins::words::applications(&all, listing.filter("application")))
}

/// Who may have done something, for a select: those with a role, and who is chosen already.
pub(super) async fn doers(
    portal: &Portal,
    who: &Who,
    chosen: &str,
) -> Result<Vec<(String, String)>, PortalError> {
    let all = administrators::list(portal.app(), who.tenant()).await?;
    let mut doers = vec![(String::new(), "By anybody".to_owned())];
    doers.extend(all.into_iter().take(MOST_DOERS).map(|one| (one.id.to_string(), one.name)));
    if let Ok(id) = chosen.parse::<UserId>()
        && !doers.iter().any(|(known, _)| known == chosen)
    {
        doers.push((chosen.to_owned(), called(portal, who, id).await?));
    }
    Ok(doers)
}

async fn called(portal: &Portal, who: &Who, id: UserId) -> Result<String, PortalError> {
    match accounts::get(portal.app(), who.tenant(), id).await {
        Ok(account) => Ok(account.display.unwrap_or(account.name)),
        Err(AccountError::Admin(error)) => Err(error.into()),
        Err(_) => Ok("a user who is gone".to_owned()),
    }
}

fn query(search: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("q", search).finish()
}

fn needed(log: Log) -> Permission {
    match log {
        Log::Logins => Permission::LogsRead,
        Log::Actions => Permission::RecordRead,
        Log::Phones | Log::Mail => Permission::DeliveriesRead,
    }
}

fn path(log: Log) -> &'static str {
    match log {
        Log::Logins => "/logins",
        Log::Actions => "/record",
        Log::Phones => "/deliveries",
        Log::Mail => "/deliveries/mail",
    }
}

fn words(log: Log) -> &'static str {
    match log {
        Log::Logins => "Logins",
        Log::Actions => "Admin actions",
        Log::Phones => "Deliveries to phones",
        Log::Mail => "Deliveries by mail",
    }
}

/// A select of more is no help; others are found by their names.
const MOST_DOERS: usize = 200;
