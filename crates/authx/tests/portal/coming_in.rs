//! From nothing to a session that counts.

use crate::world::{Browser, PASSWORD, SESSION, on_each_engine};
use authx_core::role::Role;

const OWNER: [(&str, &str); 4] = [
    ("company", "Owls Ltd"),
    ("display", "Olga Owl"),
    ("mail", "olga@owls.example"),
    ("password", PASSWORD),
];

#[tokio::test]
async fn a_link_makes_a_company_once() {
    on_each_engine(async |world| {
        let link = world.company_link().await;
        let mut browser = Browser::default();
        browser.get(world, "/set-up").await.shown();
        let page = browser.post(world, "/set-up", &[("link", &link)]).await;
        assert!(page.shown().contains("Your name"));
        // Looking spends nothing.
        browser.post(world, "/set-up", &[("link", &link)]).await.shown();
        let with = |link| [&[("set_up_token", link)], &OWNER[..]].concat();
        let page = browser.post(world, "/sign-up", &with(&link)).await;
        assert_eq!(page.to(), "/enrol");
        // Only half in: nothing but the second factor is open.
        assert_eq!(browser.get(world, "/").await.to(), "/enrol");
        assert_eq!(browser.get(world, "/confirm").await.to(), "/enrol");
        let page = browser.get(world, "/enrol").await;
        assert!(page.shown().contains("Make a passkey"));
        let mut other = Browser::default();
        other.get(world, "/set-up").await;
        let again = [&[("set_up_token", &*link), ("company", "B")], &OWNER[1..]].concat();
        let page = other.post(world, "/sign-up", &again).await;
        assert!(page.refused().contains("This link was used or is too old"));
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_up_without_a_link_where_that_is_closed() {
    on_each_engine(async |world| {
        let mut browser = Browser::default();
        let page = browser.get(world, "/sign-up").await;
        assert!(page.shown().contains("By invitation"));
        browser.get(world, "/set-up").await;
        let page = browser.post(world, "/sign-up", &OWNER).await;
        assert!(page.refused().contains("By invitation"), "{}", page.text);
        assert!(browser.cookie(SESSION).is_none());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_is_said_at_its_field() {
    on_each_engine(async |world| {
        let link = world.company_link().await;
        let mut browser = Browser::default();
        browser.get(world, "/set-up").await;
        for (field, value, said) in [
            ("company", "", "company"),
            ("company", "Example", "there is already a company"),
            ("display", "", "a name is missing"),
            ("mail", "olga", "olga is no mail address"),
            ("mail", "<script>alert(1)</script>@x", "is no mail address"),
            ("password", "password", ""),
            ("password", "", ""),
        ] {
            let mut fields: Vec<(&str, &str)> = vec![("set_up_token", &link)];
            fields.extend(
                OWNER.iter().map(|&(name, kept)| (name, if name == field { value } else { kept })),
            );
            let page = browser.post(world, "/sign-up", &fields).await;
            let text = page.refused();
            assert!(text.to_lowercase().contains(&said.to_lowercase()), "{field}: {text}");
            assert!(text.contains(&format!("aria-describedby=\"{field}-e\"")), "{field}: {text}");
            assert!(!text.contains("<script>alert"), "{text}");
            // What was typed stays, but for the password.
            if field != "display" {
                assert!(text.contains("Olga Owl"), "{text}");
            }
            assert!(!text.contains(PASSWORD));
        }
        for broken in ["", "x", "axi_short", &format!("{}x", &*link)] {
            let page = browser.post(world, "/set-up", &[("link", broken)]).await;
            page.refused();
        }
    })
    .await;
}

/// A password alone shows nothing; a right code behind it opens.
#[tokio::test]
async fn a_password_and_a_code_sign_in() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        let totp = world.authenticator(olga).await;
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await.shown();
        for (who, password) in [("olga", "wrong"), ("nobody", PASSWORD), ("", ""), ("olga", "")] {
            let page =
                browser.post(world, "/sign-in", &[("name", who), ("password", password)]).await;
            assert!(page.refused().contains("not accepted"), "{who}: {}", page.text);
        }
        let sent = [("name", "olga"), ("password", PASSWORD), ("next", "/users?q=a")];
        let page = browser.post(world, "/sign-in", &sent).await;
        assert_eq!(page.to(), "/sign-in/confirm");
        assert_eq!(browser.get(world, "/users").await.to(), "/sign-in/confirm");
        assert_eq!(browser.get(world, "/confirm").await.to(), "/sign-in/confirm");
        let half = browser.cookie(SESSION).unwrap().to_owned();
        let page = browser.get(world, "/sign-in/confirm").await;
        assert!(page.shown().contains("Use this code"));
        let page = browser.post(world, "/sign-in/confirm", &[("code", "000000")]).await;
        assert!(page.refused().contains("note bad"), "{}", page.text);
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        let page = browser.post(world, "/sign-in/confirm", &[("code", &code)]).await;
        assert_eq!(page.to(), "/users?q=a");
        // The cookie from before is worth nothing now.
        assert_ne!(browser.cookie(SESSION).unwrap(), half);
        assert_eq!(browser.get(world, "/sign-in").await.to(), "/");
    })
    .await;
}

/// A policy that lets a company's VPN users off does not let anybody into its portal.
#[tokio::test]
async fn no_policy_opens_the_portal() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        let document = authx_core::policy::Document::from_json(
            r#"{"second_factor":"off","first_factors":["certificate"]}"#,
        );
        let target = authx::admin::policies::Target::Tenant;
        let set = authx::admin::policies::set(
            &world.app,
            &world.by,
            world.tenant,
            target,
            document.unwrap(),
        );
        set.await.unwrap();
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await;
        let page =
            browser.post(world, "/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
        // Her first day: she may still enrol.
        assert_eq!(page.to(), "/enrol");
        world.clock.advance_secs(86_500);
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await;
        let page =
            browser.post(world, "/sign-in", &[("name", "olga"), ("password", PASSWORD)]).await;
        assert!(page.refused().contains("You have no second factor yet"));
    })
    .await;
}
