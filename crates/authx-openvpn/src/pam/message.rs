//! What the agent and a check say to each other: one question, one answer.
//!
//! The question is six fields, each ended by NUL, which none of them may hold because PAM is C: `1`,
//! service, user, password, the client's address, and the seconds the agent will wait. The answer is
//! a line: `proved`, `refused DETAIL` or `unavailable DETAIL`.

use super::{Proof, Service, ServiceError};
use std::{
    io::{self, Read},
    net::{AddrParseError, IpAddr},
    num::ParseIntError,
    str::{self, Utf8Error},
    time::Duration,
};
use zeroize::Zeroizing;

/// One check to make.
pub(super) struct Request {
    pub(super) service: Service,
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
    pub(super) rhost: IpAddr,
    /// How long the agent will wait; at least a second.
    pub(super) patience: Duration,
}

impl Request {
    pub(super) fn new(
        service: &Service,
        user: &str,
        password: &str,
        rhost: IpAddr,
        patience: Duration,
    ) -> Result<Self, RequestError> {
        check_user(user)?;
        check_password(password)?;
        let patience = Duration::from_secs(patience.as_secs().saturating_add(1));
        let (service, user) = (service.clone(), user.to_owned());
        Ok(Self { service, user, password: Zeroizing::new(password.to_owned()), rhost, patience })
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let (rhost, secs) = (self.rhost.to_string(), self.patience.as_secs().to_string());
        let fields = [VERSION, self.service.as_str(), &self.user, &self.password, &rhost, &secs];
        // Room for all from the start: a vector that grows leaves the password behind in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_REQUEST_BYTES));
        for field in fields {
            bytes.extend_from_slice(field.as_bytes());
            bytes.push(0);
        }
        bytes
    }

    pub(super) fn read(mut from: impl Read) -> Result<Self, RequestError> {
        let mut bytes = Zeroizing::new(vec![0; MAX_REQUEST_BYTES]);
        let mut len = 0;
        while bytes.iter().take(len).filter(|&&byte| byte == 0).count() < FIELDS {
            let room = bytes.get_mut(len..).filter(|room| !room.is_empty());
            match from.read(room.ok_or(RequestError::TooLong)?)? {
                0 => return Err(RequestError::Malformed),
                more => len += more,
            }
        }
        Self::parse(bytes.get(..len).unwrap_or_default())
    }

    fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        let text = str::from_utf8(bytes)?;
        let fields: Vec<&str> = text.split('\0').collect();
        let [version, service, user, password, rhost, secs, ""] = fields[..] else {
            return Err(RequestError::Malformed);
        };
        if version != VERSION {
            return Err(RequestError::Version);
        }
        let patience = Duration::from_secs(secs.parse::<u32>()?.max(1).into());
        check_user(user)?;
        check_password(password)?;
        Ok(Self {
            service: Service::parse(service)?,
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
            rhost: rhost.parse()?,
            patience,
        })
    }
}

/// Modules make file names of a user's name, and put it on command lines.
fn check_user(user: &str) -> Result<(), RequestError> {
    let fits = (1..=MAX_USER_BYTES).contains(&user.len());
    let odd = user.starts_with(['-', '.']) || user.contains('/') || user.contains(char::is_control);
    if fits && !odd { Ok(()) } else { Err(RequestError::User) }
}

fn check_password(password: &str) -> Result<(), RequestError> {
    match password.len() {
        // Asked with an empty password, an LDAP server answers yes to an anonymous bind.
        0 => Err(RequestError::NoPassword),
        1..=MAX_PASSWORD_BYTES if !password.contains('\0') => Ok(()),
        _ => Err(RequestError::Password),
    }
}

impl Proof {
    pub(super) fn to_line(&self) -> String {
        match self {
            Self::Proved => "proved\n".to_owned(),
            Self::Refused { detail } => format!("refused {}\n", printable(detail)),
            Self::Unavailable { detail } => format!("unavailable {}\n", printable(detail)),
        }
    }

    /// `None` for what is no answer, such as one that breaks off.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let line = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        match line.split_once(' ') {
            None if line == "proved" => Some(Self::Proved),
            Some(("refused", detail)) => Some(Self::Refused { detail: printable(detail) }),
            Some(("unavailable", detail)) => Some(Self::Unavailable { detail: printable(detail) }),
            None | Some(_) => None,
        }
    }
}

/// One line that is safe in a log and fits into an answer.
pub(super) fn printable(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_DETAIL_CHARS).collect()
}

/// Why something is no question that can be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum RequestError {
    #[error("the client's address is none: {_0}")]
    Address(#[from] AddrParseError),
    #[error("the question is no UTF-8: {_0}")]
    Encoding(#[from] Utf8Error),
    #[error("the question breaks off or has too many parts")]
    Malformed,
    #[error("an empty password is not checked")]
    NoPassword,
    #[error("no password has more than {MAX_PASSWORD_BYTES} bytes or a NUL in it")]
    Password,
    #[error("the time to wait is no number of seconds: {_0}")]
    Patience(#[from] ParseIntError),
    #[error("the question cannot be read: {_0}")]
    Read(#[from] io::Error),
    #[error(transparent)]
    Service(#[from] ServiceError),
    #[error("the question has more than {MAX_REQUEST_BYTES} bytes")]
    TooLong,
    #[error(
        "a name has 1 to {MAX_USER_BYTES} bytes, none of them / or a control character, and starts with neither - nor ."
    )]
    User,
    #[error("the question is of another version; restart what was not restarted after an upgrade")]
    Version,
}

/// Bytes an answer has at most, its newline included.
pub(super) const MAX_ANSWER_BYTES: u64 = 4096;
const FIELDS: usize = 6;
/// Four bytes a character and the word before them stay within an answer.
const MAX_DETAIL_CHARS: usize = 600;
/// What OpenVPN takes from a client.
const MAX_PASSWORD_BYTES: usize = 4096;
const MAX_REQUEST_BYTES: usize = 8192;
const MAX_USER_BYTES: usize = 256;
const VERSION: &str = "1";

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn request(user: &str, password: &str) -> Result<Request, RequestError> {
        let service = Service::parse("openvpn").unwrap();
        let rhost = "2001:db8::7".parse().unwrap();
        Request::new(&service, user, password, rhost, Duration::from_secs(15))
    }

    #[test]
    fn a_question_is_six_fields() {
        let bytes = request("alice", "a,b c").unwrap().to_bytes();
        assert_eq!(*bytes, b"1\0openvpn\0alice\0a,b c\x002001:db8::7\x0016\0");
    }

    #[test]
    fn the_largest_question_fits() {
        let (user, password) = ("u".repeat(256), "p".repeat(4096));
        let bytes = request(&user, &password).unwrap().to_bytes();
        assert!(bytes.len() <= MAX_REQUEST_BYTES);
        assert_eq!(Request::read(&bytes[..]).unwrap().password.len(), 4096);
    }

    #[test]
    fn names_that_modules_would_misread_are_not_asked_about() {
        for user in ["", "-x", "..", ".x", "a/b", "a\nb", "a\0", "\u{85}", &"u".repeat(257)] {
            assert!(matches!(request(user, "x"), Err(RequestError::User)), "{user:?}");
        }
        for user in ["alice", "EXAMPLE\\alice", "alice@example.com", "a b", "ä", &"u".repeat(64)] {
            assert!(request(user, "x").is_ok(), "{user:?}");
        }
        assert!(matches!(request("alice", ""), Err(RequestError::NoPassword)));
        assert!(matches!(request("alice", "a\0b"), Err(RequestError::Password)));
        assert!(matches!(request("alice", &"p".repeat(4097)), Err(RequestError::Password)));
    }

    #[test]
    fn what_is_no_question_is_refused() {
        let read = |bytes: &[u8]| Request::read(bytes).err().map(|error| error.to_string());
        for bytes in [
            &b""[..],
            b"1\0openvpn\0alice\0x",
            b"2\0openvpn\0alice\0x\x00192.0.2.7\x005\0",
            b"1\0openvpn\0alice\0x\x00192.0.2.7\x005\0more",
            b"1\0openvpn\0alice\0x\x00192.0.2.7\x00-5\0",
            b"1\0../shadow\0alice\0x\x00192.0.2.7\x005\0",
            b"1\0openvpn\0alice\0x\0localhost\x005\0",
            b"1\0openvpn\0\xff\0x\x00192.0.2.7\x005\0",
            &[b'x'; 10_000],
        ] {
            assert!(read(bytes).is_some(), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn an_answer_is_one_whole_line() {
        assert_eq!(Proof::parse(b"proved\n"), Some(Proof::Proved));
        for bytes in [
            &b""[..],
            b"\n",
            b"proved",
            b"refused",
            b"proved \n",
            b"provedx\n",
            b"\xff\n",
            b"yes\n",
        ] {
            assert_eq!(Proof::parse(bytes), None, "{}", bytes.escape_ascii());
        }
        let long = Proof::Refused { detail: format!("a\nb\x1b{}", "ü€𝄞".repeat(1000)) };
        let line = long.to_line();
        assert!(u64::try_from(line.len()).unwrap() <= MAX_ANSWER_BYTES);
        let Some(Proof::Refused { detail }) = Proof::parse(line.as_bytes()) else {
            panic!("{line}")
        };
        assert!(detail.starts_with("abü€"), "{detail}");
    }

    proptest! {
        #[test]
        fn what_was_asked_is_what_is_read(
            user in "[^-./\\p{Cc}][^/\\p{Cc}]{0,60}",
            password in "[^\0]{1,500}",
        ) {
            let asked = request(&user, &password).unwrap();
            let read = Request::read(&asked.to_bytes()[..]).unwrap();
            prop_assert_eq!(&read.user, &user);
            prop_assert_eq!(&*read.password, &password);
            prop_assert_eq!(read.rhost, asked.rhost);
            prop_assert_eq!(read.patience, asked.patience);
        }

        #[test]
        fn bytes_of_strangers_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..9000)) {
            let _ = Request::read(&bytes[..]);
            let _ = Proof::parse(&bytes);
        }
    }
}
