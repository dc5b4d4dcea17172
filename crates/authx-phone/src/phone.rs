//! One account on this machine, as its server knows it: a phone.

mod codes;
mod enrol;
mod keys;

pub use codes::{Code, Codes, UnknownForm};
pub use enrol::{EnrolError, Enrolled, Enrolment};
pub use keys::{DamagedKeys, KeptKeys, Keys};

use crate::server::{Call, CallError, Live, Server, Signer};
use authx_core::{
    LoginId, PhoneId,
    wire::{
        phone::{
            Account, ActivationView, AnswerRequest, AnswerWord, Answered, ChangeDevice, EndRequest,
            Entry, HistoryView, PhoneCode, ReachWay, Receipts, Request, RequestsView, StartMove,
            Statement, Subscribe, Token,
        },
        text::MatchNumber,
    },
};
use reqwest::Method;
use std::sync::Arc;

/// One account on this machine. Cheap to clone; clones share keys and connections.
#[derive(Clone, Debug)]
pub struct Phone {
    server: Server,
    id: PhoneId,
    keys: Arc<Keys>,
}

/// What is said to a request.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It was me; with the number that the VPN's prompt shows, where the request wants one.
    Approve(Option<MatchNumber>),
    /// I changed my mind.
    Deny,
    /// It was not me.
    Fraud,
}

impl Phone {
    /// The account with keys that were kept.
    pub fn new(server: Server, id: PhoneId, keys: Keys) -> Self {
        Self { server, id, keys: Arc::new(keys) }
    }

    /// Its id, which it made for itself.
    pub fn id(&self) -> PhoneId {
        self.id
    }

    /// Its private keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Its server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What the server knows of it.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `phone_gone` once it was removed or has moved.
    pub async fn account(&self) -> Result<Account, CallError> {
        self.server.ask(&Call::new(Method::GET, "/account"), Some(self.device_key())).await
    }

    /// Changes what its owner calls it, and what it runs on.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn change(&self, change: &ChangeDevice) -> Result<Account, CallError> {
        let call = Call::with_body(Method::PUT, "/device", change)?;
        self.server.ask(&call, Some(self.answer_key())).await
    }

    /// Ends it: its keys and codes are dead.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn remove(&self) -> Result<(), CallError> {
        self.server.tell(&Call::new(Method::DELETE, "/device"), Some(self.answer_key())).await
    }

    /// What waits for an answer, as soon as it differs from version `after`, at the latest after
    /// `wait_secs` (at most 45).
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn requests(&self, after: u64, wait_secs: u64) -> Result<RequestsView, CallError> {
        let call = Call::waiting("/requests", after, wait_secs.min(MOST_WAIT_SECS));
        self.server.ask(&call, Some(self.device_key())).await
    }

    /// Opens the live stream of what waits.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn live(&self) -> Result<Live, CallError> {
        self.server.live(self.device_key()).await
    }

    /// Says that requests have arrived, and by which way.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn receipts(&self, by: ReachWay, requests: Vec<LoginId>) -> Result<(), CallError> {
        let call = Call::with_body(Method::POST, "/receipts", &Receipts { by, requests })?;
        self.server.tell(&call, Some(self.device_key())).await
    }

    /// Answers a request. What is signed names what the request showed: application and address.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `not_open` once it is over, `verification_needed`. A wrong number is none.
    pub async fn answer(&self, request: &Request, answer: Answer) -> Result<Answered, CallError> {
        let (word, match_number, signer) = match answer {
            Answer::Approve(number) => (AnswerWord::Approve, number, self.answer_key()),
            Answer::Deny => (AnswerWord::Deny, None, self.device_key()),
            Answer::Fraud => (AnswerWord::Fraud, None, self.device_key()),
        };
        let statement = Statement { match_number, ..statement(word, request) };
        let call = stating(request.id, "answers", &statement)?;
        self.server.ask(&call, Some(signer)).await
    }

    /// Asks for a code to be typed at the client that tried, for clients that can show nothing.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; `not_open` once it is over.
    pub async fn code(&self, request: &Request) -> Result<PhoneCode, CallError> {
        let call = stating(request.id, "codes", &statement(AnswerWord::Code, request))?;
        self.server.ask(&call, Some(self.answer_key())).await
    }

    /// Ends the session that an approval left.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn end(&self, request: LoginId) -> Result<(), CallError> {
        let path = format!("/requests/{request}/endings");
        let call = Call::with_body(Method::POST, path, &EndRequest {})?;
        self.server.tell(&call, Some(self.answer_key())).await
    }

    /// Requests that are over, newest first, at most 50.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn history(&self) -> Result<Vec<Entry>, CallError> {
        let call = Call::new(Method::GET, "/history");
        let HistoryView { entries } = self.server.ask(&call, Some(self.device_key())).await?;
        Ok(entries)
    }

    /// Begins to move the account to another phone. The first account of a machine gets a new
    /// activation; further ones are added to it by naming it.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn start_move(&self, activation: Option<Token>) -> Result<ActivationView, CallError> {
        let call = Call::with_body(Method::POST, "/moves", &StartMove { activation })?;
        self.server.ask(&call, Some(self.answer_key())).await
    }

    /// Takes the move back.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn cancel_move(&self) -> Result<(), CallError> {
        self.server.tell(&Call::new(Method::DELETE, "/moves"), Some(self.answer_key())).await
    }

    /// Says where notices go, as a browser would.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn subscribe(&self, subscription: &Subscribe) -> Result<Account, CallError> {
        let call = Call::with_body(Method::PUT, "/subscription", subscription)?;
        self.server.ask(&call, Some(self.device_key())).await
    }

    /// Wants no notices any more.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn unsubscribe(&self) -> Result<(), CallError> {
        self.server.tell(&Call::new(Method::DELETE, "/subscription"), Some(self.device_key())).await
    }

    fn answer_key(&self) -> Signer<'_> {
        Signer { phone: self.id, key: &self.keys.answer }
    }

    fn device_key(&self) -> Signer<'_> {
        Signer { phone: self.id, key: &self.keys.device }
    }
}

/// What the request showed.
fn statement(answer: AnswerWord, request: &Request) -> Statement {
    Statement {
        answer,
        login: request.id,
        application: request.application.id,
        address: request.client.address,
        match_number: None,
    }
}

fn stating(request: LoginId, what: &str, statement: &Statement) -> Result<Call, CallError> {
    let statement = serde_json::to_string(statement).map_err(CallError::Unwritable)?;
    let body = AnswerRequest { statement, assertion: None };
    Call::with_body(Method::POST, format!("/requests/{request}/{what}"), &body)
}

/// What a server waits at most.
const MOST_WAIT_SECS: u64 = 45;
