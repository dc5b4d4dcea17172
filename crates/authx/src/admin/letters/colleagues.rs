//! What the letters say that go to whoever looks after others.

use super::words::{Page, Reader, plain};
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
