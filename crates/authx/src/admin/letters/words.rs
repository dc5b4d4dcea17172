//! What each letter says.

use super::{
    colleagues,
    letter::{Deed, Letter, Link},
    notices,
    times::Times,
};
use authx_core::{role::Role, wire::phone::InvitationProof};

/// What a letter says, whoever reads it.
pub(super) struct Page {
    pub(super) subject: String,
    /// What stands beside the subject in a list of mails.
    pub(super) preview: String,
    pub(super) title: String,
    /// Goes on from *Hello Anna,*
    pub(super) lead: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) action: Option<Action>,
    pub(super) steps: Vec<&'static str>,
    /// The question of who did not expect this.
    pub(super) doubt: &'static str,
    /// Its answer. Without an action the portal's address follows.
    pub(super) remedy: &'static str,
}

/// The one thing to do.
pub(super) struct Action {
    pub(super) label: &'static str,
    pub(super) link: String,
    pub(super) until: String,
    pub(super) note: &'static str,
}

/// Who reads it, as far as words depend on that.
pub(super) struct Reader<'a> {
    pub(super) company: &'a str,
    /// The name to sign in with.
    pub(super) account: &'a str,
    pub(super) times: &'a Times,
}

impl Letter {
    pub(super) fn page(&self, reader: &Reader<'_>) -> Page {
        match self {
            Self::AccountLocked { until, deed } => notices::account_locked(reader, *until, deed),
            Self::BypassGiven { until, reason, deed } => {
                notices::bypass_given(reader, *until, reason, deed)
            }
            Self::AppAdded(deed) => notices::app_added(reader, deed),
            Self::AppRemoved(deed) => notices::app_removed(reader, deed),
            Self::BypassUsed { application, deed } => {
                notices::bypass_used(reader, application, deed)
            }
            Self::BypassWished { user, kind, reason, by, until, at } => {
                let known =
                    colleagues::Wished { user, kind: *kind, reason, by, until: *until, at: *at };
                colleagues::bypass_wished(reader, &known)
            }
            Self::CodeGiven { until, reason, deed } => {
                notices::code_given(reader, *until, reason, deed)
            }
            Self::Invitation { link, proof, by } => invitation(reader, link, *proof, by.as_deref()),
            Self::LoginReported { user, application, let_in, from, support_code, at } => {
                let known = colleagues::Reported {
                    user,
                    application,
                    let_in: *let_in,
                    from: from.as_deref(),
                    support_code: support_code.as_deref(),
                    at: *at,
                };
                colleagues::login_reported(reader, &known)
            }
            Self::MailChanged { to, deed } => notices::mail_changed(reader, to.as_deref(), deed),
            Self::NewBrowser { browser, deed } => notices::new_browser(reader, browser, deed),
            Self::PasskeyAdded { passkey, deed } => notices::passkey_added(reader, passkey, deed),
            Self::PasskeyRemoved { passkey, deed } => {
                notices::passkey_removed(reader, passkey, deed)
            }
            Self::PasswordChanged(deed) => notices::password_changed(reader, deed),
            Self::PasswordForgotten { link, deed } => password_forgotten(reader, link, deed),
            Self::PhoneAdded { phone, platform, deed } => {
                notices::phone_added(reader, phone, platform, deed)
            }
            Self::PhoneMoved { phone, before, deed } => {
                notices::phone_moved(reader, phone, before, deed)
            }
            Self::PhoneRemoved { phone, deed } => notices::phone_removed(reader, phone, deed),
            Self::RecoveryMade(deed) => notices::recovery_made(reader, deed),
            Self::RoleRaised { role, removed, keeps, deed } => {
                notices::role_raised(reader, *role, removed, *keeps, deed)
            }
            Self::SetUp { link, role, by } => set_up(reader, link, *role, by.as_deref()),
            Self::Test => test(reader),
        }
    }
}

fn invitation(reader: &Reader<'_>, link: &Link, proof: InvitationProof, by: Option<&str>) -> Page {
    let company = reader.company;
    let lead = match by {
        Some(by) => format!(
            "{} has added you to {company}. From now on the VPN asks for your phone after your password.",
            plain(by)
        ),
        None => format!(
            "you were added to {company}. From now on the VPN asks for your phone after your password."
        ),
    };
    let asked = match proof {
        InvitationProof::Password => Some("It asks for your password, to see that it is you."),
        InvitationProof::Code => {
            Some("It asks for a code of eight digits, which you get another way than by mail.")
        }
        InvitationProof::None => None,
    };
    let mut steps = vec!["AuthX opens in your browser. No app store, no account."];
    steps.extend(asked);
    steps.extend(["You compare four words.", "You type one code, and the phone counts."]);
    Page {
        subject: format!("{company} asks you to set up your phone"),
        preview: format!(
            "Two minutes, on your phone, before {}. No app store needed.",
            reader.times.said(link.until)
        ),
        title: "Set up your phone for the VPN".to_owned(),
        lead,
        facts: vec![],
        action: Some(action(reader, "Set up my phone", link, "Open it on the phone itself.")),
        steps,
        doubt: "Did not expect this?",
        remedy: "Do nothing, and the link dies by itself.",
    }
}

fn set_up(reader: &Reader<'_>, link: &Link, role: Option<Role>, by: Option<&str>) -> Page {
    let company = reader.company;
    let by = by.map_or_else(|| "you were asked".to_owned(), |by| format!("{} asks you", plain(by)));
    let deed = match role {
        Some(role) => {
            let role = role.title().to_lowercase();
            format!("to look after AuthX at {company} ({role})")
        }
        None => format!("to sign in to AuthX at {company}"),
    };
    Page {
        subject: format!("Set up your sign-in to AuthX at {company}"),
        preview: format!("Works once, until {}.", reader.times.said(link.until)),
        title: "Set up your sign-in".to_owned(),
        lead: format!("{by} {deed}. Your name there is {}.", plain(reader.account)),
        facts: vec![],
        action: Some(action(reader, "Set up my sign-in", link, "")),
        steps: vec![
            "You choose a password.",
            "You add a passkey, or your phone.",
            "You are signed in.",
        ],
        doubt: "Did not expect this?",
        remedy: "Do nothing, and the link dies by itself.",
    }
}

fn password_forgotten(reader: &Reader<'_>, link: &Link, deed: &Deed) -> Page {
    let company = reader.company;
    Page {
        subject: format!("Choose a new password for AuthX at {company}"),
        preview: format!("Works once, until {}.", reader.times.said(link.until)),
        title: "Choose a new password".to_owned(),
        lead: format!("somebody said to have forgotten the password of your account at {company}."),
        facts: facts(reader, [], deed, "Asked"),
        action: Some(action(
            reader,
            "Choose a new password",
            link,
            "It asks for your second factor.",
        )),
        steps: vec![],
        doubt: "Was it not you?",
        remedy: "Do nothing: your password stays as it is, and the link dies by itself.",
    }
}

fn test(reader: &Reader<'_>) -> Page {
    Page {
        subject: format!("Mail from AuthX at {} arrives", reader.company),
        preview: "Nothing has to be done.".to_owned(),
        title: "Mail arrives".to_owned(),
        lead: "this is what mail from AuthX looks like. An administrator has tried whether it arrives."
            .to_owned(),
        facts: vec![],
        action: None,
        steps: vec![],
        doubt: "Did not expect this?",
        remedy: "Nothing has to be done. The portal is at",
    }
}

fn action(reader: &Reader<'_>, label: &'static str, link: &Link, note: &'static str) -> Action {
    let until = reader.times.said(link.until);
    Action { label, link: link.url.to_string(), until, note }
}

pub(super) fn facts<const N: usize>(
    reader: &Reader<'_>,
    known: [(&'static str, String); N],
    deed: &Deed,
    when: &'static str,
) -> Vec<(&'static str, String)> {
    let mut facts = vec![("Account", plain(reader.account))];
    facts.extend(known);
    facts.push((when, reader.times.said(deed.at)));
    facts.extend(deed.from.iter().map(|from| ("From", plain(from))));
    facts.extend(deed.by.iter().map(|by| ("By", plain(by))));
    facts
}

/// A text that somebody else chose, as it may stand in a mail that its reader trusts: one short
/// line in which no mail program sees a link or an address.
pub(super) fn plain(text: &str) -> String {
    let line = crate::mail::one_line(text, LONGEST);
    let mut plain = String::with_capacity(line.len());
    let mut letters = line.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '@' => plain.push_str(" at "),
            '/' | '\\' if letters.peek() == Some(&c) => {}
            '.' | '。' | '．' | '｡' if letters.peek().is_some_and(|next| next.is_alphabetic()) =>
            {
                plain.push_str(". ");
            }
            _ => plain.push(c),
        }
    }
    plain
}

const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_chose_is_no_link() {
        for (chosen, shown) in [
            ("Anna's Pixel 8 (2024)", "Anna's Pixel 8 (2024)"),
            ("Android 15.0.1", "Android 15.0.1"),
            ("https://evil.example/x", "https:/evil. example/x"),
            ("call eve@evil.example", "call eve at evil. example"),
            ("evil。example", "evil. example"),
            ("a\r\nSubject: b", "a Subject: b"),
        ] {
            assert_eq!(plain(chosen), shown);
        }
        assert_eq!(plain(&"x".repeat(500)).chars().count(), LONGEST);
    }
}
