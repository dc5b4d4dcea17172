//! The authenticator's own files under `phone_url`: the page, what it loads, its service worker.
//!
//! They are in the program, as `scripts/web` built them. Everything under `/assets/` has the hash
//! of its content in its name and never changes; the page, the worker and the manifest are asked
//! for again each time, which costs a 304.

mod file;
mod headers;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Response, StatusCode, header};
use axum::routing::get;
use file::{Encoding, File};
use std::collections::HashMap;
use std::sync::Arc;

include!(concat!(env!("OUT_DIR"), "/phone_site_files.rs"));

/// `/`, `/assets/…` and the few other files of the app.
pub fn router() -> Router {
    let files = Arc::new(Files::new(FILES));
    let mut router = Router::new();
    for path in files.0.keys().filter(|path| !path.starts_with(ASSETS)) {
        router = router.route(path, get(serve(&files)));
    }
    router.route("/assets/{*file}", get(serve(&files)))
}

/// Under these names is what never changes.
const ASSETS: &str = "/assets/";

/// The files by their paths.
struct Files(HashMap<String, File>);

impl Files {
    fn new(embedded: &'static [(&'static str, &'static [u8])]) -> Self {
        let packed = |name: &str, ending: &str| {
            let packed = format!("{name}.{ending}");
            embedded.iter().find(|(other, _)| *other == packed).map(|(_, bytes)| *bytes)
        };
        let plain = embedded.iter().filter(|(name, _)| Encoding::of_name(name).is_none());
        let file = |(name, bytes): &(&'static str, &'static [u8])| {
            let path = if *name == "index.html" { "/".to_owned() } else { format!("/{name}") };
            (path, File::new(name, bytes, packed(name, "br"), packed(name, "gz")))
        };
        Self(plain.map(file).collect())
    }
}

/// The handler of one path, or of many.
fn serve(
    files: &Arc<Files>,
) -> impl Fn(Request) -> std::future::Ready<Response<Body>> + Clone + Send + Sync + use<> {
    let files = files.clone();
    move |request: Request| {
        let path = request.uri().path();
        let mut response = match files.0.get(path) {
            Some(file) => file.answer(request.headers(), path.starts_with(ASSETS)),
            None => not_found(),
        };
        headers::protect(response.headers_mut());
        std::future::ready(response)
    }
}

/// Must not be kept: the file may come with the next version.
fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::from("not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, headers::TEXT);
    headers.insert(header::CACHE_CONTROL, headers::NO_STORE);
    response
}

#[cfg(test)]
mod tests;
