//! Logins that are somebody else's, as their users say.

use super::{
    code::Code,
    notices::{Level, Notice, Subject},
};
use crate::{admin::AdminError, app::App, store::login_list as stored};
use authx_core::{Millis, TenantId, wire::login::Rfc3339};

/// Of those that were let in: one notice for each of the newest, and one for all the others.
pub(super) async fn reported(
    app: &App,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<Notice>, AdminError> {
    let since = Millis(now.0.saturating_sub(STANDS_MILLIS));
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let rows = stored::reported(&app.store, tenant, true, since, most).await?;
    let more = rows.len() > MOST;
    let notice = |row: stored::LoginRow| {
        let user = row.user_name.unwrap_or(row.line.name);
        let at = row.application_name.unwrap_or_else(|| "an application that was deleted".into());
        Notice {
            level: Level::Bad,
            code: Code::NotMeLetIn,
            what: format!("Reported after it was let in: {user}, {at}"),
            action:
                "Somebody got past the second factor, the user says. Ask the user; disable the \
                user until it is cleared up, and have the password changed."
                    .to_owned(),
            at: row.line.reported.map(Rfc3339),
            subject: Subject::Login(row.line.login),
        }
    };
    let mut found: Vec<Notice> = rows.into_iter().take(MOST).map(notice).collect();
    if more {
        found.push(Notice {
            level: Level::Bad,
            code: Code::NotMeLetIn,
            what: "More logins were reported after they were let in".to_owned(),
            action: "Look at all of them: somebody may know many passwords.".to_owned(),
            at: None,
            subject: Subject::ReportedGranted,
        });
    }
    Ok(found)
}

/// One notice for all that were not let in and have been reported lately, with whom they are about.
pub(super) async fn refused(
    app: &App,
    tenant: TenantId,
    now: Millis,
) -> Result<Option<Notice>, AdminError> {
    // By the report, not by the login: people look at their logins days later.
    let since = Millis(now.0.saturating_sub(DAY_MILLIS));
    let found = stored::reported(&app.store, tenant, false, since, MOST_NAMED + 1).await?;
    let Some(last) = found.first() else { return Ok(None) };
    let who =
        |row: &stored::LoginRow| format!("“{}”", row.user_name.as_ref().unwrap_or(&row.line.name));
    let (what, subject) = if found.len() == 1 {
        let place = last.application_name.as_ref();
        let place = place.map_or_else(String::new, |name| format!(" to {name}"));
        let what = format!("{} said “Not me” to a sign-in{place} within the last day", who(last));
        (what, Subject::Login(last.line.login))
    } else {
        let mut names: Vec<String> = vec![];
        for name in found.iter().take(MOST_NAMED.try_into().unwrap_or(usize::MAX)).map(who) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let more = if i64::try_from(found.len()).is_ok_and(|all| all > MOST_NAMED) {
            " and others"
        } else {
            ""
        };
        let names = names.join(", ");
        (format!("“Not me” was said within the last day, by {names}{more}"), Subject::NotMe)
    };
    Ok(Some(Notice {
        level: Level::Bad,
        code: Code::NotMe,
        what,
        action: "Somebody knew the password. Nobody was let in. Have it changed.".to_owned(),
        at: None,
        subject,
    }))
}

/// Over a weekend.
const STANDS_MILLIS: u64 = 3 * 24 * 3_600 * 1_000;
const MOST: usize = 4;
/// Within the last day.
const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
/// How many logins a notice is told from.
const MOST_NAMED: i64 = 5;
