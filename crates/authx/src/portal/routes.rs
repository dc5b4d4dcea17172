//! The only list of the portal's routes: each says for whom it is, and the guard is put around it
//! here and nowhere else.

use super::{Portal, error::PortalError, guard};
use authx_core::role::Permission;
use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use std::collections::BTreeMap;

/// For whom a route is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// Everybody.
    Public,
    /// Whoever gave a password or came by a link, and has yet to give or enrol a second factor.
    Half,
    /// Whoever is signed in: what is their own.
    Own,
    /// The same, with a second factor less than five minutes old.
    OwnStepUp,
    /// Whose role may do that.
    May(Permission),
    /// The same, with a second factor less than five minutes old.
    StepUp(Permission),
}

/// One way in.
#[derive(Clone)]
pub struct Route {
    /// `GET` or `POST`.
    pub method: Method,
    /// As axum writes it.
    pub path: &'static str,
    /// For whom it is.
    pub access: Access,
    /// Its body is no form and is read by the handler itself, which checks the form's token.
    pub streams: bool,
    /// Its handler may find that this deed takes a second factor less than five minutes old.
    pub weighs: bool,
    handler: MethodRouter<Portal>,
}

/// A page.
pub(super) fn get<H: Handler<T, Portal>, T: 'static>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Route {
    Route {
        method: Method::GET,
        path,
        access,
        streams: false,
        weighs: false,
        handler: on(MethodFilter::GET, handler),
    }
}

/// A form.
pub(super) fn post<H: Handler<T, Portal>, T: 'static>(
    path: &'static str,
    access: Access,
    handler: H,
) -> Route {
    Route {
        method: Method::POST,
        path,
        access,
        streams: false,
        weighs: false,
        handler: on(MethodFilter::POST, handler),
    }
}

impl Route {
    /// Leaves the body to the handler.
    #[must_use]
    pub fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    /// Lets the handler ask for a fresh second factor, by [`Who::check_fresh`](super::who::Who).
    #[must_use]
    pub fn weighing(self) -> Self {
        Self { weighs: true, ..self }
    }
}

/// Every route of the portal.
pub fn routes() -> Vec<Route> {
    ROOMS.iter().flat_map(|room| room()).collect()
}

/// The portal, guarded.
pub fn router(portal: &Portal) -> Router {
    let mut paths: BTreeMap<&'static str, MethodRouter<Portal>> = BTreeMap::new();
    for Route { path, access, streams, handler, .. } in routes() {
        let rule = guard::Rule { access, streams };
        let guarded = handler.layer(from_fn_with_state((portal.clone(), rule), guard::guard));
        let known = paths.remove(path).unwrap_or_default();
        paths.insert(path, known.merge(guarded));
    }
    let router = paths
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    router.with_state(portal.clone())
}

/// The page that stands where nothing is.
pub fn nowhere(portal: &Portal) -> Router {
    let rule = guard::Rule { access: Access::Public, streams: false };
    let guarded = from_fn_with_state((portal.clone(), rule), guard::guard);
    Router::new().fallback(async || PortalError::NotFound).layer(guarded)
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.access)
    }
}

/// Whoever has pages, one a line.
const ROOMS: &[fn() -> Vec<Route>] = &[
    super::administrators::routes,
    super::applications::routes,
    super::dashboard::routes,
    super::deliveries::routes,
    super::enrol::routes,
    super::groups::routes,
    super::logins::routes,
    super::me::routes,
    super::policies::routes,
    super::record::routes,
    super::reset::routes,
    super::settings::routes,
    super::sign_in::routes,
    super::sign_up::routes,
    super::step_up::routes,
    super::tokens::routes,
    super::users::routes,
];
