//! What people, and programs that are no people, send in forms: every form of every page, every
//! field of each.

use crate::{
    company::Company,
    found::{self, Found, Source},
    html::{Field, Kind, escaped, forms},
    sent::multipart,
    world::{Page, World, on_each_engine},
};
use authx::{
    config::{Mail, Place},
    mail::{Post, Security},
    portal::routes,
    store::testing,
};
use axum::http::{Method, StatusCode};

/// What was sent in place of what is right: the text, and what goes over the wire where that is
/// not the text's own bytes.
struct Bad {
    text: String,
    wire: Option<&'static str>,
}

fn bad(text: impl Into<String>) -> Bad {
    Bad { text: text.into(), wire: None }
}

/// For fields that are typed, or hidden where anything can be.
fn texts() -> Vec<Bad> {
    let mut texts: Vec<Bad> = [
        "",
        "   ",
        SCRIPT,
        IMAGE,
        "'; DROP TABLE account; --",
        "Robert\"); DROP TABLE account;--",
        "a\u{0}b",
        "a\r\nSet-Cookie: x=1\u{1b}[31m\u{7}",
        "\u{202e}moc.elgoog\u{202c} \u{200b}\u{feff}",
        "👩‍👩‍👧‍👦 مرحبا 𝕏 ﷽",
        "-1",
        "0",
        "NaN",
        "1e309",
        "9223372036854775808",
        "99999999999999999999999999",
        "../../etc/passwd",
        "no such word",
        "{\"a\":",
    ]
    .map(bad)
    .into();
    texts.push(bad("x".repeat(10_240)));
    texts.push(bad("ä".repeat(300)));
    texts.push(Bad { text: "a\u{fffd}\u{fffd}".to_owned(), wire: Some("a%ff%fe") });
    texts
}

/// For what is chosen.
fn words() -> Vec<Bad> {
    ["no such word", SCRIPT, "a\u{0}b"].map(bad).into()
}

/// What is sent for a field. What engines treat alike is tried on one of them.
fn tries(field: &Field, engine: &str) -> Vec<(How, Bad)> {
    let typed = matches!(field.kind, Kind::Text | Kind::Password | Kind::Hidden);
    let mut bads = if typed { texts() } else { words() };
    if engine == "PostgreSQL" {
        bads.retain(|bad| bad.wire.is_some() || bad.text.contains(['\0', 'x', '9', 'R', '👩']));
    }
    let mut tries: Vec<(How, Bad)> = bads.into_iter().map(|bad| (How::Instead, bad)).collect();
    tries.push((How::Missing, bad("")));
    if typed {
        tries.extend([How::Before, How::Behind].map(|how| (how, bad(SCRIPT))));
    }
    tries
}

/// In installations that send mail, on each engine.
async fn with_mail(test: impl AsyncFn(&World)) {
    let mail = Mail {
        from: "AuthX <authx@example.com>".parse().unwrap(),
        server: Place { host: "localhost".to_owned(), port: 9 },
        security: Security::StartTls,
        login: None,
        ca_file: None,
        help: None,
    };
    testing::on_each_engine(async |database| {
        let post = Post::open(Some(&mail)).unwrap();
        let world = World::with(database.store().await, |app| app.mail = post).await;
        test(&world).await;
    })
    .await;
}

/// How a field is sent.
#[derive(Clone, Copy, Debug)]
enum How {
    Instead,
    Missing,
    Before,
    Behind,
}

fn body(token: &str, fields: &[(String, String)], name: &str, how: How, bad: &Bad) -> String {
    let plain = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let mut pairs = vec![format!("_csrf={}", plain(token))];
    let sent = bad.wire.map_or_else(|| plain(&bad.text), str::to_owned);
    let sent = format!("{}={sent}", plain(name));
    let mut is_there = false;
    for (known, value) in fields {
        let right = format!("{}={}", plain(known), plain(value));
        if known != name {
            pairs.push(right);
            continue;
        }
        is_there = true;
        match how {
            How::Instead => pairs.push(sent.clone()),
            How::Missing => {}
            How::Before => pairs.extend([sent.clone(), right]),
            How::Behind => pairs.extend([right, sent.clone()]),
        }
    }
    if !is_there && !matches!(how, How::Missing) {
        pairs.push(sent);
    }
    pairs.join("&")
}

/// Every form, every field, every value: nothing breaks, nothing is written into a page as it
/// came, what is not taken is said, and what was typed stays.
#[tokio::test]
async fn whatever_is_typed_is_taken_or_refused_in_words() {
    with_mail(async |world| {
        let mut sent = 0;
        let mut company = Company::new(world, "Alpha").await;
        let mut all = found::all(world, &company).await;
        // Wrong passwords make everybody of a network wait.
        all.sort_by_key(|found| found.route.path == "/sign-in");
        let first = company.clone();
        let mut faults = vec![];
        for found in &all {
            if found.form.carries_files {
                continue;
            }
            let mut form =
                Standing::at(world, &company, &found.fresh(world, &first, &company).await).await;
            for field in found.form.fields.iter().filter(|field| field.name != "_csrf") {
                for (how, value) in &tries(field, world.app.store.engine()) {
                    let how = *how;
                    sent += 1;
                    let answer = form.send(world, &field.name, how, value).await;
                    let what = format!(
                        "{} {} {how:?} {:?}",
                        found.route.path,
                        field.name,
                        value.text.chars().take(40).collect::<String>()
                    );
                    faults.extend(
                        judged(field, how, value, &answer)
                            .map(|fault| format!("{what}: {} {fault}", answer.status)),
                    );
                    if answer.status.is_client_error() {
                        continue;
                    }
                    let next = form.follow(world, &answer).await;
                    faults.extend(
                        next.iter().filter_map(raw).map(|fault| format!("{what}: {fault}")),
                    );
                    if !form.again(world, &company).await {
                        // It did what it is for, and is gone with it.
                        company = Company::new(world, &format!("Beta {sent}")).await;
                        let fresh = found.fresh(world, &first, &company).await;
                        form = Standing::at(world, &company, &fresh).await;
                    }
                }
            }
        }
        assert!(sent > 1_000, "{sent}");
        faults.sort();
        assert!(faults.is_empty(), "{} of {sent}:\n{}", faults.len(), faults.join("\n"));
    })
    .await;
}

/// Files are typed, too: whatever stands in one, it is refused as a whole, or its lines are taken
/// or told of, and no page has them as they came.
#[tokio::test]
async fn whatever_stands_in_a_file_is_taken_or_refused_in_words() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let mut browser = company.browser(world).await;
        let long = format!("name\n{}\n", "x".repeat(10_240));
        let deep = format!("name\n\"{}\n", "x".repeat(300_000));
        for file in [
            &b""[..],
            b"\0\0\0",
            b"name\na\0b\n",
            b"\xff\xfen\0a\0m\0e\0",
            b"name\nJ\xfcrgen\n",
            b"PK\x03\x04not a list",
            b"name,name\na,b\n",
            b"<script>alert(1)</script>\na\n",
            b"name,mail\n<script>alert(1)</script>,<script>alert(1)</script>\n",
            b"name\n'; DROP TABLE account; --\n=cmd|' /C calc'!A0\n",
            b"name,groups\nrolf,<script>alert(1)</script>\n",
            long.as_bytes(),
            deep.as_bytes(),
        ] {
            let what = String::from_utf8_lossy(&file[..file.len().min(40)]).into_owned();
            browser.get(world, "/users/import").await;
            let fields = [("_csrf".to_owned(), browser.token().to_owned())];
            let (kind, body) = multipart(&fields, file);
            let page = browser.upload(world, "/users/import", kind, body).await;
            assert_eq!(raw(&page), None, "{what}");
            if page.status == StatusCode::UNPROCESSABLE_ENTITY {
                assert!(
                    page.text.contains("class=\"error\"") || page.text.contains("role=\"alert\"")
                );
                continue;
            }
            let to = page.to().to_owned();
            browser.post(world, &format!("{to}/run"), &[]).await.to();
            for path in [&*to, "/users", "/users/export.csv", &format!("{to}/errors.csv")] {
                let page = browser.get(world, path).await;
                assert_eq!((page.status, raw(&page)), (StatusCode::OK, None), "{what} {path}");
            }
        }
    })
    .await;
}

/// Addresses are typed, too: whatever stands in a query, a page is shown.
#[tokio::test]
async fn whatever_stands_in_an_address_a_page_is_shown() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let mut browser = company.browser(world).await;
        let mut faults = vec![];
        for route in routes().iter().filter(|route| route.method == Method::GET) {
            let path = company.path(route);
            for value in [
                "%00",
                "a%00b",
                "%3Cscript%3Ealert(1)%3C/script%3E",
                "%ff",
                "-1",
                "9".repeat(30).as_str(),
                "NaN",
            ] {
                let all: Vec<String> =
                    QUERIES.iter().map(|name| format!("{name}={value}")).collect();
                for query in all.iter().map(String::as_str).chain([all.join("&").as_str()]) {
                    let page = browser.get(world, &format!("{path}?{query}")).await;
                    let fault = page.status.is_server_error().then(|| "breaks".to_owned());
                    let fault = fault.or_else(|| raw(&page));
                    faults.extend(fault.map(|fault| format!("{path}?{query}: {fault}")));
                }
            }
        }
        assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
    })
    .await;
}

/// Everything that some page reads of its address.
const QUERIES: [&str; 26] = [
    "after",
    "application",
    "arrived",
    "at",
    "before",
    "by",
    "factor",
    "format",
    "from",
    "group",
    "kind",
    "live",
    "next",
    "open",
    "outcome",
    "period",
    "phone",
    "q",
    "reason",
    "role",
    "sort",
    "state",
    "time",
    "until",
    "user",
    "version",
];

/// A form as it stands in a browser.
struct Standing {
    found: Found,
    fields: Vec<(String, String)>,
}

impl Standing {
    async fn at(world: &World, company: &Company, found: &Found) -> Self {
        let fields = found.values(world, company).await;
        Self { found: found.clone(), fields }
    }

    /// Sends it, with one field as it should not be. The browser stays as it was.
    async fn send(&mut self, world: &World, name: &str, how: How, bad: &Bad) -> Page {
        let mut browser = self.found.browser.clone();
        let body = body(browser.token(), &self.fields, name, how, bad);
        browser.send(world, &self.found.form.action, "same-origin", body).await
    }

    /// Where a form that was taken leads to.
    async fn follow(&self, world: &World, answer: &Page) -> Option<Page> {
        let to = answer.headers.get("location")?.to_str().unwrap().to_owned();
        let mut browser = self.found.browser.clone();
        let page = browser.get(world, &to).await;
        assert!(!page.status.is_server_error(), "{to}: {}", page.text);
        Some(page)
    }

    /// Loads the page again after the form was taken. `false`: it has no such form any more.
    async fn again(&mut self, world: &World, company: &Company) -> bool {
        let Found { browser, source, form, .. } = &mut self.found;
        if *source == Source::Nowhere {
            return true;
        }
        let page = found::open(world, company, browser, source).await;
        let names = |form: &crate::html::HtmlForm| -> Vec<String> {
            form.fields.iter().map(|field| field.name.clone()).collect()
        };
        let wanted = names(form);
        let found = forms(&page.text).into_iter();
        let Some(now) =
            found.filter(|now| names(now) == wanted).find(|now| now.action == form.action)
        else {
            return false;
        };
        *form = now;
        self.fields = self.found.values(world, company).await;
        true
    }
}

/// What is wrong with an answer.
fn judged(field: &Field, how: How, bad: &Bad, answer: &Page) -> Option<String> {
    if let Some(fault) = raw(answer) {
        return Some(fault);
    }
    let status = answer.status;
    if status.is_server_error() {
        return Some("breaks".to_owned());
    }
    if !status.is_client_error() {
        return None;
    }
    let text = &answer.text;
    let says = ["role=\"alert\"", "class=\"error\"", "<h1>This cannot be", "By invitation"];
    let is_id = ["approval", "gate", "pilot", "user"].contains(&field.name.as_str());
    if status == StatusCode::NOT_FOUND && !is_id {
        return Some("says that nothing is there".to_owned());
    }
    if status != StatusCode::NOT_FOUND && !says.iter().any(|says| text.contains(says)) {
        return Some("says nothing".to_owned());
    }
    // A secret is never written back; what is typed into a browser that shows a link is one.
    let secret = ["code", "digits", "link"].contains(&field.name.as_str());
    let typed = matches!(how, How::Instead) && !bad.text.is_empty();
    if field.kind == Kind::Text && !secret && typed {
        let kept = escaped(&bad.text.replace('\0', "\u{fffd}"));
        if !text.contains(&format!("\"{kept}\"")) && !text.contains(&format!(">\n{kept}</textarea"))
        {
            return Some("loses what was typed".to_owned());
        }
    }
    None
}

/// What came from outside and stands in a page as markup.
fn raw(page: &Page) -> Option<String> {
    let lower = page.text.to_ascii_lowercase();
    let kind = page.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
    let is_page = kind.starts_with("text/html");
    let found = [SCRIPT, IMAGE, "<img src=x"].iter().find(|text| lower.contains(**text));
    if page.headers.contains_key("set-cookie") && page.headers["set-cookie"] == "x=1" {
        return Some("sets a cookie".to_owned());
    }
    found.filter(|_| is_page).map(|found| format!("writes {found} into a page"))
}

const SCRIPT: &str = "<script>alert(1)</script>";
const IMAGE: &str = "\"><img src=x onerror=alert(1)>";
