//! The files in `vectors/`, which other implementations are checked against too.

use authx_core::{
    secret_text,
    wire::signature::{
        AppKey, Caller, Headers, PhoneKey, PhoneSigner, Presented, Request, SignatureError,
        authority, sign_phone_request, sign_request, sign_response, verify_response,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Application {
    key: String,
    key_bytes: String,
    keyid: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    request: Sent,
    answer: Answer,
}

#[derive(Deserialize)]
struct Sent {
    method: String,
    url: String,
    authx_client: String,
    body: String,
    created: u64,
    nonce: String,
    #[serde(default)]
    order: Option<String>,
    headers: Fields,
}

#[derive(Deserialize)]
struct Answer {
    status: u16,
    body: String,
    created: u64,
    headers: Fields,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Fields {
    content_digest: String,
    signature_input: String,
    signature: String,
}

impl From<Fields> for Headers {
    fn from(fields: Fields) -> Self {
        let Fields { content_digest, signature_input, signature } = fields;
        Self { content_digest, signature_input, signature }
    }
}

impl Sent {
    /// Calls `with` with the request as the server sees it.
    fn look<T>(&self, with: impl FnOnce(&Request<'_>) -> T) -> T {
        let from = self.url.find("://").unwrap() + 3;
        let slash = self.url[from..].find('/').map_or(self.url.len(), |at| from + at);
        let (origin, target) = self.url.split_at(slash);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        with(&Request {
            method: &self.method,
            authority: &authority(origin).unwrap(),
            path,
            query,
            client: &self.authx_client,
            body: self.body.as_bytes(),
        })
    }
}

fn read<T: for<'a> Deserialize<'a>>(file: &str) -> T {
    let path = format!("{}/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn hex<const N: usize>(text: &str) -> [u8; N] {
    assert_eq!(text.len(), 2 * N);
    std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
}

fn presented(headers: &Headers) -> Result<Presented, SignatureError> {
    Presented::parse(&headers.content_digest, &headers.signature_input, &headers.signature)
}

#[test]
fn requests_and_answers_of_an_application_are_those_of_the_vectors() {
    let Application { key, key_bytes, keyid, cases } = read("application.json");
    let (app, key) = (keyid.parse().unwrap(), AppKey::parse(&key).unwrap());
    assert_eq!(
        secret_text::format("axk_", &hex(&key_bytes)).as_str(),
        read::<Application>("application.json").key
    );
    for Case { name, request: sent, answer } in cases {
        let headers = Headers::from(sent.headers.clone());
        let made =
            sent.look(|request| sign_request(&key, app, request, sent.created, hex(&sent.nonce)));
        // RFC 9421 leaves the order of parameters open; ours is one of them.
        assert_eq!(made == headers, sent.order.is_none(), "{name}: {made:?}");

        let request = presented(&headers).expect(&name);
        assert_eq!(request.caller, Caller::Application(app), "{name}");
        assert_eq!((request.created_secs, request.nonce), (sent.created, hex(&sent.nonce)));
        assert_eq!(sent.look(|seen| request.verify(seen, &key)), Ok(()), "{name}");

        let told = Headers::from(answer.headers);
        let Answer { status, body, created, .. } = answer;
        assert_eq!(sign_response(&key, &request, status, body.as_bytes(), created), told, "{name}");
        let verify =
            |status, body: &str| verify_response(&key, &headers, status, body.as_bytes(), &told);
        assert_eq!(verify(status, &body), Ok(created), "{name}");
        assert_eq!(verify(status + 1, &body), Err(SignatureError::Mismatch), "{name}");
        assert_eq!(verify(status, "{}x"), Err(SignatureError::ContentDigest), "{name}");
    }
}

#[test]
fn an_answer_fits_one_request_only() {
    let Application { key, cases, .. } = read("application.json");
    let key = AppKey::parse(&key).unwrap();
    for (at, asked) in cases.iter().enumerate() {
        for (other, told) in cases.iter().enumerate() {
            let verdict = verify_response(
                &key,
                &asked.request.headers.clone().into(),
                told.answer.status,
                told.answer.body.as_bytes(),
                &told.answer.headers.clone().into(),
            );
            assert_eq!(verdict.is_ok(), at == other, "{} / {}", asked.name, told.name);
        }
    }
}

#[test]
fn a_request_is_no_answer_and_an_answer_no_request() {
    let Application { key, mut cases, .. } = read("application.json");
    let key = AppKey::parse(&key).unwrap();
    let case = cases.remove(0);
    let (asked, told) = (case.request.headers.into(), case.answer.headers.into());
    assert_eq!(presented(&told).err(), Some(SignatureError::Components));
    let reflected = verify_response(&key, &asked, 200, case.request.body.as_bytes(), &asked);
    assert_eq!(reflected, Err(SignatureError::Components));
}

#[test]
fn requests_of_a_phone_are_those_of_the_vectors() {
    #[derive(Deserialize)]
    struct Phone {
        jwk: BTreeMap<String, String>,
        keyid: String,
        cases: Vec<PhoneCase>,
    }
    #[derive(Deserialize)]
    struct PhoneCase {
        name: String,
        request: Sent,
    }

    let Phone { jwk, keyid, cases } = read("phone.json");
    let mut point = [4; 65];
    URL_SAFE_NO_PAD.decode_slice(&jwk["x"], &mut point[1..33]).unwrap();
    URL_SAFE_NO_PAD.decode_slice(&jwk["y"], &mut point[33..]).unwrap();
    let key = PhoneKey::new(&point).unwrap();
    point[64] ^= 1;
    assert!(PhoneKey::new(&point).is_none(), "beside the curve");
    let mut secret = [0; 32];
    URL_SAFE_NO_PAD.decode_slice(&jwk["d"], &mut secret).unwrap();
    let signer = PhoneSigner::from_secret(&secret).unwrap();
    for PhoneCase { name, request: mut sent } in cases {
        let (phone, nonce) = (keyid.parse().unwrap(), hex(&sent.nonce));
        let made = sent.look(|it| sign_phone_request(&signer, phone, it, sent.created, nonce));
        let Fields { content_digest, signature_input, .. } = sent.headers.clone();
        assert_eq!(
            (&made.content_digest, &made.signature_input),
            (&content_digest, &signature_input)
        );
        assert_eq!(sent.look(|seen| presented(&made).unwrap().verify_phone(seen, &key)), Ok(()));
        let request = presented(&sent.headers.clone().into()).expect(&name);
        assert_eq!(request.caller, Caller::Phone(keyid.parse().unwrap()), "{name}");
        assert_eq!(sent.look(|seen| request.verify_phone(seen, &key)), Ok(()), "{name}");
        let as_app = sent.look(|seen| request.verify(seen, &AppKey::new(&[0; 32])));
        assert_eq!(as_app, Err(SignatureError::Algorithm), "{name}");
        sent.method.push('X');
        let changed = sent.look(|seen| request.verify_phone(seen, &key));
        assert_eq!(changed, Err(SignatureError::Mismatch), "{name}");
    }
}

#[test]
fn whatever_differs_from_the_profile_is_refused_by_name() {
    #[derive(Deserialize)]
    struct Refused {
        cases: Vec<Change>,
    }
    #[derive(Deserialize)]
    struct Change {
        name: String,
        why: String,
        headers: BTreeMap<String, String>,
        method: Option<String>,
        url: Option<String>,
        body: Option<String>,
    }

    for mut change in read::<Refused>("refused.json").cases {
        let Application { key, mut cases, .. } = read("application.json");
        let mut sent = cases.remove(0).request;
        let mut headers = Headers::from(sent.headers.clone());
        let mut replace = |name: &str, value: &mut String| {
            *value = change.headers.remove(name).unwrap_or_else(|| std::mem::take(value));
        };
        replace("content-digest", &mut headers.content_digest);
        replace("signature-input", &mut headers.signature_input);
        replace("signature", &mut headers.signature);
        replace("authx-client", &mut sent.authx_client);
        assert!(change.headers.is_empty(), "{}", change.name);
        sent.method = change.method.unwrap_or(sent.method);
        sent.url = change.url.unwrap_or(sent.url);
        sent.body = change.body.unwrap_or(sent.body);
        let verdict = presented(&headers).and_then(|request| {
            sent.look(|seen| request.verify(seen, &AppKey::parse(&key).unwrap()))
        });
        let why = format!("{:?}", verdict.expect_err(&change.name));
        assert!(why.split(' ').next() == Some(&change.why), "{}: {why}", change.name);
    }
}

#[test]
fn texts_of_secrets_are_those_of_the_vectors() {
    #[derive(Deserialize)]
    struct Texts {
        good: Vec<Good>,
        bad: Vec<Bad>,
    }
    #[derive(Deserialize)]
    struct Good {
        text: String,
        prefix: String,
        bytes: String,
    }
    #[derive(Deserialize)]
    struct Bad {
        name: String,
        text: String,
        why: String,
    }

    let Texts { good, bad } = read("secret_text.json");
    for Good { text, prefix, bytes } in good {
        assert_eq!(*secret_text::format(&prefix, &hex(&bytes)), text);
        assert_eq!(secret_text::parse(&prefix, &text).as_deref(), Ok(&hex(&bytes)));
    }
    for Bad { name, text, why } in bad {
        let error = secret_text::parse(secret_text::APPLICATION_KEY, &text).expect_err(&name);
        assert!(format!("{error:?}").starts_with(&why), "{name}: {error:?}");
    }
}

#[test]
fn a_wrong_clock_is_told_by_both_times() {
    let Application { mut cases, .. } = read("application.json");
    let sent = cases.remove(0).request;
    let request = presented(&sent.headers.into()).unwrap();
    let at = sent.created;
    for now_secs in [at - 300, at, at + 300] {
        assert_eq!(request.check_age(now_secs), Ok(()));
    }
    for now_secs in [0, at - 301, at + 301, u64::MAX] {
        let clock = SignatureError::Clock { created_secs: at, now_secs };
        assert_eq!(request.check_age(now_secs), Err(clock));
    }
}

#[test]
fn the_right_one_of_several_keys_is_named() {
    let Application { key, mut cases, .. } = read("application.json");
    let sent = cases.remove(0).request;
    let request = presented(&sent.headers.clone().into()).unwrap();
    let keys = [AppKey::new(&[1; 32]), AppKey::parse(&key).unwrap(), AppKey::new(&[2; 32])];
    let named = |range: std::ops::Range<usize>| {
        sent.look(|seen| request.verify_any(seen, range.clone().zip(&keys[range])))
    };
    assert_eq!(named(0..3), Ok(1));
    assert_eq!(named(2..3), Err(SignatureError::Mismatch));
    assert_eq!(named(0..0), Err(SignatureError::Mismatch), "all keys revoked");
}

#[test]
fn an_authority_has_one_form() {
    let cases = [
        ("https://mfa.example.com", Some("mfa.example.com")),
        ("https://MFA.Example.com:443/", Some("mfa.example.com")),
        ("https://localhost:8443", Some("localhost:8443")),
        ("https://localhost:80", Some("localhost:80")),
        ("http://localhost:80", Some("localhost")),
        ("https://[2001:DB8::1]:443", Some("[2001:db8::1]")),
        ("https://", None),
        ("https://a/b", None),
        ("https://user@a", None),
        ("https://a?b", None),
        ("ftp://a", None),
        ("mfa.example.com", None),
    ];
    for (origin, expected) in cases {
        assert_eq!(authority(origin).as_deref(), expected, "{origin}");
    }
}

#[test]
fn the_protocol_page_shows_the_vectors_and_the_client_as_they_are() {
    #[derive(Deserialize)]
    struct Shown {
        key: String,
        cases: Vec<ShownCase>,
    }
    #[derive(Deserialize)]
    struct ShownCase {
        request: ShownMessage,
        answer: ShownMessage,
    }
    #[derive(Deserialize)]
    struct ShownMessage {
        body: String,
        signature_base: Vec<String>,
        headers: Fields,
    }

    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");
    let page = std::fs::read_to_string(format!("{docs}/protocol.md")).unwrap();
    let client = std::fs::read_to_string(format!("{docs}/examples/client.py")).unwrap();
    let call = client.find("def call").unwrap()..client.find("\n\ndef login_id").unwrap();
    assert!(page.contains(client[call].trim_end()), "the client");
    let Shown { key, mut cases } = read("application.json");
    assert!(page.contains(&format!("\n{key}\n")));
    let ShownCase { request, answer } = cases.remove(0);
    for ShownMessage { body, signature_base, headers } in [request, answer] {
        assert!(page.contains(&format!("\n{}\n", signature_base.join("\n"))));
        let Fields { content_digest, signature_input, signature } = headers;
        assert!(page.contains(&format!(
            "\nContent-Digest: {content_digest}\nSignature-Input: {signature_input}\nSignature: {signature}\n\n{body}\n"
        )));
    }
}
