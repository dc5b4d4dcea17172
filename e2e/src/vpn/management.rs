//! The management interface of a client: what a graphical program would speak to it.

use data_encoding::BASE64;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    time::Instant,
};

/// A line of OpenVPN, and when it came.
#[derive(Clone, Debug)]
pub struct Said {
    /// When.
    pub at: Instant,
    /// What, without the line's end.
    pub line: String,
}

/// What a line means to who sits before the screen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Meaning {
    /// User name and password are wanted; with this question too, where the profile has one.
    Credentials { question: Option<String> },
    /// The tunnel stands; the client's address in it.
    Connected { address: String },
    /// It cannot go on, for this reason.
    Fatal(String),
    /// It waits for leave to go on.
    Hold,
    /// The server asks something, in the same connection.
    Question(String),
    /// The server has refused; empty where it said no reason.
    Refused(String),
    /// Nothing that matters.
    Other,
}

/// A question that came as a refusal, to be answered in a new connection (`CRV1`).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DynamicChallenge {
    /// What goes back unchanged.
    pub state: String,
    /// For whom.
    pub user: String,
    /// What is asked.
    pub text: String,
}

/// One end of the conversation with an OpenVPN client.
#[derive(Debug)]
pub(super) struct Management {
    lines: mpsc::UnboundedReceiver<Said>,
    to_openvpn: OwnedWriteHalf,
}

impl Management {
    pub(super) fn new(stream: UnixStream) -> Self {
        let (from, to_openvpn) = stream.into_split();
        let (sender, lines) = mpsc::unbounded_channel();
        tokio::spawn(read(from, sender));
        Self { lines, to_openvpn }
    }

    /// The next line; none after the end.
    pub(super) async fn next(&mut self) -> Option<Said> {
        self.lines.recv().await
    }

    /// Says a line. That OpenVPN has ended is seen by what it says next.
    pub(super) async fn say(&mut self, line: &str) {
        assert!(!line.contains('\n'), "one line: {line}");
        let _ = self.to_openvpn.write_all(format!("{line}\n").as_bytes()).await;
    }

    pub(super) async fn credentials(&mut self, user: &str, password: &str) {
        self.say(&format!("username \"Auth\" {}", quoted(user))).await;
        self.say(&format!("password \"Auth\" {}", quoted(password))).await;
    }

    pub(super) async fn response(&mut self, text: &str) {
        self.say(&format!("cr-response {}", BASE64.encode(text.as_bytes()))).await;
    }
}

impl Meaning {
    pub(super) fn of(line: &str) -> Self {
        let Some((kind, rest)) = line.strip_prefix('>').and_then(|line| line.split_once(':'))
        else {
            return Self::Other;
        };
        match kind {
            "FATAL" => Self::Fatal(rest.to_owned()),
            "HOLD" => Self::Hold,
            "INFOMSG" => rest
                .strip_prefix("CR_TEXT:")
                .and_then(|rest| rest.split_once(':'))
                .map_or(Self::Other, |(_, text)| Self::Question(text.to_owned())),
            "PASSWORD" => Self::of_password(rest),
            "STATE" => Self::of_state(rest),
            _ => Self::Other,
        }
    }

    fn of_password(rest: &str) -> Self {
        if let Some(rest) = rest.strip_prefix("Need 'Auth' username/password") {
            // `SC:` and flags, then the question.
            let question = rest.split_once(',').map(|(_, text)| text.to_owned());
            return Self::Credentials { question };
        }
        let Some(rest) = rest.strip_prefix("Verification Failed: 'Auth'") else {
            return Self::Other;
        };
        let reason = rest.strip_prefix(" ['").and_then(|rest| rest.strip_suffix("']"));
        Self::Refused(reason.unwrap_or_default().to_owned())
    }

    fn of_state(rest: &str) -> Self {
        let mut fields = rest.split(',').skip(1);
        let (name, _detail, address) = (fields.next(), fields.next(), fields.next());
        match name {
            Some("CONNECTED") => {
                Self::Connected { address: address.unwrap_or_default().to_owned() }
            }
            _ => Self::Other,
        }
    }
}

impl DynamicChallenge {
    /// From a reason, where it is one: `CRV1:FLAGS:STATE:USER:TEXT`.
    pub(super) fn read(reason: &str) -> Option<Self> {
        let mut parts = reason.strip_prefix("CRV1:")?.splitn(4, ':').skip(1);
        let (state, user, text) = (parts.next()?, parts.next()?, parts.next()?);
        let user = String::from_utf8(BASE64.decode(user.as_bytes()).ok()?).ok()?;
        Some(Self { state: state.to_owned(), user, text: text.to_owned() })
    }

    /// What goes back as the password.
    pub fn password(&self, answer: &str) -> String {
        format!("CRV1::{}::{answer}", self.state)
    }
}

/// A password and the answer to the profile's own question (`static-challenge`) in one.
pub(super) fn static_challenge(password: &str, answer: &str) -> String {
    let encode = |text: &str| BASE64.encode(text.as_bytes());
    format!("SCRV1:{}:{}", encode(password), encode(answer))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

async fn read(from: OwnedReadHalf, into: mpsc::UnboundedSender<Said>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let line = line.trim_end_matches('\r').to_owned();
        if into.send(Said { at: Instant::now(), line }).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{DynamicChallenge, Meaning, quoted, static_challenge};

    #[test]
    fn lines_have_meanings() {
        let refused = |text: &str| Meaning::Refused(text.to_owned());
        let cases = [
            (">HOLD:Waiting for hold release:0", Meaning::Hold),
            (">PASSWORD:Need 'Auth' username/password", Meaning::Credentials { question: None }),
            (
                ">PASSWORD:Need 'Auth' username/password SC:1,Code, or push",
                Meaning::Credentials { question: Some("Code, or push".to_owned()) },
            ),
            (">PASSWORD:Verification Failed: 'Auth'", refused("")),
            (">PASSWORD:Verification Failed: 'Auth' ['It isn't. [K7]']", refused("It isn't. [K7]")),
            (">PASSWORD:Verification Failed: 'Private Key'", Meaning::Other),
            (">INFOMSG:CR_TEXT:R,E:Code: or push", Meaning::Question("Code: or push".to_owned())),
            (
                ">STATE:1700000000,CONNECTED,SUCCESS,10.8.0.2,198.18.0.1,1194,,",
                Meaning::Connected { address: "10.8.0.2".to_owned() },
            ),
            (">STATE:1700000000,AUTH_PENDING,timeout 60,,,,,", Meaning::Other),
            ("SUCCESS: pid=7", Meaning::Other),
        ];
        for (line, meaning) in cases {
            assert_eq!(Meaning::of(line), meaning, "{line}");
        }
    }

    #[test]
    fn challenges_come_back_as_they_must() {
        let asked = DynamicChallenge::read("CRV1:R,E:st4te:YWxpY2U=:Code: now").unwrap();
        assert_eq!((&*asked.user, &*asked.text), ("alice", "Code: now"));
        assert_eq!(asked.password("123456"), "CRV1::st4te::123456");
        assert_eq!(DynamicChallenge::read("No. Sign in again. [K7QF2M]"), None);
        assert_eq!(static_challenge("pw", "123456"), "SCRV1:cHc=:MTIzNDU2");
        assert_eq!(quoted(r#"a\b"c"#), r#""a\\b\"c""#);
    }
}
