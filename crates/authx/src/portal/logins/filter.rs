//! What an address asks for, as a filter.

use super::super::{listing::Listing, words::Times};
use crate::{
    admin::{
        AdminError,
        record::{
            logins::{self, LoginFilter, Towards},
            of_user,
            trace::reason_of,
        },
    },
    app::App,
};
use authx_core::{Millis, TenantId, UserId, audit::LoginOutcome, wire::login::Rfc3339};

/// A filter, and what of the wish makes no sense: an old or mistyped address still shows a list,
/// and says so.
pub(in super::super) struct Asked {
    pub(in super::super) filter: LoginFilter,
    pub(in super::super) towards: Towards,
    pub(in super::super) faults: Vec<String>,
}

/// Reads the wish.
pub(super) async fn asked(
    app: &App,
    tenant: TenantId,
    listing: &Listing,
    times: &Times,
) -> Result<Asked, AdminError> {
    let mut faults = vec![];
    let mut filter = words(listing, &mut faults);
    (filter.from, filter.until) = period(listing, times, &mut faults);
    let filter = logins::search(app, tenant, listing.search(), filter).await?;
    let towards = towards(listing, &mut faults);
    Ok(Asked { filter, towards, faults })
}

/// The same for somebody's own logins: only support codes are searched.
pub(in super::super) fn own(listing: &Listing, times: &Times, user: UserId) -> Asked {
    let mut faults = vec![];
    let (from, until) = period(listing, times, &mut faults);
    let (user, support_code) = (Some(user), of_user::code(listing.search()));
    let filter = LoginFilter { support_code, user, from, until, ..words(listing, &mut faults) };
    let towards = towards(listing, &mut faults);
    Asked { filter, towards, faults }
}

fn words(listing: &Listing, faults: &mut Vec<String>) -> LoginFilter {
    let given = |name: &str| Some(listing.filter(name)).filter(|text| !text.is_empty());
    let mut fault = |text: &str, what: &str| faults.push(format!("“{text}” is no {what}"));
    let mut filter =
        LoginFilter { factor: given("factor").map(str::to_owned), ..LoginFilter::default() };
    if let Some(text) = given("outcome") {
        filter.outcome = LoginOutcome::from_word(text);
        if filter.outcome.is_none() {
            fault(text, "result. Try “granted” or “refused”.");
        }
    }
    if let Some(text) = given("reason") {
        filter.reason = reason_of(text).map(|reason| reason.entry().code.to_owned());
        if filter.reason.is_none() {
            fault(text, "reason. Choose one from the list.");
        }
    }
    if let Some(text) = given("user") {
        filter.user = text.parse().ok();
        if filter.user.is_none() {
            fault(text, "user’s id. Type the name into the search.");
        }
    }
    if let Some(text) = given("application") {
        filter.application = text.parse().ok();
        if filter.application.is_none() {
            fault(text, "application. Choose one from the list.");
        }
    }
    filter
}

fn towards(listing: &Listing, faults: &mut Vec<String>) -> Towards {
    let (place, newer) = listing.place(|text| logins::place(text).ok(), faults);
    Towards::from(place, newer)
}

/// `time` counts back from now, `from` and `until` are days or moments.
pub(in super::super) fn period(
    listing: &Listing,
    times: &Times,
    faults: &mut Vec<String>,
) -> (Option<Millis>, Option<Millis>) {
    let mut moment = |name: &str| {
        let text = listing.filter(name);
        if text.is_empty() {
            return None;
        }
        let read = if listing.is_day(name) {
            // The last day is one of those that are meant.
            times.day_begins(text, i64::from(name == "until"))
        } else {
            Rfc3339::try_from(text.to_owned()).map(|Rfc3339(at)| at).ok()
        };
        if read.is_none() {
            faults.push(format!("“{text}” is no time. Write it as 2026-11-26T14:00:00Z."));
        }
        read
    };
    let (from, until) = (moment("from"), moment("until"));
    let back = |days: u64| Some(Millis(times.now().0.saturating_sub(days * 86_400_000)));
    let since = match listing.filter("time") {
        "" => None,
        "24h" => back(1),
        "7d" => back(7),
        "30d" => back(30),
        other => {
            faults.push(format!("“{other}” is no period. Try “7d”."));
            None
        }
    };
    (from.max(since), until)
}
