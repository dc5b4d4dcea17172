//! The authenticator's own files under `phone_url`: the page, what it loads, its service worker.
//!
//! They are in the program, as `scripts/web` built them. Everything under `/assets/` has the hash
//! of its content in its name and never changes; the page, the worker and the manifest are asked
//! for again each time, which costs a 304.

mod headers;

use crate::site_files::Files;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::routing::get;
use std::sync::Arc;

include!(concat!(env!("OUT_DIR"), "/phone_site_files.rs"));

/// `/`, `/assets/…` and the few other files of the app.
pub fn router() -> Router {
    let files = Arc::new(Files::new(FILES));
    let mut router = Router::new();
    for path in files.pages() {
        router = router.route(path, get(serve(&files)));
    }
    router.route("/assets/{*file}", get(serve(&files)))
}

/// The handler of one path, or of many.
fn serve(
    files: &Arc<Files>,
) -> impl Fn(Request) -> std::future::Ready<Response<Body>> + Clone + Send + Sync + use<> {
    let files = files.clone();
    move |request: Request| {
        let mut response = files.answer(&request);
        headers::protect(response.headers_mut());
        std::future::ready(response)
    }
}

#[cfg(test)]
mod tests;
