//! The certificate that the server gets by itself: what there is, and what came of the last order.

use super::Check;
use super::certificate::{NAME, names};
use crate::config::{Acme, Config};
use crate::serve::acme::{Failure, Held, State};
use authx_core::Millis;
use authx_core::wire::login::Rfc3339;

pub(super) fn check(acme: &Acme, config: &Config, now: Millis) -> Vec<Check> {
    let state = State::of(acme);
    let failure = match state.progress() {
        Ok(progress) => progress.failure,
        Err(error) => return vec![Check::error(NAME, &error)],
    };
    let mut checks = match state.certificate() {
        Ok(Some(held)) => {
            let mut checks = vec![validity(&held, now)];
            checks
                .extend(held.key.cert.first().map(|leaf| names(leaf, config)).unwrap_or_default());
            checks
        }
        Ok(None) => vec![none(acme, failure.as_ref())],
        Err(error) => vec![Check::error(NAME, &error)],
    };
    checks.extend(failure.as_ref().map(failed));
    checks
}

fn validity(held: &Held, now: Millis) -> Check {
    let (from, until) = (held.validity.from, held.validity.until);
    let left = until.since(now);
    let found = format!("is valid until {}", text(until));
    if now < from {
        let found = format!("is valid only from {}", text(from));
        return Check::fail(NAME, found, "wait, or set the clock right");
    }
    if left == 0 {
        let found = format!("is valid no more since {}", text(until));
        return Check::fail(NAME, found, MEND);
    }
    // It is renewed when a third is left: a quarter means that this does not work.
    if left < until.since(from) / 4 {
        Check::warn(NAME, found, MEND)
    } else {
        Check::ok(NAME, found)
    }
}

fn none(acme: &Acme, failure: Option<&Failure>) -> Check {
    let found = format!("none from {} yet", acme.directory);
    let advice = "start the server, which orders it; port 443 of both names must reach it";
    if failure.is_some() {
        Check::fail(NAME, found, MEND)
    } else {
        Check::warn(NAME, found, advice)
    }
}

fn failed(failure: &Failure) -> Check {
    let Failure { count, since, at, text: why, .. } = failure;
    let found =
        format!("{count} order(s) failed since {}, the last at {}: {why}", text(*since), text(*at));
    Check::warn("certificate order", found, MEND)
}

fn text(time: Millis) -> String {
    Rfc3339(time).into()
}

const MEND: &str = "see that port 443 of both names reaches this server, then have it try again: systemctl reload authx";
