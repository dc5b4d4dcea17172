//! What can go wrong at one place. The causes lie deep in the chain of reqwest's errors, which
//! itself says little more than "error sending request".

use authx_core::wire::signature::SignatureError;
use rustls::{AlertDescription, CertificateError};
use std::{error::Error, io, time::Duration};

/// Why a place gave no answer that can be believed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The connection ended before the answer was whole.
    #[error("the connection broke off before the answer was whole ({detail})")]
    Broken {
        /// What the libraries say.
        detail: String,
    },
    /// Nobody takes the connection.
    #[error("no connection: {source}; {}", connecting(source))]
    Connect {
        /// What the system says.
        source: io::Error,
    },
    /// The host's name has no address.
    #[error("the name {host} is not resolved: {source}; check the name and /etc/resolv.conf")]
    Name {
        /// The name.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// An answer came that AuthX did not give.
    #[error(transparent)]
    NoVerdict(#[from] NoVerdict),
    /// Nothing came in time.
    #[error("no answer within {:.1} s; {}", after.as_secs_f64(), if *connecting { "is a firewall between?" } else { "the server hangs, or has too much to do" })]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
        /// Whether there was not even a connection.
        connecting: bool,
    },
    /// No TLS, or a certificate that is not trusted.
    #[error("no secure connection: {source}; {}", securing(source))]
    Tls {
        /// What the library says.
        source: rustls::Error,
    },
    /// The key is not accepted.
    #[error("the Application Key is not accepted: {detail}")]
    Unsigned401 {
        /// What the server says.
        detail: String,
    },
}

/// An answer that says nothing, because AuthX did not sign it or this program cannot read it.
#[derive(Debug, thiserror::Error)]
pub enum NoVerdict {
    /// Signed, but not what was asked for.
    #[error(
        "AuthX's answer is not understood ({0}): are server and agent of very different versions?"
    )]
    NotUnderstood(#[source] serde_json::Error),
    /// Somewhere else.
    #[error("it redirects to {to}; application_url must be the address of AuthX itself")]
    Redirected {
        /// Where to.
        to: String,
    },
    /// More than any answer of AuthX.
    #[error("an answer ({status}) that is longer than any of AuthX: something else listens there")]
    TooLong {
        /// The HTTP status.
        status: u16,
    },
    /// No signature.
    #[error(
"an answer ({status}, {kind}) without AuthX's signature: {}", answering(*status)
    )]
    Unsigned {
        /// The HTTP status.
        status: u16,
        /// Its content type.
        kind: String,
    },
    /// A signature that is not right.
    #[error(
        "an answer ({status}) whose signature is not right ({source}): something in between changes answers, or the server has another key"
    )]
    WrongSignature {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        source: SignatureError,
    },
}

/// Says which name was not resolved: the system's error does not.
#[derive(Debug, thiserror::Error)]
#[error("{host} is not resolved")]
pub(super) struct Unresolved {
    pub(super) host: String,
    pub(super) source: io::Error,
}

impl Trouble {
    /// What lies behind reqwest's error.
    pub(super) fn of(error: &reqwest::Error, after: Duration) -> Self {
        let mut link: Option<&(dyn Error + 'static)> = Some(error);
        let (mut last, mut broken) = (error.to_string(), None);
        while let Some(here) = link {
            if let Some(Unresolved { host, source }) = here.downcast_ref() {
                return Self::Name { host: host.clone(), source: copy(source) };
            }
            if let Some(source) = here.downcast_ref::<rustls::Error>() {
                return Self::Tls { source: source.clone() };
            }
            if let Some(found) = here.downcast_ref::<io::Error>() {
                if let Some(source) = wrapped(found) {
                    return Self::Tls { source: source.clone() };
                }
                broken = Some(found);
            }
            last = here.to_string();
            link = here.source();
        }
        match broken {
            _ if error.is_timeout() => Self::TimedOut { after, connecting: error.is_connect() },
            Some(found) if error.is_connect() => Self::Connect { source: copy(found) },
            Some(_) | None => Self::Broken { detail: last },
        }
    }

    /// Whether it may be over in a second, as when a server starts again.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Broken { .. } | Self::TimedOut { .. } => true,
            Self::Connect { source } => source.kind() != io::ErrorKind::PermissionDenied,
            // What a proxy says while nobody stands behind it.
            Self::NoVerdict(NoVerdict::Unsigned { status, .. }) => matches!(status, 502..=504),
            Self::Name { .. }
            | Self::NoVerdict(_)
            | Self::Tls { .. }
            | Self::Unsigned401 { .. } => false,
        }
    }
}

/// An `io::Error` does not count what it wraps among its sources, and is wrapped itself.
fn wrapped(error: &io::Error) -> Option<&rustls::Error> {
    let inner = error.get_ref()?;
    inner.downcast_ref().or_else(|| inner.downcast_ref::<io::Error>().and_then(wrapped))
}

fn copy(error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::new(error.kind(), error.to_string()),
    }
}

fn connecting(error: &io::Error) -> &'static str {
    use io::ErrorKind::{
        ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound, PermissionDenied,
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the system has errors without number")]
    match error.kind() {
        ConnectionRefused => "does AuthX run there, and is it this port?",
        HostUnreachable | NetworkUnreachable => "is there a route to it?",
        NotFound => "is this the socket that AuthX has as listen.unix_socket, and does it run?",
        PermissionDenied => "the agent's user must be in the group of AuthX's socket",
        _ => "look at the network between",
    }
}

fn answering(status: u16) -> &'static str {
    match status {
        404 | 405 => {
            "something else answers there, or an AuthX that is older than this agent and does not know the call"
        }
        502..=504 => "a proxy, whose AuthX is away",
        _ => "something else answers there",
    }
}

fn securing(error: &rustls::Error) -> &'static str {
    use CertificateError as Bad;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library has errors without number")]
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => {
                "nobody who is trusted vouches for the certificate: name its authority's file in authx.certificate_authority"
            }
            Bad::Expired | Bad::ExpiredContext { .. } => {
                "the certificate has expired, or this machine's clock is wrong"
            }
            Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
                "the certificate is not valid yet, or this machine's clock is wrong"
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "the certificate is for another name than application_url has"
            }
            _ => "the server's certificate has to be replaced",
        },
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS",
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server has no certificate for the name in application_url"
        }
        _ => "both sides have no TLS in common, or something between interferes",
    }
}
