//! Files that are in the program, on their way to a browser: packed, named by the hash of their
//! content, kept for good where that hash is in their name.

mod file;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Response, StatusCode, header};
use file::{Encoding, File};
use std::collections::HashMap;

/// Under these names is what never changes.
pub const ASSETS: &str = "/assets/";
/// What may be kept for good.
pub const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// May be kept, must be asked for.
pub const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The files by their paths.
pub struct Files(HashMap<String, File>);

impl Files {
    /// What the build made: names without a first slash, `.br` and `.gz` beside what they pack.
    pub fn new(embedded: &'static [(&'static str, &'static [u8])]) -> Self {
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

    /// The paths outside `/assets/`.
    pub fn pages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|path| !path.starts_with(ASSETS))
    }

    /// The answer to a GET of the request's path.
    pub fn answer(&self, request: &Request) -> Response<Body> {
        let path = request.uri().path();
        let file = self.0.get(path);
        file.map_or_else(not_found, |file| file.answer(request.headers(), path.starts_with(ASSETS)))
    }
}

/// Must not be kept: the file may come with the next version.
fn not_found() -> Response<Body> {
    let mut response = Response::new(Body::from("not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, TEXT);
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    response
}
