//! What chance sends: nothing makes the parser panic, nothing verifies that was not signed.

use authx_core::{
    id::ApplicationId,
    wire::signature::{
        AppKey, Headers, Presented, Request, SignatureError, sign_request, sign_response, single,
        verify_response,
    },
};
use proptest::prelude::*;

const KEY: [u8; 32] = [7; 32];

fn app() -> ApplicationId {
    ApplicationId::from_bytes([0x51; 16])
}

/// The covered parts of a request, owned, so that any byte of them can be changed.
#[derive(Clone, Debug)]
struct Parts([Vec<u8>; 9]);

impl Parts {
    fn signed(parts: [String; 5], body: Vec<u8>, created_secs: u64, nonce: [u8; 16]) -> Self {
        let [method, authority, path, query, client] = &parts;
        let request = Request { method, authority, path, query, client, body: &body };
        let Headers { content_digest, signature_input, signature } =
            sign_request(&AppKey::new(&KEY), app(), &request, created_secs, nonce);
        let [method, authority, path, query, client] = parts.map(String::into_bytes);
        let headers = [content_digest, signature_input, signature].map(String::into_bytes);
        let [content_digest, signature_input, signature] = headers;
        Self([
            method,
            authority,
            path,
            query,
            client,
            body,
            content_digest,
            signature_input,
            signature,
        ])
    }

    /// What the server says to them, as bytes from the network.
    fn accepted(&self) -> bool {
        let Self([method, authority, path, query, client, body, headers @ ..]) = self;
        let header = |bytes| single("x", [bytes]);
        let text = |bytes| std::str::from_utf8(bytes).map_err(|_| SignatureError::Unprintable);
        let read = || {
            let [content_digest, signature_input, signature] = headers;
            let presented = Presented::parse(
                header(content_digest)?,
                header(signature_input)?,
                header(signature)?,
            )?;
            let request = Request {
                method: text(method)?,
                authority: text(authority)?,
                path: text(path)?,
                query: text(query)?,
                client: header(client)?,
                body,
            };
            presented.verify(&request, &AppKey::new(&KEY))
        };
        read().is_ok()
    }
}

fn parts() -> impl Strategy<Value = Parts> {
    (
        "(GET|PUT|POST|DELETE)",
        "[a-z]{1,8}(:[1-9]{4})?",
        "/[!->@-~]{0,20}",
        "[!-~]{0,20}",
        "[!-~]{1,12}",
        proptest::collection::vec(any::<u8>(), 0..40),
        0..999_999_999_999_999_u64,
        any::<[u8; 16]>(),
    )
        .prop_map(|(method, authority, path, query, client, body, created, nonce)| {
            Parts::signed([method, authority, path, query, client], body, created, nonce)
        })
}

proptest! {
    #[test]
    fn what_was_signed_verifies(parts in parts()) {
        prop_assert!(parts.accepted());
    }

    #[test]
    fn bytes_of_chance_are_refused(headers: [Vec<u8>; 3]) {
        let texts = headers.each_ref().map(|bytes| single("x", [bytes.as_slice()]));
        if let [Ok(content_digest), Ok(signature_input), Ok(signature)] = texts {
            prop_assert!(Presented::parse(content_digest, signature_input, signature).is_err());
        }
    }

    /// Closer to the real thing, so that chance gets past the first comparison.
    #[test]
    fn parameters_of_chance_are_refused(
        parameters in "(;(created|nonce|keyid|alg|tag|expires)=(\"[ -~]{0,24}\"|[0-9]{0,16}|[ -~]{0,8})){0,7}",
        bytes in "[A-Za-z0-9+/]{43}=",
    ) {
        let input = format!(
            r#"authx=("@method" "@authority" "@path" "@query" "content-digest" "authx-client"){parameters}"#
        );
        let signature = format!("authx=:{bytes}:");
        let digest = format!("sha-256=:{bytes}:");
        prop_assert!(Presented::parse(&digest, &input, &signature).is_err());
    }
}

proptest! {
    // Each case tries some six hundred bytes.
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Every byte of every part, one at a time, against another value of that byte: only the
    /// case of the host means nothing.
    #[test]
    fn no_byte_can_be_changed(parts in parts(), to: u8) {
        for part in 0..parts.0.len() {
            for at in 0..parts.0[part].len() {
                let mut changed = parts.clone();
                let from = std::mem::replace(&mut changed.0[part][at], to);
                let same = from == to || part == 1 && from.eq_ignore_ascii_case(&to);
                prop_assert_eq!(changed.accepted(), same, "{:?}", changed);
            }
        }
    }

    #[test]
    fn no_byte_can_be_added_or_taken(parts in parts(), byte in b'!'..=b'~') {
        for part in 0..parts.0.len() {
            for at in 0..parts.0[part].len() {
                let mut longer = parts.clone();
                longer.0[part].insert(at, byte);
                prop_assert!(!longer.accepted(), "{:?}", longer);
                let mut shorter = parts.clone();
                shorter.0[part].remove(at);
                // An empty path is the same as “/”.
                prop_assert!(!shorter.accepted() || parts.0[part] == b"/", "{:?}", shorter);
            }
        }
    }

    #[test]
    fn no_byte_of_an_answer_can_be_changed(parts in parts(), to: u8, body: Vec<u8>) {
        let text = |at: usize| String::from_utf8(parts.0[at].clone()).unwrap();
        let asked = Headers { content_digest: text(6), signature_input: text(7), signature: text(8) };
        let request = Presented::parse(&text(6), &text(7), &text(8)).unwrap();
        let key = AppKey::new(&KEY);
        let told = sign_response(&key, &request, 200, &body, 5);
        let verdict = |told: &Headers, body: &[u8]| verify_response(&key, &asked, 200, body, told);
        prop_assert_eq!(verdict(&told, &body), Ok(5));
        for at in 0..body.len() {
            let mut changed = body.clone();
            changed[at] ^= to | 1;
            prop_assert!(verdict(&told, &changed).is_err());
        }
        let to = char::from(to & 0x7f);
        for field in 0..3 {
            for at in 0..told.fields()[field].1.len() {
                let mut changed = told.clone();
                let text = [
                    &mut changed.content_digest,
                    &mut changed.signature_input,
                    &mut changed.signature,
                ];
                let text = text.into_iter().nth(field).unwrap();
                text.replace_range(at..=at, to.encode_utf8(&mut [0; 4]));
                prop_assert_eq!(verdict(&changed, &body).is_ok(), changed == told, "{:?}", changed);
            }
        }
    }
}
