//! Pages under `public_url`: who signs up, signs in, and what they look after there. Translates;
//! decides nothing.

mod administrators;
mod applications;
mod around;
pub mod badge;
mod companies;
mod confirm;
mod cookies;
mod dashboard;
mod deeds;
mod deliveries;
mod enrol;
mod error;
mod fields;
mod first_factor;
mod first_step;
pub mod form;
#[cfg(test)]
mod gallery;
mod groups;
mod guard;
pub mod listing;
mod logins;
mod me;
pub mod nav;
mod once;
pub mod page;
mod policies;
mod record;
mod reset;
mod routes;
mod second_factor;
mod settings;
mod sign_in;
mod sign_up;
mod step_up;
mod tokens;
pub mod trouble;
mod twice;
mod undo;
mod upload;
mod users;
mod who;
pub mod words;

pub use routes::{Access, Route, nowhere, router, routes};
pub use users::UPLOAD;

use crate::{app::App, serve::ClientAddress, throttle::Throttle};
use authx_core::guard::Source;
use axum::{
    Router,
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Portal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    app: Arc<App>,
    /// Forms that are being answered.
    underway: twice::Underway,
    whole: OnceLock<Router>,
    /// Sign-ins that failed.
    failed: Throttle<Source>,
    /// Links for forgotten passwords that were asked for.
    forgotten: Throttle<Source>,
    /// Companies that were to be made.
    signing_up: Throttle<Source>,
}

impl Portal {
    /// Handlers over a server's parts.
    pub fn new(app: Arc<App>) -> Self {
        Self(Arc::new(Shared {
            app,
            underway: twice::Underway::default(),
            whole: OnceLock::new(),
            failed: Throttle::default(),
            forgotten: Throttle::default(),
            signing_up: Throttle::default(),
        }))
    }

    /// How often each network's sign-ins failed.
    fn failed(&self) -> &Throttle<Source> {
        &self.0.failed
    }

    /// How often each network asked for a link for a forgotten password.
    fn forgotten(&self) -> &Throttle<Source> {
        &self.0.forgotten
    }

    /// How often each network wanted to make a company.
    fn signing_up(&self) -> &Throttle<Source> {
        &self.0.signing_up
    }

    fn app(&self) -> &App {
        &self.0.app
    }

    fn underway(&self) -> &twice::Underway {
        &self.0.underway
    }

    /// For work that goes on when a request was answered.
    fn shared_app(&self) -> Arc<App> {
        self.0.app.clone()
    }

    /// All of the portal, for a request that was held back and is carried out now.
    fn whole(&self) -> Router {
        self.0.whole.get_or_init(|| router(self)).clone()
    }
}

/// From where a request comes, for the record.
impl FromRequestParts<Portal> for crate::admin::sessions::From {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, Infallible> {
        let address = parts.extensions.get::<ClientAddress>().and_then(|address| address.0);
        let browser = parts.headers.get(header::USER_AGENT);
        let browser = browser.and_then(|value| value.to_str().ok()).unwrap_or_default();
        Ok(Self {
            address: address.map(|address| address.to_string()),
            browser: browser.chars().take(MOST_BROWSER_CHARS).collect(),
        })
    }
}

const MOST_BROWSER_CHARS: usize = 200;
