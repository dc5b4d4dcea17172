//! The signed API of AuthX, as its client.

mod call;
mod effort;
mod error;
mod place;
mod places;
mod trouble;

pub use error::{AuthxError, CallError, Failure};
pub use trouble::{NoVerdict, Trouble};

use crate::{config::AuthxConfig, cx, witness::Witnesses};
use authx_core::{
    ApplicationId, LoginId,
    wire::{
        check::CheckView,
        login::{AnswerLogin, BeginLogin, LoginView, RenewalView},
        signature::{AppKey, Request, sign_request},
    },
};
use call::Call;
use effort::{DEADLINE, Effort, PAUSE};
use place::{Answer, Place};
use places::Places;
use reqwest::Method;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::de::DeserializeOwned;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Asks AuthX, wherever it is to be found. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Authx(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    application: ApplicationId,
    key: AppKey,
    places: Places,
    /// What has to be added to this machine's clock, in seconds.
    correction_secs: AtomicI64,
    witnesses: Option<Witnesses>,
}

impl Authx {
    /// Reads key and certificates; connects to nobody yet.
    ///
    /// # Errors
    ///
    /// Every [`AuthxError`] tells the operator what to do.
    pub fn new(config: &AuthxConfig) -> Result<Self, AuthxError> {
        let text = config.application_key_file.read()?;
        let key = AppKey::parse(&text).map_err(|source| AuthxError::Key {
            file: config.application_key_file.clone(),
            source,
        })?;
        let authorities = authorities(config)?;
        let mut places = vec![];
        if let (Some(path), Some(url)) = (&config.unix_socket, config.application_urls.first()) {
            places.push(Place::on_socket(path, url)?);
        }
        for url in &config.application_urls {
            places.push(Place::at(url, &authorities)?);
        }
        Ok(Self(Arc::new(Shared {
            application: config.application_id,
            key,
            places: Places::new(places),
            correction_secs: AtomicI64::new(0),
            witnesses: None,
        })))
    }

    /// The same, with a keeper of the seals that answers name. To be called before any clone is made.
    #[must_use]
    pub fn with_witnesses(mut self, witnesses: Witnesses) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            shared.witnesses = Some(witnesses);
        }
        self
    }

    /// Begins a login; may be repeated.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]. A refusal of the user is none.
    pub async fn begin(&self, id: LoginId, begin: &BeginLogin) -> Result<LoginView, CallError> {
        self.call(Call::with_body(Method::PUT, format!("/api/v1/logins/{id}"), begin)?).await
    }

    /// Hands in what the user typed; may be repeated.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn answer(&self, id: LoginId, answer: &AnswerLogin) -> Result<LoginView, CallError> {
        self.call(Call::with_body(Method::POST, format!("/api/v1/logins/{id}/answers"), answer)?)
            .await
    }

    /// Waits until the login has a version greater than `after`, `wait_secs` at most; may give it
    /// unchanged, and sooner, after a broken connection.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn wait(
        &self,
        id: LoginId,
        after: u64,
        wait_secs: u64,
    ) -> Result<LoginView, CallError> {
        let wait_secs = wait_secs.min(MOST_WAIT_SECS);
        self.call(Call::waiting(format!("/api/v1/logins/{id}"), after, wait_secs)).await
    }

    /// Gives a login up; one that is final stays as it is.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn cancel(&self, id: LoginId) -> Result<LoginView, CallError> {
        self.call(Call::new(Method::DELETE, format!("/api/v1/logins/{id}"))).await
    }

    /// Asks whether what a login allowed may go on.
    ///
    /// # Errors
    ///
    /// Any [`CallError`]; of a login that AuthX does not know (any more) the code is `not_found`.
    pub async fn renew(&self, id: LoginId) -> Result<RenewalView, CallError> {
        let nothing = serde_json::Map::new();
        self.call(Call::with_body(Method::POST, format!("/api/v1/logins/{id}/renewals"), &nothing)?)
            .await
    }

    /// Asks who this is, and what there is to ask users.
    ///
    /// # Errors
    ///
    /// Any [`CallError`].
    pub async fn check(&self) -> Result<CheckView, CallError> {
        self.call(Call::new(Method::GET, "/api/v1/check".to_owned())).await
    }

    /// [`check`](Self::check) at every address, each by itself and once: for who looks for a fault.
    pub async fn check_each(&self) -> Vec<(String, Result<CheckView, CallError>)> {
        let mut checked = vec![];
        for place in self.0.places.all() {
            let call = Call::new(Method::GET, "/api/v1/check".to_owned());
            let outcome = match self.ask(place, &call, Duration::ZERO, DEADLINE).await {
                Ok(answer) => self.read(place, &answer),
                Err(trouble) => Err(CallError::of(vec![Failure::new(place, trouble)])),
            };
            checked.push((place.name().to_owned(), outcome));
        }
        checked
    }

    /// By how many seconds this machine's clock was found to be slow; negative where it is fast.
    pub fn clock_correction_secs(&self) -> i64 {
        self.0.correction_secs.load(Ordering::Relaxed)
    }

    /// Asks one place after the other, and for a moment all of them again.
    async fn call<T: DeserializeOwned>(&self, call: Call) -> Result<T, CallError> {
        let mut effort = Effort::new(call.wait);
        loop {
            let began = Instant::now();
            let failures = match self.round(&call, &mut effort).await {
                Ok((place, answer)) => {
                    let soon = answer.retry_after().filter(|after| effort.lets(*after));
                    let Some(soon) = soon else { return self.read(place, &answer) };
                    effort.failed(began);
                    effort.pause(soon).await;
                    continue;
                }
                Err(failures) => failures,
            };
            if effort.is_vain() || !failures.iter().all(|failure| failure.trouble.may_pass()) {
                return Err(CallError::of(failures));
            }
            effort.pause(PAUSE).await;
        }
    }

    /// Asks each place until one answers.
    async fn round(
        &self,
        call: &Call,
        effort: &mut Effort,
    ) -> Result<(&Place, Answer), Vec<Failure>> {
        let (order, mut failures) = (self.0.places.order(), vec![]);
        for (tried, place) in order.iter().enumerate() {
            let began = Instant::now();
            let limit = effort.share(order.len() - tried);
            match self.ask(place, call, effort.wait(), limit).await {
                Ok(answer) => {
                    self.0.places.prefer(place);
                    return Ok((place, answer));
                }
                Err(trouble) => {
                    tracing::debug!(place = place.name(), %trouble, "no answer");
                    effort.failed(began);
                    failures.push(Failure::new(place, trouble));
                }
            }
        }
        Err(failures)
    }

    /// Asks one place, twice where it says that this machine's clock is wrong.
    async fn ask(
        &self,
        place: &Place,
        call: &Call,
        wait: Duration,
        limit: Duration,
    ) -> Result<Answer, Trouble> {
        let answer = self.ask_once(place, call, wait, limit).await?;
        let server_secs = match answer.problem() {
            Some(problem) if problem.status == 401 && problem.code == "clock" => {
                answer.created_secs
            }
            Some(_) | None => return Ok(answer),
        };
        let own_secs = cx::now().secs();
        let correction = server_secs.cast_signed().saturating_sub(own_secs.cast_signed());
        tracing::warn!(
            correction_secs = correction,
            "this machine's clock differs from AuthX's: set it right, for example with chrony"
        );
        self.0.correction_secs.store(correction, Ordering::Relaxed);
        self.ask_once(place, call, wait, limit).await
    }

    async fn ask_once(
        &self,
        place: &Place,
        call: &Call,
        wait: Duration,
        limit: Duration,
    ) -> Result<Answer, Trouble> {
        let Shared { application, key, correction_secs, .. } = &*self.0;
        let query = call.query(wait);
        let covered = Request {
            method: call.method.as_str(),
            authority: place.authority(),
            path: &call.path,
            query: &query,
            client: CLIENT,
            body: &call.body,
        };
        let (now_secs, nonce) = cx::draw(|cx| (cx.now.secs(), cx.bytes::<16>()));
        let created_secs = now_secs.saturating_add_signed(correction_secs.load(Ordering::Relaxed));
        let signed = sign_request(key, *application, &covered, created_secs, nonce);
        place.send(call, &query, &signed, key, limit).await
    }

    fn read<T: DeserializeOwned>(&self, place: &Place, answer: &Answer) -> Result<T, CallError> {
        if let (Some(witnesses), Some(seal)) = (&self.0.witnesses, answer.seal()) {
            witnesses.note(&seal);
        }
        if let Some(problem) = answer.problem() {
            let retry_after_secs = answer.retry_after_secs;
            return Err(CallError::Refused { problem: Box::new(problem), retry_after_secs });
        }
        answer.json().map_err(|source| {
            let trouble = Trouble::NoVerdict(NoVerdict::NotUnderstood(source));
            CallError::of(vec![Failure::new(place, trouble)])
        })
    }
}

fn authorities(config: &AuthxConfig) -> Result<Vec<CertificateDer<'static>>, AuthxError> {
    let Some(file) = &config.certificate_authority else { return Ok(vec![]) };
    let wrong = |source| AuthxError::Authority { file: file.clone(), source };
    let read = CertificateDer::pem_file_iter(file).map_err(|error| wrong(Some(error)))?;
    let found: Vec<_> = read.collect::<Result<_, _>>().map_err(|error| wrong(Some(error)))?;
    if found.is_empty() { Err(wrong(None)) } else { Ok(found) }
}

/// Who calls, as the API's documentation wants it.
const CLIENT: &str = concat!("authx-openvpn/", env!("CARGO_PKG_VERSION"));
/// What the server waits at most.
const MOST_WAIT_SECS: u64 = 45;

#[cfg(test)]
mod tests;
