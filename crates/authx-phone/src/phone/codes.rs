//! Codes of an account (RFC 6238), made without the network.

use authx_core::{
    Millis, Secret,
    otp::{Algorithm, Digits, Totp},
    wire::phone::TotpForm,
};
use serde::{Deserialize, Serialize};

/// The secret that codes are made with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Codes {
    secret: Secret,
    algorithm: Algorithm,
    digits: Digits,
    period_secs: u64,
}

/// The code of a moment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Code {
    /// What to type.
    pub code: String,
    /// For how many more seconds it is the present one.
    pub seconds_left: u64,
    /// The one after it.
    pub next: String,
}

/// A server wants codes that this program cannot make.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the server wants codes of a form that this program does not know: update authx-phone")]
pub struct UnknownForm;

impl Codes {
    pub(super) fn new(secret: Secret, form: &TotpForm) -> Result<Self, UnknownForm> {
        let algorithm = match form.algorithm.as_str() {
            "SHA-1" => Algorithm::Sha1,
            "SHA-256" => Algorithm::Sha256,
            "SHA-512" => Algorithm::Sha512,
            _ => return Err(UnknownForm),
        };
        let digits = Digits::try_from(form.digits).map_err(|_| UnknownForm)?;
        if !(15..=120).contains(&form.period_secs) {
            return Err(UnknownForm);
        }
        Ok(Self { secret, algorithm, digits, period_secs: form.period_secs })
    }

    /// The code at a moment.
    pub fn at(&self, now: Millis) -> Code {
        let totp =
            Totp::new(self.secret.clone(), self.algorithm, self.digits, self.period_secs.max(1));
        let period_secs = self.period_secs.max(1);
        let step = now.secs() / period_secs;
        Code {
            code: totp.code(step),
            seconds_left: period_secs - now.secs() % period_secs,
            next: totp.code(step.saturating_add(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(form: &TotpForm) -> Result<Codes, UnknownForm> {
        Codes::new(Secret::new(b"12345678901234567890123456789012".to_vec()), form)
    }

    #[test]
    fn codes_are_those_of_rfc_6238_appendix_b() {
        let eight = TotpForm { digits: 8, ..TotpForm::default() };
        let code = codes(&eight).unwrap().at(Millis(59_999));
        assert_eq!((code.code.as_str(), code.seconds_left), ("46119246", 1));
        let later = codes(&eight).unwrap().at(Millis(60_000));
        assert_eq!((code.next, later.seconds_left), (later.code, 30));
    }

    #[test]
    fn an_unknown_form_is_told() {
        let sha3 = TotpForm { algorithm: "SHA3".to_owned(), ..TotpForm::default() };
        for form in [
            sha3,
            TotpForm { digits: 7, ..TotpForm::default() },
            TotpForm { period_secs: 0, ..TotpForm::default() },
        ] {
            assert_eq!(codes(&form).err(), Some(UnknownForm));
        }
    }
}
