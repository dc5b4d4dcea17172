//! What the letters say that only tell of something.

use super::{
    letter::Deed,
    words::{Page, Reader, facts, plain},
};
use authx_core::{Millis, role::Role};

pub(super) fn account_locked(reader: &Reader<'_>, until: Option<Millis>, deed: &Deed) -> Page {
    let company = reader.company;
    let until = match until {
        Some(until) => reader.times.said(until),
        None => "An administrator unlocks it".to_owned(),
    };
    notice(
        reader,
        deed,
        [("Locked until", until)],
        &Words {
            title: "Your account is locked",
            lead: format!(
                "too many wrong answers were given for your account at {company}. Nobody signs in to it now."
            ),
            remedy: "Somebody may know your password. Ask your help desk, and change it. Your account:",
            ..Words::default()
        },
    )
}

pub(super) fn app_added(reader: &Reader<'_>, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [],
        &Words {
            title: "A new authenticator app counts",
            lead: format!(
                "an authenticator app was added to your account at {company}. Its codes let you in from now on."
            ),
            remedy: "Remove it, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn app_removed(reader: &Reader<'_>, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [],
        &Words {
            title: "Your authenticator app was removed",
            lead: format!(
                "the authenticator app was removed from your account at {company}. Its codes count no longer."
            ),
            remedy: "Tell your help desk, and look at your account:",
            ..Words::default()
        },
    )
}

pub(super) fn bypass_given(reader: &Reader<'_>, until: Millis, why: &str, deed: &Deed) -> Page {
    let company = reader.company;
    let known = [("Until", reader.times.said(until)), ("Reason", plain(why))];
    notice(
        reader,
        deed,
        known,
        &Words {
            title: "You sign in without your phone for now",
            lead: format!(
                "{company} asks you for no second factor for a while. Your password alone lets you in."
            ),
            doubt: Some("Did you not ask for this?"),
            remedy: "Ask your help desk to end it. Your account:",
        },
    )
}

pub(super) fn bypass_used(reader: &Reader<'_>, application: &str, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [("Application", plain(application))],
        &Words {
            title: "Somebody signed in without your phone",
            lead: format!(
                "your account at {company} signed in without a second factor, as an administrator allowed."
            ),
            remedy: "Ask your help desk to end that, and change your password. Your account:",
            ..Words::default()
        },
    )
}

pub(super) fn code_given(reader: &Reader<'_>, until: Millis, why: &str, deed: &Deed) -> Page {
    let company = reader.company;
    let known = [("Good until", reader.times.said(until)), ("Reason", plain(why))];
    notice(
        reader,
        deed,
        known,
        &Words {
            title: "A one-time code was made for you",
            lead: format!(
                "a code was made that stands for your phone once, at a sign-in to {company}. It is not in this mail."
            ),
            doubt: Some("Did you not ask for this?"),
            remedy: "Somebody passes for you. Tell your help desk at once. Your account:",
        },
    )
}

pub(super) fn mail_changed(reader: &Reader<'_>, to: Option<&str>, deed: &Deed) -> Page {
    let company = reader.company;
    let to = to.map_or_else(|| "none".to_owned(), plain);
    notice(
        reader,
        deed,
        [("New address", to)],
        &Words {
            title: "Your mail address was changed",
            lead: format!(
                "AuthX writes to you at {company} at another address from now on. This is the last mail to this one."
            ),
            remedy: "Tell your help desk at once: links for a new password go to the new address. Your account:",
            ..Words::default()
        },
    )
}

pub(super) fn new_browser(reader: &Reader<'_>, browser: &str, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [("Browser", plain(browser))],
        &Words {
            title: "Sign-in from a new browser",
            lead: format!(
                "your account signed in to the portal of {company} from a browser that it had not used before."
            ),
            remedy: "End that session, change your password, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn passkey_added(reader: &Reader<'_>, passkey: &str, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [("Passkey", plain(passkey))],
        &Words {
            title: "A new passkey signs you in",
            lead: format!(
                "a passkey was added to your account at {company}. It signs in to the portal from now on."
            ),
            remedy: "Remove it, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn passkey_removed(reader: &Reader<'_>, passkey: &str, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [("Passkey", plain(passkey))],
        &Words {
            title: "A passkey was removed",
            lead: format!(
                "a passkey was removed from your account at {company}. It signs in no longer."
            ),
            remedy: "Tell your help desk, and look at your account:",
            ..Words::default()
        },
    )
}

pub(super) fn password_changed(reader: &Reader<'_>, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [],
        &Words {
            title: "Your password was changed",
            lead: format!(
                "the password of your account at {company} was changed. What was signed in before has to sign in again."
            ),
            remedy: "Choose another one at once, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn phone_added(reader: &Reader<'_>, phone: &str, platform: &str, deed: &Deed) -> Page {
    let company = reader.company;
    let known = [("Phone", plain(phone)), ("System", plain(platform))];
    notice(
        reader,
        deed,
        known,
        &Words {
            title: "A new phone approves your sign-ins",
            lead: format!(
                "a phone was added to your account at {company}. It can approve sign-ins from now on."
            ),
            remedy: "Remove it, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn phone_moved(reader: &Reader<'_>, phone: &str, before: &str, deed: &Deed) -> Page {
    let company = reader.company;
    let known = [("New phone", plain(phone)), ("Earlier phone", plain(before))];
    notice(
        reader,
        deed,
        known,
        &Words {
            title: "Your account is on another phone",
            lead: format!(
                "your account at {company} went to another phone. The earlier one approves nothing any more."
            ),
            remedy: "Remove the new phone, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn phone_removed(reader: &Reader<'_>, phone: &str, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [("Phone", plain(phone))],
        &Words {
            title: "A phone was removed",
            lead: format!(
                "a phone was removed from your account at {company}. It approves nothing any more."
            ),
            remedy: "Tell your help desk, and look at your phones:",
            ..Words::default()
        },
    )
}

pub(super) fn recovery_made(reader: &Reader<'_>, deed: &Deed) -> Page {
    let company = reader.company;
    notice(
        reader,
        deed,
        [],
        &Words {
            title: "You have new recovery codes",
            lead: format!(
                "new recovery codes were made for your account at {company}. Earlier ones count no longer."
            ),
            remedy: "Make new ones, as only the newest count, then tell your help desk:",
            ..Words::default()
        },
    )
}

pub(super) fn role_raised(
    reader: &Reader<'_>,
    role: Role,
    removed: &[String],
    keeps: bool,
    deed: &Deed,
) -> Page {
    let (company, removed) = (reader.company, removed.iter().map(|text| plain(text)));
    let known = [
        ("Role", role.title().to_owned()),
        ("Counts no longer", removed.collect::<Vec<_>>().join(", ")),
    ];
    let mut page = notice(
        reader,
        deed,
        known,
        &Words {
            title: "You have another role",
            lead: format!(
                "you look after AuthX at {company} as {} from now on, and were signed out. What somebody else could have prepared for you before is gone.",
                role.title().to_lowercase()
            ),
            doubt: Some("Did you not expect this?"),
            remedy: "Tell whoever looks after AuthX at your company. Your account:",
        },
    );
    page.steps = if keeps {
        vec!["Sign in as before.", "Make new recovery codes on your own page."]
    } else {
        vec![
            "Ask whoever gave you the role for a new link, in a way that you know.",
            "It leads to a new password and a new second factor.",
        ]
    };
    page
}

#[derive(Default)]
struct Words {
    title: &'static str,
    /// Another question than whether it was the reader.
    doubt: Option<&'static str>,
    lead: String,
    remedy: &'static str,
}

fn notice<const N: usize>(
    reader: &Reader<'_>,
    deed: &Deed,
    known: [(&'static str, String); N],
    words: &Words,
) -> Page {
    let Words { title, doubt, lead, remedy } = words;
    Page {
        subject: format!("{title}: AuthX at {}", reader.company),
        preview: format!("{}. If it was not you, look here.", reader.times.said(deed.at)),
        title: (*title).to_owned(),
        lead: lead.clone(),
        facts: facts(reader, known, deed, "When"),
        action: None,
        steps: vec![],
        doubt: doubt.unwrap_or("Was it not you?"),
        remedy,
    }
}
