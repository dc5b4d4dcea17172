//! What the nodes of one database tell each other: that something changed which somebody may be
//! waiting for. A word only, never the change itself: whoever is woken reads.

use super::{Engine, Store};
use authx_core::{LoginId, PhoneId};
use std::{future::pending, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What changed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Wake {
    /// A login took a step.
    Login(LoginId),
    /// What a phone is asked, or the phone itself.
    Phone(PhoneId),
}

/// What other nodes said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Heard {
    /// Anything may have changed: for a while nothing was heard.
    Everything,
    /// This changed.
    One(Wake),
}

/// Listens to the other nodes.
#[derive(Debug)]
pub struct Wakes(Option<Receiver<Heard>>);

impl Wakes {
    /// What another node says next. Waits for ever where there is no other, and where the database
    /// stays away; after it was away, [`Heard::Everything`] comes first.
    pub async fn next(&mut self) -> Heard {
        let Some(heard) = &mut self.0 else { return pending().await };
        match heard.recv().await {
            Ok(heard) => heard,
            Err(RecvError::Lagged(_)) => Heard::Everything,
            Err(RecvError::Closed) => pending().await,
        }
    }
}

impl Store {
    /// Begins to listen to the other nodes of this database. On PostgreSQL that takes one
    /// connection, which is made anew whenever it breaks.
    ///
    /// A SQLite database has one node, so there is nobody to hear.
    pub fn wakes(&self) -> Wakes {
        match &self.engine {
            Engine::Postgres(postgres) => Wakes(Some(postgres.listen())),
            Engine::Sqlite(_) => Wakes(None),
        }
    }

    /// Tells the other nodes that this changed; to be called when it is stored. Costs no wait: the
    /// word goes out on a connection of its own, with all that came up while the last went out.
    /// While the database is away it is kept.
    pub fn announce(&self, wake: Wake) {
        match &self.engine {
            Engine::Postgres(postgres) => postgres.announce(wake),
            Engine::Sqlite(_) => {}
        }
    }

    /// Waits until all that was announced has gone out, at most a second: for a process that ends.
    pub async fn announced(&self) {
        match &self.engine {
            Engine::Postgres(postgres) => {
                let _out_or_late = tokio::time::timeout(PATIENCE, postgres.told()).await;
            }
            Engine::Sqlite(_) => {}
        }
    }
}

const PATIENCE: Duration = Duration::from_secs(1);
