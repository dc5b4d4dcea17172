//! Dynamic challenges: a question that one connection showed and another one answers.
//!
//! A question's secret is not stored but worked out, from the tenant's data key, the login and the
//! question's number. Whoever repeats a request gets the same one, a copied database holds none,
//! and it fits only while its question is the open one.

use super::LoginError;
use crate::directory::Protected;
use authx_core::{
    login::Login,
    name::Name,
    wire::{
        login::{AnswerLogin, ChallengeAnswer},
        text::ChallengeSecret,
    },
};
use aws_lc_rs::constant_time;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// The secret of the open question, where that is answered by another connection.
pub(super) fn secret(caller: &Protected, login: &Login) -> Option<ChallengeSecret> {
    let number = login.open_challenge()?;
    let mut question = login.id.as_bytes().to_vec();
    question.extend(number.to_be_bytes());
    let digest = caller.data_key.fingerprint("challenge", &question);
    let secret = digest.first_chunk::<SECRET_BYTES>()?;
    Some(URL_SAFE_NO_PAD.encode(secret).into())
}

/// Whether an answer may move a login. It has to bring the open question's secret exactly where
/// there is one, and be the same user's with the same certificate. What does not fit changes
/// nothing: else a stranger could end a user's login.
pub(super) fn check(
    caller: &Protected,
    login: &Login,
    given: Option<&ChallengeAnswer>,
) -> Result<(), LoginError> {
    if login.challenges.is_none() && given.is_none() {
        return Ok(());
    }
    let (Some(secret), Some(given)) = (secret(caller, login), given) else {
        return Err(LoginError::ChallengeNotOpen);
    };
    let (wanted, brought) = (secret.expose().as_bytes(), given.secret.expose().as_bytes());
    let fits = constant_time::verify_slices_are_equal(wanted, brought).is_ok()
        && given.user.folded() == login.name.folded()
        && given.certificate.as_ref().map(Name::folded)
            == login.certificate.as_ref().map(Name::folded);
    if fits { Ok(()) } else { Err(LoginError::ChallengeNotOpen) }
}

/// Whether the same answer once more can be the same request repeated. By a dynamic challenge it
/// may as well be another connection with the same answer, which must not get in with the first.
pub(super) fn may_repeat(answer: &AnswerLogin) -> bool {
    answer.challenge.as_ref().is_none_or(|challenge| challenge.attempt.is_some())
}

/// 128 bits: beyond guessing within the minutes of a login.
const SECRET_BYTES: usize = 16;
