//! The way to AuthX: each address by itself, from its name to the policy.

use super::{Check, Subject, chain};
use crate::authx::{Authx, AuthxError, CallError, Failure, Trouble};
use crate::config::{Config, FirstFactor};
use crate::conversation::Setting;
use crate::cx;
use authx_core::policy::{FirstFactorKind, MatchNumber};
use authx_core::wire::check::{Asks, CheckView};

pub(super) async fn check(config: &Config, first_factors: &[FirstFactor]) -> Vec<Check> {
    let authx = match Authx::new(&config.authx) {
        Ok(authx) => authx,
        Err(error) => {
            let subject = match &error {
                AuthxError::Key { .. } | AuthxError::KeyFile(_) => Subject::KeyFile,
                AuthxError::Authority { .. } | AuthxError::Tls(_) => Subject::Authorities,
            };
            return vec![Check::failed(subject, chain(&error))];
        }
    };
    let key_file = format!("{}, readable by its owner only", config.authx.application_key_file);
    let mut checks = vec![Check::ok(Subject::KeyFile, key_file)];
    let mut answered = None;
    for (place, outcome) in authx.check_each().await {
        match outcome {
            Ok(view) => {
                let found = format!("{place}: AuthX {}, application {}", view.version, view.name);
                checks.push(Check::ok(Subject::Answer, found));
                answered = Some(view);
            }
            Err(error) => checks.push(failed(&place, &error)),
        }
    }
    if let Some(view) = answered {
        checks.push(clock(authx.clock_correction_secs(), &view));
        checks.extend(first_factors.iter().map(|factor| policy(*factor, &view)));
        checks.push(Check::ok(Subject::Policy, questions(&view.asks)));
        checks.extend(patience(config, &view.asks));
    }
    checks
}

fn failed(place: &str, error: &CallError) -> Check {
    let (subject, found) = match error {
        CallError::Unreachable(failures) => match failures.first() {
            Some(Failure { trouble, .. }) => (of(trouble), format!("{place}: {trouble}")),
            None => (Subject::Connection, chain(error)),
        },
        CallError::Unsigned401 { .. } => (Subject::Key, chain(error)),
        CallError::NoVerdict { .. } | CallError::Refused { .. } | CallError::Unwritable(_) => {
            (Subject::Answer, chain(error))
        }
    };
    Check::failed(subject, found)
}

fn of(trouble: &Trouble) -> Subject {
    match trouble {
        Trouble::Name { .. } => Subject::Name,
        Trouble::Connect { .. } | Trouble::TimedOut { connecting: true, .. } => Subject::Connection,
        Trouble::Tls { .. } => Subject::Tls,
        Trouble::Unsigned401 { .. } => Subject::Key,
        Trouble::Broken { .. } | Trouble::NoVerdict(_) | Trouble::TimedOut { .. } => {
            Subject::Answer
        }
    }
}

fn clock(correction_secs: i64, view: &CheckView) -> Check {
    let behind_millis = view.time.0.0.cast_signed().saturating_sub(cx::now().0.cast_signed());
    let advice = "set this machine's clock right and keep it so, for example with chrony";
    if correction_secs != 0 {
        let found = format!("{} from AuthX's", apart(correction_secs));
        return Check::fail(Subject::Clock, found, advice);
    }
    match behind_millis / 1_000 {
        secs if secs.abs() > SLACK_SECS => {
            Check::warn(Subject::Clock, format!("{} from AuthX's", apart(secs)), advice)
        }
        _ => Check::ok(Subject::Clock, "that of AuthX"),
    }
}

fn apart(secs: i64) -> String {
    let direction = if secs > 0 { "behind" } else { "ahead" };
    format!("{} s {direction}, away", secs.abs())
}

fn policy(factor: FirstFactor, view: &CheckView) -> Check {
    let kind = match factor {
        FirstFactor::Authx => FirstFactorKind::Password,
        FirstFactor::Certificate => FirstFactorKind::Certificate,
        FirstFactor::Pam => FirstFactorKind::Pam,
    };
    let name = factor.as_str();
    if view.asks.first_factors.contains(&kind) {
        return Check::ok(Subject::Policy, format!("takes first_factor = \"{name}\""));
    }
    let found = format!("does not take first_factor = \"{name}\", which is configured here");
    let word = kind.word();
    let advice = format!(
        "add \"{word}\" to first_factors in the policy of application {}, or configure another",
        view.name
    );
    Check::fail(Subject::Policy, found, advice)
}

/// What users are asked, and what becomes of their phones.
fn questions(asks: &Asks) -> String {
    if asks.offers.is_empty() {
        return "asks for no second factor".to_owned();
    }
    let words: Vec<_> = asks.offers.iter().map(|offer| offer.word.as_str()).collect();
    let number = match asks.match_policy.filter(|_| asks.phone()) {
        None => return format!("asks for {}", words.join(", ")),
        Some(MatchNumber::Off) => "push needs no number",
        Some(MatchNumber::Required) => "push needs the number that the client shows",
        Some(MatchNumber::WhereShown) => "push needs the number where the client can show it",
    };
    let automatic = if asks.automatic_push {
        "the phone is asked by itself"
    } else {
        "the phone is asked when the user says so"
    };
    format!("asks for {}; {number}; {automatic}", words.join(", "))
}

/// Who turns to the phone late must not be cut off by the agent.
fn patience(config: &Config, asks: &Asks) -> Option<Check> {
    let needed = Setting::patience_secs(Some(asks));
    let servers = config.servers().map(|(_, settings)| settings).chain([config.any_server()]);
    let short = servers.filter_map(|settings| settings.pending_secs).min()?;
    (short < needed).then(|| {
        let found = format!("gives users longer than pending_secs = {short} does");
        let advice = format!("leave pending_secs out, or set it to {needed}");
        Check::warn(Subject::Policy, found, advice)
    })
}

/// What an answer's way and a clock kept by NTP may differ by.
const SLACK_SECS: i64 = 5;
