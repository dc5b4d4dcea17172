//! One file: as it is, and packed.

use super::{IMMUTABLE, NO_CACHE};
use aws_lc_rs::digest;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A file of the site.
pub(super) struct File {
    kind: HeaderValue,
    plain: Form,
    brotli: Option<Form>,
    gzip: Option<Form>,
}

/// The bytes of a file in one encoding, and the tag that names them.
struct Form {
    bytes: &'static [u8],
    tag: HeaderValue,
    encoding: Option<Encoding>,
}

/// How a text is packed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
}

impl Encoding {
    /// What the name of a packed file says.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        [Self::Brotli, Self::Gzip].into_iter().find(|encoding| name.ends_with(encoding.ending()))
    }

    fn ending(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// Whether the caller reads it (RFC 9110 §12.5.3). Nobody who names one means "but rather not".
    fn is_read(self, request: &HeaderMap) -> bool {
        let named = request.get_all(header::ACCEPT_ENCODING).into_iter();
        let words =
            named.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let mut chosen = words.filter_map(|word| {
            let (name, weight) = word.split_once(';').unwrap_or((word, ""));
            name.trim().eq_ignore_ascii_case(self.word()).then(|| weight.trim())
        });
        chosen.any(|weight| !matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    }
}

impl File {
    pub(super) fn new(
        name: &str,
        plain: &'static [u8],
        brotli: Option<&'static [u8]>,
        gzip: Option<&'static [u8]>,
    ) -> Self {
        let hash = digest::digest(&digest::SHA256, plain);
        let hash = URL_SAFE_NO_PAD.encode(hash.as_ref().get(..12).unwrap_or_default());
        let form = |bytes, encoding: Option<Encoding>| {
            let suffix = encoding.map_or("", Encoding::ending);
            let tag = HeaderValue::from_maybe_shared(Bytes::from(format!("\"{hash}{suffix}\"")));
            let tag = tag.unwrap_or_else(|_| HeaderValue::from_static("\"-\""));
            Form { bytes, tag, encoding }
        };
        Self {
            kind: kind(name),
            plain: form(plain, None),
            brotli: brotli.map(|bytes| form(bytes, Some(Encoding::Brotli))),
            gzip: gzip.map(|bytes| form(bytes, Some(Encoding::Gzip))),
        }
    }

    /// The answer to a GET with these headers.
    pub(super) fn answer(&self, request: &HeaderMap, immutable: bool) -> Response<Body> {
        let packed = [&self.brotli, &self.gzip].into_iter().flatten();
        let mut read = packed.filter(|form| form.encoding.is_some_and(|one| one.is_read(request)));
        let form = read.next().unwrap_or(&self.plain);
        let known = is_known(request, &form.tag);
        let body = if known { Body::empty() } else { Body::from(Bytes::from_static(form.bytes)) };
        let mut response = Response::new(body);
        let caching = if immutable { IMMUTABLE } else { NO_CACHE };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, caching);
        headers.insert(header::ETAG, form.tag.clone());
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if known {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.kind.clone());
        if let Some(encoding) = form.encoding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding.word()));
        }
        response
    }
}

/// Whether the caller has these very bytes (RFC 9110 §13.1.2, weak comparison).
fn is_known(request: &HeaderMap, tag: &HeaderValue) -> bool {
    let named = request.get_all(header::IF_NONE_MATCH).into_iter();
    let mut tags = named.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.any(|found| {
        let found = found.trim();
        found == "*" || found.strip_prefix("W/").unwrap_or(found).as_bytes() == tag.as_bytes()
    })
}

fn kind(name: &str) -> HeaderValue {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    HeaderValue::from_static(match ending {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    })
}
