use super::*;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Got {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Got { status: parts.status, headers: parts.headers, body }
}

async fn get(path: &str) -> Got {
    ask("GET", path, &[]).await
}

fn asset(ending: &str) -> String {
    let (name, _) = FILES.iter().find(|(name, _)| name.ends_with(ending)).unwrap();
    format!("/{name}")
}

#[tokio::test]
async fn the_page_is_asked_for_again_and_what_it_loads_is_not() {
    let page = get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    let page = String::from_utf8(page.body).unwrap();
    let loaded: Vec<_> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    assert!(loaded.len() >= 5, "{loaded:?}");
    for path in loaded {
        let file = get(path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(!file.body.is_empty());
    }
    for path in ["/sw.js", "/manifest.webmanifest", "/licences.txt"] {
        let file = get(path).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert_eq!(file.header("cache-control"), "no-cache", "{path}");
    }
}

#[tokio::test]
async fn every_answer_forbids_what_the_app_does_not_need() {
    for path in ["/", "/sw.js", &asset(".woff2"), "/assets/nothing.js"] {
        let got = get(path).await;
        let csp = got.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types authx-worker",
        ] {
            assert!(csp.split("; ").any(|part| part == rule), "{path}: {rule} in {csp}");
        }
        assert!(!csp.contains("unsafe") && !csp.contains('*') && !csp.contains("data:"), "{csp}");
        assert_eq!(got.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(got.header("x-content-type-options"), "nosniff");
        assert_eq!(got.header("referrer-policy"), "no-referrer");
        let permissions = got.header("permissions-policy");
        assert!(permissions.contains("camera=(self)") && permissions.contains("microphone=()"));
        assert_eq!(got.header("clear-site-data"), "", "{path}: would delete all keys");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    for (encoding, wanted) in [("", ""), ("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0", "")] {
        let asked = [("accept-encoding", encoding)];
        let first = ask("GET", "/", &asked).await;
        assert_eq!(first.header("content-encoding"), wanted, "{encoding}");
        assert_eq!(first.header("vary"), "accept-encoding");
        let tag = first.header("etag");
        let again = ask("GET", "/", &[asked[0], ("if-none-match", tag)]).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{encoding}");
        assert_eq!(again.header("etag"), tag);
        assert_ne!(again.header("content-security-policy"), "", "also of a 304");
        let other = ask("GET", "/", &[asked[0], ("if-none-match", "\"other\"")]).await;
        assert_eq!(other.status, StatusCode::OK);
    }
    let [plain, brotli] = [get("/").await, ask("GET", "/", &[("accept-encoding", "br")]).await];
    assert_ne!(plain.header("etag"), brotli.header("etag"), "other bytes, other tag");
    assert!(brotli.body.len() < plain.body.len());
}

#[tokio::test]
async fn only_the_files_themselves_have_addresses() {
    let script = asset(".js");
    for path in [
        "/assets/",
        "/assets/nothing.js",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        &format!("{script}.br"),
        "/index.html",
        "/index.html.gz",
    ] {
        let got = get(path).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{path}");
        assert_ne!(got.header("cache-control"), "public, max-age=31536000, immutable");
    }
    assert_eq!(ask("POST", "/", &[]).await.status, StatusCode::METHOD_NOT_ALLOWED);
    let head = ask("HEAD", "/", &[]).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn the_manifest_names_pictures_that_are_there() {
    let manifest = get("/manifest.webmanifest").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest.body).unwrap();
    assert_eq!(manifest["display"], "standalone");
    for icon in manifest["icons"].as_array().unwrap() {
        let picture = get(icon["src"].as_str().unwrap()).await;
        assert_eq!(picture.header("content-type"), "image/png");
        assert_eq!(picture.body.get(..4), Some(&b"\x89PNG"[..]));
    }
}
