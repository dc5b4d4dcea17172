//! What an entry says of a phone's approval, checked again: the phone signed it, so whoever holds
//! only the audit key cannot have made it up.

use super::Row;
use crate::{
    LoginId,
    webauthn::statement_challenge,
    wire::{
        phone::{AnswerRequest, AnswerWord, Base64Url, Statement},
        signature::{PhoneKey, Presented, Request},
    },
};
use serde::Deserialize;
use std::collections::HashMap;

/// The part of an entry's detail that matters here.
#[derive(Deserialize)]
struct Detail {
    by: String,
    #[serde(default)]
    approval: Option<Approval>,
    /// The public key of the WebAuthn credential that confirmed it.
    #[serde(default)]
    credential: Option<Base64Url>,
    /// A code that the phone had shown was typed: nothing was signed for this login.
    #[serde(default)]
    shown_for: Option<LoginId>,
}

/// A phone's request, as it was signed.
#[derive(Deserialize)]
struct Approval {
    phone: String,
    key: Base64Url,
    method: String,
    authority: String,
    path: String,
    query: String,
    client: String,
    content_digest: String,
    signature_input: String,
    signature: String,
    body: String,
}

/// The keys of the phones, as the entries of their activations say: a few bytes for each phone.
#[derive(Debug, Default)]
pub(super) struct PhoneKeys(HashMap<String, Base64Url>);

impl PhoneKeys {
    /// Notes the key of an activation.
    pub(super) fn note(&mut self, row: &Row<'_>) {
        if let Ok(Activation { phone_id, answer_key }) = serde_json::from_str(row.detail) {
            self.0.insert(phone_id, answer_key);
        }
    }

    /// Whether the entry of a login that was allowed by a phone holds the phone's signed approval
    /// of this very login, with the key that was recorded when the phone was enrolled. Entries of
    /// other logins claim nothing.
    pub(super) fn hold(&self, row: &Row<'_>) -> bool {
        if !row.detail.contains(CLAIM) {
            return true;
        }
        let Ok(detail) = serde_json::from_str::<Detail>(row.detail) else { return false };
        if detail.by != "push" || detail.shown_for.is_some() {
            return true;
        }
        detail.approval.is_some_and(|approval| {
            self.0.get(&approval.phone) == Some(&approval.key)
                && approval.is_signed()
                && approval.approves(row, detail.credential.as_ref())
        })
    }
}

/// The part of an activation's detail that matters here.
#[derive(Deserialize)]
struct Activation {
    phone_id: String,
    answer_key: Base64Url,
}

impl Approval {
    fn is_signed(&self) -> bool {
        let key = self.key.as_bytes().try_into().ok().and_then(PhoneKey::new);
        let presented =
            Presented::parse(&self.content_digest, &self.signature_input, &self.signature);
        let (Some(key), Ok(presented)) = (key, presented) else { return false };
        let request = Request {
            method: &self.method,
            authority: &self.authority,
            path: &self.path,
            query: &self.query,
            client: &self.client,
            body: self.body.as_bytes(),
        };
        presented.caller.to_string() == self.phone && presented.verify_phone(&request, &key).is_ok()
    }

    fn approves(&self, row: &Row<'_>, credential: Option<&Base64Url>) -> bool {
        let Ok(answer) = serde_json::from_str::<AnswerRequest>(&self.body) else { return false };
        let Ok(statement) = serde_json::from_str::<Statement>(&answer.statement) else {
            return false;
        };
        let confirmed = match (credential, &answer.assertion) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(credential), Some(assertion)) => {
                let challenge = statement_challenge(&answer.statement);
                crate::webauthn::is_signed_by(credential, &challenge, assertion)
            }
        };
        confirmed
            && statement.answer == AnswerWord::Approve
            && row.login == Some(&statement.login.as_bytes()[..])
            && row.application == Some(&statement.application.as_bytes()[..])
    }
}

const CLAIM: &str = r#""by":"push""#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ApplicationId, PhoneId,
        testing::with_cx,
        wire::signature::{PhoneSigner, sign_phone_request},
    };
    use serde_json::{Value, json};

    fn approval(signed_for: LoginId) -> Value {
        let phone = PhoneId::from_bytes([3; 16]);
        let signer = with_cx(KEY, PhoneSigner::draw);
        let application = ApplicationId::from_bytes([2; 16]);
        let statement = json!({"answer": "approve", "login": signed_for,
            "application": application, "match_number": "482913"});
        let body = json!({"statement": statement.to_string()}).to_string();
        let request = Request {
            method: "POST",
            authority: "phone.example.com",
            path: &format!("/phone/v1/requests/{signed_for}/answers"),
            query: "",
            client: "authx-phone/0.1.0",
            body: body.as_bytes(),
        };
        let nonce = [7; 16];
        let headers = sign_phone_request(&signer, phone, &request, 1_767_225_600, nonce);
        json!({
            "phone": phone, "key": Base64Url::new(signer.point()), "method": "POST",
            "authority": request.authority, "path": request.path, "query": "",
            "client": request.client, "content_digest": headers.content_digest,
            "signature_input": headers.signature_input, "signature": headers.signature,
            "body": body,
        })
    }

    fn row<'a>(login: &'a LoginId, detail: &'a str) -> Row<'a> {
        Row {
            seq: 1,
            id: &[0; 16],
            at: 0,
            kind: "login_allowed",
            user: None,
            application: Some(&[2; 16]),
            login: Some(login.as_bytes()),
            support_code: None,
            detail,
            mac: &[],
        }
    }

    /// Whether an entry holds, beside the activation of a phone with the key of `seed`.
    fn entry_beside(seed: u64, login: LoginId, detail: &Value) -> bool {
        let key = Base64Url::new(*with_cx(seed, PhoneSigner::draw).point());
        let activation = json!({"phone_id": PhoneId::from_bytes([3; 16]), "answer_key": key});
        let mut keys = PhoneKeys::default();
        keys.note(&row(&login, &activation.to_string()));
        keys.hold(&row(&login, &detail.to_string()))
    }

    fn entry(login: LoginId, detail: &Value) -> bool {
        entry_beside(KEY, login, detail)
    }

    const KEY: u64 = 2;

    #[test]
    fn only_the_phones_own_word_for_this_login_holds() {
        let (login, other) = (LoginId::from_bytes([1; 16]), LoginId::from_bytes([9; 16]));
        assert!(entry(login, &json!({"by": "push", "approval": approval(login)})));
        assert!(!entry(login, &json!({"by": "push", "approval": approval(other)})));
        assert!(!entry(login, &json!({"by": "push"})), "an approval that nobody signed");
        let approved = json!({"by": "push", "approval": approval(login)});
        assert!(!entry_beside(9, login, &approved), "another key than the enrolled one");
        assert!(entry(login, &json!({"by": "push", "shown_for": other})));
        assert!(entry(login, &json!({"by": "code"})));
        let mut changed = approval(login);
        changed["body"] = changed["body"].as_str().unwrap().replace("482913", "482914").into();
        assert!(!entry(login, &json!({"by": "push", "approval": changed})));
    }
}
