//! A phone that keeps to the protocol, unless a test says otherwise.

use crate::world::{AUTHORITY, CLIENT, Reply, World};
use authx::serve::ClientAddress;
use authx_core::{
    PhoneId, Secret,
    otp::{Algorithm, Digits, Totp},
    phone_box::PhoneBox,
    phone_words::{Exchanged, phone_words},
    wire::{
        phone::{Activated, Jwk, PhoneKeys, Seed},
        signature::{self, PhoneSigner, sign_phone_request},
    },
};
use axum::{body::Body, http::Request};
use serde_json::{Value, json};

pub(crate) struct Phone {
    pub(crate) id: PhoneId,
    pub(crate) answer: PhoneSigner,
    pub(crate) device: PhoneSigner,
    pub(crate) r#box: PhoneBox,
    pub(crate) totp: Option<Totp>,
    pub(crate) words: Vec<String>,
}

impl Phone {
    pub(crate) fn new(world: &World) -> Self {
        world.app.decide(world.app.clock.clock().now(), |cx| Self {
            id: PhoneId::new(cx),
            answer: PhoneSigner::draw(cx),
            device: PhoneSigner::draw(cx),
            r#box: PhoneBox::draw(cx),
            totp: None,
            words: vec![],
        })
    }

    /// A phone of alice that counts.
    pub(crate) async fn enrolled(world: &World) -> Self {
        let activation = world.activation().await;
        Self::activated_and_confirmed(world, &activation).await
    }

    pub(crate) async fn activated_and_confirmed(world: &World, activation: &str) -> Self {
        let mut phone = Self::new(world);
        let reply = phone.activate(world, activation).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let reply = phone.confirm(world).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        phone
    }

    pub(crate) fn keys(&self) -> PhoneKeys {
        PhoneKeys {
            answer: Jwk::of(self.answer.point()),
            device: Jwk::of(self.device.point()),
            r#box: Jwk::of(self.r#box.point()),
        }
    }

    /// What it would send to be made from an activation.
    pub(crate) fn body(&self, activation: &str) -> Value {
        json!({
            "activation": activation, "phone": self.id, "name": "Anna's phone",
            "platform": "Android 16", "class": "web", "keys": self.keys(),
        })
    }

    pub(crate) async fn activate(&mut self, world: &World, activation: &str) -> Reply {
        let body = self.body(activation);
        self.activate_with(world, &body).await
    }

    /// Sends a body, and keeps what comes back.
    pub(crate) async fn activate_with(&mut self, world: &World, body: &Value) -> Reply {
        let reply = self.call(world, &self.answer, "POST", "/activations", body).await;
        if reply.status == 200 {
            let activated: Activated = serde_json::from_slice(&reply.body).unwrap();
            self.totp = Some(self.opened(&activated.seed));
            let exchanged = Exchanged {
                phone: self.id,
                keys: &self.keys(),
                seed: &activated.seed,
                tenant: activated.account.tenant.id,
                user: activated.account.user.id,
            };
            self.words = phone_words(&exchanged).map(str::to_owned).to_vec();
        }
        reply
    }

    fn opened(&self, seed: &Seed) -> Totp {
        let ephemeral = seed.ephemeral.as_bytes().try_into().unwrap();
        let iv = seed.iv.as_bytes().try_into().unwrap();
        let secret =
            self.r#box.open_seed(self.id, ephemeral, iv, seed.ciphertext.as_bytes()).unwrap();
        Totp::new(Secret::new(secret.expose().to_vec()), Algorithm::Sha256, Digits::Six, 30)
    }

    /// The code that it shows now.
    pub(crate) fn code(&self, world: &World) -> String {
        let step = world.app.clock.clock().now().secs() / 30;
        self.totp.as_ref().expect("a seed").code(step)
    }

    pub(crate) async fn confirm(&self, world: &World) -> Reply {
        let body = json!({ "code": self.code(world) });
        self.post(world, "/confirmations", &body).await
    }

    /// Signed with the answer key.
    pub(crate) async fn post(&self, world: &World, path: &str, body: &Value) -> Reply {
        self.call(world, &self.answer, "POST", path, body).await
    }

    pub(crate) async fn account(&self, world: &World) -> Reply {
        self.call(world, &self.device, "GET", "/account", &Value::Null).await
    }

    pub(crate) async fn call(
        &self,
        world: &World,
        key: &PhoneSigner,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        world.send(self.signed(world, key, method, path, body)).await
    }

    /// The request as it travels, for a test to spoil.
    pub(crate) fn signed(
        &self,
        world: &World,
        key: &PhoneSigner,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Request<Body> {
        let secs = world.app.clock.clock().now().secs();
        self.signed_at(world, key, secs, method, path, body)
    }

    pub(crate) fn signed_at(
        &self,
        world: &World,
        key: &PhoneSigner,
        created_secs: u64,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Request<Body> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let path = format!("/phone/v1{path}");
        let mut nonce = [0; 16];
        world.app.random.fill(&mut nonce);
        let covered = signature::Request {
            method,
            authority: AUTHORITY,
            path: &path,
            query: "",
            client: CLIENT,
            body: text.as_bytes(),
        };
        let headers = sign_phone_request(key, self.id, &covered, created_secs, nonce);
        let mut request = Request::builder()
            .method(method)
            .uri(&path)
            .header("authx-client", CLIENT)
            .extension(ClientAddress(Some([192, 0, 2, 7].into())));
        for (name, value) in headers.fields() {
            request = request.header(name, value);
        }
        request.body(Body::from(text)).unwrap()
    }
}
