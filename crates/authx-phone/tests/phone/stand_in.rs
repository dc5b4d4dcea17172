//! A server of phones in a few hundred lines: every call as the protocol has it, signatures checked
//! with the server's own code.

use super::world::{Enrolled, NUMBER, PASSWORD, World, tenant, user};
use authx_core::{
    Cx, LoginId, PhoneId,
    phone_seed::seal_seed,
    wire::{
        login::Rfc3339,
        phone::{
            AccountState, Activate, Activated, ActivationView, AnswerRequest, AnswerWord, Answered,
            ChangeDevice, Confirm, Entry, GivenProof, HistoryView, InvitationProof, InvitationView,
            InvitedAccount, Jwk, LookInvitation, MadePhone, Outcome, PhoneCode, PhoneProblem,
            Prove, Receipts, RequestsView, StartMove, Statement, Token, TotpForm,
        },
        signature::{Caller, PhoneKey, Presented, Request, SignatureError},
        text::MatchNumber,
    },
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Method, Request as Http, StatusCode, header::HeaderMap},
    response::{IntoResponse as _, Response},
};
use futures_util::stream;
use serde::{Serialize, de::DeserializeOwned};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{net::TcpListener, sync::watch, time::timeout};
use zeroize::Zeroizing;

/// A running stand-in.
#[derive(Clone)]
pub(super) struct StandIn {
    pub(super) url: String,
    authority: String,
    world: Arc<Mutex<World>>,
    changed: Arc<watch::Sender<u64>>,
}

/// An answer that is no good one.
struct Refused(Box<Response>);

type Answer = Result<Response, Refused>;

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let stand_in = Self {
            url: format!("http://{authority}"),
            authority,
            world: Arc::new(Mutex::new(World::new())),
            changed: Arc::new(watch::channel(1).0),
        };
        let router = Router::new().fallback(serve).with_state(stand_in.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        stand_in
    }

    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Changes something, and wakes whoever waits for requests.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world();
        let outcome = change(&mut world);
        self.changed.send_replace(world.version);
        outcome
    }

    /// The link of the only invitation.
    pub(super) fn link(&self) -> String {
        format!("{}/#{}", self.url, *invitation().text())
    }
}

pub(super) fn invitation() -> Token {
    Token::Invitation(Zeroizing::new([1; 32]))
}

fn activation() -> Token {
    Token::Activation(Zeroizing::new([2; 32]))
}

fn moving() -> Token {
    Token::Activation(Zeroizing::new([3; 32]))
}

async fn serve(State(stand_in): State<StandIn>, request: Http<Body>) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 65_536).await.unwrap();
    let call = Call {
        path: head.uri.path().strip_prefix("/phone/v1").unwrap_or_default().to_owned(),
        whole: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        method: head.method,
        headers: head.headers,
        body,
    };
    stand_in.answer(call).await.unwrap_or_else(|Refused(refusal)| *refusal)
}

struct Call {
    path: String,
    whole: String,
    query: String,
    method: Method,
    headers: HeaderMap,
    body: Bytes,
}

impl Call {
    fn json<T: DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_slice(&self.body)
            .map_err(|error| problem(400, "invalid", &error.to_string()))
    }

    fn header(&self, name: &str) -> Result<&str, SignatureError> {
        let missing = SignatureError::HeaderMissing { header: "any" };
        self.headers.get(name).and_then(|value| value.to_str().ok()).ok_or(missing)
    }
}

impl StandIn {
    async fn answer(&self, call: Call) -> Answer {
        assert!(call.header("authx-client").unwrap().starts_with("authx-phone/"));
        let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
        match (&call.method, parts.as_slice()) {
            (&Method::POST, ["invitations"]) => self.look(&call),
            (&Method::POST, ["proofs"]) => self.prove(&call),
            (&Method::POST, ["activations"]) => self.activate(&call),
            (&Method::POST, ["confirmations"]) => self.confirm(&call),
            (&Method::GET, ["account"]) => {
                let phone = self.signed(&call, Key::Device)?;
                Ok(json(&self.world().account(phone)))
            }
            (&Method::PUT, ["device"]) => self.rename(&call),
            (&Method::DELETE, ["device"]) => {
                let phone = self.signed(&call, Key::Answer)?;
                self.world().phones.remove(&phone);
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            (&Method::GET, ["requests"]) => self.requests(&call).await,
            (&Method::GET, ["requests", "live"]) => self.live(&call),
            (&Method::POST, ["requests", id, what]) => self.about(&call, id, what),
            (&Method::POST, ["receipts"]) => {
                self.signed(&call, Key::Device)?;
                let receipts: Receipts = call.json()?;
                self.world().receipts.push(receipts);
                Ok(StatusCode::NO_CONTENT.into_response())
            }
            (&Method::GET, ["history"]) => {
                self.signed(&call, Key::Device)?;
                let entries = self.world().history.clone();
                Ok(json(&HistoryView { entries }))
            }
            (_, ["moves"]) => self.start_move(&call),
            _ => Ok((StatusCode::NOT_FOUND, "nothing here").into_response()),
        }
    }

    fn look(&self, call: &Call) -> Answer {
        let LookInvitation { invitation: token } = call.json()?;
        let world = self.world();
        let moves = world.phones.iter().find(|(_, phone)| phone.moving).map(|(id, _)| *id);
        let (proof, moves) = if token == invitation() {
            (InvitationProof::Password, None)
        } else if token == moving() && moves.is_some() {
            (InvitationProof::None, moves)
        } else {
            return Err(problem(404, "not_open", "no such invitation"));
        };
        let phones = world.phones.iter().map(|(&phone, enrolled)| MadePhone {
            phone,
            name: enrolled.name.clone(),
            platform: String::new(),
            words: vec![],
            state: enrolled.state,
            at: Rfc3339(world.now()),
        });
        Ok(json(&InvitationView {
            accounts: vec![InvitedAccount { tenant: tenant(), user: user(), moves }],
            proof,
            short_code: None,
            expires_at: Rfc3339(world.now().plus_secs(600)),
            phones: phones.collect(),
        }))
    }

    fn prove(&self, call: &Call) -> Answer {
        let Prove { proof, .. } = call.json()?;
        let mut world = self.world();
        let right =
            matches!(&proof, GivenProof::Password { password } if password.expose() == PASSWORD);
        if !right {
            world.wrong_proofs += 1;
            let left = Some(5 - world.wrong_proofs);
            let wrong = told(403, "wrong_proof", "the password is wrong");
            return Err(refusal(&PhoneProblem { left, ..wrong }));
        }
        let expires_at = Rfc3339(world.now().plus_secs(600));
        Ok(json(&ActivationView { activation: activation(), expires_at }))
    }

    fn activate(&self, call: &Call) -> Answer {
        let body: Activate = call.json()?;
        self.check(call, body.phone, &body.keys.answer)?;
        let mut world = self.world();
        world.calls.push(("POST activations".to_owned(), "answer"));
        if ![activation(), moving()].contains(&body.activation) {
            return Err(problem(404, "not_open", "no such activation"));
        }
        if !world.classes.contains(&body.class) {
            return Err(problem(403, "class_not_allowed", "software keeps no keys here"));
        }
        let mut random = |out: &mut [u8]| out.fill(0x5a);
        let now = world.now();
        let secret = [9; 32];
        let mut cx = Cx { now, random: &mut random };
        let point = body.keys.r#box.point().unwrap();
        let seed = seal_seed(&mut cx, body.phone, &point, &secret).unwrap();
        world.phones.insert(
            body.phone,
            Enrolled {
                name: body.name.as_str().to_owned(),
                state: AccountState::Pending,
                class: body.class,
                keys: body.keys,
                secret,
                moves: body.moves,
                moving: false,
            },
        );
        let account = world.account(body.phone);
        Ok(json(&Activated { account, seed, totp: TotpForm::default() }))
    }

    fn confirm(&self, call: &Call) -> Answer {
        let phone = self.signed(call, Key::Answer)?;
        let Confirm { code } = call.json()?;
        let mut world = self.world();
        let right = [world.code(phone), world.code_before(phone)];
        if !right.iter().any(|right| right == code.expose()) {
            return Err(problem(403, "wrong_code", "that is not the present code"));
        }
        let enrolled = world.phones.get_mut(&phone).unwrap();
        enrolled.state = AccountState::Active;
        if let Some(old) = enrolled.moves.take() {
            world.phones.remove(&old);
        }
        Ok(json(&world.account(phone)))
    }

    fn rename(&self, call: &Call) -> Answer {
        let phone = self.signed(call, Key::Answer)?;
        let ChangeDevice { name, .. } = call.json()?;
        let mut world = self.world();
        if let Some(name) = name {
            world.phones.get_mut(&phone).unwrap().name = name.as_str().into();
        }
        Ok(json(&world.account(phone)))
    }

    fn view(&self) -> RequestsView {
        let world = self.world();
        RequestsView {
            version: world.version,
            requests: world.requests.clone(),
            caller_check: None,
        }
    }

    async fn requests(&self, call: &Call) -> Answer {
        self.signed(call, Key::Device)?;
        let value = |name: &str| -> u64 {
            let mut pairs = call.query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|pair| pair.0 == name).map_or(0, |pair| pair.1.parse().unwrap())
        };
        let (after, wait) = (value("after"), value("wait"));
        let mut changed = self.changed.subscribe();
        let waited = changed.wait_for(|version| *version > after);
        let _ = timeout(Duration::from_secs(wait), waited).await;
        Ok(json(&self.view()))
    }

    /// A first event at once, one for each change; comments between them.
    fn live(&self, call: &Call) -> Answer {
        self.signed(call, Key::Device)?;
        if self.world().without_stream {
            return Ok((StatusCode::NOT_FOUND, "a proxy that knows no streams").into_response());
        }
        let (stand_in, mut changed) = (self.clone(), self.changed.subscribe());
        changed.mark_changed();
        let events = stream::unfold((stand_in, changed), |(stand_in, mut changed)| async move {
            changed.changed().await.ok()?;
            let view = stand_in.view();
            let data = serde_json::to_string(&view).unwrap();
            let event = format!(":\n\nevent: requests\nid: {}\ndata: {data}\n\n", view.version);
            Some((Ok::<_, std::io::Error>(event), (stand_in, changed)))
        });
        let body = Body::from_stream(events);
        Ok(([("content-type", "text/event-stream")], body).into_response())
    }

    fn about(&self, call: &Call, id: &str, what: &str) -> Answer {
        let id: LoginId = id.parse().unwrap();
        if what == "endings" {
            self.signed(call, Key::Answer)?;
            self.world().ended.push(id);
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let AnswerRequest { statement, .. } = call.json()?;
        let statement: Statement = serde_json::from_str(&statement).unwrap();
        let key = match statement.answer {
            AnswerWord::Approve | AnswerWord::Code => Key::Answer,
            AnswerWord::Deny | AnswerWord::Fraud => Key::Device,
        };
        self.signed(call, key)?;
        self.change(|world| {
            world.statements.push(statement.clone());
            let Some(at) = world.requests.iter().position(|request| request.id == id) else {
                let over = told(409, "not_open", "it is over");
                return Err(refusal(&PhoneProblem { outcome: Some(Outcome::Expired), ..over }));
            };
            let now = world.now();
            let number = statement.match_number.as_ref().map(MatchNumber::as_str);
            let outcome = match statement.answer {
                AnswerWord::Approve if number == Some(NUMBER) => Outcome::Approved,
                AnswerWord::Approve => Outcome::WrongNumber,
                AnswerWord::Deny => Outcome::Denied,
                AnswerWord::Fraud => Outcome::Fraud,
                AnswerWord::Code => {
                    let code = PhoneCode {
                        code: "314159".to_owned(),
                        expires_at: Rfc3339(now.plus_secs(60)),
                    };
                    return Ok(json(&code));
                }
            };
            let request = &mut world.requests[at];
            let support_code = request.support_code.clone();
            let mut tries_left = None;
            if outcome == Outcome::WrongNumber {
                request.tries_left -= 1;
                tries_left = Some(request.tries_left);
            } else {
                let over = world.requests.remove(at);
                world.history.insert(
                    0,
                    Entry {
                        id,
                        kind: over.kind,
                        application: over.application,
                        outcome,
                        at: Rfc3339(now),
                        client: over.client,
                        support_code: over.support_code,
                    },
                );
            }
            world.version += 1;
            let session = outcome == Outcome::Approved;
            Ok(json(&Answered { outcome, tries_left, at: Rfc3339(now), support_code, session }))
        })
    }

    fn start_move(&self, call: &Call) -> Answer {
        let phone = self.signed(call, Key::Answer)?;
        let mut world = self.world();
        let enrolled = world.phones.get_mut(&phone).unwrap();
        if call.method == Method::DELETE {
            enrolled.moving = false;
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let StartMove { .. } = call.json()?;
        enrolled.moving = true;
        let expires_at = Rfc3339(world.now().plus_secs(300));
        Ok(json(&ActivationView { activation: moving(), expires_at }))
    }

    /// Whose call it is, by the key that it has to be signed with.
    fn signed(&self, call: &Call, key: Key) -> Result<PhoneId, Refused> {
        let wrong = |error: SignatureError| problem(401, "signature", &error.to_string());
        let presented = Presented::parse(
            call.header("content-digest").map_err(wrong)?,
            call.header("signature-input").map_err(wrong)?,
            call.header("signature").map_err(wrong)?,
        );
        let Caller::Phone(phone) = presented.map_err(wrong)?.caller else { panic!("no phone") };
        let public = {
            let mut world = self.world();
            let name = if key == Key::Answer { "answer" } else { "device" };
            world.calls.push((format!("{} {}", call.method, call.path), name));
            let Some(enrolled) = world.phones.get(&phone) else {
                return Err(problem(401, "phone_gone", "this phone was removed"));
            };
            match key {
                Key::Answer => enrolled.keys.answer.clone(),
                Key::Device => enrolled.keys.device.clone(),
            }
        };
        self.check(call, phone, &public).map(|()| phone)
    }

    fn check(&self, call: &Call, phone: PhoneId, key: &Jwk) -> Result<(), Refused> {
        let header = |name| call.header(name).unwrap();
        let presented = Presented::parse(
            header("content-digest"),
            header("signature-input"),
            header("signature"),
        )
        .unwrap();
        assert_eq!(presented.caller, Caller::Phone(phone));
        let request = Request {
            method: call.method.as_str(),
            authority: &self.authority,
            path: &call.whole,
            query: &call.query,
            client: header("authx-client"),
            body: &call.body,
        };
        let key = PhoneKey::new(&key.point().unwrap()).unwrap();
        if let Err(error) = presented.verify_phone(&request, &key) {
            return Err(problem(401, "signature", &error.to_string()));
        }
        let now = self.world().now();
        presented.check_age(now.secs()).map_err(|error| {
            let clock = told(401, "clock", &error.to_string());
            refusal(&PhoneProblem { now: Some(Rfc3339(now)), ..clock })
        })
    }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Key {
    Answer,
    Device,
}

fn json(body: &impl Serialize) -> Response {
    let body = serde_json::to_string(body).unwrap();
    ([("content-type", "application/json")], body).into_response()
}

fn problem(status: u16, code: &str, detail: &str) -> Refused {
    refusal(&told(status, code, detail))
}

fn told(status: u16, code: &str, detail: &str) -> PhoneProblem {
    PhoneProblem {
        kind: "about:blank".to_owned(),
        title: String::new(),
        status,
        detail: detail.to_owned(),
        code: code.to_owned(),
        now: None,
        left: None,
        outcome: None,
    }
}

fn refusal(problem: &PhoneProblem) -> Refused {
    let status = StatusCode::from_u16(problem.status).unwrap();
    let kind = [("content-type", "application/problem+json"), ("x-request-id", "r7")];
    Refused(Box::new((status, kind, serde_json::to_string(problem).unwrap()).into_response()))
}
