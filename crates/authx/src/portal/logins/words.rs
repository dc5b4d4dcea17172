//! Words for what happened to logins: one place, for all pages.

use super::super::{badge::Badge, listing::Listing, words::count};
use crate::admin::{
    applications::{Application, ApplicationKind},
    record::{actions::in_words, logins::LoginItem},
};
use authx_core::{audit::LoginOutcome, factor::FactorKind, reason::Reason};

pub(super) use super::super::words::took;

/// How it ended, as a state.
pub(super) fn outcome_badge(item: &LoginItem) -> Badge {
    match item.outcome {
        // Whatever became of it: it was somebody else.
        _ if item.reason.as_deref() == Some("fraud") => Badge::not_me(),
        LoginOutcome::Cancelled => Badge::cancelled(),
        LoginOutcome::Expired => Badge::expired(),
        LoginOutcome::Granted => Badge::granted(),
        LoginOutcome::Refused => Badge::refused(),
        LoginOutcome::Waiting => Badge::waiting(),
    }
}

/// How it ended, as a word.
pub(super) fn outcome_words(outcome: LoginOutcome) -> &'static str {
    match outcome {
        LoginOutcome::Cancelled => "Cancelled",
        LoginOutcome::Expired => "Expired",
        LoginOutcome::Granted => "Granted",
        LoginOutcome::Refused => "Refused",
        LoginOutcome::Waiting => "Waiting",
    }
}

/// A factor, or what stood for one.
pub(in super::super) fn factor_words(word: &str) -> String {
    match word {
        "" => "None".to_owned(),
        "policy" => "None, by policy".to_owned(),
        "recovery" => "Recovery code".to_owned(),
        "session" => "Remembered".to_owned(),
        other => in_words(other),
    }
}

/// A reason of the catalogue in two or three words.
pub(in super::super) fn reason_words(word: &str) -> String {
    match word {
        "" => "No reason given".to_owned(),
        "authx_unreachable" => "AuthX unreachable".to_owned(),
        "fraud" => "Not me".to_owned(),
        "wrong_credentials" => "Wrong user or password".to_owned(),
        other => in_words(other),
    }
}

/// What stands below how it ended: why, or, where “not me” is its state already, how it had ended.
pub(super) fn why(item: &LoginItem) -> String {
    match item.reason.as_deref() {
        Some("fraud") if item.outcome == LoginOutcome::Granted => "Let in before".to_owned(),
        Some("fraud") | None => String::new(),
        Some(reason) => reason_words(reason),
    }
}

/// What helps here, where the catalogue names a command for it.
pub(super) fn portal_action(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "account_disabled" => "Enable the user if this person should sign in.",
        "autologin_not_allowed" => {
            "Give the user a profile that asks for the password, or change “Clients that sign in by \
             themselves” in the policy."
        }
        "certificate_mismatch" => {
            "Add the certificate’s name to the user’s other names, or change “Name in the \
             certificate” in the policy."
        }
        "factor_locked" => {
            "Somebody knows this user’s password. Have it changed, then unlock the user."
        }
        "first_factor_not_allowed" => {
            "Allow the kind under “First factor” in the policy, or change the VPN host’s setting."
        }
        "fraud" => {
            "Somebody knows this user’s password. Have it changed; after that, Unlock on the user’s \
             page lets phones be asked again."
        }
        "not_enrolled" => "Invite the user to enrol a phone.",
        "not_in_group" => {
            "Put the user into a group of the application, or change who may use it in its settings."
        }
        "number_not_shown" => {
            "Nothing; the phone shows a code for it. Or set “Match number” to “Where it can be shown” \
             in the policy."
        }
        "push_locked" => {
            "Have the password changed if somebody else knows it; then unlock the user."
        }
        _ => return None,
    })
}

/// A sentence of the catalogue, whose commands and names stand between backticks.
pub(in super::super) fn quoted(text: &str) -> String {
    let mut open = false;
    let quote = |letter: char| match letter {
        '`' => {
            open = !open;
            if open { '“' } else { '”' }
        }
        other => other,
    };
    text.chars().map(quote).collect()
}

type Options = Vec<(String, String)>;

fn any(words: &str) -> std::iter::Once<(String, String)> {
    std::iter::once((String::new(), words.to_owned()))
}

pub(in super::super) fn outcomes() -> Options {
    let each = LoginOutcome::ALL.iter();
    let each = each.map(|one| (one.word().to_owned(), outcome_words(*one).to_owned()));
    any("Any result").chain(each).collect()
}

pub(in super::super) fn factors() -> Options {
    let kinds = FactorKind::ALL.iter().map(|kind| kind.word());
    let words = kinds.chain(["session", "policy", "autologin"]);
    any("Any factor").chain(words.map(|word| (word.to_owned(), factor_words(word)))).collect()
}

/// [`offered`] behind all of them.
pub(in super::super) fn applications(all: &[Application], chosen: &str) -> Options {
    any("Any application").chain(offered(all, chosen)).collect()
}

/// Of very many the first ones, for a page that stays light, beside the portal's own and the one
/// that is chosen: the page of each leads to its rows, and to its policy.
pub(in super::super) fn offered(all: &[Application], chosen: &str) -> Options {
    let shown = all.iter().enumerate().filter(|(at, one)| {
        let own = one.kind == ApplicationKind::Portal.word();
        *at < MOST_APPLICATIONS || own || one.id.to_string() == chosen
    });
    shown.map(|(_, one)| (one.id.to_string(), one.name.clone())).collect()
}

/// What is said beside [`offered`] where it leaves some out; empty where it does not.
pub(in super::super) fn not_offered(all: &[Application]) -> String {
    if all.len() <= MOST_APPLICATIONS {
        return String::new();
    }
    let all = count(u64::try_from(all.len()).unwrap_or(u64::MAX));
    format!("The first {MOST_APPLICATIONS} of {all} applications are offered here.")
}

const MOST_APPLICATIONS: usize = 200;

pub(super) fn reasons() -> Options {
    let mut each: Options = Reason::ALL
        .iter()
        .map(|reason| (reason.entry().code.to_owned(), reason_words(reason.entry().code)))
        .collect();
    each.sort_by(|a, b| a.1.cmp(&b.1));
    any("Any reason").chain(each).collect()
}

pub(in super::super) fn times(listing: &Listing) -> Options {
    let given = !listing.filter("from").is_empty() || !listing.filter("until").is_empty();
    let first = if given { "The chosen time" } else { "Any time" };
    let each = [("24h", "Last 24 hours"), ("7d", "Last 7 days"), ("30d", "Last 30 days")];
    any(first).chain(each.map(|(value, words)| (value.to_owned(), words.to_owned()))).collect()
}
