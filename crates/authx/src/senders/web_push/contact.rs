//! Whom a push service writes to when this server's messages give it trouble.

use super::host;
use reqwest::Url;

/// A `mailto:` or `https:` address, as it goes into the claim `sub` of each message (RFC 8292
/// §2.1).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact(String);

/// Why a text is no such address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidContact {
    /// An address of a machine.
    #[error("names an IP address, and {WHY}; {INSTEAD}")]
    Address,
    /// Neither of the two.
    #[error("must begin with \"mailto:\" or \"https://\"; {INSTEAD}")]
    Scheme,
    /// No domain at all, or one without a dot.
    #[error("“{0}” has no dot, so it is a name of this network only, and {WHY}; {INSTEAD}")]
    SingleLabel(String),
    /// A name that exists nowhere.
    #[error("“{0}” is a reserved name that reaches nobody, and {WHY}; {INSTEAD}")]
    Reserved(String),
    /// Something that is no address.
    #[error("is not one address; {INSTEAD}")]
    Unreadable,
}

impl Contact {
    /// As it goes into the claim.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Contact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Contact {
    type Err = InvalidContact;

    fn from_str(text: &str) -> Result<Self, InvalidContact> {
        if text.len() > MOST || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(InvalidContact::Unreadable);
        }
        if let Some(address) = text.strip_prefix("mailto:") {
            let (local, domain) = address.rsplit_once('@').ok_or(InvalidContact::Unreadable)?;
            if local.is_empty() || !local.chars().all(is_plain) {
                return Err(InvalidContact::Unreadable);
            }
            check(domain)?;
            return Ok(Self(format!("mailto:{local}@{}", domain.to_ascii_lowercase())));
        }
        if !text.starts_with("https://") {
            return Err(InvalidContact::Scheme);
        }
        let url = Url::parse(text).map_err(|_| InvalidContact::Unreadable)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidContact::Unreadable);
        }
        check(url.host_str().ok_or(InvalidContact::Unreadable)?)?;
        Ok(Self(url.into()))
    }
}

/// What may stand before the `@`: RFC 5322's atoms and dots, without what would need quoting in a
/// `mailto:` (RFC 6068 §2).
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!$'*+-=^_{}~.".contains(c)
}

fn check(domain: &str) -> Result<(), InvalidContact> {
    let domain = domain.to_ascii_lowercase();
    let bare = domain.trim_start_matches('[').trim_end_matches(']');
    let bare = bare.strip_prefix("ipv6:").unwrap_or(bare);
    if bare.parse::<std::net::IpAddr>().is_ok() {
        return Err(InvalidContact::Address);
    }
    if !host::is_name(&domain) {
        return Err(InvalidContact::Unreadable);
    }
    let below = |name: &str| {
        domain.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with('.'))
    };
    if RESERVED.into_iter().any(below) {
        return Err(InvalidContact::Reserved(domain));
    }
    if !domain.contains('.') {
        return Err(InvalidContact::SingleLabel(domain));
    }
    Ok(())
}

/// RFC 2606, RFC 6761, RFC 6762 §3.
const RESERVED: [&str; 8] = [
    "example",
    "example.com",
    "example.net",
    "example.org",
    "invalid",
    "local",
    "localhost",
    "test",
];
const WHY: &str =
    "Apple's push service refuses every message with such a contact (403 BadJwtToken)";
const INSTEAD: &str = "write an address that somebody reads, as in \"mailto:it@your-company.com\"";
const MOST: usize = 320;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_reaches_somebody_is_taken() {
        for (typed, meant) in [
            ("mailto:ops@authx-test.dev", "mailto:ops@authx-test.dev"),
            ("mailto:Vpn.Team+push@Corp.Co.UK", "mailto:Vpn.Team+push@corp.co.uk"),
            ("https://corp.dev/contact", "https://corp.dev/contact"),
            ("https://corp.dev", "https://corp.dev/"),
            ("mailto:a@notexample.com", "mailto:a@notexample.com"),
            ("mailto:a@localhost.dev", "mailto:a@localhost.dev"),
        ] {
            assert_eq!(typed.parse::<Contact>().unwrap().as_str(), meant);
        }
    }

    #[test]
    fn an_address_that_apple_refuses_is_refused_here() {
        for domain in [
            "localhost",
            "host.local",
            "a.invalid",
            "mfa.test",
            "vpn.example",
            "example.com",
            "EXAMPLE.NET",
            "mail.example.org",
        ] {
            for text in [format!("mailto:ops@{domain}"), format!("https://{domain}/x")] {
                let error = text.parse::<Contact>().unwrap_err();
                assert_eq!(error, InvalidContact::Reserved(domain.to_ascii_lowercase()), "{text}");
                assert!(error.to_string().contains("Apple"), "{error}");
            }
        }
        for text in [
            "mailto:ops@192.0.2.1",
            "mailto:ops@[192.0.2.1]",
            "mailto:ops@[IPv6:2001:db8::1]",
            "https://192.0.2.1",
            "https://0x7f.1",
            "https://[2001:db8::1]/",
        ] {
            assert_eq!(text.parse::<Contact>(), Err(InvalidContact::Address), "{text}");
        }
        let single = "mailto:ops@mailhost".parse::<Contact>();
        assert_eq!(single, Err(InvalidContact::SingleLabel("mailhost".to_owned())));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "ops@corp.dev", "http://corp.dev", "tel:+491234567", "MAILTO:ops@corp.dev"]
        {
            assert_eq!(text.parse::<Contact>(), Err(InvalidContact::Scheme), "{text}");
        }
        let long = format!("mailto:{}@corp.dev", "a".repeat(400));
        for text in [
            "mailto:",
            "mailto:ops",
            "mailto:@corp.dev",
            "mailto:a@b@corp.dev",
            "mailto:a b@corp.dev",
            "mailto:ops@corp.dev?subject=x",
            "mailto:ops@corp.dev,x@corp.dev",
            "mailto:ops@corp..dev",
            "mailto:ops@corp.dev.",
            "mailto:ops@\"corp.dev",
            "https://user@corp.dev",
            "https://",
            "https://corp.dev/\"\n",
            &long,
        ] {
            assert_eq!(text.parse::<Contact>(), Err(InvalidContact::Unreadable), "{text}");
        }
    }
}
