use super::*;
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use tower::ServiceExt as _;

async fn get(path: &str) -> (Response<()>, Vec<u8>) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (parts, body) = router().oneshot(request).await.unwrap().into_parts();
    (Response::from_parts(parts, ()), body.collect().await.unwrap().to_bytes().to_vec())
}

#[tokio::test]
async fn what_pages_name_is_there_and_kept_for_good() {
    for name in ["portal.css", "portal.js", "sans.woff2", "mono.woff2", "mark.svg", "touch.png"] {
        let path = asset(name);
        assert!(path.starts_with("/assets/"), "{name}: {path:?}");
        let (got, body) = get(path).await;
        assert_eq!(got.status(), StatusCode::OK, "{path}");
        assert!(!body.is_empty());
        assert_eq!(got.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(got.headers()["x-content-type-options"], "nosniff");
        assert_eq!(got.headers()["cross-origin-resource-policy"], "same-origin");
    }
    assert_eq!(asset("nothing.css"), "");
    for path in ["/assets/places.rs", "/places.rs", "/icons.rs", "/"] {
        assert_eq!(get(path).await.0.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(get("/licences.txt").await.0.headers()["cache-control"], "no-cache");
}

#[tokio::test]
async fn style_and_script_need_nothing_from_elsewhere() {
    let (_, style) = get(asset("portal.css")).await;
    let style = String::from_utf8(style).unwrap();
    assert!(!style.contains("data:") && !style.contains("http"), "only own files");
    assert!(style.contains("unicode-range"), "other letters come when they are needed");
    assert!(style.len() < 40_000, "{}", style.len());
}

#[test]
fn every_icon_that_a_page_names_is_drawn() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = BTreeSet::new();
    for part in ["templates", "src/portal"] {
        look_through(&root.join(part), &mut named);
    }
    assert!(named.contains("check"), "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| found(ICONS, name).is_none()).collect();
    assert!(missing.is_empty(), "run `scripts/web build`, which draws {missing:?}");
}

fn look_through(directory: &Path, named: &mut BTreeSet<String>) {
    let entries = fs::read_dir(directory).unwrap();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    for path in paths {
        if path.is_dir() {
            look_through(&path, named);
        } else if !path.ends_with("tests.rs") {
            named.extend(crate::portal::page::icon_names(&fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn a_drawing_is_given_once_and_an_unknown_one_never() {
    let drawn = icons(["check", "no-such-icon"]);
    assert!(drawn.starts_with(r#"<symbol id="i-check" viewBox="0 0 24 24">"#), "{drawn}");
    assert_eq!(drawn.matches("<symbol").count(), 1);
}
