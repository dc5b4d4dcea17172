//! A mail as it goes over the wire (RFC 5322, RFC 2045 to 2047).

use super::{Address, MailError, Mailbox};
use authx_core::Millis;
use lettre::{
    Message,
    address::Envelope,
    message::{
        MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};
use std::time::{Duration, UNIX_EPOCH};

/// What is sent to one person.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// What tells it from every other, and is the same when it is sent once more.
    pub id: &'a str,
    /// Whom to.
    pub to: &'a Address,
    /// What that person is called; empty if that is not known.
    pub name: &'a str,
    /// What it is about.
    pub subject: &'a str,
    /// What it says, for those who read text.
    pub text: &'a str,
    /// The same with its looks.
    pub html: &'a str,
    /// When it was written.
    pub at: Millis,
}

/// The mail's envelope and its bytes, all of them ASCII.
pub(super) fn written(from: &Mailbox, mail: &Mail<'_>) -> Result<(Envelope, Vec<u8>), MailError> {
    let unwritable = |what: &dyn std::fmt::Display| MailError::Unwritable { why: what.to_string() };
    let mailbox = |name: &str, address: &Address| {
        let name = one_line(name, LONGEST_NAME);
        let address = address.written().map_err(|error| unwritable(&error))?;
        Ok::<_, MailError>(lettre::message::Mailbox::new(
            (!name.is_empty()).then_some(name),
            address,
        ))
    };
    let id: String = mail.id.chars().filter(char::is_ascii_alphanumeric).collect();
    let message = Message::builder()
        .from(mailbox(&from.name, &from.address)?)
        .to(mailbox(mail.name, mail.to)?)
        .subject(one_line(mail.subject, LONGEST_SUBJECT))
        .date(UNIX_EPOCH + Duration::from_millis(mail.at.0))
        .message_id(Some(format!("<{id}@{}>", from.address.domain())))
        // RFC 3834 §5, and what Exchange knows instead: nobody's holiday answers a program.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .multipart(
            MultiPart::alternative()
                .boundary(format!("authx-{id}"))
                .singlepart(SinglePart::plain(mail.text.to_owned()))
                .singlepart(SinglePart::html(mail.html.to_owned())),
        )
        .map_err(|error| unwritable(&error))?;
    Ok((message.envelope().clone(), message.formatted()))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// A text as it may stand in a header: without what ends a line or hides, at most `most`
/// characters.
pub fn one_line(text: &str, most: usize) -> String {
    let shown = |c: char| if c.is_control() || is_separator(c) { ' ' } else { c };
    let text: String = text.chars().filter(|&c| !is_direction(c)).map(shown).collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= most {
        return text;
    }
    let cut: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// What makes text run the other way, so that it reads as something else.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

const LONGEST_NAME: usize = 100;
const LONGEST_SUBJECT: usize = 150;

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(name: &str, subject: &str, text: &str) -> String {
        let to: Address = "anna@müller.example".parse().unwrap();
        let from: Mailbox = "AuthX <authx@example.com>".parse().unwrap();
        let at = Millis(1_767_225_600_000);
        let mail = Mail { id: "del_01", to: &to, name, subject, text, html: "<p>Hi</p>", at };
        let (envelope, bytes) = written(&from, &mail).unwrap();
        assert_eq!(envelope.to()[0].to_string(), "anna@xn--mller-kva.example");
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn what_somebody_is_called_adds_no_header() {
        for evil in [
            "Eve\r\nBcc: eve@example.org",
            "Eve\nX: y",
            "Eve\u{2028}X: y",
            "Eve\0",
            "Eve\u{85}X: y",
        ] {
            let mail = formatted(evil, evil, "text");
            let head = mail.split("\r\n\r\n").next().unwrap();
            let names: Vec<&str> = head
                .lines()
                .filter(|line| !line.starts_with([' ', '\t']))
                .filter_map(|line| line.split(':').next())
                .collect();
            assert_eq!(
                names,
                [
                    "From",
                    "To",
                    "Subject",
                    "Date",
                    "Message-ID",
                    "Auto-Submitted",
                    "X-Auto-Response-Suppress",
                    "MIME-Version",
                    "Content-Type"
                ],
                "{mail}"
            );
        }
    }

    #[test]
    fn any_text_goes_through_any_server() {
        let long = "Ünïcödé ".repeat(400);
        let mail = formatted(&long, &long, &format!("{long}\n.\nFrom here"));
        assert!(mail.is_ascii());
        assert!(mail.lines().all(|line| line.len() <= 998), "{mail}");
        assert!(mail.contains("Message-ID: <del01@example.com>"), "{mail}");
        assert!(mail.contains("Date: Thu, 01 Jan 2026 00:00:00 +0000"), "{mail}");
    }

    #[test]
    fn a_line_is_cut_at_a_character() {
        assert_eq!(one_line(" a\u{202e}b\tc ", 10), "ab c");
        assert_eq!(one_line("äöü", 2), "ä…");
    }
}
