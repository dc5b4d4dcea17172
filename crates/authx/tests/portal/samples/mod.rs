//! Pages in states that no link leads to. They are written to `target/test/gallery`, where
//! `scripts/web screens` looks at them in a browser.

mod factors;
mod people;
mod protected;
mod records;
mod trouble;

use crate::{
    company::pending_phone,
    world::{Browser, Page, World},
};
use authx::{
    admin::{
        accounts::{self, Details, Mail, NewAccount},
        applications::{self, ApplicationKind},
    },
    app::{About, App},
    config::{Mail as MailServer, Place},
    mail::{Post, Security},
    store::{Batch, testing::Database},
};
use authx_core::{ApplicationId, LoginId, PhoneId, UserId, audit::EventKind, name::Name};
use serde_json::Value;
use std::{fs, path::Path};

/// Calls for pages of an installation that would send mail, if there were a server for it.
async fn in_world(samples: impl AsyncFn(&World)) {
    let mail = MailServer {
        from: "AuthX <authx@example.com>".parse().unwrap(),
        server: Place { host: "localhost".to_owned(), port: 9 },
        security: Security::StartTls,
        login: None,
        ca_file: None,
        help: None,
    };
    let post = Post::open(Some(&mail)).unwrap();
    let database = Database::sqlite();
    let world = World::with(database.store().await, |app: &mut App| app.mail = post).await;
    samples(&world).await;
}

/// Keeps a page, and says what has to be true of each.
fn kept(name: &str, page: &Page) {
    let text = &page.text;
    assert!(text.len() < 100_000, "{name}: {} bytes", text.len());
    for forbidden in ["style=", "<style", "onclick", "data:", "javascript:"] {
        assert!(!text.contains(forbidden), "{name}: {forbidden}");
    }
    for once in ["<h1", "<main", "<script"] {
        assert_eq!(text.matches(once).count(), 1, "{name}: {once}: {text}");
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/test/gallery");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join(format!("state-{name}.html")), text).unwrap();
}

/// A user as the directory knows one.
async fn user(world: &World, called: &str, display: &str, mail: Option<&str>) -> UserId {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let called = Name::new(called).unwrap();
    let new = NewAccount { name: &called, aliases: &[], password: None };
    let details = Details {
        display: (!display.is_empty()).then(|| Name::new(display).unwrap()),
        mail: mail.map(|text| Mail::new(text).unwrap()),
    };
    accounts::create_known(app, by, tenant, new, &details).await.unwrap()
}

/// A phone of somebody, which counts.
async fn phone(world: &World, account: UserId, called: &str) -> PhoneId {
    let (app, now) = (&world.app, world.app.now().unwrap());
    let id = pending_phone(world, world.tenant, account, called).await;
    let batch = Batch::default().activate_phone(id, 1, "{}".to_owned(), now);
    app.store.commit(batch).await.unwrap();
    id
}

/// An application.
async fn vpn(world: &World, called: &str) -> ApplicationId {
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let [called, key] = [called, "vpn1"].map(|text| Name::new(text).unwrap());
    let kind = ApplicationKind::Openvpn;
    applications::create(app, by, tenant, &called, kind, &key).await.unwrap().id
}

/// An entry of the record about a login.
async fn login(
    world: &World,
    application: ApplicationId,
    user: UserId,
    (kind, code): (EventKind, &str),
    mut detail: Value,
) -> LoginId {
    let app = &world.app;
    let now = app.now().unwrap();
    let login = app.decide(now, LoginId::new);
    for (name, value) in [("address", "192.0.2.7"), ("server", "vpn1")] {
        detail[name] = value.into();
    }
    detail["user"] = accounts::get(app, world.tenant, user).await.unwrap().name.into();
    let about = About {
        user: Some(user),
        application: Some(application),
        login: Some(login),
        support_code: Some(code.to_owned()),
    };
    let Value::Object(detail) = detail else { panic!("{detail}") };
    let batch = app.record(Batch::default(), now, world.tenant, kind, about, detail);
    app.store.commit(batch).await.unwrap();
    login
}

/// Keeps the page at a path, which has to be shown.
async fn keep(world: &World, browser: &mut Browser, path: &str, name: &str) {
    let page = browser.get(world, path).await;
    page.shown();
    kept(name, &page);
}

/// Longer than most, and what a page must not take for its own.
const LONG: &str = "Wolfgang Amadeus Hildebrandt-Oberlechner von und zu Waldburg";
const HOSTILE: &str = "<b>Bob</b> & 'DROP TABLE' \"x\"";
