use super::world::{Browser, World, on_each_engine};
use authx::{
    admin::applications::{self, ApplicationKind},
    app::About,
    store::Batch,
};
use authx_core::{
    ApplicationId, LoginId, TenantId, UserId, audit::EventKind, audit::Retention, name::Name,
    role::Role,
};
use axum::http::{StatusCode, header};
use serde_json::{Map, Value, json};

/// What an entry of a login says of it.
pub(super) struct Told {
    pub(super) login: LoginId,
    pub(super) user: Option<UserId>,
    pub(super) code: &'static str,
}

pub(super) async fn tell(
    world: &World,
    tenant: TenantId,
    told: &Told,
    kind: EventKind,
    more: Value,
) {
    let about = About {
        user: told.user,
        application: Some(ApplicationId::from_bytes([5; 16])),
        login: Some(told.login),
        support_code: Some(told.code.to_owned()),
    };
    let mut detail = Map::from_iter([
        ("user".to_owned(), json!("alice")),
        ("address".to_owned(), json!("192.0.2.7")),
        ("first_factor".to_owned(), json!("password")),
        ("server".to_owned(), json!("vpn-1")),
    ]);
    let Value::Object(more) = more else { unreachable!() };
    detail.extend(more);
    let now = world.app.now().unwrap();
    let batch = world.app.record(Batch::default(), now, tenant, kind, about, detail);
    world.app.store.commit(batch).await.unwrap();
}

/// One login that a phone approved, one that was refused, thirty more that were, and one of another
/// company.
pub(super) async fn some(world: &World) -> LoginId {
    let name = Name::new("Other").unwrap();
    let other = authx::admin::tenants::create(&world.app, &world.by, &name).await.unwrap().id;
    let user = world.account(world.tenant, "alice", None).await;
    for number in 0..30_u8 {
        let login = LoginId::from_bytes([number + 50; 16]);
        let told = Told { login, user: Some(user), code: "ABCDEF" };
        let reason = json!({"reason": "wrong_code", "after_ms": 0});
        tell(world, world.tenant, &told, EventKind::LoginRefused, reason).await;
        world.clock.advance_secs(20);
    }
    let login = LoginId::from_bytes([1; 16]);
    let told = Told { login, user: Some(user), code: "K7QF2M" };
    tell(world, world.tenant, &told, EventKind::LoginBegan, json!({"after_ms": 0})).await;
    world.clock.advance_secs(2);
    tell(world, world.tenant, &told, EventKind::PhoneAsked, json!({"after_ms": 2_000})).await;
    world.clock.advance_secs(7);
    let by = json!({"by": "push", "after_ms": 9_000});
    tell(world, world.tenant, &told, EventKind::LoginAllowed, by).await;
    let login = LoginId::from_bytes([2; 16]);
    let told = Told { login, user: None, code: "R3DZ7Q" };
    tell(world, world.tenant, &told, EventKind::LoginRefused, json!({"reason": "fraud"})).await;
    let login = LoginId::from_bytes([3; 16]);
    let told = Told { login, user: None, code: "T8XK3N" };
    tell(world, other, &told, EventKind::LoginRefused, json!({"reason": "fraud"})).await;
    authx::app::testing::read_all(&world.app).await;
    login
}

async fn page(browser: &mut Browser, world: &World, path: &str) -> String {
    let page = browser.get(world, path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
    assert!(page.text.len() < 100_000, "{path}: {} bytes", page.text.len());
    page.text
}

/// Who has protected a VPN already is not told to protect one.
#[tokio::test]
async fn an_empty_page_leads_on_to_the_first_login() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let mut reader = world.signed_in("rita", Some(Role::ReadOnly)).await;
        let kind = ApplicationKind::Openvpn;
        let names = ["Berlin VPN", "Paris VPN"].map(|text| Name::new(text).unwrap());
        let mut protected = names.iter();
        let mut to = "/applications/protect".to_owned();
        loop {
            for path in ["/dashboard", "/logins"] {
                let main = format!("<a class=\"btn main\" href=\"{to}\">");
                let shown = page(&mut owner, world, path).await;
                assert!(shown.contains(&main), "{path}: {main}");
                assert!(!page(&mut reader, world, path).await.contains("btn main"), "{path}");
            }
            let Some(name) = protected.next() else { break };
            let made = applications::create(app, by, tenant, name, kind, name).await.unwrap();
            to = match protected.len() {
                0 => "/applications".to_owned(),
                _ => format!("/applications/{}/install", made.id),
            };
        }
    })
    .await;
}

#[tokio::test]
async fn logins_are_listed_searched_and_opened() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let empty = page(&mut owner, world, "/logins").await;
        assert!(empty.contains("Nobody has signed in yet"));
        let foreign = some(world).await;
        let list = page(&mut owner, world, "/logins").await;
        assert!(list.contains("1–25 of 32") && list.contains("Granted") && list.contains("Not me"));
        assert!(list.contains("every 2s") && list.contains("data-calm"));
        let next = list.split("rel=\"next\"").next().unwrap();
        let next = next.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
        let next = next.replace("&#38;", "&").replace("&amp;", "&");
        let older = page(&mut owner, world, &next).await;
        assert!(older.contains("26–32 of 32") && !older.contains("every 2s"), "{older}");

        // A pasted code goes straight to its login, with its steps.
        let found = page(&mut owner, world, "/logins?q=k7qf2m").await;
        assert!(found.contains("1 of 1") && found.contains("Steps of this login"), "{found}");
        assert!(found.contains("Asked by vpn-1") && found.contains("Approved"));
        let refused = page(&mut owner, world, "/logins?q=R3DZ7Q").await;
        assert!(refused.contains("The user read") && refused.contains("[R3DZ7Q]"));
        let one = LoginId::from_bytes([1; 16]);
        assert!(page(&mut owner, world, &format!("/logins/{one}")).await.contains("9.0 s"));

        // Another company's is not there, however one asks.
        let none = page(&mut owner, world, "/logins?q=T8XK3N").await;
        assert!(none.contains("No login matches “T8XK3N”"), "{none}");
        let gone = owner.get(world, &format!("/logins/{foreign}")).await;
        assert_eq!(gone.status, StatusCode::NOT_FOUND);
        assert_eq!(owner.get(world, "/logins/log_nonsense").await.status, StatusCode::NOT_FOUND);
        let filtered = page(&mut owner, world, "/logins?outcome=granted&reason=&time=24h").await;
        assert!(filtered.contains("1 of 1") && filtered.contains("K7QF2M"));
        let paused = page(&mut owner, world, "/logins?live=off").await;
        assert!(paused.contains("Follow live") && !paused.contains("every 2s"));
    })
    .await;
}

#[tokio::test]
async fn a_wish_that_makes_no_sense_still_shows_the_list_and_says_so() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        some(world).await;
        for (query, said) in [
            ("from=32+August", "“32 August” is no time"),
            ("until=2026-13-01T00:00:00Z", "is no time"),
            ("outcome=won", "“won” is no result"),
            ("reason=%3Cb%3E", "&#60;b&#62;” is no reason"),
            ("time=99y", "“99y” is no period"),
            ("user=alice", "“alice” is no user"),
            ("application=%27%3B--", "is no application"),
            ("after=nonsense", "no place"),
            ("after=1.2&at=99999999999999999999", ""),
        ] {
            let text = page(&mut owner, world, &format!("/logins?{query}")).await;
            assert!(text.contains(said), "{query}: {text}");
            assert!(!text.contains("<b>”"), "{query}");
        }
        let huge = "x".repeat(20_000);
        page(&mut owner, world, &format!("/logins?q={huge}&factor={huge}")).await;
        let hint = page(&mut owner, world, "/logins?q=K0QF2M").await;
        assert!(hint.contains("Codes have no 0, O, 1, I or L."));
        for path in ["/record?after=x&from=y&user=z", "/deliveries?arrived=x&after=y"] {
            page(&mut owner, world, path).await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_may_not_does_not() {
    on_each_engine(async |world| {
        some(world).await;
        let mut help = world.signed_in("hans", Some(Role::HelpDesk)).await;
        let list = page(&mut help, world, "/logins").await;
        assert!(!list.contains("/logins/export"), "no button for what may not be done");
        for path in ["/logins/export", "/record", "/record/export", "/settings/record"] {
            assert_eq!(help.get(world, path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
        let mut plain = world.signed_in("paul", None).await;
        for path in ["/logins", "/dashboard", "/deliveries", "/logins/export"] {
            assert_eq!(plain.get(world, path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_is_a_file_too_and_that_is_recorded() {
    on_each_engine(async |world| {
        some(world).await;
        let mut auditor = world.signed_in("aida", Some(Role::Auditor)).await;
        let file = auditor.get(world, "/logins/export?outcome=granted").await;
        assert_eq!(file.status, StatusCode::OK);
        assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        let named = file.headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(named, "attachment; filename=\"authx-logins.csv\"");
        assert_eq!(file.text.lines().count(), 2, "{}", file.text);
        assert!(file.text.contains("K7QF2M"));
        let lines = auditor.get(world, "/logins/export?format=json").await.text;
        assert_eq!(lines.lines().count(), 32);
        assert!(!lines.contains("T8XK3N"), "another company's");
        let record = page(&mut auditor, world, "/record").await;
        assert!(record.contains("Record exported") && record.contains("aida"), "{record}");
    })
    .await;
}

#[tokio::test]
async fn the_time_for_the_record_is_set_and_changes_are_shown() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let form = page(&mut owner, world, "/settings/record").await;
        assert!(form.contains("Nothing has been removed yet"));
        let fields = [("logins_days", "5"), ("actions_days", "<b>")];
        let refused = owner.post(world, "/settings/record", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("“5” is not 30 to 36525 days. Try 365."), "{}", refused.text);
        let fields = [("logins_days", "90"), ("actions_days", ""), ("hold", "on")];
        let set = owner.post(world, "/settings/record", &fields).await;
        assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.text);
        let standing = authx::admin::retention::standing(&world.app, world.tenant).await.unwrap();
        let wanted = Retention { logins_days: Some(90), actions_days: None, hold: true };
        assert_eq!(standing.retention, wanted);
        let record = page(&mut owner, world, "/record?kind=retention_set").await;
        assert!(record.contains("logins_days") && record.contains("2 values changed"), "{record}");
    })
    .await;
}

#[tokio::test]
async fn deliveries_are_empty_before_the_first() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let phones = page(&mut owner, world, "/deliveries").await;
        assert!(phones.contains("Nothing was sent to a phone yet"));
        let none = page(&mut owner, world, "/deliveries?arrived=no").await;
        assert!(none.contains("No delivery matches"));
        page(&mut owner, world, "/deliveries/mail").await;
    })
    .await;
}
