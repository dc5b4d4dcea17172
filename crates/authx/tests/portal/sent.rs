//! When a form counts: for its own page, while its session lasts, and once.

use crate::{
    company::Company,
    foreign::rows,
    found::{self, Found},
    world::{Browser, Page, World, on_each_engine},
};
use authx::{
    admin::record,
    portal::{Access, Route},
};
use authx_core::TenantId;
use axum::http::StatusCode;
use std::{collections::BTreeMap, fmt::Write as _};

/// Without the token of its page, and after its session ended, a form does nothing and says so;
/// with both it does something, so that nothing was not for another reason.
#[tokio::test]
async fn forms_count_for_their_own_page_and_session_only() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let all = found::all(world, &company).await;
        for (number, found) in all.iter().enumerate() {
            let route = &found.route;
            let own = Company::new(world, &format!("Beta {number}")).await;
            let found = found.fresh(world, &company, &own).await;
            let path = found.form.action.clone();
            let fields = found.values(world, &own).await;
            let before = settled(world, own.tenant).await;
            let mut browser = found.browser.clone();

            let page = send(world, &mut browser, &found, &path, None, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{route:?} without a token");
            assert!(page.text.contains("This form is from another session"), "{route:?}");
            let token = Some("x".repeat(43));
            let page = send(world, &mut browser, &found, &path, token, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{route:?} with a wrong token");
            assert_eq!(settled(world, own.tenant).await, before, "{route:?} without a token");

            if route.access != Access::Public {
                let mut ended = found.browser.clone();
                ended.forget_session();
                ended.get(world, "/set-up").await;
                let token = Some(ended.token().to_owned());
                let page = send(world, &mut ended, &found, &path, token, &fields).await;
                assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{route:?}");
                assert!(page.text.contains("Your session has ended"), "{route:?}: {}", page.main());
                assert_eq!(settled(world, own.tenant).await, before, "{route:?} without a session");
            }

            let token = Some(browser.token().to_owned());
            let page = send(world, &mut browser, &found, &path, token, &fields).await;
            let counts = page.status == StatusCode::OK || page.status == StatusCode::SEE_OTHER;
            assert!(
                counts != needs_more(route),
                "{route:?} {fields:?} {}: {}",
                page.status,
                page.main()
            );
        }
    })
    .await;
}

/// Forms that cannot be sent rightly from here: a passkey answers, a mail has a link, a file is
/// shipped with the server.
fn needs_more(route: &Route) -> bool {
    ["/passkey", "/package"].iter().any(|end| route.path.ends_with(end))
        || ["/me/app/confirm", "/reset"].contains(&route.path)
}

/// What a company has, but for what only says that somebody was there.
async fn settled(world: &World, tenant: TenantId) -> Vec<String> {
    let rows = rows(world, tenant).await;
    rows.into_iter().filter(|row| !row.starts_with("portal_session:")).collect()
}

async fn send(
    world: &World,
    browser: &mut Browser,
    found: &Found,
    path: &str,
    token: Option<String>,
    fields: &[(String, String)],
) -> Page {
    let token = token.map(|token| ("_csrf".to_owned(), token));
    let fields: Vec<(String, String)> = token
        .into_iter()
        .chain(fields.iter().filter(|(name, _)| name != "_csrf").cloned())
        .collect();
    if found.form.carries_files {
        let (kind, body) = multipart(&fields, b"name\nzoe\n");
        return browser.upload(world, path, kind, body).await;
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&fields);
    browser.send(world, path, "same-origin", form.finish()).await
}

/// A form with a list of users in it.
pub(crate) fn multipart(fields: &[(String, String)], file: &[u8]) -> (&'static str, Vec<u8>) {
    let mut body = String::new();
    for (name, value) in fields {
        let _ = write!(
            body,
            "--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    body +=
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"<script>.csv\"\r\n\r\n";
    ("multipart/form-data; boundary=XX", [body.as_bytes(), file, b"\r\n--XX--\r\n"].concat())
}

/// A form that is sent twice at the same moment, as by a double click without script, does what it
/// is for once, and neither answer is an error of the server.
#[tokio::test]
async fn twice_at_once_is_once() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let all = found::all(world, &company).await;
        let mut faults = vec![];
        for (number, found) in all.iter().enumerate() {
            let route = &found.route;
            if needs_more(route) || found.form.carries_files {
                continue;
            }
            let own = Company::new(world, &format!("Beta {number}")).await;
            let found = found.fresh(world, &company, &own).await;
            let (fields, tenant) = (found.values(world, &own).await, own.tenant);
            let before = recorded(world, tenant).await;
            let (one, other) = found.browser.twice(world, &found.form.action, &fields).await;
            for page in [&one, &other] {
                if page.status.is_server_error() {
                    faults.push(format!("{route:?}: {} {}", page.status, page.main()));
                }
            }
            let taken =
                |page: &Page| page.status == StatusCode::OK || page.status == StatusCode::SEE_OTHER;
            if !taken(&one) && !taken(&other) {
                faults.push(format!("{route:?}: neither counts: {}", one.main()));
            }
            let mut after = recorded(world, tenant).await;
            for (entry, count) in before {
                *after.get_mut(&entry).unwrap() -= count;
            }
            after.retain(|_, count| *count > 1);
            if !after.is_empty() && !each_counts(route) {
                faults.push(format!("{route:?}: done twice: {after:?}"));
            }
        }
        assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
    })
    .await;
}

/// What makes an earlier one void: the last one counts, and that one is shown.
fn each_counts(route: &Route) -> bool {
    let last = [
        "/recovery",
        "/invite",
        "/portal",
        "/link",
        "/caller",
        "/me/app",
        "/me/phone",
        "/enrol/phone",
        "/begin",
    ];
    last.iter().any(|last| route.path.ends_with(last))
}

/// How often what was done to whom.
async fn recorded(world: &World, tenant: TenantId) -> BTreeMap<String, usize> {
    let entries = record::newest(&world.app, tenant, &record::Filter::default(), 1_000).await;
    let mut counts = BTreeMap::new();
    for entry in entries.unwrap() {
        let entry = format!("{} {:?} {:?}", entry.event, entry.user_id, entry.application_id);
        *counts.entry(entry).or_default() += 1;
    }
    counts
}
