//! Figures of the last days, and what needs a person.

mod chart;

use super::{
    Access, Portal,
    error::PortalError,
    first_step::{FirstStep, first_step},
    logins::words::{factor_words, reason_words},
    nav::Place,
    page::{Chrome, render},
    routes::{Route, get},
    who::Who,
    words::{count, plural, took},
};
use crate::admin::reports::{
    self, Approvals, Dashboard, Level, LostPhone, Notice, Period, RefusedUser, Subject,
};
use askama::Template;
use authx_core::{Millis, role::Permission, wire::login::Rfc3339};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse as _, Response},
};
use chart::{Bar, Chart};

pub(super) fn routes() -> Vec<Route> {
    vec![get("/dashboard", Access::May(Permission::DashboardRead), page)]
}

#[derive(Template)]
#[template(path = "portal/dashboard/page.html")]
struct Page {
    chrome: Chrome,
    periods: Vec<(String, &'static str, bool)>,
    notices: Vec<Told>,
    /// Nobody ever signed in.
    first_visit: bool,
    first_step: Option<FirstStep>,
    figures: Figures,
    chart: Chart,
    by_factor: Vec<Bar>,
    by_reason: Vec<Bar>,
    applications: Vec<ApplicationRow>,
    lost: Vec<LostPhone>,
    refused_users: Vec<RefusedUser>,
}

/// The figures in words.
struct Figures {
    granted: String,
    granted_part: String,
    refused: String,
    refused_change: String,
    median: String,
    median_more: String,
    lost: String,
    lost_of: String,
    without_factor: String,
    without_factor_of: String,
}

struct ApplicationRow {
    name: String,
    link: Option<String>,
    granted: String,
    refused: String,
}

/// A notice with the way to what it is about.
struct Told {
    bad: bool,
    what: String,
    action: String,
    at: Option<Millis>,
    link: Option<(String, &'static str)>,
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let app = portal.app();
    let period = period(query.as_deref().unwrap_or_default());
    let chrome = who.chrome(&portal, "Dashboard", Place::Dashboard);
    let now = app.clock.clock().now();
    let found = reports::dashboard(app, who.tenant(), period, now).await?;
    let notices = reports::notices(app, &who.actor(), who.tenant(), now).await?;
    let may = |permission| who.may(permission);
    let first_visit = found.granted + found.refused + found.unfinished + found.waiting == 0
        && found.refused_before == 0;
    let page = Page {
        periods: periods(period),
        notices: notices.into_iter().map(|notice| told(notice, &may)).collect(),
        first_visit,
        first_step: if first_visit { first_step(&portal, &who).await? } else { None },
        figures: figures(&found, period),
        chart: chart::chart(&found.slots, period, &chrome.times),
        by_factor: bars(&found.by_factor, "factor", found.since, factor_words),
        by_reason: bars(&found.by_reason, "reason", found.since, reason_words),
        applications: applications(&found),
        lost: found.longest_lost,
        refused_users: found.most_refused,
        chrome,
    };
    Ok(render(&page).into_response())
}

/// No wish and no known one are a day.
fn period(query: &str) -> Period {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let wanted = pairs.find(|(name, _)| name == "period").map(|(_, value)| value);
    wanted.and_then(|word| Period::from_word(&word)).unwrap_or(Period::Day)
}

fn periods(current: Period) -> Vec<(String, &'static str, bool)> {
    let words = |period| match period {
        Period::Day => "24 hours",
        Period::Week => "7 days",
        Period::Month => "30 days",
    };
    let link = |&period: &Period| {
        (format!("/dashboard?period={}", period.word()), words(period), period == current)
    };
    Period::ALL.iter().map(link).collect()
}

fn told(notice: Notice, may: &dyn Fn(Permission) -> bool) -> Told {
    let link = match notice.subject {
        Subject::Administrators => Some((
            Permission::RolesRead,
            "/settings/administrators".to_owned(),
            "Open administrators",
        )),
        Subject::Application(id) => {
            Some((Permission::ApplicationsRead, format!("/applications/{id}"), "Open it"))
        }
        Subject::Bypassed => {
            Some((Permission::UsersRead, "/users?state=bypass".to_owned(), "Show them"))
        }
        Subject::Deliveries => {
            Some((Permission::DeliveriesRead, "/deliveries".to_owned(), "Open deliveries"))
        }
        Subject::Login(id) => {
            Some((Permission::LogsRead, format!("/logins/{id}"), "Open the login"))
        }
        Subject::NotMe => {
            Some((Permission::LogsRead, "/logins?reason=fraud".to_owned(), "Show them"))
        }
        Subject::ReportedGranted => {
            let list = "/logins?reason=fraud&outcome=granted".to_owned();
            Some((Permission::LogsRead, list, "Show them"))
        }
        Subject::Server => None,
        Subject::Wishes => Some((Permission::BypassApprove, "/approvals".to_owned(), "Decide")),
        Subject::User(id) => Some((Permission::UsersRead, format!("/users/{id}"), "Open the user")),
    };
    Told {
        bad: notice.level == Level::Bad,
        what: notice.what,
        action: notice.action,
        at: notice.at.map(|Rfc3339(at)| at),
        link: link.filter(|(deed, ..)| may(*deed)).map(|(_, href, words)| (href, words)),
    }
}

fn figures(found: &Dashboard, period: Period) -> Figures {
    let all = found.granted + found.refused + found.unfinished;
    let before = match period {
        Period::Day => "in the 24 hours before",
        Period::Week => "in the week before",
        Period::Month => "in the 30 days before",
    };
    Figures {
        granted: count(found.granted),
        granted_part: match (found.granted * 1_000).checked_div(all) {
            None => "no login ended".to_owned(),
            Some(part) => {
                let (whole, tenth) = (part / 10, part % 10);
                let tenth = if tenth == 0 { String::new() } else { format!(".{tenth}") };
                format!("{whole}{tenth} % of {}", plural(all, "login", "logins"))
            }
        },
        refused: count(found.refused),
        refused_change: format!("{} {before}", count(found.refused_before)),
        median: found
            .approvals
            .map_or_else(|| "–".to_owned(), |approvals| took(approvals.median_ms)),
        median_more: match found.approvals {
            None => "no phone approved".to_owned(),
            Some(Approvals { p95_ms, .. }) => {
                format!("half are faster; 95 of 100 within {}", took(p95_ms))
            }
        },
        lost: count(found.lost),
        lost_of: format!("of {} now", plural(found.phones, "phone", "phones")),
        without_factor: count(found.without_factor),
        without_factor_of: format!("of {} now", plural(found.users, "user", "users")),
    }
}

fn bars(
    counts: &[reports::WordCount],
    filter: &str,
    since: Millis,
    words: fn(&str) -> String,
) -> Vec<Bar> {
    let most = counts.first().map_or(1, |one| one.count.max(1));
    let from = chart::moment(since);
    let bar = |one: &reports::WordCount| Bar {
        words: words(&one.word),
        link: format!("/logins?{filter}={}&from={from}", one.word),
        width: one.count * 100 / most,
        count: count(one.count),
    };
    counts.iter().take(MOST_BARS).map(bar).collect()
}

fn applications(found: &Dashboard) -> Vec<ApplicationRow> {
    let from = chart::moment(found.since);
    let row = |one: &reports::ApplicationFigures| ApplicationRow {
        name: one.name.clone().unwrap_or_else(|| "An application that was deleted".to_owned()),
        link: one.application.map(|id| format!("/logins?application={id}&from={from}")),
        granted: count(one.granted),
        refused: count(one.refused),
    };
    found.by_application.iter().map(row).collect()
}

const MOST_BARS: usize = 8;
