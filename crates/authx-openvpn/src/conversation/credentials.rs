//! What stands in the two fields of a sign-in: password and answer, in the forms that clients send.

use authx_core::{LoginId, wire::text::ChallengeSecret};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// What the password field holds.
#[derive(Debug, PartialEq)]
pub(super) enum Field {
    /// The answer to a dynamic challenge (`CRV1`).
    Challenge { state: ChallengeState, answer: Zeroizing<String> },
    /// Password and the answer to a static challenge (`SCRV1`).
    Static { password: Zeroizing<String>, answer: Zeroizing<String> },
    /// As typed: a password, and perhaps an answer behind it.
    Plain,
}

/// What names an open question at AuthX, across connections and VPN servers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ChallengeState {
    pub(super) login: LoginId,
    pub(super) seq: u32,
    pub(super) secret: ChallengeSecret,
}

impl Field {
    /// Reads the field strictly: what only looks like one of the forms is a password like any other.
    pub(super) fn read(text: &str) -> Self {
        Self::static_challenge(text).or_else(|| Self::challenge(text)).unwrap_or(Self::Plain)
    }

    /// `SCRV1:BASE64(password):BASE64(answer)` (doc/management-notes.txt).
    fn static_challenge(text: &str) -> Option<Self> {
        let (password, answer) = text.strip_prefix("SCRV1:")?.split_once(':')?;
        Some(Self::Static { password: decoded(password)?, answer: decoded(answer)? })
    }

    /// `CRV1::STATE::ANSWER`; the answer as typed, colons included.
    fn challenge(text: &str) -> Option<Self> {
        let (state, answer) = text.strip_prefix("CRV1::")?.split_once("::")?;
        let state = ChallengeState::parse(state)?;
        Some(Self::Challenge { state, answer: Zeroizing::new(answer.to_owned()) })
    }
}

impl ChallengeState {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (login, seq, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let known = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
        if parts.next().is_some() || secret.is_empty() || !secret.chars().all(known) {
            return None;
        }
        Some(Self { login: login.parse().ok()?, seq: seq.parse().ok()?, secret: secret.into() })
    }
}

impl std::fmt::Display for ChallengeState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.login, self.seq, self.secret.expose())
    }
}

/// What a client sent as the answer to a question. OpenVPN passes on whatever it was.
pub(super) fn response(text: &str) -> Option<Zeroizing<String>> {
    decoded(text.trim())
}

fn decoded(text: &str) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(STANDARD.decode(text).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    (!text.contains('\0')).then(|| Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn static_challenge(password: &str, answer: &str) -> Field {
        let zeroizing = |text: &str| Zeroizing::new(text.to_owned());
        Field::Static { password: zeroizing(password), answer: zeroizing(answer) }
    }

    #[test]
    fn a_static_challenge_is_read_strictly() {
        assert_eq!(Field::read("SCRV1:cMOkLCI=:MTIzNDU2"), static_challenge("pä,\"", "123456"));
        assert_eq!(Field::read("SCRV1:cHc=:"), static_challenge("pw", ""));
        for password in [
            "SCRV1:",
            "SCRV1:cHc=",
            "SCRV1:cHc:MTIz",
            "SCRV1:p w:MTIz",
            "SCRV1:cHc=:MTIz:MTIz",
            "scrv1:cHc=:MTIzNDU2",
            "SCRV1:/w==:MTIz",
            "CRV1::",
            "CRV1::x::1",
            "pw,123456",
            "",
        ] {
            assert_eq!(Field::read(password), Field::Plain, "{password}");
        }
    }

    #[test]
    fn a_challenges_answer_may_hold_anything() {
        let login = "log_01k9zc3r5y7w2g8j4s6p0f3a1c";
        let field = Field::read(&format!("CRV1::{login}.2.a-_9::12::34"));
        let Field::Challenge { state, answer } = field else { panic!("{field:?}") };
        assert_eq!((state.seq, state.secret.expose(), answer.as_str()), (2, "a-_9", "12::34"));
        assert_eq!(state.to_string(), format!("{login}.2.a-_9"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in "(S?CRV1:{1,2})?[ -~]{0,60}") {
            let _ = (Field::read(&text), response(&text));
        }

        #[test]
        fn whatever_was_typed_comes_back(password in "\\PC{0,40}", answer in "\\PC{0,20}") {
            let text = format!("SCRV1:{}:{}", STANDARD.encode(&password), STANDARD.encode(&answer));
            prop_assert_eq!(Field::read(&text), static_challenge(&password, &answer));
            let sent = STANDARD.encode(&answer);
            let got = response(&sent);
            prop_assert_eq!(got.as_deref(), (!answer.contains('\0')).then_some(&answer));
        }
    }
}
