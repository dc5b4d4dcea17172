//! Which push services a message may go to.

/// A push service by its host: `push.example.com`, or `*.push.example.com` for all names below, with
/// `:PORT` where it is not 443.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Host {
    name: String,
    /// Only names below it, at any depth.
    below: bool,
    port: u16,
}

/// Why a text is no such host.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum InvalidHost {
    /// It would let messages go anywhere.
    #[error("“{0}” is too wide: name a domain with at least one dot after “*.”")]
    TooWide(String),
    /// Not a name.
    #[error(
        "“{0}” is not the name of a push service; write it as in push.example.com or *.push.example.com, without https://"
    )]
    Unreadable(String),
}

impl Host {
    /// Whether this is the service at a host and port, the host in lower case.
    pub fn is(&self, host: &str, port: u16) -> bool {
        let head = host.strip_suffix(&self.name);
        let named = if self.below {
            head.and_then(|head| head.strip_suffix('.')).is_some_and(|head| !head.is_empty())
        } else {
            head == Some("")
        };
        named && port == self.port
    }

    /// Host and port to connect to, unless there are many.
    pub fn single(&self) -> Option<(&str, u16)> {
        (!self.below).then_some((self.name.as_str(), self.port))
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.below { "*." } else { "" })?;
        f.write_str(&self.name)?;
        if self.port == HTTPS { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

impl std::str::FromStr for Host {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let unreadable = || InvalidHost::Unreadable(text.to_owned());
        let (name, port) = match text.split_once(':') {
            Some((name, port)) => {
                let digits = port.bytes().all(|byte| byte.is_ascii_digit());
                let port = port.parse().ok().filter(|port| digits && *port > 0);
                (name, port.ok_or_else(unreadable)?)
            }
            None => (text, HTTPS),
        };
        let name = name.to_ascii_lowercase();
        let (name, below) = match name.strip_prefix("*.") {
            Some(name) => (name.to_owned(), true),
            None => (name, false),
        };
        if name == "*" || (below && is_name(&name) && !name.contains('.')) {
            return Err(InvalidHost::TooWide(text.to_owned()));
        }
        if !is_name(&name) {
            return Err(unreadable());
        }
        Ok(Self { name, below, port })
    }
}

/// The services behind the browsers of today. What a phone's browser uses is built into it: Chrome
/// uses the first two, Firefox the third, Safari the fourth, Edge the last.
pub fn known() -> Vec<Host> {
    let host = |(name, below): (&str, bool)| Host { name: name.to_owned(), below, port: HTTPS };
    KNOWN.map(host).into()
}

/// Whether it can be a name in the DNS, and no address.
pub(super) fn is_name(name: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // As browsers read it (WHATWG URL §3.5): a last label of digits makes an IPv4 address.
    let last = name.rsplit('.').next().unwrap_or_default();
    let numeric = last.starts_with(|c: char| c.is_ascii_digit());
    name.len() <= 253 && name.split('.').all(label) && !numeric
}

const HTTPS: u16 = 443;
const KNOWN: [(&str, bool); 5] = [
    ("fcm.googleapis.com", false),
    ("jmt17.google.com", false),
    ("updates.push.services.mozilla.com", false),
    ("push.apple.com", true),
    ("notify.windows.com", true),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn host(text: &str) -> Host {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_is_that_name_and_a_star_is_what_is_below() {
        assert!(host("push.corp.dev").is("push.corp.dev", 443));
        assert!(!host("push.corp.dev").is("a.push.corp.dev", 443));
        assert!(!host("push.corp.dev").is("evilpush.corp.dev", 443));
        assert!(!host("push.corp.dev").is("push.corp.dev", 8443));
        assert!(host("push.corp.dev:8443").is("push.corp.dev", 8443));
        let below = host("*.Push.corp.dev");
        assert!(below.is("a.push.corp.dev", 443) && below.is("a.b.push.corp.dev", 443));
        for other in ["push.corp.dev", ".push.corp.dev", "apush.corp.dev", "push.corp.dev.evil.dev"]
        {
            assert!(!below.is(other, 443), "{other}");
        }
        for text in ["push.corp.dev", "*.push.corp.dev:8443"] {
            assert_eq!(host(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["*", "*.com", "*:443"] {
            let wide = Err(InvalidHost::TooWide(text.to_owned()));
            assert_eq!(text.parse::<Host>(), wide, "{text}");
        }
        for text in [
            "",
            "https://push.corp.dev",
            "push.corp.dev/x",
            "push.*.dev",
            "**.corp.dev",
            "192.0.2.1",
            "[2001:db8::1]",
            "a.0x7f",
            "push.corp.dev:0",
            "push.corp.dev:+1",
            "push.corp.dev:",
            "push.corp.dev.",
            "a b.dev",
        ] {
            let unreadable = Err(InvalidHost::Unreadable(text.to_owned()));
            assert_eq!(text.parse::<Host>(), unreadable, "{text}");
        }
    }

    #[test]
    fn the_known_ones_are_names() {
        for known in known() {
            assert_eq!(known.to_string().parse::<Host>().unwrap(), known);
        }
    }
}
