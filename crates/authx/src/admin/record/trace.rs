//! One login with its steps: since when, what, how long it took, and what the user read.

use super::{
    super::AdminError,
    logins::{LoginItem, item},
};
use crate::{
    app::App,
    store::{
        lines::{self, StepRow},
        login_list as stored, requests,
    },
};
use authx_core::{
    LoginId, PhoneId, TenantId,
    audit::{EventKind, LoginOutcome},
    prompt,
    reason::Reason,
    wire::{login::Rfc3339, text::SupportCode},
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One login with its steps.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = LoginTrace)]
pub struct Trace {
    /// As in the list.
    #[serde(flatten)]
    pub login: LoginItem,
    /// In order.
    pub steps: Vec<TraceStep>,
    /// What the user read at the end; absent where nothing was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<String>,
    /// What the operator should know of why it was refused, or of its report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained: Option<Explained>,
    /// Who signed the approval, where a phone did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<PhoneId>,
}

/// Why a login was refused, or what its report means, for the operator.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ReasonExplained)]
pub struct Explained {
    /// What happened.
    pub what: &'static str,
    /// What to do.
    pub action: &'static str,
}

/// What a step waited for, or how it went.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Machines only.
    Machine,
    /// A person did it, and it moved the login on.
    Person,
    /// A person did it, and it was right.
    Right,
    /// It was wrong, or a no.
    Wrong,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct TraceStep {
    /// The ordinal of its entry.
    pub seq: i64,
    /// The kind of its entry.
    pub event: String,
    /// When.
    pub at: Rfc3339,
    /// Since the login began.
    pub since_ms: u64,
    /// Since the step before.
    pub took_ms: u64,
    /// In words.
    pub what: String,
    /// More words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
    /// How it went.
    pub tone: Tone,
}

/// A login of a tenant, by its id. `None`: this tenant has none of that id.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn trace(
    app: &App,
    tenant: TenantId,
    login: LoginId,
) -> Result<Option<Trace>, AdminError> {
    let Some(row) = stored::one(&app.store, tenant, login).await? else { return Ok(None) };
    let rows = lines::steps_of(&app.store, tenant, &row.line, MOST_STEPS).await?;
    let phones = match row.line.user {
        Some(user) => requests::phones_of(&app.store, tenant, user).await?,
        None => vec![],
    };
    let names: BTreeMap<String, String> =
        phones.into_iter().map(|phone| (phone.id.to_string(), phone.name)).collect();
    let began = row.line.began;
    let mut steps: Vec<TraceStep> = vec![];
    let mut signed_by = None;
    let mut refused_for = None;
    for row in &rows {
        let detail: Map<String, Value> = serde_json::from_str(&row.detail).unwrap_or_default();
        let told = Told { detail: &detail, phones: &names };
        if steps.is_empty() {
            steps.push(told.beginning(row, began.0));
        }
        signed_by = signed_by.or_else(|| told.signer());
        refused_for = refused_for.or_else(|| told.refused_for(&row.kind));
        let before = steps.last().map_or(0, |step| step.since_ms);
        if let Some(step) = told.step(row, row.at.since(began), before) {
            steps.push(step);
        }
    }
    let reason = row.line.reason.as_deref().and_then(reason_of);
    let refused = row.line.outcome == LoginOutcome::Refused;
    let code = row.line.support_code.clone().and_then(|code| SupportCode::try_from(code).ok());
    // What was reported later was refused for something else, if at all.
    let said = refused_for.or(reason).filter(|_| refused);
    let read = said.zip(code).map(|(reason, code)| prompt::refusal(reason, None, &code));
    let let_in = row.line.outcome == LoginOutcome::Granted && row.line.reported.is_some();
    let explained = reason.map(|reason| if let_in { LET_IN } else { explained(reason) });
    Ok(Some(Trace { login: item(row), steps, read, explained, signed_by }))
}

/// The reason of a word of the catalogue.
pub fn reason_of(word: &str) -> Option<Reason> {
    Reason::ALL.iter().find(|reason| reason.entry().code == word).copied()
}

fn explained(reason: Reason) -> Explained {
    let entry = reason.entry();
    Explained { what: entry.operator, action: entry.action }
}

/// What an entry says.
struct Told<'a> {
    detail: &'a Map<String, Value>,
    phones: &'a BTreeMap<String, String>,
}

impl Told<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.detail.get(key).and_then(Value::as_str)
    }

    fn phone(&self) -> String {
        let id = self.text("phone").unwrap_or_default();
        self.phones.get(id).cloned().unwrap_or_else(|| "a phone that is gone".to_owned())
    }

    fn signer(&self) -> Option<PhoneId> {
        self.detail.get("approval")?.get("phone")?.as_str()?.parse().ok()
    }

    fn refused_for(&self, kind: &str) -> Option<Reason> {
        let refused = kind == EventKind::LoginRefused.as_str();
        self.text("reason").filter(|_| refused).and_then(reason_of)
    }

    /// The step with which every login begins, whatever its first entry is.
    fn beginning(&self, row: &StepRow, began: u64) -> TraceStep {
        let what = match self.text("server") {
            Some(server) => format!("Asked by {server}"),
            None => "Asked by the VPN host".to_owned(),
        };
        let known = ["program", "platform", "address"].into_iter().filter_map(|key| self.text(key));
        let first = self.text("first_factor").map(|kind| format!("first factor: {kind}"));
        let more: Vec<String> = known.map(str::to_owned).chain(first).collect();
        TraceStep {
            seq: row.seq,
            event: EventKind::LoginBegan.to_string(),
            at: Rfc3339(authx_core::Millis(began)),
            since_ms: 0,
            took_ms: 0,
            what,
            more: (!more.is_empty()).then(|| more.join(", ")),
            tone: Tone::Machine,
        }
    }

    fn step(&self, row: &StepRow, since_ms: u64, before: u64) -> Option<TraceStep> {
        let (what, more, tone) = self.words(&row.kind)?;
        Some(TraceStep {
            seq: row.seq,
            event: row.kind.clone(),
            at: Rfc3339(row.at),
            since_ms,
            took_ms: since_ms.saturating_sub(before),
            what,
            more,
            tone,
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a step of a login")]
    fn words(&self, kind: &str) -> Option<(String, Option<String>, Tone)> {
        let by = || self.text("by").unwrap_or("?").to_owned();
        let plain = |what: &str, tone| Some((what.to_owned(), None, tone));
        let Ok(kind) = kind.parse::<EventKind>() else { return plain(kind, Tone::Machine) };
        match kind {
            EventKind::FraudReported => {
                let on = self.text("phone").map(|_| format!("on {}", self.phone()));
                let by = || format!("in the portal, by {}", by());
                Some(("“Not me”".into(), Some(on.unwrap_or_else(by)), Tone::Wrong))
            }
            EventKind::LoginAllowed => Some(self.allowed()),
            EventKind::LoginAnswered => Some(self.answered()),
            EventKind::LoginBegan => match self.text("answer") {
                Some(_) => plain("Told how to enrol a phone", Tone::Machine),
                None => plain("Asked for the second factor", Tone::Machine),
            },
            EventKind::LoginCancelled => plain("Given up before an answer", Tone::Wrong),
            EventKind::LoginExpired => plain("Nobody answered in time", Tone::Wrong),
            EventKind::LoginRefused => {
                let reason = self.text("reason").unwrap_or_default();
                let entry = reason_of(reason).map(Reason::entry);
                let more = entry.map(|entry| entry.operator.to_owned());
                let cause = self.text("cause").map(|cause| cause.replace('_', " "));
                let tone = Tone::Wrong;
                Some((format!("Refused: {}", said(reason)), cause.or(more), tone))
            }
            EventKind::PhoneAsked => {
                let reach = self.text("reach").map(|reach| match reach {
                    "silent" => "notices are off there: seen when AuthX is opened".to_owned(),
                    "unreachable" => "nothing has arrived there lately".to_owned(),
                    other => other.to_owned(),
                });
                Some((format!("Asked {}", self.phone()), reach, Tone::Person))
            }
            EventKind::PhoneCodeShown => {
                Some((format!("{} showed a code", self.phone()), None, Tone::Person))
            }
            EventKind::PhoneMissed => {
                Some((format!("Did not reach {}", self.phone()), Some(by()), Tone::Wrong))
            }
            EventKind::PhoneReached => {
                let way = match self.text("by") {
                    Some("poll") => Some("the app asked".to_owned()),
                    Some("push") => Some("by notice".to_owned()),
                    Some("live") => Some("the app was open".to_owned()),
                    other => other.map(str::to_owned),
                };
                Some((format!("Reached {}", self.phone()), way, Tone::Machine))
            }
            EventKind::SessionEnded => {
                let cause = self.text("cause").or(self.text("reason"));
                let more = cause.map(|cause| cause.replace('_', " "));
                Some(("What it allowed has ended".to_owned(), more, Tone::Wrong))
            }
            EventKind::SessionRenewed => plain("What it allowed goes on", Tone::Machine),
            other => plain(other.as_str(), Tone::Machine),
        }
    }

    fn allowed(&self) -> (String, Option<String>, Tone) {
        let words = match self.text("by").unwrap_or("?") {
            "autologin" => ("Let in: the client signs in by itself".to_owned(), Tone::Machine),
            "policy" => ("Let in: the policy asks for no second factor".to_owned(), Tone::Machine),
            "push" => ("Approved".to_owned(), Tone::Right),
            "session" => ("Let in: remembered".to_owned(), Tone::Machine),
            factor => (format!("Let in by {factor}"), Tone::Right),
        };
        let shown = self.text("shown_for").map(|_| "by a code that the phone had shown".to_owned());
        let signed = self.signer().map(|_| "signed by the phone".to_owned());
        (words.0, shown.or(signed), words.1)
    }

    fn answered(&self) -> (String, Option<String>, Tone) {
        let factor = self.text("factor").map(str::to_owned);
        match self.text("answer") {
            Some("spent") => ("A code that was used before".to_owned(), factor, Tone::Wrong),
            Some("word") => ("User typed a word".to_owned(), None, Tone::Person),
            Some("wrong") => ("Wrong answer".to_owned(), factor, Tone::Wrong),
            Some("wrong_number") => ("Wrong number".to_owned(), Some(self.phone()), Tone::Wrong),
            Some(other) => (other.replace('_', " "), factor, Tone::Person),
            None => ("Answered".to_owned(), factor, Tone::Person),
        }
    }
}

/// A reason of the catalogue as people say it.
fn said(reason: &str) -> String {
    match reason {
        "authx_unreachable" => "AuthX unreachable".to_owned(),
        "fraud" => "not me".to_owned(),
        "wrong_credentials" => "wrong user or password".to_owned(),
        other => other.replace('_', " "),
    }
}

const LET_IN: Explained = Explained {
    what: "the user says that it was somebody else, who was let in: with the password, and past the \
           second factor",
    action: "Ask the user. Disable the user until that is cleared up, have the password changed, and \
             remove phones and passkeys that are not theirs.",
};
/// A login has a handful of steps; what it allowed may be renewed all day.
const MOST_STEPS: i64 = 300;
