//! What is protected: from nothing to a green light, keys, packages, settings, the end.

use crate::world::{Browser, World, between, name, on_each_engine};
use authx::{
    admin::{
        applications::{self, ApplicationKind, State},
        groups, keys,
    },
    contacts::{Contact, write},
    portal::routes,
    store::{contacts::ContactRow, testing::Database},
};
use authx_core::{ApplicationId, KeyId, TenantId, role::Role};
use axum::http::{Method, StatusCode, header};

const HOSTILE: &str = "<b>Lab</b> & 'DROP TABLE' \"x\"";

async fn owner(world: &World) -> Browser {
    world.signed_in("olga", Some(Role::Owner)).await
}

/// An application made by its form; gives the path of its page.
async fn protect(world: &World, browser: &mut Browser, called: &str, kind: &str) -> String {
    let fields = [("type", kind), ("name", called), ("key_name", "vpn1.example.com")];
    let page = browser.post(world, "/applications/protect", &fields).await;
    page.to().to_owned()
}

fn id(path: &str) -> ApplicationId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

async fn only_key(world: &World, path: &str) -> KeyId {
    let keys = keys::list(&world.app, world.tenant, id(path)).await.unwrap();
    keys.iter().find(|key| key.revoked.is_none()).unwrap().id
}

async fn calls(world: &World, path: &str, server: &str) {
    let now = world.app.now().unwrap();
    let row = ContactRow {
        key: only_key(world, path).await,
        server: server.to_owned(),
        client: "authx-openvpn/0.1.0".to_owned(),
        address: Some("192.0.2.7".to_owned()),
        ahead_secs: 0,
        first: now,
        last: now,
    };
    world.app.contacts.note(Contact { tenant: world.tenant, application: id(path), row });
    write(&world.app).await.unwrap();
}

#[tokio::test]
async fn three_clicks_lead_to_the_three_values_and_the_key_is_seen_once() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let page = browser.get(world, "/applications").await;
        assert!(page.shown().contains("Protect your first VPN"));
        let page = browser.get(world, "/applications/protect").await;
        assert!(
            page.shown().contains("OpenVPN Access Server") && page.text.contains("Generic API")
        );

        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let page = browser.get(world, &path).await;
        let text = page.shown();
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-store");
        let key = page.between("<code>axk_", "</code>");
        assert_eq!(key.len(), 49);
        assert!(text.contains(&id(&path).to_string()) && text.contains("https://mfa.example.com"));
        assert!(text.contains("Waiting for the first request") && text.contains("every 2s"));
        assert!(text.contains("“Berlin VPN” protected."), "the toast");
        for path in [&path, &format!("{path}/keys"), "/applications"] {
            let page = browser.get(world, path).await;
            assert!(!page.shown().contains("axk_"), "a reload shows it hidden: {path}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_request_turns_the_page_green_and_shows_who_called() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let page = browser.get(world, &path).await;
        assert!(!page.shown().contains("<details class=\"small\" open>"));
        world.clock.advance_secs(301);
        let page = browser.get(world, &path).await;
        assert!(page.shown().contains("<details class=\"small\" open>"), "the causes open");
        calls(world, &path, "<i>vpn1</i>").await;
        let page = browser.get(world, &path).await;
        let text = page.shown();
        assert!(text.contains("In use") && !text.contains("every 2s"));
        assert!(text.contains("&#60;i&#62;vpn1&#60;/i&#62;") && text.contains("192.0.2.7"));
        world.clock.advance_secs(25 * 3_600);
        let mut later = owner_again(world).await;
        assert!(later.get(world, &path).await.shown().contains("Silent since"));
        let list = later.get(world, "/applications?state=silent").await;
        assert!(list.shown().contains("Berlin VPN") && list.text.contains("1 server"));
    })
    .await;
}

async fn owner_again(world: &World) -> Browser {
    world.signed_in("oscar", Some(Role::Owner)).await
}

/// Of two hosts one falls silent: the application is in use, and somebody should look.
#[tokio::test]
async fn a_host_that_falls_silent_beside_others_is_a_notice() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        calls(world, &path, "vpn1").await;
        calls(world, &path, "vpn2").await;
        assert!(!browser.get(world, "/dashboard").await.shown().contains("has not called"));
        world.clock.advance_secs(25 * 3_600);
        calls(world, &path, "vpn2").await;
        let mut browser = owner_again(world).await;
        let page = browser.get(world, "/dashboard").await;
        assert!(
            page.shown().contains("Berlin VPN: vpn1 has not called for a day"),
            "{}",
            page.text
        );
        assert!(!page.text.contains("Berlin VPN is silent"));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_protected_so_comes_back_as_it_was_typed() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let long = "x".repeat(200);
        let arabic = "مكتب برلين";
        protect(world, &mut browser, arabic, "api").await;
        for (kind, called, key, says) in [
            ("openvpn", "", "k", "at least one visible character"),
            ("openvpn", &*long, "k", "at most 128 characters"),
            ("openvpn", "Lab", "a\u{202e}b", "no control or invisible"),
            ("portal", "Lab", "k", "Choose what is to be protected"),
            ("", "Lab", "k", "Choose what is to be protected"),
            ("api", arabic, "k", "already an application"),
        ] {
            let fields = [("type", kind), ("name", called), ("key_name", key)];
            let page = browser.post(world, "/applications/protect", &fields).await;
            assert!(page.refused().contains(says), "{says}: {}", page.text);
            assert!(
                page.text.contains("aria-invalid=\"true\"") || kind.is_empty() || kind == "portal"
            );
        }
        let fields = [("type", "openvpn"), ("name", HOSTILE), ("key_name", "")];
        let page = browser.post(world, "/applications/protect", &fields).await;
        assert!(
            page.refused().contains("&#60;b&#62;Lab&#60;/b&#62;") && !page.text.contains("<b>Lab")
        );
        let path = protect(world, &mut browser, HOSTILE, "openvpn-access-server").await;
        for tab in ["", "/install", "/keys", "/policy", "/settings", "/delete"] {
            let page = browser.get(world, &format!("{path}{tab}")).await;
            assert!(!page.shown().contains("<b>Lab"), "{tab}");
        }
        assert_eq!(applications::list(&world.app, world.tenant).await.unwrap().len(), 2);
    })
    .await;
}

#[tokio::test]
async fn keys_are_made_renamed_revoked_and_restored() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let keys = format!("{path}/keys");
        let made = browser.post(world, &keys, &[("key_name", "vpn2")]).await;
        assert_eq!(made.to(), keys);
        let page = browser.get(world, &keys).await;
        assert!(page.shown().contains("axk_") && page.text.contains("The new key “vpn2”"));
        let twice = browser.post(world, &keys, &[("key_name", "VPN2")]).await;
        assert!(twice.refused().contains("already has a key") && twice.text.contains("VPN2"));

        let key = keys::find(&world.app, world.tenant, id(&path), "vpn2").await.unwrap().id;
        let renamed =
            browser.post(world, &format!("{keys}/{key}/rename"), &[("name", "vpn3")]).await;
        assert_eq!(renamed.to(), keys);
        let empty = browser.post(world, &format!("{keys}/{key}/rename"), &[("name", " ")]).await;
        assert!(empty.refused().contains("at least one visible character"));
        for _ in 0..2 {
            let revoked = browser.post(world, &format!("{keys}/{key}/revoke"), &[]).await;
            assert_eq!(revoked.to(), keys, "pressed twice is revoked once");
        }
        let page = browser.get(world, &keys).await;
        let undo = between(
            page.shown(),
            "<span>Key “vpn3” revoked.</span><form method=\"post\" action=\"",
            "\"",
        );
        let undo = undo.unwrap().to_owned();
        assert_eq!(browser.post(world, &undo, &[]).await.to(), keys);
        assert_eq!(keys::find(&world.app, world.tenant, id(&path), "vpn3").await.unwrap().id, key);

        browser.post(world, &format!("{keys}/{key}/revoke"), &[]).await;
        world.clock.advance_secs(601);
        let mut browser = owner_again(world).await;
        let late = browser.post(world, &undo, &[]).await;
        assert!(late.refused().contains("ten minutes are over"));
        let other = format!("{keys}/{}/revoke", KeyId::from_bytes([9; 16]));
        assert_eq!(browser.post(world, &other, &[]).await.status, StatusCode::NOT_FOUND);
    })
    .await;
}

/// Whoever confirms reads what for, by name; an address alone tells no names.
#[tokio::test]
async fn a_step_up_names_the_deed() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let key = keys::list(&world.app, world.tenant, id(&path)).await.unwrap().remove(0);
        let mut auditor = world.signed_in("rita", Some(Role::Auditor)).await;
        world.clock.advance_secs(301);
        let keys = format!("{path}/keys");
        let revoke = format!("{keys}/{}/revoke", key.id);
        for (to, title, keep) in [
            (&revoke, format!("Revoke the key {}", key.name), "Keep it as it is"),
            (&keys, "Make a key for Berlin VPN".to_owned(), "Not now"),
        ] {
            assert_eq!(browser.post(world, to, &[("key_name", "k")]).await.to(), "/confirm");
            let page = browser.get(world, "/confirm").await;
            assert!(page.shown().contains(&format!("<h1>{title}</h1>")), "{}", page.main());
            assert!(page.text.contains(keep), "{}", page.main());
        }
        let page = auditor.get(world, &format!("/confirm?next={revoke}")).await;
        assert!(page.shown().contains("<h1>Revoke a key</h1>"), "{}", page.main());
        let page = auditor.get(world, "/me/phone").await;
        let page = auditor.get(world, page.to()).await;
        assert!(page.shown().contains("<h1>Add a phone</h1>"), "{}", page.main());
        assert!(page.text.contains("name=\"next\" value=\"/me/phone\""), "{}", page.main());
    })
    .await;
}

#[tokio::test]
async fn nothing_is_made_before_the_second_factor_is_given_again() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let keys = format!("{path}/keys");
        world.clock.advance_secs(301);
        for (to, fields) in [
            (keys.clone(), vec![("key_name", "vpn2")]),
            (format!("{path}/package"), vec![("package_key", "vpn2")]),
            (format!("{path}/delete"), vec![("typed", "Berlin VPN")]),
            (format!("{path}/audience"), vec![("who", "everyone"), ("asked", "everyone")]),
            (
                "/applications/protect".to_owned(),
                vec![("type", "api"), ("name", "a"), ("key_name", "k")],
            ),
        ] {
            let page = browser.post(world, &to, &fields).await;
            assert!(page.to().starts_with("/confirm"), "{to}: {}", page.to());
        }
        let all = keys::list(&world.app, world.tenant, id(&path)).await.unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(applications::list(&world.app, world.tenant).await.unwrap().len(), 1);
        // What shows no secret needs none.
        assert_eq!(browser.get(world, &keys).await.status, StatusCode::OK);
    })
    .await;
}

#[tokio::test]
async fn the_package_is_downloaded_without_a_key_or_with_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("authx-openvpn_0.1.0-1_amd64.deb"), b"!<arch>").unwrap();
    let database = Database::sqlite();
    let store = database.store().await;
    let world = World::with(store, |app| app.packages_directory = directory.path().into()).await;
    let world = &world;
    let mut browser = owner(world).await;
    let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
    let page = browser.get(world, &format!("{path}/install")).await;
    assert!(page.shown().contains("unzip berlin-vpn.zip") && page.text.contains("install.sh"));
    assert!(page.text.contains("authx-openvpn_0.1.0-1_amd64.deb"), "its sum");

    let plain = browser.get(world, &format!("{path}/package")).await;
    assert_eq!(plain.status, StatusCode::OK);
    let named = plain.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
    assert_eq!(named, "attachment; filename=\"berlin-vpn.zip\"");
    assert!(plain.text.starts_with("PK") && !plain.text.contains("axk_A"));
    let before = keys::list(&world.app, world.tenant, id(&path)).await.unwrap().len();
    let fields = [("package_key", "vpn2")];
    let keyed = browser.post(world, &format!("{path}/package"), &fields).await;
    assert_eq!(keyed.headers[header::CACHE_CONTROL], "no-store");
    assert!(keyed.text.contains("authx-openvpn/application.key"));
    let again = browser.post(world, &format!("{path}/package"), &fields).await;
    assert!(again.refused().contains("already has a key"));
    assert_eq!(keys::list(&world.app, world.tenant, id(&path)).await.unwrap().len(), before + 1);

    let api = protect(world, &mut browser, "Builds", "api").await;
    let page = browser.get(world, &format!("{api}/install")).await;
    // Runs where there is nothing but a shell: e2e does so. No source tree is spoken of.
    let said = page.shown();
    let url = "https://mfa.example.com";
    let named = format!("export AUTHX_URL={url} AUTHX_APP={}\n", api.rsplit('/').next().unwrap());
    assert!(said.contains(&named) && said.contains("def call(origin"), "{said}");
    assert!(said.contains(&format!("href=\"{url}/api/v1/openapi.json\"")));
    for absent in ["docs/", "crates/", "HMAC:", "axk_A"] {
        assert!(!page.main().contains(absent), "{absent}");
    }
    let none = browser.get(world, &format!("{api}/package")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_server_without_the_agents_package_says_what_to_do_and_makes_no_key() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let page = browser.get(world, &format!("{path}/install")).await;
        assert!(page.shown().contains("packages_directory"));
        let page = browser.post(world, &format!("{path}/package"), &[("package_key", "x")]).await;
        assert!(page.refused().contains("packages_directory"));
        assert_eq!(keys::list(&world.app, world.tenant, id(&path)).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn settings_say_what_is_wrong_and_what_is_changed() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        protect(world, &mut browser, "Other", "openvpn").await;
        let staff =
            groups::create(&world.app, &world.by, world.tenant, &name("Staff")).await.unwrap();
        let staff = staff.to_string();
        let settings = format!("{path}/settings");
        for (called, domain, says) in [
            ("", "", "at least one visible character"),
            ("OTHER", "", "already an application"),
            ("Berlin VPN", "corp example", "“corp example” is no domain"),
        ] {
            let fields = [("name", called), ("domain_suffix", domain)];
            let page = browser.post(world, &settings, &fields).await;
            assert!(page.refused().contains(says), "{}", page.text);
            assert!(page.text.contains(&format!("value=\"{called}\"")));
        }
        let fields =
            [("name", "Rome VPN"), ("domain_suffix", "@corp.example"), ("switched_off", "on")];
        assert_eq!(browser.post(world, &settings, &fields).await.to(), settings);
        let page = browser.get(world, &settings).await;
        assert!(
            page.shown().contains("Switched off") && page.text.contains("value=\"corp.example\"")
        );

        let audience = format!("{path}/audience");
        let none = browser.post(world, &audience, &[("who", "groups"), ("asked", "pilot")]).await;
        assert!(
            none.refused().contains("Tick the groups") && none.text.contains("Tick the group that")
        );
        let strange = [("who", "groups"), ("gate", "grp_x")];
        assert_eq!(browser.post(world, &audience, &strange).await.status, StatusCode::NOT_FOUND);
        let fields = [("who", "groups"), ("gate", &*staff), ("asked", "pilot"), ("pilot", &*staff)];
        assert_eq!(browser.post(world, &audience, &fields).await.to(), settings);
        let page = browser.get(world, &path).await;
        assert!(page.shown().contains("only Staff is asked for a second factor"));
        let seen = applications::get(&world.app, world.tenant, id(&path)).await.unwrap();
        assert_eq!((seen.state, seen.pilot.len()), (State::SwitchedOff, 1));
        assert_eq!(seen.groups.unwrap()[0].name, "Staff");
    })
    .await;
}

#[tokio::test]
async fn an_application_goes_only_with_its_name_typed() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let delete = format!("{path}/delete");
        assert!(
            browser.get(world, &delete).await.shown().contains("Its key stops counting at once")
        );
        let wrong = browser.post(world, &delete, &[("typed", "Berlin")]).await;
        assert!(
            wrong.refused().contains("Type “Berlin VPN”")
                && wrong.text.contains("value=\"Berlin\"")
        );
        assert_eq!(
            browser.post(world, &delete, &[("typed", "Berlin VPN")]).await.to(),
            "/applications"
        );
        assert!(
            browser.get(world, "/applications").await.shown().contains("“Berlin VPN” deleted.")
        );
        assert_eq!(browser.get(world, &path).await.status, StatusCode::NOT_FOUND);
        let again = browser.post(world, &delete, &[("typed", "Berlin VPN")]).await;
        assert_eq!(again.status, StatusCode::NOT_FOUND);
    })
    .await;
}

#[tokio::test]
async fn another_companys_application_is_not_there() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let theirs: TenantId = {
            let made = authx::admin::tenants::create(&world.app, &world.by, &name("Theirs")).await;
            made.unwrap().id
        };
        let kind = ApplicationKind::OpenvpnAccessServer;
        let called = name("Secret VPN");
        let made = applications::create(&world.app, &world.by, theirs, &called, kind, &called)
            .await
            .unwrap();
        let mine = protect(world, &mut browser, "Mine", "openvpn").await;
        browser.get(world, &mine).await;
        for route in routes() {
            if !route.path.starts_with("/applications/{id}") {
                continue;
            }
            let path = route.path.replace("{id}", &made.id.to_string());
            let path = path.replace("{key}", &made.key.id.to_string());
            let page = match route.method {
                Method::GET => browser.get(world, &path).await,
                _ => {
                    browser.post(world, &path, &[("typed", "Secret VPN"), ("key_name", "x")]).await
                }
            };
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{route:?}");
            assert!(!page.text.contains("Secret VPN"), "{route:?}");
        }
        // A key of another application, under one's own.
        for deed in ["rename", "restore", "revoke"] {
            let path = format!("{mine}/keys/{}/{deed}", made.key.id);
            let page = browser.post(world, &path, &[("name", "x")]).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{deed}");
        }
        let list = browser.get(world, "/applications").await;
        assert!(!list.shown().contains("Secret VPN"));
    })
    .await;
}

#[tokio::test]
async fn whoever_only_reads_sees_no_button_that_would_be_refused() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let path = protect(world, &mut browser, "Berlin VPN", "openvpn").await;
        let mut reader = world.signed_in("rita", Some(Role::Auditor)).await;
        for page in ["", "/install", "/keys", "/policy"] {
            let page = reader.get(world, &format!("{path}{page}")).await;
            let main = between(page.shown(), "<main", "</main>").unwrap();
            assert!(!main.contains("method=\"post\"") && !main.contains("/settings"), "{main}");
        }
        let list = reader.get(world, "/applications").await;
        assert!(!list.shown().contains("/applications/protect"));
    })
    .await;
}

#[tokio::test]
async fn the_list_searches_sorts_and_pages_in_its_url() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        for number in 0..30 {
            let (kind, called) = (ApplicationKind::Openvpn, name(&format!("VPN {number:02}")));
            let made =
                applications::create(&world.app, &world.by, world.tenant, &called, kind, &called);
            made.await.unwrap();
        }
        let first = browser.get(world, "/applications").await;
        assert!(first.shown().contains("1–25 of 30") && first.text.contains("VPN 24"));
        assert!(!first.text.contains("VPN 25"));
        let next = between(&first.text, "rel=\"next\"", ">").is_some();
        assert!(next, "{}", first.text);
        let href = first.text.split("href=\"/applications?after=").nth(1).unwrap();
        let href = format!(
            "/applications?after={}",
            href.split('"').next().unwrap().replace("&#38;", "&")
        );
        let second = browser.get(world, &href).await;
        assert!(second.shown().contains("VPN 29") && !second.text.contains("VPN 24"));
        let found = browser.get(world, "/applications?q=vpn+07").await;
        assert!(found.shown().contains("VPN 07") && !found.text.contains("VPN 08"));
        let none = browser.get(world, "/applications?q=%3Cb%3E").await;
        assert!(none.shown().contains("No application matches"));
        let down = browser.get(world, "/applications?sort=-name").await;
        assert!(down.shown().contains("VPN 29") && !down.text.contains("VPN 04"));
    })
    .await;
}
