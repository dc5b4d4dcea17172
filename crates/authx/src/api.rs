//! `/api/v1`: what applications call; `/admin/v1`: what scripts do. Translates; decides nothing.

pub mod admin;
mod check;
mod error;
mod logins;
mod nonces;
mod openapi;
pub mod phone;
mod signed;

pub use openapi::{document, nothing, router};

use crate::{app::App, serve::Stopping};
use authx_core::wire::signature::authority;
use nonces::Nonces;
use std::sync::Arc;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Api(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: Arc<App>,
    authority: String,
    body_bytes: usize,
    stopping: Stopping,
    nonces: Nonces,
}

impl Api {
    /// Handlers over a server's parts. Bodies have at most `body_bytes`; long polls are answered
    /// when `stopping` says so.
    pub fn new(app: Arc<App>, body_bytes: usize, stopping: Stopping) -> Self {
        let origin = app.public_url.to_string();
        let authority = authority(&origin).unwrap_or_default().into_owned();
        Self(Arc::new(Shared { app, authority, body_bytes, stopping, nonces: Nonces::default() }))
    }

    fn app(&self) -> &App {
        &self.0.app
    }
}
