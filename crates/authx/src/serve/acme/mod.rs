//! A certificate that the server gets and renews by itself (RFC 8555), answering the authority's
//! questions on the port that it serves anyway (RFC 8737).

mod authority;
mod challenge;
mod order;
mod schedule;
mod state;

pub use authority::AuthorityError;
pub use challenge::ChallengeError;
pub(super) use challenge::PROTOCOL;
pub use order::OrderError;
pub use schedule::{Failure, Progress, Validity};
pub(super) use state::validity;
pub use state::{Held, State, StateError};

use super::Stopping;
use crate::clock::{Clock, SystemClock};
use crate::config::Acme;
use crate::random::{OsRandom, Random};
use arc_swap::ArcSwapOption;
use authority::Authority;
use authx_core::Millis;
use authx_program::cause::chain;
use challenge::{Challenges, is_challenge};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

/// Why the server cannot begin to care for its certificate.
#[derive(Debug, thiserror::Error)]
pub enum AcmeError {
    /// The way to the authority.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// Where everything is kept.
    #[error(transparent)]
    State(#[from] StateError),
}

/// The certificate in use, and what it takes to get the next one.
pub struct Keeper {
    acme: Acme,
    state: State,
    authority: Authority,
    challenges: Challenges,
    current: ArcSwapOption<Held>,
    progress: Mutex<Progress>,
}

/// How the certificate stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Until when the one in use is good; none before the first.
    pub until: Option<Millis>,
    /// The last order, if it failed.
    pub failure: Option<Failure>,
}

impl Keeper {
    /// Reads what there is. Nobody is asked yet. Blocks.
    pub(super) fn open(acme: &Acme) -> Result<Arc<Self>, AcmeError> {
        let state = State::of(acme);
        state.prepare()?;
        let authority = Authority::new(acme.ca_file.as_deref())?;
        let keeper = Self {
            acme: acme.clone(),
            state,
            authority,
            challenges: Challenges::default(),
            current: ArcSwapOption::empty(),
            progress: Mutex::default(),
        };
        keeper.read()?;
        Ok(Arc::new(keeper))
    }

    /// How the certificate stands.
    pub fn standing(&self) -> Standing {
        let until = self.current.load().as_ref().map(|held| held.validity.until);
        Standing { until, failure: self.with(|progress| progress.failure.clone()) }
    }

    /// Sees to it that there is a good certificate, until told to stop. SIGHUP has the files read
    /// again and a failed order tried again.
    pub(super) async fn keep(self: Arc<Self>, stopping: Stopping) {
        let mut hangup = signal(SignalKind::hangup()).ok();
        if self.current.load().is_none() {
            let (names, directory) = (self.acme.names.join(", "), self.acme.directory.as_str());
            tracing::warn!(
                names,
                directory,
                "no certificate yet: nobody can connect until the authority has given one"
            );
        }
        loop {
            let asked = async {
                match &mut hangup {
                    Some(hangup) => hangup.recv().await,
                    None => std::future::pending().await,
                }
            };
            let wait = Duration::from_millis(self.due().since(SystemClock.now()));
            tokio::select! {
                () = stopping.wait() => return,
                // Not in one piece: a machine may sleep, and its clock may be set.
                () = sleep(wait.min(LONGEST_SLEEP)) => {}
                _ = asked => self.asked_again().await,
            }
            if self.due() <= SystemClock.now() {
                tokio::select! {
                    () = stopping.wait() => return,
                    () = Box::pin(self.renew()) => {}
                }
            }
        }
    }

    async fn asked_again(self: &Arc<Self>) {
        let keeper = self.clone();
        if let Ok(Err(error)) = spawn_blocking(move || keeper.read()).await {
            tracing::error!(%error, "the state of the certificate cannot be read again");
        }
        self.with(Progress::asked_again);
    }

    /// Reads the files. A certificate that cannot be used counts as none.
    fn read(&self) -> Result<(), StateError> {
        let progress = self.state.progress()?;
        self.with(|known| *known = progress);
        match self.state.certificate() {
            Ok(Some(held)) => self.current.store(Some(Arc::new(held))),
            // Whatever is in use is better than nothing.
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "the certificate cannot be used; ordering another");
            }
        }
        Ok(())
    }

    /// When the next order is due.
    fn due(&self) -> Millis {
        let held = self.current.load();
        let directory = Some(self.acme.directory.as_str());
        self.with(|progress| {
            let held = held.as_ref().filter(|held| {
                held.is_for(&self.acme.names) && progress.directory.as_deref() == directory
            });
            progress.due(held.map(|held| held.validity))
        })
    }

    async fn renew(&self) {
        let (names, directory) = (self.acme.names.join(", "), self.acme.directory.as_str());
        tracing::info!(names, directory, "ordering a certificate");
        self.note(|progress| progress.begun(SystemClock.now()));
        match self.ordered().await {
            Ok(held) => {
                let until = rfc3339(held.validity.until);
                self.current.store(Some(Arc::new(held)));
                self.note(|progress| progress.fulfilled(SystemClock.now(), directory));
                let next = rfc3339(self.due());
                tracing::info!(names, until, next, "certificate ordered and in use");
            }
            Err(error) => {
                let now = SystemClock.now();
                let told = self.authority.told_not_before(now);
                let mut chance = [0];
                OsRandom.fill(&mut chance);
                let [chance] = chance;
                let text = chain(&error);
                let reason = (error.code(), text.clone());
                self.note(|progress| progress.failed(now, told, chance, reason));
                let next = rfc3339(self.due());
                if let Some(until) = self.standing().until.map(rfc3339) {
                    tracing::error!(
                        error = text,
                        until,
                        next,
                        "no new certificate; the old one stays"
                    );
                } else {
                    tracing::error!(error = text, next, "no certificate");
                }
            }
        }
    }

    /// Orders one, looks at what came, and keeps it.
    async fn ordered(&self) -> Result<Held, OrderError> {
        let Self { acme, state, authority, challenges, .. } = self;
        let ordered = order::order(acme, state, authority, challenges).await?;
        let held = Held::of(&ordered.chain, &ordered.key)
            .ok_or(OrderError::Useless("it is not that of the key it was asked for"))?;
        if !held.is_for(&acme.names) {
            return Err(OrderError::Useless("it is not for all of the names"));
        }
        state.keep_certificate(&ordered.chain, &ordered.key)?;
        Ok(held)
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        let progress = self.with(|progress| {
            change(progress);
            progress.clone()
        });
        if let Err(error) = self.state.keep_progress(&progress) {
            tracing::error!(%error, "what came of the order cannot be kept");
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Progress) -> T) -> T {
        // No code that runs under the lock can panic half-way.
        act(&mut self.progress.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for Keeper {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        if is_challenge(&hello) {
            return self.challenges.answer(&hello);
        }
        self.current.load().as_ref().map(|held| held.key.clone())
    }
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("names", &self.acme.names).finish_non_exhaustive()
    }
}

fn rfc3339(time: Millis) -> String {
    authx_core::wire::login::Rfc3339(time).into()
}

const LONGEST_SLEEP: Duration = Duration::from_mins(10);
