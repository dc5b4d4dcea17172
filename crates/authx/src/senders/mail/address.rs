//! To whom and from whom mail goes.

use reqwest::Url;

/// The address of one mailbox, with its domain as mail servers know it (RFC 5891): what it holds
/// can stand in an envelope and in a header as it is.
#[derive(Clone, Eq, PartialEq)]
pub struct Address(String);

/// An address, and what its owner is called.
#[derive(Clone, Eq, PartialEq)]
pub struct Mailbox {
    /// As it stands before the address; empty without a name.
    pub name: String,
    /// Where mail goes.
    pub address: Address,
}

/// Why a text is no address.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidAddress {
    /// What follows the `@`.
    #[error("what follows the @ is no name of a mail domain; write it as in anna@example.com")]
    Domain,
    /// What stands before the `@`.
    #[error("what stands before the @ cannot stand there; write it as in anna@example.com")]
    Local,
    /// More than mail servers take.
    #[error("is longer than the 254 bytes that a mail address may have")]
    Long,
    /// No `@`.
    #[error("is no mail address: it has no @; write it as in anna@example.com")]
    NoAt,
}

impl Address {
    /// As it goes into an envelope.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of it that its owner knows it, and nobody else learns it: `a•••@example.com`.
    pub fn masked(&self) -> String {
        let (local, domain) = self.0.rsplit_once('@').unwrap_or_default();
        let first: String = local.chars().take(1).collect();
        format!("{first}•••@{domain}")
    }

    /// What follows the `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    pub(super) fn written(&self) -> Result<lettre::Address, lettre::address::AddressError> {
        self.0.parse()
    }
}

impl std::str::FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        if text.len() > MOST {
            return Err(InvalidAddress::Long);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress::NoAt)?;
        if local.len() > 64 || !local.split('.').all(|atom| !atom.is_empty() && is_atom(atom)) {
            return Err(InvalidAddress::Local);
        }
        let domain = ascii_domain(domain).ok_or(InvalidAddress::Domain)?;
        let address = Self(format!("{local}@{domain}"));
        if address.0.len() > MOST {
            return Err(InvalidAddress::Long);
        }
        // What is sent through it has the last word.
        address.written().map_err(|_| InvalidAddress::Local)?;
        Ok(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Masked, as it ends up in logs.
impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

impl std::str::FromStr for Mailbox {
    type Err = InvalidAddress;

    /// An address, or `Name <address>`.
    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        let Some((name, address)) =
            text.strip_suffix('>').and_then(|inside| inside.rsplit_once('<'))
        else {
            return Ok(Self { name: String::new(), address: text.parse()? });
        };
        let name = super::message::one_line(name.trim().trim_matches('"'), 100);
        Ok(Self { name, address: address.parse()? })
    }
}

impl std::fmt::Display for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.name.is_empty() {
            return self.address.fmt(f);
        }
        write!(f, "{} <{}>", self.name, self.address)
    }
}

impl std::fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailbox({self})")
    }
}

/// RFC 5322's atoms, and letters and digits beyond ASCII (RFC 6531). Nothing that needs quotes:
/// hardly anybody has such an address, and each quote is a place to hide in.
fn is_atom(atom: &str) -> bool {
    atom.chars().all(|c| {
        c.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(c)
            || (!c.is_ascii() && c.is_alphanumeric())
    })
}

/// The domain as it stands in the DNS.
fn ascii_domain(domain: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    if domain.is_empty()
        || domain.ends_with('.')
        || !domain.chars().all(|c| plain(c) || !c.is_ascii())
    {
        return None;
    }
    let url = Url::parse(&format!("http://{domain}/")).ok()?;
    // Small and full-width signs become those of ASCII on the way (RFC 5891, section 4.2.2).
    url.domain().filter(|domain| domain.chars().all(plain)).map(str::to_owned)
}

const MOST: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_is_written_as_mail_servers_know_it() {
        for (typed, meant) in [
            ("anna@example.com", "anna@example.com"),
            (" Anna.Arnold+vpn@Example.COM ", "Anna.Arnold+vpn@example.com"),
            ("anna@müller.example", "anna@xn--mller-kva.example"),
            ("用户@例子.公司", "用户@xn--fsqu00a.xn--55qx5d"),
            ("root@localhost", "root@localhost"),
            ("o'neill@example.com", "o'neill@example.com"),
        ] {
            assert_eq!(typed.parse::<Address>().unwrap().as_str(), meant, "{typed}");
        }
        let address: Address = "anna@müller.example".parse().unwrap();
        assert_eq!(address.masked(), "a•••@xn--mller-kva.example");
        assert_eq!(format!("{address:?}"), "Address(a•••@xn--mller-kva.example)");
    }

    #[test]
    fn what_could_mean_something_else_is_no_address() {
        for wrong in [
            "anna",
            "@example.com",
            "anna@",
            "anna@example.com\r\nBcc: eve@example.com",
            "anna@example.com>",
            "anna bob@example.com",
            "anna,bob@example.com",
            "\"anna bob\"@example.com",
            ".anna@example.com",
            "an..na@example.com",
            "anna@exa mple.com",
            "anna@ex%61mple.com",
            "anna@example.com:25",
            "anna@127.0.0.1",
            "anna@[::1]",
            "anna@example.com.",
            "anna@exa\u{fe60}mple.com",
            "\u{202e}anna@example.com",
        ] {
            assert!(wrong.parse::<Address>().is_err(), "{wrong}");
        }
        assert_eq!(
            format!("{}@a.b", "a".repeat(300)).parse::<Address>(),
            Err(InvalidAddress::Long)
        );
        assert_eq!(
            format!("{}@a.b", "a".repeat(65)).parse::<Address>(),
            Err(InvalidAddress::Local)
        );
    }

    #[test]
    fn a_mailbox_has_a_name_or_none() {
        let mailbox: Mailbox = "AuthX at Example <authx@example.com>".parse().unwrap();
        assert_eq!(mailbox.name, "AuthX at Example");
        assert_eq!(mailbox.to_string(), "AuthX at Example <authx@example.com>");
        let bare: Mailbox = "authx@example.com".parse().unwrap();
        assert_eq!((bare.name.as_str(), bare.to_string().as_str()), ("", "authx@example.com"));
        let quoted: Mailbox = "\"Example, Inc.\" <authx@example.com>".parse().unwrap();
        assert_eq!(quoted.name, "Example, Inc.");
        assert!("AuthX <authx@example.com".parse::<Mailbox>().is_err());
    }

    proptest! {
        #[test]
        fn what_is_an_address_stays_itself_and_holds_nothing_else(text in "\\PC{0,12}@\\PC{0,12}") {
            if let Ok(address) = text.parse::<Address>() {
                prop_assert!(!address.as_str().contains(|c: char| c.is_control() || c.is_whitespace()));
                prop_assert_eq!(address.as_str().parse::<Address>(), Ok(address.clone()));
            }
        }
    }
}
