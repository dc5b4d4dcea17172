//! Whether this node lives, and whether it should be sent work.

use crate::clock::{ClockGuard, ClockProblem, synchronisation};
use crate::serve::Stopping;
use crate::serve::acme::{Failure, Keeper, Standing};
use crate::store::{Batch, Store, StoreError, events};
use authx_core::{Millis, wire::login::Rfc3339};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Json, Router, routing::get};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// What is asked about a node's health.
pub struct Health {
    store: Store,
    guard: Arc<ClockGuard>,
    stopping: Stopping,
    certificate: Option<Arc<Keeper>>,
    // Held while the database is tried, so that any number of askers cost one write a second.
    tried: Mutex<Option<(Instant, Option<Problem>)>>,
}

/// Why a node should not be sent work.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// `certificate`, `clock_behind`, `clock_unsynchronised`, `database` or `stopping`.
    pub code: &'static str,
    /// For a person; names no cause that would tell a stranger more than that.
    pub text: String,
}

/// The answer of `/health/ready`.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Readiness {
    /// Whether to send work here.
    pub ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<Problem>,
    /// How the certificate stands that this server gets by itself, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Certificate>,
}

/// How a certificate stands.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Certificate {
    /// Until when it is good; absent before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Rfc3339>,
    /// The last order, if it failed; the certificate in use stays in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_order: Option<FailedOrder>,
}

/// An order that failed.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FailedOrder {
    /// The authority's word for it (RFC 8555 §6.7), or `unreachable`, `slow`, `strange`, `here`.
    pub code: String,
    /// When the last one failed.
    pub at: Rfc3339,
    /// Since when all failed.
    pub since: Rfc3339,
}

/// `/health/live` and `/health/ready`.
pub fn router(health: Arc<Health>) -> Router {
    Router::new()
        .route("/health/live", get(async || Json(serde_json::json!({ "live": true }))))
        .route("/health/ready", get(ready))
        .with_state(health)
}

impl Health {
    /// Watches over these.
    pub fn new(store: Store, guard: Arc<ClockGuard>, stopping: Stopping) -> Self {
        Self { store, guard, stopping, certificate: None, tried: Mutex::new(None) }
    }

    /// Watches over the certificate too that a server gets by itself.
    #[must_use]
    pub fn with_certificate(self, certificate: Option<Arc<Keeper>>) -> Self {
        Self { certificate, ..self }
    }

    /// Everything that speaks against sending work here. Writes to the database at most once a
    /// second, and takes at most five.
    pub async fn readiness(&self) -> Readiness {
        let clock = self.guard.ready().err().map(Problem::from);
        let stopping = self
            .stopping
            .is_stopping()
            .then(|| Problem { code: "stopping", text: "the server is about to stop".to_owned() });
        let standing = self.certificate.as_ref().map(|keeper| keeper.standing());
        let uncertified =
            standing.as_ref().and_then(|standing| uncertified(standing, self.guard.clock().now()));
        let problems: Vec<_> =
            [self.database().await, clock, uncertified, stopping].into_iter().flatten().collect();
        let certificate = standing.map(Certificate::from);
        Readiness { ready: problems.is_empty(), problems, certificate }
    }

    async fn database(&self) -> Option<Problem> {
        let mut tried = self.tried.lock().await;
        if let Some((at, found)) = &*tried
            && at.elapsed() < FRESH
        {
            return found.clone();
        }
        let written = timeout(ANSWER, write(&self.store, self.guard.clock().now())).await;
        let found = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => {
                tracing::warn!(?error, "the database cannot be written");
                Some(Problem { code: "database", text: error.to_string() })
            }
            Err(_) => {
                tracing::warn!("the database does not answer");
                Some(Problem { code: "database", text: "the database does not answer".to_owned() })
            }
        };
        *tried = Some((Instant::now(), found.clone()));
        found
    }
}

fn uncertified(standing: &Standing, now: Millis) -> Option<Problem> {
    let text = match standing.until {
        None => "there is no certificate yet",
        Some(until) if until <= now => "the certificate is valid no more",
        Some(_) => return None,
    };
    Some(Problem { code: "certificate", text: text.to_owned() })
}

impl From<Standing> for Certificate {
    fn from(Standing { until, failure }: Standing) -> Self {
        let failed = |Failure { code, at, since, .. }| FailedOrder {
            code,
            at: Rfc3339(at),
            since: Rfc3339(since),
        };
        Self { valid_until: until.map(Rfc3339), failed_order: failure.map(failed) }
    }
}

impl From<ClockProblem> for Problem {
    fn from(problem: ClockProblem) -> Self {
        let code = match problem {
            ClockProblem::Behind { .. } => "clock_behind",
            ClockProblem::Unsynchronised => "clock_unsynchronised",
        };
        Self { code, text: problem.to_string() }
    }
}

/// Keeps the guard informed, until told to stop: of the newest stored time every second, which
/// other processes may write, and of the kernel's word every minute.
pub async fn watch_clock(store: Store, guard: Arc<ClockGuard>, stopping: Stopping) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut trouble = false;
    for tick in 0_u64.. {
        tokio::select! {
            () = stopping.wait() => return,
            _ = ticks.tick() => {}
        }
        match events::newest_time(&store).await {
            Ok(newest) => guard.refresh(newest),
            Err(error) => tracing::debug!(%error, "the newest stored time cannot be read"),
        }
        if tick % 60 == 0
            && let Ok(state) = spawn_blocking(synchronisation).await
        {
            guard.set_synchronisation(state);
        }
        match guard.ready() {
            Err(problem) if !trouble => tracing::error!(%problem, "the clock cannot be believed"),
            Ok(_) if trouble => tracing::info!("the clock can be believed again"),
            Ok(_) | Err(_) => {}
        }
        trouble = guard.ready().is_err();
    }
}

/// Writes something that nobody reads.
///
/// # Errors
///
/// As the store's commit: the database takes no writes.
pub async fn write(store: &Store, now: Millis) -> Result<(), StoreError> {
    store.commit(Batch::default().put_meta("health_written", now.0.to_string())).await
}

async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, Json<Readiness>) {
    let readiness = health.readiness().await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

const FRESH: Duration = Duration::from_secs(1);
const ANSWER: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{ManualClock, Synchronisation};
    use crate::serve::{Stop, stopping};
    use std::collections::BTreeSet;

    struct Node {
        clock: Arc<ManualClock>,
        guard: Arc<ClockGuard>,
        health: Health,
        stop: Stop,
        directory: tempfile::TempDir,
    }

    async fn node() -> Node {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("authx.db").display());
        let store = Store::open(&url).await.unwrap();
        let clock = Arc::new(ManualClock::new(Millis(1_000_000)));
        let guard = Arc::new(ClockGuard::new(clock.clone(), true));
        let (stop, stopping) = stopping();
        let health = Health::new(store, guard.clone(), stopping);
        Node { clock, guard, health, stop, directory }
    }

    impl Node {
        async fn problems(&self) -> BTreeSet<&'static str> {
            self.health.readiness().await.problems.iter().map(|problem| problem.code).collect()
        }
    }

    #[tokio::test]
    async fn a_fine_node_is_ready() {
        let node = node().await;
        assert_eq!(
            node.health.readiness().await,
            Readiness { ready: true, problems: vec![], certificate: None }
        );
        assert_eq!(events::newest_time(&node.health.store).await.unwrap(), None);
    }

    #[tokio::test]
    async fn every_trouble_has_its_name() {
        let node = node().await;
        node.guard.refresh(Some(Millis(2_000_000)));
        assert_eq!(node.problems().await, ["clock_behind"].into());
        node.clock.set(Millis(2_000_000));
        node.guard.set_synchronisation(Synchronisation::Unsynchronised);
        assert_eq!(node.problems().await, ["clock_unsynchronised"].into());
        node.guard.set_synchronisation(Synchronisation::Synchronised);
        assert_eq!(node.problems().await, [].into());
        node.stop.stop();
        assert_eq!(node.problems().await, ["stopping"].into());
    }

    #[tokio::test]
    async fn a_database_that_takes_no_writes_is_noticed_and_so_is_its_return() {
        let node = node().await;
        let file = node.directory.path().join("authx.db");
        let other = rusqlite::Connection::open(&file).unwrap();
        other.execute_batch("ALTER TABLE meta RENAME TO away").unwrap();
        assert_eq!(node.problems().await, ["database"].into());
        other.execute_batch("ALTER TABLE away RENAME TO meta").unwrap();
        assert_eq!(node.problems().await, ["database"].into(), "asked within the same second");
        tokio::time::sleep(FRESH).await;
        assert_eq!(node.problems().await, [].into());
    }
}
