//! One search that leads to whatever a support code stands in, and logs that are followed and taken
//! away.

use crate::{
    company::Company,
    logs::some,
    world::{Browser, World, on_each_engine},
};
use authx::{
    admin::letters,
    app::About,
    store::{
        Batch,
        deliveries::{DeliveryState, Filter, NewDelivery},
        requests::NewRequest,
    },
};
use authx_core::{ApplicationId, DeliveryId, LoginId, UserId, audit::EventKind, role::Role};
use axum::http::{StatusCode, header};
use serde_json::Map;

const CODE: &str = "GHJKMN";

async fn page(browser: &mut Browser, world: &World, path: &str) -> String {
    browser.get(world, path).await.shown().to_owned()
}

/// A mail that went, with the code that stands in it, and what the record says of that.
async fn mailed(world: &World, user: UserId) {
    let (app, tenant) = (&world.app, world.tenant);
    let now = app.now().unwrap();
    let mail = NewDelivery {
        id: app.decide(now, DeliveryId::new),
        tenant,
        kind: "recovery_made",
        account: Some(user),
        recipient: None,
        content: None,
        state: DeliveryState::NotSent,
        created: now,
        until: now,
        support_code: CODE.to_owned(),
        error: Some("mail is not set up: see [mail] in the configuration".to_owned()),
    };
    let about = About { user: Some(user), support_code: Some(CODE.to_owned()), ..About::default() };
    let batch = Batch::default().queue_delivery(mail);
    let batch = app.record(batch, now, tenant, EventKind::MailSent, about, Map::new());
    app.store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_code_is_found_whichever_log_it_is_in() {
    on_each_engine(async |world| {
        some(world).await;
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let user = world.account(world.tenant, "mara", None).await;
        mailed(world, user).await;

        let logins = page(&mut owner, world, "/logins?q=ghjkmn").await;
        assert!(logins.contains("No login matches"), "{logins}");
        for way in ["/record?q=ghjkmn", "/deliveries/mail?q=ghjkmn"] {
            assert!(logins.contains(&format!("href=\"{way}\"")), "{way}: {logins}");
            let found = page(&mut owner, world, way).await;
            assert!(found.contains("1 of 1") && found.contains(CODE), "{way}: {found}");
        }
        assert!(!logins.contains("href=\"/deliveries?q="), "no phone was asked: {logins}");
        let mail = page(&mut owner, world, "/deliveries/mail").await;
        assert!(mail.contains("mail is not set up") && !mail.contains("no address"), "{mail}");
        let record = page(&mut owner, world, "/record?q=K7QF2M").await;
        assert!(record.contains("href=\"/logins?q=K7QF2M\""), "{record}");
        let log = page(&mut owner, world, &format!("/users/{user}/log?q={CODE}")).await;
        assert!(log.contains("Mail sent") && log.contains("1 of 1"), "{log}");

        // Who may not read a log is led to none.
        let mut help = world.signed_in("hans", Some(Role::HelpDesk)).await;
        let logins = page(&mut help, world, "/logins?q=GHJKMN").await;
        assert!(logins.contains("href=\"/deliveries/mail?q=GHJKMN\""), "{logins}");
        assert!(!logins.contains("href=\"/record"), "{logins}");
        // Another company's is nowhere.
        let none = page(&mut owner, world, "/logins?q=T8XK3N").await;
        assert!(!none.contains("another log"), "{none}");
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_was_asked_is_found_by_the_code_of_its_login() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let (app, tenant, account) = (&world.app, company.tenant, company.owner);
        let phones = [company.phone(world, account).await, company.phone(world, account).await];
        let login: LoginId = company.id("login").parse().unwrap();
        let application: ApplicationId = company.id("application").parse().unwrap();
        let now = app.now().unwrap();
        let (kind, detail, expires) = ("approval", "{}", now.plus_secs(60));
        let request =
            NewRequest { tenant, login, account, application, kind, detail, created: now, expires };
        let batch =
            phones.iter().fold(Batch::default(), |it, phone| it.ask_phone(*phone, &request));
        app.store.commit(batch).await.unwrap();
        let mut owner = company.browser(world).await;
        let found = page(&mut owner, world, "/deliveries?q=K7QF2M").await;
        assert_eq!(found.matches("Not arrived</span>").count(), 2, "{found}");
        assert!(found.contains("href=\"/logins?q=K7QF2M\""), "{found}");
        let none = page(&mut owner, world, "/deliveries?q=K7QF2X").await;
        assert!(none.contains("No delivery matches"), "{none}");
        let some = page(&mut owner, world, "/deliveries?arrived=no&q=olga").await;
        assert!(some.contains("K7QF2M"), "{some}");
        let csv = owner.get(world, "/deliveries/export?q=K7QF2M").await;
        assert!(csv.text.starts_with("created,kind,state,user,"), "{}", csv.text);
        assert_eq!(csv.text.lines().count(), 3, "{}", csv.text);
    })
    .await;
}

#[tokio::test]
async fn a_log_is_taken_away_as_it_is_filtered_in_both_forms() {
    on_each_engine(async |world| {
        some(world).await;
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let user = world.account(world.tenant, "mara", None).await;
        mailed(world, user).await;
        for (list, filter) in [
            ("/logins", "outcome=granted"),
            ("/record", "kind=mail_sent"),
            ("/deliveries/mail", "state=not_sent"),
        ] {
            let shown = page(&mut owner, world, &format!("{list}?{filter}")).await;
            let csv = format!("{list}/export?{filter}");
            let json = format!("{csv}&format=json");
            for way in [&csv, &json] {
                let link = format!("href=\"{}\"", way.replace('&', "&#38;"));
                assert!(shown.contains(&link), "{link}: {shown}");
            }
            let csv = owner.get(world, &csv).await;
            assert_eq!((csv.status, csv.text.lines().count()), (StatusCode::OK, 2), "{}", csv.text);
            let json = owner.get(world, &json).await;
            assert_eq!(json.headers[header::CONTENT_TYPE], "application/x-ndjson");
            assert_eq!(json.text.lines().count(), 1, "{}", json.text);
        }
        let mut reader = world.signed_in("rita", Some(Role::ReadOnly)).await;
        for list in ["/logins", "/record", "/deliveries", "/deliveries/mail"] {
            let shown = page(&mut reader, world, list).await;
            assert!(!shown.contains("/export"), "{list}: {shown}");
            let refused = reader.get(world, &format!("{list}/export")).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{list}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_newest_rows_of_every_log_come_by_themselves() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let user = world.account(world.tenant, "mara", None).await;
        mailed(world, user).await;
        for list in ["/record", "/deliveries/mail"] {
            let live = page(&mut owner, world, list).await;
            assert!(live.contains("every 2s") && live.contains("Pause"), "{list}: {live}");
            let still = page(&mut owner, world, &format!("{list}?live=off")).await;
            assert!(!still.contains("every 2s") && still.contains("Follow live"), "{list}");
            let sort = if list == "/record" { "at" } else { "created" };
            let old = page(&mut owner, world, &format!("{list}?sort={sort}")).await;
            assert!(!old.contains("every 2s"), "{list}: from the oldest on nothing comes");
        }
        // A day is one, from its beginning to its end; another one is none of it.
        let day = authx_core::wire::login::Rfc3339(world.app.now().unwrap());
        let day = String::from(day);
        let day = day.split('T').next().unwrap();
        let today = page(&mut owner, world, &format!("/record?from={day}&until={day}")).await;
        assert!(today.contains("Mail sent"), "{today}");
        let before = page(&mut owner, world, "/record?until=2000-01-01").await;
        assert!(before.contains("No action matches"), "{before}");
        let odd = page(&mut owner, world, "/record?from=2000-13-01&application=x").await;
        assert!(odd.contains("“2000-13-01” is no time") && odd.contains("is no application"));
        let filter = Filter::default();
        let found = letters::deliveries(&world.app, world.tenant, &filter, None, 5).await.unwrap();
        assert_eq!((found.total, found.more), (1, false));
    })
    .await;
}
