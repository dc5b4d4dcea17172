//! Where a message goes. A phone says so, and a phone may be anybody's: what is not a push service
//! that the operator knows is never connected to.

use super::Host;
use reqwest::Url;

/// An address at a push service that is allowed. It is a secret of the phone's: who knows it can
/// send nothing, but can tell the phone again.
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    host: String,
    origin: String,
    service: usize,
}

/// Why no message goes to an address.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ForbiddenEndpoint {
    /// A host that is not on the list.
    #[error("{host} is not among the push services of this server; push.hosts can add it")]
    Host {
        /// The host, and its port where it is not 443.
        host: String,
    },
    /// An IP address.
    #[error("an endpoint must name a host, not an address")]
    Literal,
    /// Not https.
    #[error("an endpoint must begin with “https://”")]
    Scheme,
    /// Not a URL, or one that is longer than any push service makes them.
    #[error("the endpoint is not a URL")]
    Unreadable,
    /// User, password or fragment.
    #[error("an endpoint has no user, no password and no fragment")]
    Userinfo,
}

impl Endpoint {
    /// The address, if a message may go there.
    ///
    /// # Errors
    ///
    /// [`ForbiddenEndpoint`] says what is wrong with it and holds nothing of its path.
    pub fn parse(text: &str, hosts: &[Host]) -> Result<Self, ForbiddenEndpoint> {
        if text.len() > MOST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ForbiddenEndpoint::Unreadable);
        }
        let url = Url::parse(text).map_err(|_| ForbiddenEndpoint::Unreadable)?;
        if url.scheme() != "https" {
            return Err(ForbiddenEndpoint::Scheme);
        }
        let userinfo = !url.username().is_empty() || url.password().is_some();
        if userinfo || url.fragment().is_some() || text.contains('@') && has_userinfo(text) {
            return Err(ForbiddenEndpoint::Userinfo);
        }
        let host = url.domain().ok_or(ForbiddenEndpoint::Literal)?.to_owned();
        let port = url.port_or_known_default().ok_or(ForbiddenEndpoint::Unreadable)?;
        let service = hosts.iter().position(|known| known.is(&host, port));
        let shown = url.port().map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let Some(service) = service else {
            return Err(ForbiddenEndpoint::Host { host: shown });
        };
        Ok(Self { url, host, origin: format!("https://{shown}"), service })
    }

    /// The whole address.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// What may be logged.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whom the server's token is for (RFC 8292 §2).
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Which of the hosts that were given to [`Self::parse`].
    pub(super) fn service(&self) -> usize {
        self.service
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Endpoint({}/…)", self.origin)
    }
}

/// An empty user (`https://@host`) is gone once the URL is read.
fn has_userinfo(text: &str) -> bool {
    let authority = text.split("//").nth(1).unwrap_or_default();
    authority.split(['/', '?', '#', '\\']).next().is_some_and(|authority| authority.contains('@'))
}

/// Chrome's have some 200 bytes, those of Windows up to 600.
const MOST: usize = 2_048;

#[cfg(test)]
mod tests {
    use super::super::known;
    use super::*;
    use proptest::prelude::*;

    fn hosts() -> Vec<Host> {
        let mut hosts = known();
        hosts.push("push.corp.dev:8443".parse().unwrap());
        hosts
    }

    fn error(text: &str) -> ForbiddenEndpoint {
        Endpoint::parse(text, &hosts()).unwrap_err()
    }

    #[test]
    fn the_services_of_the_browsers_are_allowed() {
        for (text, origin) in [
            ("https://fcm.googleapis.com/fcm/send/abc:APA91b", "https://fcm.googleapis.com"),
            ("https://jmt17.google.com/fcm/send/abc", "https://jmt17.google.com"),
            (
                "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
                "https://updates.push.services.mozilla.com",
            ),
            ("https://web.push.apple.com/QGuQyavXutnMH", "https://web.push.apple.com"),
            (
                "https://wns2-par02p.notify.windows.com/w/?token=BQY",
                "https://wns2-par02p.notify.windows.com",
            ),
            ("https://FCM.googleapis.com:443/x", "https://fcm.googleapis.com"),
            ("https://push.corp.dev:8443/x", "https://push.corp.dev:8443"),
            ("https://fcm.googleapis.com/a@b", "https://fcm.googleapis.com"),
        ] {
            let endpoint = Endpoint::parse(text, &hosts()).unwrap();
            assert_eq!(endpoint.origin(), origin);
            assert!(!format!("{endpoint:?}").contains("APA91b"));
        }
    }

    #[test]
    fn every_other_is_refused() {
        for text in
            ["http://fcm.googleapis.com/x", "ftp://fcm.googleapis.com/", "file:///etc/passwd"]
        {
            assert_eq!(error(text), ForbiddenEndpoint::Scheme, "{text}");
        }
        for text in [
            "https://127.0.0.1/x",
            "https://[::1]/x",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::ffff:10.0.0.1]/",
        ] {
            assert_eq!(error(text), ForbiddenEndpoint::Literal, "{text}");
        }
        for text in [
            "https://user@fcm.googleapis.com/",
            "https://:pw@fcm.googleapis.com/",
            "https://@fcm.googleapis.com/",
            "https://fcm.googleapis.com/#x",
        ] {
            assert_eq!(error(text), ForbiddenEndpoint::Userinfo, "{text}");
        }
        let long = format!("https://fcm.googleapis.com/{}", "a".repeat(2_048));
        for text in [
            "",
            "fcm.googleapis.com",
            "https://",
            "https://fcm.googleapis.com/a b",
            "https://fcm\t.googleapis.com/",
            &long,
        ] {
            assert_eq!(error(text), ForbiddenEndpoint::Unreadable, "{text}");
        }
        for (text, host) in [
            ("https://localhost/x", "localhost"),
            ("https://fcm.googleapis.com./x", "fcm.googleapis.com."),
            ("https://fcm.googleapis.com:444/x", "fcm.googleapis.com:444"),
            ("https://fcm.googleapis.com.evil.dev/x", "fcm.googleapis.com.evil.dev"),
            ("https://push.apple.com/x", "push.apple.com"),
            ("https://evilpush.apple.com/x", "evilpush.apple.com"),
            ("https://push.corp.dev/x", "push.corp.dev"),
            ("https://evil.dev\\fcm.googleapis.com/", "evil.dev"),
        ] {
            assert_eq!(error(text), ForbiddenEndpoint::Host { host: host.to_owned() }, "{text}");
        }
    }

    proptest! {
        /// Whatever is written, what is connected to is on the list.
        #[test]
        fn no_text_leads_elsewhere(text in "https?:[/\\\\]{1,3}[a-z@:.%0-9\\[\\]/\\\\?#]{0,30}(fcm\\.googleapis\\.com)?[a-z@:.%0-9/\\\\?#]{0,20}") {
            if let Ok(endpoint) = Endpoint::parse(&text, &hosts()) {
                let url = endpoint.url();
                prop_assert_eq!(url.host_str(), Some("fcm.googleapis.com"));
                prop_assert_eq!((url.scheme(), url.port()), ("https", None));
                prop_assert!(url.username().is_empty());
            }
        }
    }
}
