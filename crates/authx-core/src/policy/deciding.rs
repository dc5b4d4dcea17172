//! Which values of a policy decided how a login goes on, so that whoever wonders looks at these first.

use crate::{reason::Reason, wire::login::LoginState};

/// Paths of the values from which such an outcome follows, the first one first; none where something
/// else decided. `by` is what let somebody in without a question, in the record's word.
pub fn decided_by(
    state: LoginState,
    refused: Option<Reason>,
    by: Option<&str>,
) -> &'static [&'static str] {
    match state {
        LoginState::Allowed => match by {
            Some("policy") => &["second_factor"],
            Some("autologin") => &["autologin"],
            Some(_) | None => &[],
        },
        LoginState::AwaitingPhone => &["second_factor", "automatic_push", "match_number"],
        LoginState::AwaitingInput
        | LoginState::AwaitingCode
        | LoginState::Delivering
        | LoginState::Expired
        | LoginState::Cancelled => &["second_factor", "factors", "match_number"],
        LoginState::Refused => match refused {
            Some(Reason::FirstFactorNotAllowed) => &["first_factors"],
            Some(Reason::AutologinNotAllowed) => &["autologin"],
            Some(Reason::CertificateMismatch) => &["certificate_name"],
            Some(Reason::NotEnrolled) => &["second_factor", "factors", "phone_classes"],
            Some(Reason::FactorLocked) => &["second_factor", "limits.lock_after"],
            Some(Reason::CannotAsk | Reason::NumberNotShown | Reason::PhoneCodeNeeded) => {
                &["match_number", "automatic_push", "autologin"]
            }
            Some(_) | None => &[],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Setting;

    #[test]
    fn every_path_is_one_of_the_document() {
        let states = [
            LoginState::Allowed,
            LoginState::AwaitingPhone,
            LoginState::AwaitingInput,
            LoginState::Refused,
        ];
        let reasons = Reason::ALL.iter().copied().map(Some).chain([None]);
        let mut seen = 0;
        for refused in reasons {
            for state in states {
                for by in [None, Some("policy"), Some("autologin"), Some("bypass")] {
                    for path in decided_by(state, refused, by) {
                        assert!(Setting::at(path).is_some(), "{path}");
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 0);
    }
}
