//! What stands in the lists of one's own page.

use super::super::{
    badge::Badge, form::Form, logins::words::factor_words, page::Chrome, second_factor,
};
use crate::{
    admin::{record::Entry, sessions::Visit},
    enrol::phones::ListedPhone,
};
use authx_core::{LoginId, Millis, PhoneId, SessionId, audit::EventKind, wire::phone::ReachState};
use std::collections::BTreeSet;

pub(super) struct PhoneRow {
    pub(super) id: PhoneId,
    pub(super) name: String,
    pub(super) platform: String,
    pub(super) state: Badge,
    pub(super) since: Millis,
    pub(super) used: Option<Millis>,
    /// What was typed as its new name, where that cannot be.
    pub(super) typed: String,
    pub(super) fault: String,
}

pub(super) struct SessionRow {
    pub(super) id: SessionId,
    pub(super) browser: &'static str,
    pub(super) address: String,
    pub(super) seen: Millis,
    pub(super) this: bool,
}

pub(super) struct LoginRow {
    pub(super) id: LoginId,
    /// It was said to be somebody else's already.
    pub(super) reported: bool,
    pub(super) application: String,
    pub(super) result: Badge,
    pub(super) factor: String,
    pub(super) at: Millis,
    pub(super) address: String,
    pub(super) code: String,
}

pub(super) fn phone_row(chrome: &Chrome, form: &Form, phone: ListedPhone) -> PhoneRow {
    let since = phone.reach.since.or(phone.reach.at);
    let state = match (phone.reach.state, since) {
        _ if phone.number.is_none() => Badge::pending(),
        (ReachState::Unreachable, Some(since)) => {
            Badge::unreachable_since(chrome.when(since.0).words())
        }
        (ReachState::Unreachable, None) => Badge::warn("Unreachable"),
        (ReachState::Reachable, _) => Badge::reachable(),
        (ReachState::Unknown, _) => Badge::plain("Not asked yet"),
    };
    let field = phone.id.to_string();
    let (typed, fault) = (form.value(&field).to_owned(), form.fault_of(&field).to_owned());
    PhoneRow {
        id: phone.id,
        name: phone.name,
        platform: phone.platform,
        state,
        since: phone.created.0,
        used: phone.last_used.map(|at| at.0),
        typed,
        fault,
    }
}

pub(super) fn session_rows(sessions: Vec<Visit>, own: &Visit) -> Vec<SessionRow> {
    let row = |visit: Visit| SessionRow {
        this: visit.id == own.id,
        id: visit.id,
        browser: second_factor::browser(&visit.from.browser),
        address: visit.from.address.unwrap_or_default(),
        seen: visit.seen,
    };
    sessions.into_iter().map(row).collect()
}

/// One row for each login that ended, the newest first. What was reported says so in its row.
pub(super) fn login_rows(entries: &[Entry], most: usize) -> Vec<LoginRow> {
    let reports = entries.iter().filter(|entry| entry.event == EventKind::FraudReported.as_str());
    let reported: BTreeSet<LoginId> = reports.filter_map(|entry| entry.login_id).collect();
    let row = |entry: &Entry| login_row(entry, &reported);
    entries.iter().rev().filter_map(row).take(most).collect()
}

fn login_row(entry: &Entry, reported: &BTreeSet<LoginId>) -> Option<LoginRow> {
    let id = entry.login_id?;
    let result = match entry.event.as_str() {
        "login_allowed" => Badge::granted(),
        "login_refused" => Badge::refused(),
        "login_expired" => Badge::expired(),
        "login_cancelled" => Badge::cancelled(),
        _ => return None,
    };
    let text = |name: &str| {
        let value = entry.detail.get(name).and_then(|value| value.as_str());
        value.unwrap_or_default().to_owned()
    };
    let reported = reported.contains(&id);
    Some(LoginRow {
        id,
        reported,
        application: entry.application.clone().unwrap_or_default(),
        result: if reported { Badge::not_me() } else { result },
        factor: Some(text(if entry.event == "login_allowed" { "by" } else { "factor" }))
            .filter(|word| !word.is_empty())
            .map(|word| factor_words(&word))
            .unwrap_or_default(),
        at: entry.at.0,
        address: text("address"),
        code: entry.support_code.clone().unwrap_or_default(),
    })
}
