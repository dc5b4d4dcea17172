use super::*;
use crate::portal::nav::{Place, nav};
use crate::portal::trouble::Trouble;
use crate::portal::words::Zone;
use authx_core::role::Role;
use http_body_util::BodyExt as _;

fn chrome(title: &str) -> Chrome {
    Chrome::outside(title, "authx.example.com", Times::new(Millis(0), &Zone::utc()))
}

fn inside(title: &str) -> Chrome {
    Chrome {
        tenant: Some(Tenant { name: "<i>Example</i> & Co".into(), hue: 3 }),
        who: Some(Person { name: "\"><script>".into(), title: Role::HelpDesk.title() }),
        nav: nav(Role::HelpDesk, Place::Users, 0),
        csrf: "token".into(),
        theme: Theme::Dark,
        ..chrome(title)
    }
}

#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% extends "portal/layout.html" %}{% block main %}<h1>{{ text }}</h1>{% endblock %}"#
)]
struct Sample<'a> {
    chrome: Chrome,
    text: &'a str,
}

async fn shown(chrome: Chrome, text: &str) -> String {
    let response = render(&Sample { chrome, text });
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn what_people_typed_is_text() {
    let page = shown(inside("<title>"), "<img src=x onerror=alert(1)>").await;
    for hostile in ["<i>", "<script>", "<img", "<title>&#60;title&#62; · AuthX</title><"] {
        assert!(!page.contains(hostile), "{hostile}");
    }
    assert!(page.contains("<title>&#60;title&#62; · AuthX</title>"));
    assert!(page.contains("&#60;i&#62;Example&#60;/i&#62; &#38; Co"));
}

#[tokio::test]
async fn only_what_the_role_sees_is_in_the_side_bar() {
    let page = shown(inside("Users"), "").await;
    assert!(page.contains(r#"<html lang="en" data-theme="dark">"#));
    assert!(page.contains(r#"<a href="/users" aria-current="page">"#));
    assert!(page.contains("Help desk"));
    assert!(!page.contains("/settings") && !page.contains("Admin actions"));
    assert_eq!(page.matches(r#"name="_csrf" value="token""#).count(), 2, "sign out, twice");
}

#[tokio::test]
async fn every_icon_of_a_page_is_drawn_in_it_once() {
    let page =
        shown(inside("Users"), "#i-mail is no icon of ours, and #i-nothing none at all").await;
    let sprite = page.split_once(SPRITE).unwrap().1;
    for name in ["menu", "user", "list"] {
        assert_eq!(sprite.matches(&format!("<symbol id=\"i-{name}\"")).count(), 1, "{name}");
    }
    assert!(!sprite.contains("i-settings\"") && !sprite.contains("i-nothing"));
}

#[test]
fn names_of_icons_end_where_they_end() {
    let text = r##"<use href="#i-x"/> `#i-circle-check`, #i-a1. #i- #i--"##;
    assert_eq!(icon_names(text).collect::<Vec<_>>(), ["x", "circle-check", "a1"]);
}

#[tokio::test]
async fn a_page_is_kept_by_nobody_and_loads_nothing_from_elsewhere() {
    let response = render(&Sample { chrome: chrome("A"), text: "" });
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(
        header("content-security-policy"),
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'"
    );
    assert_eq!(header("referrer-policy"), "same-origin");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin");
    assert!(header("permissions-policy").contains("publickey-credentials-get=(self)"));
    assert!(header("permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn trouble_says_what_to_do_and_ends_in_its_code() {
    for (trouble, status) in [
        (Trouble::not_found(), 404),
        (Trouble::not_allowed("Help desk", "Owner"), 403),
        (Trouble::stale_form(), 403),
        (Trouble::conflict("Lab VPN"), 409),
        (Trouble::unreadable("The file is empty."), 422),
        (Trouble::too_often("a minute"), 429),
        (Trouble::failed("K7QF2M"), 500),
    ] {
        for chrome in [chrome(""), inside("")] {
            let response = trouble.clone().page(chrome);
            assert_eq!(response.status(), status);
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let page = String::from_utf8(body.to_vec()).unwrap();
            assert_eq!(page.matches("<h1>").count(), 1);
            assert_eq!(page.contains("K 7 Q F 2 M"), status == 500);
        }
    }
}
