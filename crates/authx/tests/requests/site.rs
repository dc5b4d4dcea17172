//! A VPN host that signs, beside the phones of its users.

use crate::{
    phone::Phone,
    world::{AUTHORITY, CLIENT, PASSWORD, Reply, World, name},
};
use authx::{
    admin::applications::{self, ApplicationKind},
    api::{self, Api, phone::PhoneApi},
    app::App,
    rings::Ring,
    serve::{ClientAddress, Stop, stopping},
    store::testing,
};
use authx_core::{
    ApplicationId, LoginId, PhoneId,
    wire::signature::{self, AppKey, PhoneSigner, sign_phone_request, sign_request},
};
use axum::{
    Router,
    body::{Body, BodyDataStream, to_bytes},
    http::Request,
};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::mpsc::Receiver;
use tower::ServiceExt as _;

/// The digits that the VPN prompt shows in these tests.
pub(crate) const NUMBER: &str = "482913";

/// An installation with a VPN.
pub(crate) struct Site {
    world: World,
    pub(crate) vpn: Vpn,
    rings: Option<Mutex<Receiver<Ring>>>,
    nodes: Vec<Node>,
}

/// A process that serves.
pub(crate) struct Node {
    pub(crate) api: Router,
    pub(crate) phones: Router,
    _stop: Stop,
}

/// A host that holds a key of an application.
pub(crate) struct Vpn {
    pub(crate) id: ApplicationId,
    key: AppKey,
}

impl Deref for Site {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

/// Runs a test in an installation of its own on each engine.
pub(crate) async fn on_each_engine(test: impl AsyncFn(&Site)) {
    let in_site = async |database: &testing::Database| {
        let site =
            Box::pin(async { Site::of(World::on(database.store().await).await).await }).await;
        Box::pin(test(&site)).await;
    };
    testing::on_each_engine(in_site).await;
}

impl Node {
    pub(crate) fn of(app: &Arc<App>) -> Self {
        let (stop, stopping) = stopping();
        let api = api::router(Api::new(app.clone(), 65_536, stopping.clone()));
        let phones = api::phone::router(PhoneApi::new(app.clone(), 65_536, stopping));
        Self { api, phones, _stop: stop }
    }
}

impl Site {
    pub(crate) async fn of(world: World) -> Self {
        let rings = world.app.rings.take().expect("nobody rings yet");
        Self { rings: Some(Mutex::new(rings)), ..Self::ringing(world).await }
    }

    /// A site whose phones are rung by what rings phones.
    pub(crate) async fn ringing(world: World) -> Self {
        let vpn = Vpn::of(&world, "office").await;
        let nodes = vec![Node::of(&world.app)];
        Self { world, vpn, rings: None, nodes }
    }

    /// Serves beside another process.
    pub(crate) fn beside(self, app: &Arc<App>) -> Self {
        let mut nodes = self.nodes;
        nodes.push(Node::of(app));
        Self { nodes, ..self }
    }

    /// What was to be rung since the last look.
    pub(crate) fn rung(&self) -> Vec<Ring> {
        let mut rings = self.rings.as_ref().expect("counted rings").lock().unwrap();
        std::iter::from_fn(|| rings.try_recv().ok()).collect()
    }

    /// The phones that were to be rung since the last look.
    pub(crate) fn rung_phones(&self) -> Vec<PhoneId> {
        self.rung().into_iter().filter_map(|ring| ring.phone).collect()
    }

    pub(crate) fn new_id(&self) -> LoginId {
        self.app.decide(self.app.clock.clock().now(), LoginId::new)
    }

    /// Begins a login under a new id.
    pub(crate) async fn begin(&self, body: &Value) -> (LoginId, Reply) {
        let id = self.new_id();
        (id, self.vpn_call("PUT", &format!("/logins/{id}"), body).await)
    }

    /// Begins a login that asks a phone.
    pub(crate) async fn asked(&self, body: &Value) -> LoginId {
        let (id, reply) = self.begin(body).await;
        assert_eq!(login_outcome(&reply), "awaiting_phone", "{reply:?}");
        id
    }

    pub(crate) async fn typed(&self, id: LoginId, seq: u32, text: &str) -> Reply {
        let body = json!({ "seq": seq, "text": text });
        self.vpn_call("POST", &format!("/logins/{id}/answers"), &body).await
    }

    pub(crate) async fn login(&self, id: LoginId) -> Value {
        self.vpn_call("GET", &format!("/logins/{id}"), &Value::Null).await.json()
    }

    /// In one word: `allowed`, `refused:REASON`, or another state.
    pub(crate) async fn outcome(&self, id: LoginId) -> String {
        login_outcome(&self.vpn_call("GET", &format!("/logins/{id}"), &Value::Null).await)
    }

    pub(crate) async fn cancel(&self, id: LoginId) -> Reply {
        self.vpn_call("DELETE", &format!("/logins/{id}"), &Value::Null).await
    }

    pub(crate) async fn renewal(&self, id: LoginId) -> Value {
        self.vpn_call("POST", &format!("/logins/{id}/renewals"), &json!({})).await.json()
    }

    pub(crate) async fn vpn_call(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.call_as(&self.vpn, method, path, body).await
    }

    pub(crate) async fn call_as(&self, vpn: &Vpn, method: &str, path: &str, body: &Value) -> Reply {
        let (path, text) = (format!("/api/v1{path}"), text(body));
        let covered = signature::Request {
            method,
            authority: "mfa.example.com",
            path: &path,
            query: "",
            client: CLIENT,
            body: text.as_bytes(),
        };
        let secs = self.app.clock.clock().now().secs();
        let headers = sign_request(&vpn.key, vpn.id, &covered, secs, self.nonce());
        let mut request =
            Request::builder().method(method).uri(&path).header("authx-client", CLIENT);
        for (name, value) in headers.fields() {
            request = request.header(name, value);
        }
        deliver(&self.nodes[0].api, request.body(Body::from(text)).unwrap()).await
    }

    fn nonce(&self) -> [u8; 16] {
        let mut nonce = [0; 16];
        self.app.random.fill(&mut nonce);
        nonce
    }

    /// What a phone is asked.
    pub(crate) async fn requests(&self, phone: &Phone) -> Value {
        let reply = phone.call(self, &phone.device, "GET", "/requests", &Value::Null).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Which requests a phone has.
    pub(crate) async fn request_ids(&self, phone: &Phone) -> Vec<String> {
        let view = self.requests(phone).await;
        let requests = view["requests"].as_array().unwrap().iter();
        requests.map(|request| request["id"].as_str().unwrap().to_owned()).collect()
    }

    /// The one request that a phone has.
    pub(crate) async fn request(&self, phone: &Phone) -> Value {
        let view = self.requests(phone).await;
        let [request] = &view["requests"].as_array().unwrap()[..] else { panic!("{view}") };
        request.clone()
    }

    /// Answers as soon as what the phone is asked is not `after`.
    pub(crate) async fn poll(&self, phone: &Phone, after: &Value, wait: u64) -> Reply {
        let query = format!("after={after}&wait={wait}");
        let request = self.signed(phone, &phone.device, "GET", "/requests", &query, "");
        deliver(&self.nodes[0].phones, request).await
    }

    pub(crate) async fn live(&self, phone: &Phone) -> Live {
        let request = self.signed(phone, &phone.device, "GET", "/requests/live", "", "");
        let response = self.nodes[0].phones.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        Live { stream: response.into_body().into_data_stream(), text: String::new() }
    }

    pub(crate) async fn history(&self, phone: &Phone) -> Vec<(String, String)> {
        let reply = phone.call(self, &phone.device, "GET", "/history", &Value::Null).await;
        let json = reply.json();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entries = json["entries"].as_array().unwrap().iter();
        entries.map(|entry| (text(&entry["id"]), text(&entry["outcome"]))).collect()
    }

    /// What an honest phone signs.
    pub(crate) fn statement(&self, id: LoginId, answer: &str, number: Option<&str>) -> Value {
        let mut statement = json!({
            "answer": answer, "login": id, "application": self.vpn.id, "address": "192.0.2.7",
        });
        if let Some(number) = number {
            statement["match_number"] = number.into();
        }
        statement
    }

    pub(crate) async fn approve(&self, phone: &Phone, id: LoginId, number: &str) -> Reply {
        self.say(phone, id, &self.statement(id, "approve", Some(number))).await
    }

    /// Answers with the answer key.
    pub(crate) async fn say(&self, phone: &Phone, id: LoginId, statement: &Value) -> Reply {
        self.say_with(phone, &phone.answer, id, statement).await
    }

    pub(crate) async fn say_with(
        &self,
        phone: &Phone,
        key: &PhoneSigner,
        id: LoginId,
        statement: &Value,
    ) -> Reply {
        let body = json!({ "statement": statement.to_string() });
        phone.call(self, key, "POST", &answers(id), &body).await
    }

    /// The same at a node.
    pub(crate) async fn say_at(
        &self,
        node: usize,
        phone: &Phone,
        id: LoginId,
        statement: &Value,
    ) -> Reply {
        let body = json!({ "statement": statement.to_string() }).to_string();
        let request = self.signed(phone, &phone.answer, "POST", &answers(id), "", &body);
        deliver(&self.nodes[node].phones, request).await
    }

    /// A code for a client that shows nothing.
    pub(crate) async fn show_code(&self, phone: &Phone, id: LoginId) -> Reply {
        let mut statement = self.statement(id, "code", None);
        statement.as_object_mut().unwrap().remove("address");
        let body = json!({ "statement": statement.to_string() });
        phone.post(self, &format!("/requests/{id}/codes"), &body).await
    }

    pub(crate) async fn receipt(&self, phone: &Phone, by: &str, ids: &[LoginId]) {
        let body = json!({ "by": by, "requests": ids });
        let reply = phone.call(self, &phone.device, "POST", "/receipts", &body).await;
        assert_eq!(reply.status, 204, "{reply:?}");
    }

    /// A request as it travels.
    pub(crate) fn signed(
        &self,
        phone: &Phone,
        key: &PhoneSigner,
        method: &str,
        path: &str,
        query: &str,
        body: &str,
    ) -> Request<Body> {
        let path = format!("/phone/v1{path}");
        let covered = signature::Request {
            method,
            authority: AUTHORITY,
            path: &path,
            query,
            client: CLIENT,
            body: body.as_bytes(),
        };
        let secs = self.app.clock.clock().now().secs();
        let headers = sign_phone_request(key, phone.id, &covered, secs, self.nonce());
        let mut request = Request::builder()
            .method(method)
            .uri(if query.is_empty() { path.clone() } else { format!("{path}?{query}") })
            .header("authx-client", CLIENT)
            .extension(ClientAddress(Some([192, 0, 2, 7].into())));
        for (name, value) in headers.fields() {
            request = request.header(name, value);
        }
        request.body(Body::from(body.to_owned())).unwrap()
    }

    pub(crate) async fn deliver(&self, request: Request<Body>) -> Reply {
        deliver(&self.nodes[0].phones, request).await
    }

    /// How often an event of this kind is in the record.
    pub(crate) async fn events(&self, kind: &str) -> usize {
        let record = self.record(1_000).await;
        record.iter().filter(|entry| entry.event == kind).count()
    }

    /// A phone of alice that counts; the next one is younger, also by the clock.
    pub(crate) async fn phone(&self) -> Phone {
        let phone = Phone::enrolled(self).await;
        self.clock.advance_secs(1);
        phone
    }

    /// Another user of the tenant, with a phone that counts.
    pub(crate) async fn user_with_phone(&self, name: &str) -> Phone {
        let user = self.user(name, Some(PASSWORD)).await;
        let separate = authx::enrol::phones::Separate::IfNeeded;
        let invited = self.invite_user(self.tenant, user, separate).await;
        let activation = self.proved(&invited).await;
        Phone::activated_and_confirmed(self, &activation).await
    }
}

impl Vpn {
    pub(crate) async fn of(world: &World, text: &str) -> Self {
        let World { app, by, tenant, .. } = world;
        let kind = ApplicationKind::Openvpn;
        let made = applications::create(app, by, *tenant, &name(text), kind, &name("host")).await;
        let made = made.unwrap();
        Self { id: made.id, key: AppKey::parse(&made.key.text).unwrap() }
    }
}

/// An open stream.
pub(crate) struct Live {
    stream: BodyDataStream,
    text: String,
}

impl Live {
    /// What comes next, or `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let data = event.lines().find_map(|line| line.strip_prefix("data: "));
                match data {
                    Some(data) => {
                        assert!(event.lines().any(|line| line == "event: requests"), "{event}");
                        let view: Value = serde_json::from_str(data).unwrap();
                        let id = format!("id: {}", view["version"]);
                        assert!(event.lines().any(|line| line == id), "{event}");
                        return Some(view);
                    }
                    None => continue,
                }
            }
            let next = tokio::time::timeout(Duration::from_secs(10), self.stream.next());
            let bytes = next.await.expect("the stream hangs")?.unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }
}

/// A login of alice with her password, from her home, that asks a phone for the number shown.
pub(crate) fn push() -> Value {
    with("push")
}

/// The same with another answer.
pub(crate) fn with(answer: &str) -> Value {
    let mut body = plain();
    body["answer"] = answer.into();
    body["match_number"] = NUMBER.into();
    body
}

/// The same without.
pub(crate) fn plain() -> Value {
    json!({
        "user": "alice", "first_factor": { "kind": "password", "password": PASSWORD },
        "client": { "address": "192.0.2.7", "program": "OpenVPN Connect", "device": "laptop" },
        "server": { "name": "vpn-1" }, "can": { "text": true, "several": true },
    })
}

/// Of another client than all others.
pub(crate) fn push_of(device: u32) -> Value {
    let mut body = push();
    body["client"]["device"] = format!("laptop {device}").into();
    body
}

/// A login at a prompt that shows nothing.
pub(crate) fn mute(answer: Option<&str>) -> Value {
    let mut body = plain();
    body["can"] = json!({});
    if let Some(answer) = answer {
        body["answer"] = answer.into();
    }
    body
}

/// In one word, as [`Site::outcome`].
pub(crate) fn login_outcome(reply: &Reply) -> String {
    let json = reply.json();
    match (json["state"].as_str(), json["reason"]["code"].as_str(), json["code"].as_str()) {
        (Some(state), Some(reason), _) => format!("{state}:{reason}"),
        (Some(state), None, _) => state.to_owned(),
        (None, _, code) => code.expect("a state or a code").to_owned(),
    }
}

/// What a phone's answer became: its outcome, or the code of the problem with the outcome it tells.
pub(crate) fn said(reply: &Reply) -> String {
    let json = reply.json();
    let outcome = json["outcome"].as_str();
    match (json["code"].as_str(), outcome) {
        (None, Some(outcome)) => outcome.to_owned(),
        (Some(code), Some(outcome)) => format!("{code}:{outcome}"),
        (Some(code), None) => code.to_owned(),
        (None, None) => panic!("{reply:?}"),
    }
}

pub(crate) fn answers(id: LoginId) -> String {
    format!("/requests/{id}/answers")
}

fn text(body: &Value) -> String {
    if body.is_null() { String::new() } else { body.to_string() }
}

pub(crate) async fn deliver(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    let retry_after = parts.headers.get("retry-after");
    let retry_after = retry_after.map(|after| after.to_str().unwrap().to_owned());
    Reply { status: parts.status.as_u16(), body, retry_after }
}
