//! Whatever arrives is answered, and never with a fault of ours.

use crate::world::{BODY_BYTES, World, body, name, on_each_engine, path};
use authx::{
    admin::accounts::{self, NewAccount},
    random::{Random, SeededRandom},
    store::testing::Database,
};
use authx_core::wire::signature::Headers;
use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request, Uri},
};
use serde_json::{Value, json};
use std::{env, fmt::Debug, str::FromStr};

#[tokio::test]
async fn names_of_every_kind_are_understood_or_refused_in_words() {
    on_each_engine(async |world| {
        let long = "x".repeat(64 * 1_024 - 400);
        for (name, status) in [
            ("o'brien\"; DROP TABLE login; --", 200),
            ("\u{1f512}\u{10ffff}\u{20000}", 200),
            ("ALICE", 200),
            ("line\nbreak", 422),
            ("nul\0", 422),
            ("turned \u{202e}round", 422),
            ("", 422),
            (long.as_str(), 422),
        ] {
            let mut body = body(None);
            body["user"] = name.into();
            let reply = world.begin(&body).await;
            let shown: String = name.chars().take(40).collect();
            assert_eq!(reply.status, status, "{shown:?}: {}", reply.json());
            assert!(reply.body.len() < 1_000, "long input is not given back");
        }
        let mut folded = body(Some(&world.code()));
        folded["user"] = "\u{ff21}LICE".into();
        assert_eq!(world.begin(&folded).await.outcome(), "allowed", "as NFKC and folding say");
    })
    .await;
}

#[tokio::test]
async fn who_has_an_odd_name_signs_in_with_it() {
    on_each_engine(async |world| {
        world.policy(json!({ "second_factor": "off", "first_factors": ["pam"] })).await;
        for odd in ["o'brien", "\"quoted\" \\ %s {}", "\u{1f512}\u{20000}", "CORP\\carol"] {
            let new = NewAccount { name: &name(odd), aliases: &[], password: None };
            accounts::create(&world.app, &world.by, world.tenant, new).await.unwrap();
            let mut proved = body(None);
            proved["user"] = odd.into();
            proved["first_factor"] = json!({ "kind": "proved", "by": "pam" });
            let reply = world.begin(&proved).await;
            assert_eq!(reply.outcome(), "allowed", "{odd}");
            assert_eq!(reply.json()["user"], odd);
        }
    })
    .await;
}

#[tokio::test]
async fn texts_of_every_kind_reach_the_record_whole_or_not_at_all() {
    on_each_engine(async |world| {
        let hostile = "a\u{0}b\r\nc\"'\\\u{202e}\u{1f512}";
        let mut odd = body(Some(hostile));
        for label in ["program", "platform", "device"] {
            odd["client"][label] = hostile.repeat(40).into();
        }
        odd["language"] = hostile.into();
        odd["server"] = json!({ "name": hostile });
        let reply = world.begin(&odd).await;
        assert_eq!(reply.outcome(), "awaiting_input", "{}", reply.json());
        let mut long = body(Some(&"9".repeat(1_025)));
        assert_eq!(world.begin(&long).await.status, 422);
        long["answer"] = "9".repeat(1_024).into();
        assert_eq!(world.begin(&long).await.status, 200);
        let verified = authx::admin::audit::verify(&world.app, &[]).await.unwrap();
        assert!(verified.is_intact(), "{verified:?}");
    })
    .await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_and_one_at_the_limit_read() {
    on_each_engine(async |world| {
        let padded = |len: usize| {
            let mut json = body(None).to_string().into_bytes();
            json.resize(len, b' ');
            world.call(&world.vpn, "PUT", path(world.new_id()), json)
        };
        assert_eq!(world.send(&padded(BODY_BYTES)).await.outcome(), "awaiting_input");
        let over = world.send(&padded(BODY_BYTES + 1)).await;
        assert_eq!((over.status, over.outcome().as_str()), (413, "too_large"));
    })
    .await;
}

#[tokio::test]
async fn half_a_body_is_not_understood_wherever_it_is_cut() {
    let database = Database::sqlite();
    let world = World::on(database.store().await).await;
    let whole = body(None).to_string();
    for end in 0..whole.len() {
        let call = world.call(&world.vpn, "PUT", path(world.new_id()), &whole[..end]);
        let reply = world.send(&call).await;
        assert_eq!((reply.status, reply.outcome().as_str()), (400, "not_json"), "{end}");
    }
}

/// `AUTHX_FUZZ_CASES` and `AUTHX_FUZZ_SEED` make it a soak.
#[tokio::test]
async fn random_bytes_are_never_a_fault() {
    let setting = |name| env::var(name).ok().and_then(|text| text.parse().ok());
    let seed = setting("AUTHX_FUZZ_SEED").unwrap_or(20_261_125);
    let cases = setting("AUTHX_FUZZ_CASES").unwrap_or(4_000);
    on_each_engine(async |world| {
        let dice = Dice(SeededRandom::new(seed));
        let open = world.new_id();
        world.put(open, &body(None)).await;
        for case in 0..cases {
            let (request, shown) = dice.request(world, &path(open));
            let reply = world.deliver(request, None).await;
            assert!(reply.status < 500, "seed {seed}, case {case}: {} to {shown}", reply.status);
            if reply.status != 200 {
                let problem: Value = serde_json::from_slice(&reply.body).expect(&shown);
                assert_eq!(problem["status"], reply.status, "{shown}");
            }
        }
        let allowed = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
        assert_eq!(world.count(allowed).await, 0, "seed {seed}");
    })
    .await;
}

struct Dice(SeededRandom);

impl Dice {
    fn below(&self, most: usize) -> usize {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        usize::try_from(u64::from_be_bytes(bytes) >> 1).unwrap() % most
    }

    fn one<T: Clone>(&self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn bytes(&self, most: usize) -> Vec<u8> {
        let mut bytes = vec![0; self.below(most)];
        self.0.fill(&mut bytes);
        bytes
    }

    /// Changed, cut, doubled or with something put in, somewhere.
    fn spoil(&self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len().max(1)).min(bytes.len());
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => {
                    let piece = bytes[at..].to_vec();
                    bytes.extend(piece);
                }
                2 => {
                    let put = self.bytes(8);
                    bytes.splice(at..at, put);
                }
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.bytes(2).first().copied().unwrap_or(0);
                    }
                }
            }
        }
    }

    /// The value of a field, replaced by one of another kind.
    fn spoil_json(&self, world: &World) -> Vec<u8> {
        let mut json = body(Some(&world.wrong_code()));
        let fields = json!({
            "user": null, "first_factor": null, "answer": null, "client": null, "can": null,
            "session": null, "support_code": null, "match_number": null, "language": null,
        });
        let fields: Vec<_> = fields.as_object().unwrap().keys().cloned().collect();
        let odd = [
            json!(null),
            json!(-1),
            json!(1e308),
            json!(""),
            json!("\u{1f512}'\"\\\n"),
            json!([[[[{}]]]]),
            json!({ "kind": "proved", "by": "pam" }),
            json!({ "address": "::1", "port": 65_536 }),
            json!("ses_01kbxw9d3gey5r4qk3kvtzc6ts"),
            json!("x".repeat(self.below(2_000))),
        ];
        json[self.one(&fields)] = self.one(&odd);
        // Never the right password: nothing may be allowed.
        if json["first_factor"].get("password").is_some() {
            json["first_factor"]["password"] = "wrong".into();
        }
        json["client"] =
            json!({ "address": format!("10.{}.{}.1", self.below(256), self.below(256)) });
        json.to_string().into_bytes()
    }

    fn request(&self, world: &World, open: &str) -> (Request<Body>, String) {
        let mut target = self.one(&[
            format!("{open}/answers"),
            format!("{open}?after=9&wait=0"),
            open.to_owned(),
            path(world.new_id()),
            "/api/v1/check".to_owned(),
            "/api/v1/ping".to_owned(),
            "/api/v1/openapi.json".to_owned(),
            "/".to_owned(),
        ]);
        if self.below(4) == 0 {
            let mut bytes = target.into_bytes();
            self.spoil(&mut bytes);
            target = escaped(&bytes);
        }
        let mut sent = match self.below(3) {
            0 => self.bytes(300),
            1 => br#"{"seq":1,"text":"000000"}"#.to_vec(),
            _ => self.spoil_json(world),
        };
        if self.below(2) == 0 {
            self.spoil(&mut sent);
        }
        let method = self.one(&["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "BREW"]);
        // A head has no body in which a problem could be told.
        let method = if method == "HEAD" { "GET" } else { method };
        let call = world.call(&world.vpn, method, target.clone(), sent);
        let shown = format!("{method} {target} {:?}", String::from_utf8_lossy(&call.body));
        let headers = world.signed(&call).1;
        (self.assemble(&headers, method, &target, call.body), shown)
    }

    fn assemble(
        &self,
        headers: &Headers,
        method: &str,
        target: &str,
        body: Vec<u8>,
    ) -> Request<Body> {
        let mut request = Request::new(Body::from(body));
        *request.method_mut() = parsed::<Method>(method);
        *request.uri_mut() = parsed::<Uri>(target);
        let client = ("authx-client", "tests/0.1");
        for (name, value) in headers.fields().into_iter().chain([client]) {
            let mut value = value.as_bytes().to_vec();
            if self.below(8) == 0 {
                self.spoil(&mut value);
            }
            value.retain(|byte| *byte == b'\t' || *byte >= b' ' && *byte != 127);
            let value = HeaderValue::from_bytes(&value).unwrap();
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
        request
    }
}

/// As a client has to write it for any server to read it at all.
fn escaped(target: &[u8]) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/?_=&".contains(&byte);
    let escape = |byte: &u8| match *byte {
        byte if plain(byte) => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    let rest: Vec<String> = target.iter().skip(1).map(escape).collect();
    format!("/{}", rest.concat())
}

fn parsed<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect(text)
}
