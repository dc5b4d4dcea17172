//! The company's settings and its administrators.

use crate::world::{Browser, PASSWORD, name, on_each_engine};
use authx::admin::tenants;
use authx_core::role::Role;
use axum::http::StatusCode;

#[tokio::test]
async fn settings_are_kept_and_checked() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let page = olga.get(world, "/settings").await;
        assert!(page.shown().contains("value=\"Example\""));
        for (field, value) in [
            ("company", ""),
            ("company", &"x".repeat(200)),
            ("time_zone", "Mars/Olympus"),
            ("hue", "9"),
            ("hue", "blue"),
        ] {
            let fields = [("company", "Owls"), ("time_zone", "Europe/Berlin"), ("hue", "3")]
                .map(|(name, good)| (name, if name == field { value } else { good }));
            olga.post(world, "/settings", &fields).await.refused();
        }
        let good = [("company", "Owls <Ltd>"), ("time_zone", "Europe/Berlin"), ("hue", "3")];
        assert_eq!(olga.post(world, "/settings", &good).await.to(), "/settings");
        let page = olga.get(world, "/settings").await;
        assert!(
            page.shown().contains("Times are those of Europe/Berlin now.")
                && page.text.contains("Owls &#60;Ltd&#62;")
        );
        assert!(page.text.contains("data-hue=\"3\"></span>Owls"), "{}", page.text);
    })
    .await;
}

/// A name that another company has is not free, and few are tried.
#[tokio::test]
async fn names_of_other_companies_are_tried_slowly() {
    on_each_engine(async |world| {
        tenants::create(&world.app, &world.by, &name("Other")).await.unwrap();
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        olga.get(world, "/settings").await.shown();
        let wish = |company| [("company", company), ("time_zone", "Europe/Berlin"), ("hue", "3")];
        for _ in 0..10 {
            let page = olga.post(world, "/settings", &wish("OTHER")).await;
            assert!(page.refused().contains("“OTHER” is not free here"), "{}", page.text);
            assert!(!page.text.contains("already a company"), "{}", page.text);
        }
        for company in ["Other", "Owls"] {
            let page = olga.post(world, "/settings", &wish(company)).await;
            assert!(page.refused().contains("wait 1 s before the next one"), "{}", page.text);
        }
        // What is not about the name goes on.
        assert_eq!(olga.post(world, "/settings", &wish("EXAMPLE")).await.to(), "/settings");
        world.clock.advance_secs(1_000);
        assert_eq!(olga.post(world, "/settings", &wish("Owls")).await.to(), "/settings");
    })
    .await;
}

/// From an invitation to a half session that has to enrol, and no further.
#[tokio::test]
async fn an_invited_administrator_comes_in_by_a_link() {
    on_each_engine(async |world| {
        let mut olga = world.signed_in("olga", Some(Role::Owner)).await;
        let wish =
            [("mail", "adam@example.com"), ("display", "Adam Able"), ("role", "administrator")];
        let nameless = [("display", "Adam\u{200b}"), wish[0], wish[2]];
        let page = olga.post(world, "/settings/administrators", &nameless).await;
        assert!(page.refused().contains("id=\"display-e\""), "{}", page.main());
        let page = olga.post(world, "/settings/administrators", &wish).await;
        let link = page.between("<code>", "</code>").to_owned();
        page.shown();
        assert!(page.text.contains("<strong>Adam Able</strong>"), "{}", page.main());
        olga.post(world, "/settings/administrators", &wish).await.refused();
        let mut adam = Browser::default();
        adam.get(world, "/set-up").await;
        let page = adam.post(world, "/set-up", &[("link", &link)]).await;
        assert!(page.shown().contains("adam@example.com"));
        let token = link.split_once('#').unwrap().1;
        let short = [("set_up_token", token), ("password", "x")];
        adam.post(world, "/set-up/account", &short).await.refused();
        let sent = [("set_up_token", token), ("password", PASSWORD)];
        assert_eq!(adam.post(world, "/set-up/account", &sent).await.to(), "/enrol");
        assert_eq!(adam.get(world, "/settings").await.to(), "/enrol");
        let mut other = Browser::default();
        other.get(world, "/set-up").await;
        other.post(world, "/set-up/account", &sent).await.refused();
    })
    .await;
}

#[tokio::test]
async fn nobody_rises_above_who_lifts_them() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let bob = world.account(world.tenant, "bob", Some(Role::HelpDesk)).await;
        let mut adam = world.signed_in("adam", Some(Role::Administrator)).await;
        let path = |id| format!("/settings/administrators/{id}/role");
        for (id, role, status) in [
            (bob, "owner", StatusCode::UNPROCESSABLE_ENTITY),
            (bob, "administrator", StatusCode::UNPROCESSABLE_ENTITY),
            (bob, "emperor", StatusCode::UNPROCESSABLE_ENTITY),
            (olga, "none", StatusCode::FORBIDDEN),
            (bob, "auditor", StatusCode::SEE_OTHER),
        ] {
            let page = adam.post(world, &path(id), &[("role", role)]).await;
            assert_eq!(page.status, status, "{role}: {}", page.text);
        }
        let link = format!("/settings/administrators/{olga}/link");
        assert_eq!(adam.post(world, &link, &[]).await.status, StatusCode::FORBIDDEN);
        // The only owner stays one.
        let mut olga_ = world.browser_of(world.tenant, olga).await;
        let page = olga_.post(world, &path(olga), &[("role", "none")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    })
    .await;
}
