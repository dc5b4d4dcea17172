//! What the letters say that go to whoever looks after others.

use super::words::{Page, Reader, plain};
use crate::admin::bypass::Kind;
use authx_core::Millis;

/// A login that was let in and is somebody else's, as its user says.
pub(super) struct Reported<'a> {
    pub(super) user: &'a str,
    pub(super) application: &'a str,
    pub(super) let_in: Millis,
    pub(super) from: Option<&'a str>,
    pub(super) support_code: Option<&'a str>,
    pub(super) at: Millis,
}

/// A wish that waits for somebody else.
pub(super) struct Wished<'a> {
    pub(super) user: &'a str,
    pub(super) kind: Kind,
    pub(super) reason: &'a str,
    pub(super) by: &'a str,
    pub(super) until: Millis,
    pub(super) at: Millis,
}

pub(super) fn bypass_wished(reader: &Reader<'_>, known: &Wished<'_>) -> Page {
    let (company, user, by) = (reader.company, plain(known.user), plain(known.by));
    let (title, what) = match known.kind {
        Kind::Code => ("A one-time code waits for your leave", "to give {} a code, good once,"),
        Kind::Bypass => ("A bypass waits for your leave", "to ask {} for no second factor"),
    };
    let what = what.replace("{}", &user);
    Page {
        subject: format!("{by} asks for your leave: AuthX at {company}"),
        preview: format!("It waits until {}.", reader.times.said(known.until)),
        title: title.to_owned(),
        lead: format!("{by} wishes {what} at {company}. Nobody does that alone."),
        facts: vec![
            ("User", user),
            ("Reason", plain(known.reason)),
            ("Asked", reader.times.said(known.at)),
            ("Waits until", reader.times.said(known.until)),
            ("By", by),
        ],
        action: None,
        steps: vec![],
        doubt: "What to do now?",
        remedy: "Ask whoever asks, by a way that you know, whether it is so. Then agree or decline under Users, Waiting for somebody. The portal:",
    }
}

pub(super) fn login_reported(reader: &Reader<'_>, known: &Reported<'_>) -> Page {
    let (company, user) = (reader.company, plain(known.user));
    let mut facts = vec![
        ("User", user.clone()),
        ("Application", plain(known.application)),
        ("Let in", reader.times.said(known.let_in)),
    ];
    facts.extend(known.from.map(|from| ("From", plain(from))));
    facts.extend(known.support_code.map(|code| ("Its support code", code.to_owned())));
    facts.push(("Reported", reader.times.said(known.at)));
    Page {
        subject: format!("{user} says “not me” of a login: AuthX at {company}"),
        preview: format!("It was let in {}.", reader.times.said(known.let_in)),
        title: "A login that was let in is reported".to_owned(),
        lead: format!(
            "{user} says that somebody else signed in with their name at {company}. Whoever it was knows the password and got past the second factor."
        ),
        facts,
        action: None,
        steps: vec![],
        doubt: "What to do now?",
        remedy: "Ask the user by a way that you know, disable the account until that is cleared up, have the password changed, and remove phones and passkeys that are not theirs. The portal:",
    }
}
