//! What needs a person, the most urgent first.

use super::super::{
    Actor, AdminError,
    applications::{self, Application, State},
    audit,
    contacts::{self, Contact},
};
use super::{
    code::Code,
    reported::{refused, reported},
    wished::wished,
};
use crate::{app::App, store::reports as stored};
use authx_core::{
    ApplicationId, LoginId, Millis, TenantId, UserId, audit::EventKind, wire::login::Rfc3339,
};
use serde::Serialize;

/// How much it matters.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, utoipa::ToSchema)]
#[schema(as = NoticeLevel)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// People are kept out, or somebody may have come in.
    Bad,
    /// Somebody should look at it.
    Warn,
}

/// What a notice is about, for a link.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = NoticeSubject)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// An application.
    Application(ApplicationId),
    /// The administrators.
    Administrators,
    /// What was sent.
    Deliveries,
    /// A login.
    Login(LoginId),
    /// Logins that ended with “not me”.
    NotMe,
    /// Logins that were let in and reported later.
    ReportedGranted,
    /// The server itself: nothing in the portal.
    Server,
    /// A user.
    User(UserId),
    /// Users for whom no second factor is asked.
    Bypassed,
    /// Wishes that wait for somebody who agrees.
    Wishes,
}

/// Something that needs a person.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// A stable word.
    pub code: Code,
    /// What is so.
    pub what: String,
    /// What to do.
    pub action: String,
    /// When it became so, where that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Rfc3339>,
    /// Where to go.
    pub subject: Subject,
}

/// Everything of a tenant that needs a person now, the most urgent first; of wishes those to which
/// whoever asks may agree.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn notices(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    now: Millis,
) -> Result<Vec<Notice>, AdminError> {
    noticed(app, by, tenant, now, env!("CARGO_PKG_VERSION")).await
}

/// As a server of that version says it.
async fn noticed(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    now: Millis,
    version: &str,
) -> Result<Vec<Notice>, AdminError> {
    let mut found = vec![];
    found.extend(reported(app, tenant, now).await?);
    found.extend(refused(app, tenant, now).await?);
    // A caller is on the telephone meanwhile.
    found.extend(wished(app, by, tenant).await?);
    found.extend(clock(app));
    found.extend(certificate(app, now));
    found.extend(record(app, tenant, now).await?);
    found.extend(push(app));
    found.extend(backup(app, tenant, now).await?);
    found.extend(people(app, tenant, now).await?);
    found.extend(mail(app, tenant, now).await?);
    let contacts = contacts::all(app, tenant).await?;
    for application in applications::list(app, tenant).await? {
        let contacts = contacts.get(&application.id).map_or(&[][..], Vec::as_slice);
        found.extend(servers(now, version, &application, contacts));
    }
    found.sort_by_key(|notice| notice.level);
    Ok(found)
}

fn clock(app: &App) -> Option<Notice> {
    let problem = app.clock.ready().err()?;
    Some(Notice {
        level: Level::Bad,
        code: Code::Clock,
        what: "The server’s clock cannot be believed".to_owned(),
        action: problem.to_string(),
        at: None,
        subject: Subject::Server,
    })
}

/// One that ends soon, or is over. What the server renews by itself needs nobody while that works;
/// of one that is made for a few days the last quarter is soon.
fn certificate(app: &App, now: Millis) -> Option<Notice> {
    let standing = app.certificate.standing()?;
    let left = standing.until?.0.saturating_sub(now.0);
    let soon = match (standing.by_itself, &standing.failure) {
        (true, None) => DAY_MILLIS,
        (true, Some(_)) => SOON_MILLIS,
        (false, _) => standing.whole_millis.map_or(SOON_MILLIS, |it| SOON_MILLIS.min(it / 4)),
    };
    if left >= soon {
        return None;
    }
    let what = match left / DAY_MILLIS {
        0 if left == 0 => "The server’s certificate is over".to_owned(),
        0 => "The server’s certificate ends within a day".to_owned(),
        1 => "The server’s certificate ends in one day".to_owned(),
        days => format!("The server’s certificate ends in {days} days"),
    };
    let action = match (standing.by_itself, standing.failure) {
        (true, Some(why)) => format!("It could not be renewed: {why}. authx doctor says more."),
        (true, None) => "It should have been renewed by now. authx doctor says more.".to_owned(),
        (false, _) => {
            "Put another one in its file; the server takes it by itself. Phones and VPN hosts \
             connect no more once it is over."
                .to_owned()
        }
    };
    let level = if left < URGENT_MILLIS { Level::Bad } else { Level::Warn };
    let subject = Subject::Server;
    Some(Notice { level, code: Code::CertificateEnding, what, action, at: None, subject })
}

/// The record is to be sealed every second, and its last verification to have found it whole.
async fn record(app: &App, tenant: TenantId, now: Millis) -> Result<Vec<Notice>, AdminError> {
    let mut found = vec![];
    if let Some(since) = stored::unsealed_since(&app.store, tenant).await?
        && now.since(since) > UNSEALED_MILLIS
    {
        let minutes = now.since(since) / 60_000;
        found.push(Notice {
            level: Level::Bad,
            code: Code::SealMissing,
            what: format!("The record has not been sealed for {minutes} minutes"),
            action: "Entries without a seal can be removed unseen. Look at the server’s log."
                .to_owned(),
            at: None,
            subject: Subject::Server,
        });
    }
    if audit::last_failed(app, tenant).await? {
        found.push(Notice {
            level: Level::Bad,
            code: Code::RecordChanged,
            what: "The last verification found the record changed".to_owned(),
            action: "Run authx audit verify on the server: it says what was changed.".to_owned(),
            at: None,
            subject: Subject::Server,
        });
    }
    Ok(found)
}

fn push(app: &App) -> Option<Notice> {
    app.push.is_none().then(|| Notice {
        level: Level::Warn,
        code: Code::PushOff,
        what: "Phones get no notices: push is off".to_owned(),
        action: "Set push.contact in authx.toml to a mail address, and restart.".to_owned(),
        at: None,
        subject: Subject::Server,
    })
}

async fn backup(app: &App, tenant: TenantId, now: Millis) -> Result<Option<Notice>, AdminError> {
    let kind = EventKind::BackupMade.as_str();
    let last = stored::newest_of_kind(&app.store, tenant, kind).await?;
    let what = match last {
        Some((at, _)) if now.since(at) <= BACKUP_MILLIS => return Ok(None),
        Some((at, _)) => format!("The last backup is {} days old", now.since(at) / DAY_MILLIS),
        None => "No backup was ever made".to_owned(),
    };
    Ok(Some(Notice {
        level: Level::Warn,
        code: Code::BackupOld,
        what,
        action: "Run authx backup on the server, every day by a timer.".to_owned(),
        at: None,
        subject: Subject::Server,
    }))
}

async fn people(app: &App, tenant: TenantId, now: Millis) -> Result<Vec<Notice>, AdminError> {
    let (owners, bypassed) = stored::owners_and_bypassed(&app.store, tenant, now).await?;
    let mut found = vec![];
    if owners == 1 {
        found.push(Notice {
            level: Level::Warn,
            code: Code::OneOwner,
            what: "There is only one owner".to_owned(),
            action: "Make a second one, who can help if the first loses everything.".to_owned(),
            at: None,
            subject: Subject::Administrators,
        });
    }
    if bypassed > 0 {
        let who = if bypassed == 1 { "One user".to_owned() } else { format!("{bypassed} users") };
        let verb = if bypassed == 1 { "gets" } else { "get" };
        found.push(Notice {
            level: Level::Warn,
            code: Code::BypassOpen,
            what: format!("{who} {verb} in without a second factor"),
            action: "Each bypass ends by itself; end it now if it is no longer needed.".to_owned(),
            at: None,
            subject: Subject::Bypassed,
        });
    }
    Ok(found)
}

async fn mail(app: &App, tenant: TenantId, now: Millis) -> Result<Option<Notice>, AdminError> {
    let since = Millis(now.0.saturating_sub(DAY_MILLIS));
    let lost = stored::lost_mail(&app.store, tenant, since).await?;
    Ok((lost > 0).then(|| Notice {
        level: Level::Warn,
        code: Code::MailLost,
        what: match lost {
            1 => "A mail of the last day did not go out".to_owned(),
            many => format!("{many} mails of the last day did not go out"),
        },
        action: "Deliveries say why. Try the mail server with authx mail test.".to_owned(),
        at: None,
        subject: Subject::Deliveries,
    }))
}

/// Hosts that fell silent or run a program that is too old, and a trial that goes on.
fn servers(
    now: Millis,
    version: &str,
    application: &Application,
    contacts: &[Contact],
) -> Vec<Notice> {
    let Application { id, name, .. } = application;
    let notice = |code, what, action: &str| Notice {
        level: Level::Warn,
        code,
        what,
        action: action.to_owned(),
        at: None,
        subject: Subject::Application(*id),
    };
    let mut found = vec![];
    if application.state == State::NoKey {
        found.push(Notice {
            level: Level::Bad,
            ..notice(
                Code::NoKey,
                format!("{name} has no key: nobody gets in"),
                "Every key of it is revoked. Make one, and put it on its VPN host.",
            )
        });
    }
    if application.state == State::Silent {
        let action =
            "No server has called for a day. If that is unusual, run authx-openvpn doctor there.";
        found.push(notice(Code::AgentsSilent, format!("{name} is silent"), action));
    }
    if !application.pilot.is_empty() {
        let action = "Only its groups are asked for a second factor. End it to ask everybody.";
        found.push(notice(Code::PilotOpen, format!("{name} is on trial"), action));
    }
    if application.state == State::InUse {
        found.extend(silent(now, name, contacts).map(|what| {
            let action = "Others call. If it was taken down, revoke its key; else run \
                authx-openvpn doctor there.";
            notice(Code::AgentsSilent, what, action)
        }));
    }
    let old =
        contacts.iter().filter(|contact| !contact.key_revoked && is_old(&contact.client, version));
    let old = old.count();
    if old > 0 {
        let hosts = if old == 1 { "one host".to_owned() } else { format!("{old} hosts") };
        let action = "Install the package of this server’s version there.";
        let what = format!("{name}: {hosts} with a program that is more than two versions old");
        found.push(notice(Code::AgentsOutdated, what, action));
    }
    found
}

/// Of several hosts, those that have not called for a day.
fn silent(now: Millis, name: &str, contacts: &[Contact]) -> Option<String> {
    let is_silent = |contact: &&Contact| {
        let quiet = now.since(contact.last.0);
        !contact.key_revoked && (DAY_MILLIS..GONE_MILLIS).contains(&quiet)
    };
    let silent: Vec<&Contact> = contacts.iter().filter(is_silent).collect();
    match silent.as_slice() {
        [] => None,
        [one] => {
            let host = one.server.as_deref().unwrap_or(&one.key_name);
            Some(format!("{name}: {host} has not called for a day"))
        }
        several => Some(format!("{name}: {} hosts have not called for a day", several.len())),
    }
}

/// Whether a program, `name/1.2.3`, is older than those that a server of that version still serves.
fn is_old(client: &str, server: &str) -> bool {
    let minor = |version: &str| {
        let mut parts = version.split('.').map(str::parse::<u64>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    };
    let (Some(theirs), Some(ours)) =
        (client.split_once('/').and_then(|(_, version)| minor(version)), minor(server))
    else {
        return false;
    };
    client.starts_with("authx") && (theirs.0 < ours.0 || theirs.1 + 2 < ours.1)
}

const DAY_MILLIS: u64 = 24 * 3_600 * 1_000;
const BACKUP_MILLIS: u64 = 7 * DAY_MILLIS;
const SOON_MILLIS: u64 = 20 * DAY_MILLIS;
const URGENT_MILLIS: u64 = 3 * DAY_MILLIS;
/// A host that has not called for so long was taken down, most likely.
const GONE_MILLIS: u64 = 30 * DAY_MILLIS;
const UNSEALED_MILLIS: u64 = 5 * 60 * 1_000;

#[cfg(test)]
mod tests;
