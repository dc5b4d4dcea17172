//! How this machine comes to an account.

use super::{Codes, Keys, Phone, codes::UnknownForm};
use crate::{
    cx,
    server::{Call, CallError, Server, Signer},
};
use authx_core::{
    Millis, PhoneId, Secret,
    phone_box::NotForThisPhone,
    phone_words::{Exchanged, phone_words},
    wire::{
        phone::{Account, Activate, Activated, Confirm, PhoneClass, Seed, Token},
        text::Typed,
    },
};
use reqwest::Method;
use std::sync::Arc;

/// What is enrolled, and as what.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// `axe_…`, or its short code.
    pub activation: Token,
    /// What its owner calls this machine.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// What keeps the keys. Tests may claim to be a browser.
    pub class: PhoneClass,
    /// The phone that the account leaves.
    pub moves: Option<PhoneId>,
}

/// An account whose keys are proved. Nothing counts before [`Phone::confirm`].
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// Its keys.
    pub phone: Phone,
    /// The account.
    pub account: Account,
    /// Makes its codes.
    pub codes: Codes,
    /// Four words, to be compared with those that the other side shows.
    pub words: [&'static str; 4],
}

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Codes of another kind.
    #[error(transparent)]
    Form(#[from] UnknownForm),
    /// The seed does not open.
    #[error(transparent)]
    Seed(#[from] NotForThisPhone),
}

impl Phone {
    /// Makes keys for an account and proves them.
    ///
    /// # Errors
    ///
    /// Any [`EnrolError`]; of calls the codes `class_not_allowed`, `too_many_phones`, `not_open`.
    pub async fn enrol(server: &Server, enrolment: Enrolment) -> Result<Enrolled, EnrolError> {
        let (id, keys) = cx::draw(|cx| (PhoneId::new(cx), Keys::draw(cx)));
        let Enrolment { activation, name, platform, class, moves } = enrolment;
        let body = Activate {
            activation,
            phone: id,
            name: name.into(),
            platform: platform.into(),
            class,
            keys: keys.public(),
            moves,
        };
        let call = Call::with_body(Method::POST, "/activations", &body)?;
        let signer = Signer { phone: id, key: &keys.answer };
        let Activated { account, seed, totp } = server.ask(&call, Some(signer)).await?;
        let (tenant, user) = (account.tenant.id, account.user.id);
        let words =
            phone_words(&Exchanged { phone: id, keys: &body.keys, seed: &seed, tenant, user });
        let secret = opened(&keys, id, &seed)?;
        let codes = Codes::new(secret, &totp)?;
        let phone = Self { server: server.clone(), id, keys: Arc::new(keys) };
        Ok(Enrolled { phone, account, codes, words })
    }

    /// The first good use: from now on the phone counts. The present code of `codes` is spent by
    /// it, so that the next sign-in needs the one after.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `wrong_code`.
    pub async fn confirm(&self, codes: &Codes) -> Result<Account, CallError> {
        // Each code counts once, so it is the one before the present one, which the user may want
        // to type at the VPN right away.
        let before = Millis(self.server.now().0.saturating_sub(STEP_MILLIS));
        let confirmed = self.confirm_with(&codes.at(before).code).await;
        // The first call may have been the one that told of a wrong clock.
        match &confirmed {
            Err(error) if error.code() == Some("wrong_code") => {
                let again = codes.at(self.server.now()).code;
                self.confirm_with(&again).await
            }
            Ok(_) | Err(_) => confirmed,
        }
    }

    /// The same with any code, for tests of wrong ones.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `wrong_code`.
    pub async fn confirm_with(&self, code: &str) -> Result<Account, CallError> {
        let code = Typed::try_from(code.to_owned()).map_err(serde::de::Error::custom);
        let code = code.map_err(CallError::Unwritable)?;
        let call = Call::with_body(Method::POST, "/confirmations", &Confirm { code })?;
        self.server.ask(&call, Some(self.answer_key())).await
    }
}

/// Of a phone's codes.
const STEP_MILLIS: u64 = 30_000;

fn opened(keys: &Keys, phone: PhoneId, seed: &Seed) -> Result<Secret, NotForThisPhone> {
    let Seed { ephemeral, iv, ciphertext } = seed;
    let ephemeral = ephemeral.as_bytes().try_into().map_err(|_| NotForThisPhone)?;
    let iv = iv.as_bytes().try_into().map_err(|_| NotForThisPhone)?;
    keys.r#box.open_seed(phone, ephemeral, iv, ciphertext.as_bytes())
}
