//! `/phone/v1`: what authenticators call. Translates; decides nothing.

mod answers;
mod caller;
mod credential;
mod device;
mod enrol;
mod error;
mod openapi;
mod requests;
mod signed;
mod throttle;
mod unsigned;
mod version;

pub use openapi::{document, router};

use super::nonces::Nonces;
use crate::{app::App, serve::Stopping};
use authx_core::wire::signature::authority;
use std::sync::Arc;
use throttle::Throttle;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct PhoneApi(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: Arc<App>,
    authority: String,
    body_bytes: usize,
    stopping: Stopping,
    nonces: Nonces,
    throttle: Throttle,
}

impl PhoneApi {
    /// Handlers over a server's parts. Bodies have at most `body_bytes`; long polls and streams end
    /// when `stopping` says so.
    pub fn new(app: Arc<App>, body_bytes: usize, stopping: Stopping) -> Self {
        let origin = app.phone_url.to_string();
        let authority = authority(&origin).unwrap_or_default().into_owned();
        let (nonces, throttle) = (Nonces::default(), Throttle::default());
        Self(Arc::new(Shared { app, authority, body_bytes, stopping, nonces, throttle }))
    }

    fn app(&self) -> &App {
        &self.0.app
    }
}
