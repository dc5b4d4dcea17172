//! What the portal's pages load: style, script, fonts and icons, as `scripts/web` built them.

use crate::site_files::Files;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Response, header};
use axum::routing::get;
use std::sync::Arc;

include!(concat!(env!("OUT_DIR"), "/portal_site_files.rs"));
include!(concat!(env!("OUT_DIR"), "/portal_site_places.rs"));
include!(concat!(env!("OUT_DIR"), "/portal_site_icons.rs"));

/// `/assets/…` and the licences, under `public_url`.
pub fn router() -> Router {
    let files = Arc::new(Files::new(FILES));
    let mut router = Router::new();
    for path in files.pages() {
        router = router.route(path, get(serve(&files)));
    }
    router.route("/assets/{*file}", get(serve(&files)))
}

fn serve(
    files: &Arc<Files>,
) -> impl Fn(Request) -> std::future::Ready<Response<Body>> + Clone + Send + Sync + use<> {
    let files = files.clone();
    move |request: Request| {
        let mut response = files.answer(&request);
        for (name, value) in PROTECTION {
            response.headers_mut().insert(name, value);
        }
        std::future::ready(response)
    }
}

/// A file is no page: nothing that it holds may run or load anything.
const PROTECTION: [(HeaderName, HeaderValue); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// Where a file is that pages name: `portal.css`, `portal.js`, `sans.woff2`, `mono.woff2`,
/// `mark.svg`, `touch.png`. Another name has no place.
pub fn asset(name: &str) -> &'static str {
    found(PLACES, name).unwrap_or_default()
}

/// The drawings of these icons, each once, as symbols with the ids `i-NAME`. `scripts/web` puts in
/// what templates name; a name that came later is left out until it ran again.
pub fn icons<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().filter_map(|name| found(ICONS, name)).collect()
}

fn found(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let at = table.binary_search_by(|(key, _)| (*key).cmp(name)).ok()?;
    table.get(at).map(|(_, value)| *value)
}

#[cfg(test)]
mod tests;
