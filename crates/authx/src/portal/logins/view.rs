//! A login as a row, and opened.

use super::{
    super::{badge::Badge, listing::Listing},
    words::{
        factor_words, outcome_badge, outcome_words, portal_action, quoted, reason_words, took, why,
    },
};
use crate::admin::record::{
    logins::LoginItem,
    trace::{Tone, Trace, TraceStep},
};
use authx_core::{LoginId, Millis, audit::LoginOutcome};

pub(super) struct Row {
    pub(super) id: LoginId,
    /// Its place in the list.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) application: String,
    pub(super) state: Badge,
    pub(super) why: String,
    pub(super) factor: String,
    pub(super) began: Millis,
    pub(super) took: String,
    pub(super) code: String,
    /// Where a press on it leads: opens it, or closes it.
    pub(super) link: String,
    pub(super) open: Option<TraceView>,
}

/// A login as one of the last, on the page of what it belongs to.
pub(in super::super) struct LastLogin {
    pub(in super::super) id: LoginId,
    pub(in super::super) name: String,
    pub(in super::super) application: String,
    pub(in super::super) state: Badge,
    pub(in super::super) factor: String,
    pub(in super::super) at: Millis,
    pub(in super::super) address: String,
    pub(in super::super) code: String,
    /// It was said to be somebody else's already.
    pub(in super::super) reported: bool,
}

impl LastLogin {
    pub(in super::super) fn of(item: LoginItem) -> Self {
        Self {
            id: item.login_id,
            state: outcome_badge(&item),
            factor: item.factor.as_deref().map(factor_words).unwrap_or_default(),
            at: item.began.0,
            address: item.address.unwrap_or_default(),
            code: item.support_code.unwrap_or_default(),
            reported: item.reported.is_some(),
            name: item.user.unwrap_or(item.name),
            application: item.application.unwrap_or_else(|| DELETED.to_owned()),
        }
    }
}

/// An opened login.
pub(super) struct TraceView {
    pub(super) title: String,
    pub(super) text: String,
    pub(super) steps: Vec<StepView>,
    pub(super) read: Option<String>,
    pub(super) signed_by: Option<String>,
    pub(super) user: Option<String>,
}

pub(super) struct StepView {
    pub(super) since: String,
    pub(super) what: String,
    pub(super) more: Option<String>,
    /// Of a hundred: where the bar begins, and how long it is.
    pub(super) x: u64,
    pub(super) width: u64,
    pub(super) tone: &'static str,
}

impl Row {
    pub(super) fn of(item: LoginItem, listing: &Listing) -> Self {
        let here = listing.here();
        let joined = if here.contains('?') { '&' } else { '?' };
        let application = item.application.clone();
        Self {
            id: item.login_id,
            key: item.place.clone(),
            state: outcome_badge(&item),
            application: application.unwrap_or_else(|| DELETED.to_owned()),
            why: why(&item),
            factor: item.factor.as_deref().map(factor_words).unwrap_or_default(),
            began: item.began.0,
            took: item.took_ms.map(took).unwrap_or_default(),
            code: item.support_code.unwrap_or_default(),
            link: format!("{here}{joined}open={}", item.login_id),
            name: item.user.unwrap_or(item.name),
            open: None,
        }
    }
}

impl TraceView {
    pub(super) fn of(trace: &Trace) -> Self {
        // What came after its end, maybe days after, is beyond the scale.
        let ended = trace.login.took_ms.unwrap_or(u64::MAX);
        let within = trace.steps.iter().map(|step| step.since_ms).filter(|since| *since <= ended);
        let whole = within.max().unwrap_or(0).max(1);
        let let_in = trace.login.outcome == LoginOutcome::Granted;
        let title = match (&trace.explained, trace.login.reason.as_deref()) {
            (Some(_), Some(_)) if let_in => "Not me, after it was let in".to_owned(),
            (Some(_), Some(reason)) => reason_words(reason),
            _ => outcome_words(trace.login.outcome).to_owned(),
        };
        let reason = trace.login.reason.as_deref().unwrap_or_default();
        let text = trace.explained.map(|why| {
            let action = portal_action(reason).filter(|_| !let_in);
            let action = action.map_or_else(|| quoted(why.action), str::to_owned);
            format!("{}. {action}", capital(&quoted(why.what)))
        });
        Self {
            title,
            text: text.unwrap_or_default(),
            steps: trace.steps.iter().map(|step| StepView::of(step, whole)).collect(),
            read: trace.read.clone(),
            signed_by: trace.signed_by.map(|phone| phone.to_string()),
            user: trace.login.user.as_ref().and(trace.login.user_id).map(|id| id.to_string()),
        }
    }
}

impl StepView {
    fn of(step: &TraceStep, whole: u64) -> Self {
        Self {
            since: took(step.since_ms),
            what: step.what.clone(),
            more: step.more.clone(),
            x: (step.since_ms.saturating_sub(step.took_ms) * 100 / whole).min(99),
            width: (step.took_ms * 100 / whole).clamp(1, 100),
            tone: match step.tone {
                Tone::Machine => "f-plain",
                Tone::Person => "f-wait",
                Tone::Right => "f-good",
                Tone::Wrong => "f-bad",
            },
        }
    }
}

const DELETED: &str = "an application that was deleted";

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
