//! Logins that were let in, and are somebody else's as their users say.

use super::notices::{Level, Notice, Subject};
use crate::{admin::AdminError, app::App, store::login_list as stored};
use authx_core::{Millis, TenantId, wire::login::Rfc3339};

/// One notice for each of the newest, and one for all the others.
pub(super) async fn reported(
    app: &App,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<Notice>, AdminError> {
    let since = Millis(now.0.saturating_sub(STANDS_MILLIS));
    let most = i64::try_from(MOST + 1).unwrap_or(i64::MAX);
    let rows = stored::reported_granted(&app.store, tenant, since, most).await?;
    let more = rows.len() > MOST;
    let notice = |row: stored::LoginRow| {
        let user = row.user_name.unwrap_or(row.line.name);
        let at = row.application_name.unwrap_or_else(|| "an application that was deleted".into());
        Notice {
            level: Level::Bad,
            code: CODE,
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
            code: CODE,
            what: "More logins were reported after they were let in".to_owned(),
            action: "Look at all of them: somebody may know many passwords.".to_owned(),
            at: None,
            subject: Subject::ReportedGranted,
        });
    }
    Ok(found)
}

const CODE: &str = "not_me_let_in";
/// Over a weekend.
const STANDS_MILLIS: u64 = 3 * 24 * 3_600 * 1_000;
const MOST: usize = 4;
