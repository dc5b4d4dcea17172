//! `/admin/v1`: what scripts administer with, by tokens. Translates; decides nothing.
//!
//! A resource is one file with its handlers and a list of its [`routes()`]. The guard stands before
//! every one of them, so a handler gets a [`Caller`](caller::Caller) whose token and role let it be
//! called.

mod administrators;
mod applications;
mod bypass;
mod caller;
mod company;
mod dashboard;
mod deliveries;
mod drafts;
mod file;
mod groups;
mod guard;
mod imports;
mod keys;
mod listing;
mod logins;
mod package;
mod policies;
mod problem;
mod record;
mod request;
mod routes;
mod tokens;
mod users;
mod what_if;

pub use imports::UPLOAD;
pub(super) use routes::describe;
pub use routes::{Route, router, routes};

use crate::app::App;
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct AdminApi(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: Arc<App>,
    body_bytes: usize,
}

impl AdminApi {
    /// Handlers over a server's parts. Bodies have at most `body_bytes`.
    pub fn new(app: Arc<App>, body_bytes: usize) -> Self {
        Self(Arc::new(Shared { app, body_bytes }))
    }

    fn app(&self) -> &App {
        &self.0.app
    }

    fn shared_app(&self) -> Arc<App> {
        Arc::clone(&self.0.app)
    }
}
