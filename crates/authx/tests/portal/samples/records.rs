//! What is written down, sent and answered: what if, tokens, retention, deliveries, notices.

use super::{LONG, in_world, keep, kept, login, phone, user, vpn};
use crate::world::{PASSWORD, World};
use authx::{
    admin::policies::{Target, set},
    store::{Batch, requests::NewRequest},
};
use authx_core::{ApplicationId, UserId, audit::EventKind, policy::Document, role::Role};
use serde_json::json;

#[tokio::test]
async fn what_if_is_answered() {
    in_world(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let vpn = vpn(world, "Berlin VPN").await;
        let anna = user(world, "anna", "Anna Arnold", None).await;
        world.password(tenant, anna, PASSWORD).await;
        user(world, "w.hildebrandt@example.com", LONG, None).await;
        let path = |user: &str, more: &str| {
            format!("/policies/what-if?application={vpn}&user={user}&address=192.0.2.7{more}")
        };
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let long = "w.hildebrandt@example.com";
        keep(world, &mut olga, &path(long, ""), "what-if-refused").await;
        world.authenticator(anna).await;
        phone(world, anna, "Pocket").await;
        keep(world, &mut olga, &path("anna", ""), "what-if-asked").await;
        let page = olga.get(world, &path("nobody", "&at=tomorrow")).await;
        page.refused();
        kept("what-if-wrong", &page);
        let off = Document::from_json(r#"{"second_factor":"off"}"#).unwrap();
        set(app, by, tenant, Target::Application(vpn), off).await.unwrap();
        let page = olga.get(world, &path("anna", "")).await;
        assert!(page.shown().contains("Let in without a second factor"));
        kept("what-if-let-in", &page);
    })
    .await;
}

#[tokio::test]
async fn a_token_is_shown_once() {
    in_world(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        keep(world, &mut olga, PATH, "tokens-first").await;
        let wish = [
            ("name", "nightly import"),
            ("life", "30"),
            ("scope", "users.read"),
            ("scope", "logs.read"),
        ];
        olga.post(world, PATH, &wish).await.to();
        let page = olga.get(world, PATH).await;
        assert!(page.shown().contains("axt_"));
        kept("token-once", &page);
        let wish = [
            ("name", "Überwachung der Anmeldungen im Rechenzentrum Nord"),
            ("life", "90"),
            ("scope", "dashboard.read"),
        ];
        olga.post(world, PATH, &wish).await.to();
        olga.get(world, PATH).await;
        let id = authx::admin::tokens::list(&world.app, world.tenant).await.unwrap()[0].id;
        olga.post(world, &format!("{PATH}/{id}/revoke"), &[]).await.to();
        keep(world, &mut olga, PATH, "token-revoked").await;
        let page = olga.post(world, PATH, &[("name", ""), ("life", "90")]).await;
        page.refused();
        kept("token-refused", &page);
    })
    .await;
}

#[tokio::test]
async fn the_record_is_kept_for_some_time() {
    in_world(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        keep(world, &mut olga, "/settings/record", "retention").await;
        let fields = [("logins_days", "5"), ("actions_days", "<b>")];
        let page = olga.post(world, "/settings/record", &fields).await;
        page.refused();
        kept("retention-refused", &page);
        let fields = [("logins_days", "90"), ("actions_days", ""), ("hold", "on")];
        olga.post(world, "/settings/record", &fields).await.to();
        keep(world, &mut olga, "/record", "record").await;
    })
    .await;
}

#[tokio::test]
async fn what_was_sent_to_phones_and_by_mail() {
    in_world(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        keep(world, &mut olga, "/deliveries", "deliveries-first").await;
        keep(world, &mut olga, "/deliveries/mail", "mail-first").await;
        let vpn = vpn(world, "Berlin VPN").await;
        let mut people = vec![];
        for (called, display, mail) in [
            ("alice", "Alice Arnold", Some("alice@example.com")),
            ("w.hildebrandt@example.com", LONG, Some("w.hildebrandt@example.com")),
            ("bob", "", None),
        ] {
            people.push(user(world, called, display, mail).await);
        }
        for (by, state) in [
            (Some("push"), "approved"),
            (Some("live"), "fraud"),
            (None, "expired"),
            (Some("poll"), "open"),
            (None, "replaced"),
        ] {
            for user in &people {
                asked(world, vpn, *user, by, state).await;
            }
        }
        let mut olga = world.signed_in("otto", Some(Role::Owner)).await;
        keep(world, &mut olga, "/deliveries", "deliveries").await;
        let chosen: Vec<String> = people.iter().map(ToString::to_string).collect();
        let fields: Vec<_> = chosen.iter().map(|id| ("user", id.as_str())).collect();
        olga.get(world, "/users").await;
        for id in &people {
            let fields =
                [("kind", "bypass"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "ask")];
            olga.post(world, &format!("/users/{id}/bypass"), &fields).await;
            olga.post(world, &format!("/users/{id}/recovery"), &[]).await;
        }
        let fields: Vec<_> = fields.into_iter().chain([("deed", "invite")]).collect();
        olga.post(world, "/users/bulk", &fields).await.shown();
        for (state, tries, error) in [
            ("sent", 1_i64, None),
            ("failed", 1, Some(NOBODY_THERE)),
            ("given_up", 9, Some("the server at localhost:9 refused the connection")),
        ] {
            let params = [state.into(), tries.into(), error.map(str::to_owned).into()];
            world.app.store.commit(Batch::default().run(ENDED, params)).await.unwrap();
        }
        keep(world, &mut olga, "/deliveries/mail", "mail").await;
    })
    .await;
}

/// A request that went to a new phone of somebody.
async fn asked(world: &World, vpn: ApplicationId, user: UserId, by: Option<&str>, state: &str) {
    let app = &world.app;
    let now = app.now().unwrap();
    let phone = phone(world, user, "Pocket").await;
    let login = app.decide(now, authx_core::LoginId::new);
    let new = NewRequest {
        tenant: world.tenant,
        login,
        account: user,
        application: vpn,
        kind: "approval",
        detail: "{}",
        created: now,
        expires: now.plus_secs(60),
    };
    let came =
        "UPDATE phone_request SET state = $1, delivered = $2, delivered_by = $3 WHERE login = $4";
    let at = by.map(|_| now.plus_secs(2));
    let params = [state.into(), at.into(), by.map(str::to_owned).into(), login.into()];
    app.store.commit(Batch::default().ask_phone(phone, &new).run(came, params)).await.unwrap();
    app.store
        .commit(
            Batch::default().run(
                "DELETE FROM phone WHERE id = $1 AND $2 = 'never'",
                [phone.into(), state.into()],
            ),
        )
        .await
        .unwrap();
    world.clock.advance_secs(700);
}

#[tokio::test]
async fn a_dashboard_with_notices() {
    in_world(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        keep(world, &mut olga, "/dashboard", "dashboard-first").await;
        let alice = user(world, "alice", "Alice Arnold", None).await;
        let long = user(world, "w.hildebrandt@example.com", LONG, None).await;
        let vpn = vpn(world, "Berlin VPN").await;
        for (who, reason) in [(alice, "wrong_code"), (long, "fraud"), (alice, "not_enrolled")] {
            login(world, vpn, who, (EventKind::LoginRefused, "R3DZ7Q"), json!({"reason": reason}))
                .await;
            world.clock.advance_secs(20);
        }
        authx::app::testing::read_all(&world.app).await;
        keep(world, &mut olga, "/dashboard", "dashboard-not-me").await;
        login(world, vpn, alice, (EventKind::LoginRefused, "T8XK3N"), json!({"reason": "fraud"}))
            .await;
        authx::app::testing::read_all(&world.app).await;
        keep(world, &mut olga, "/dashboard", "dashboard-not-me-twice").await;
    })
    .await;
}

const PATH: &str = "/settings/tokens";
/// Ends the oldest mail that waits.
const ENDED: &str = "UPDATE delivery SET state = $1, tries = $2, error = $3, ended = created
    WHERE state = 'waiting' AND id = (SELECT MIN(id) FROM delivery WHERE state = 'waiting')";
/// What a mail server says.
const NOBODY_THERE: &str = "550 5.1.1 <w.hildebrandt@example.com>: Recipient address rejected: \
    User unknown in relay recipient table";
