//! Why no answer came. The causes lie deep in the chain of reqwest's errors, which itself says
//! little more than "error sending request".

use rustls::CertificateError;
use std::{error::Error, io, time::Duration};

/// Why there was no answer of an AuthX server.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The connection ended before the answer was whole.
    #[error("the connection broke off before the answer was whole ({detail})")]
    Broken {
        /// What the libraries say.
        detail: String,
    },
    /// Nobody takes the connection.
    #[error("no connection ({source}); does the server run, and is the address right?")]
    Connect {
        /// What the system says.
        source: io::Error,
    },
    /// The host's name has no address.
    #[error("the name {host} has no address ({source}); are you online, and is the name right?")]
    Name {
        /// The name.
        host: String,
        /// What the system says.
        source: io::Error,
    },
    /// Nothing came in time.
    #[error("no answer within {:.1} s; is a firewall between?", after.as_secs_f64())]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// No TLS, or a certificate that is not trusted.
    #[error("no secure connection ({source}); {}", securing(source))]
    Tls {
        /// What the library says.
        source: rustls::Error,
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
            _ if error.is_timeout() => Self::TimedOut { after },
            Some(found) if error.is_connect() => Self::Connect { source: copy(found) },
            Some(_) | None => Self::Broken { detail: last },
        }
    }

    /// Whether it may be over in a moment, as when a server starts again or a laptop wakes up.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Broken { .. }
            | Self::Connect { .. }
            | Self::Name { .. }
            | Self::TimedOut { .. } => true,
            Self::Tls { .. } => false,
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

fn securing(error: &rustls::Error) -> &'static str {
    use CertificateError as Bad;
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library has errors without number")]
    match error {
        rustls::Error::InvalidCertificate(bad) => match bad {
            Bad::UnknownIssuer => {
                "nobody who is trusted vouches for the certificate: if it is your company's own, name its authority with --ca-file"
            }
            Bad::Expired
            | Bad::ExpiredContext { .. }
            | Bad::NotValidYet
            | Bad::NotValidYetContext { .. } => {
                "the certificate is not valid today, or this machine's clock is wrong"
            }
            Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
                "the certificate is for another name: tell your administrator"
            }
            _ => "the server's certificate has to be replaced: tell your administrator",
        },
        rustls::Error::InvalidMessage(_) => "what answers there does not speak TLS",
        _ => "both sides have no TLS in common, or something between interferes",
    }
}
