//! From nothing to a session that counts.

use crate::world::{Browser, PASSWORD, SESSION, World, on_each_engine};
use authx::{
    admin::{
        portal,
        sessions::{self, Cookie, Pending},
        sign_up::{self, SignUpError},
    },
    app::App,
    config::SignUp,
    logins,
    store::testing,
};
use authx_core::{
    role::Role,
    wire::{
        login::{AnswerLogin, LoginState},
        text::Typed,
    },
};

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
        assert!(page.shown().contains("Your name") && page.text.contains("Step 1 of 2"));
        // Looking spends nothing.
        browser.post(world, "/set-up", &[("link", &link)]).await.shown();
        let with = |link| [&[("set_up_token", link)], &OWNER[..]].concat();
        let page = browser.post(world, "/sign-up", &with(&link)).await;
        assert_eq!(page.to(), "/enrol");
        // Only half in: nothing but the second factor is open.
        assert_eq!(browser.get(world, "/").await.to(), "/enrol");
        assert_eq!(browser.get(world, "/confirm").await.to(), "/enrol");
        let page = browser.get(world, "/enrol").await;
        assert!(page.shown().contains("Make a passkey") && page.text.contains("Step 2 of 2"));
        assert!(page.between("action=\"/enrol/passkey\"", "</form>").contains("btn main"));
        assert_eq!(page.main().matches("btn main").count(), 1);
        let mut other = Browser::default();
        other.get(world, "/set-up").await;
        let again = [&[("set_up_token", &*link), ("company", "B")], &OWNER[1..]].concat();
        let page = other.post(world, "/sign-up", &again).await;
        assert!(page.refused().contains("This link was used or is too old"));
    })
    .await;
}

/// Runs a test where that is configured.
async fn with_sign_up(sign_up: SignUp, test: impl AsyncFn(&World)) {
    testing::on_each_engine(async |database| {
        let change = |app: &mut App| app.portal.sign_up = sign_up;
        test(&Box::pin(World::with(database.store().await, change)).await).await;
    })
    .await;
}

/// Makes a company in a new browser; gives where that leads or what the page says.
async fn made(world: &World, link: Option<&str>, company: &str) -> Result<(), String> {
    let mut browser = Browser::default();
    browser.get(world, "/set-up").await;
    let fields = OWNER.map(|(name, value)| (name, if name == "company" { company } else { value }));
    let with: Vec<_> = link.map(|link| ("set_up_token", link)).into_iter().chain(fields).collect();
    let page = browser.post(world, "/sign-up", &with).await;
    if page.status.is_client_error() {
        assert!(browser.cookie(SESSION).is_none());
        return Err(page.refused().to_owned());
    }
    assert_eq!(page.to(), "/enrol");
    Ok(())
}

#[tokio::test]
async fn where_it_is_closed_the_first_owner_is_the_only_one_who_makes_a_company() {
    with_sign_up(SignUp::Closed, async |world| {
        let (first, second) = (world.company_link().await, world.company_link().await);
        let mut browser = Browser::default();
        let page = browser.get(world, "/sign-up").await;
        assert!(page.shown().contains("No further company") && !page.text.contains("Your name"));
        assert!(!browser.get(world, "/sign-in").await.shown().contains("/sign-up"));
        let said = made(world, None, "A").await.unwrap_err();
        assert!(said.contains("No further company is made on this server"), "{said}");
        made(world, Some(&first), "A").await.unwrap();
        // Neither a link from before counts now, nor is there another one.
        browser.get(world, "/set-up").await;
        let page = browser.post(world, "/set-up", &[("link", &second)]).await;
        assert!(page.refused().contains("sign_up = &#34;invited&#34;"), "{}", page.text);
        let said = made(world, Some(&second), "B").await.unwrap_err();
        assert!(said.contains("No further company"), "{said}");
        let refused = sign_up::invite_company(&world.app).await.unwrap_err();
        assert!(matches!(refused, SignUpError::Closed), "{refused}");
    })
    .await;
}

/// Both links were looked at while there was no company.
#[tokio::test]
async fn where_it_is_closed_two_links_at_once_make_one_company() {
    with_sign_up(SignUp::Closed, async |world| {
        let (first, second) = (world.company_link().await, world.company_link().await);
        let (one, other) =
            tokio::join!(made(world, Some(&first), "A"), made(world, Some(&second), "B"));
        let said = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(said.len() == 1 && said[0].contains("No further company"), "{said:?}");
    })
    .await;
}

#[tokio::test]
async fn where_it_is_by_invitation_each_link_makes_one_company() {
    with_sign_up(SignUp::Invited, async |world| {
        world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let mut browser = Browser::default();
        let page = browser.get(world, "/sign-up").await;
        assert!(page.shown().contains("By invitation") && !page.text.contains("Your name"));
        assert!(browser.get(world, "/sign-in").await.shown().contains("Were you sent a link?"));
        let said = made(world, None, "A").await.unwrap_err();
        assert!(said.contains("by invitation only; ask whoever runs this server"), "{said}");
        for company in ["A", "B"] {
            let link = world.company_link().await;
            made(world, Some(&link), company).await.unwrap();
            let said = made(world, Some(&link), "C").await.unwrap_err();
            assert!(said.contains("This link was used or is too old"), "{said}");
        }
        let late = world.company_link().await;
        world.clock.advance_secs(7 * 86_400);
        let said = made(world, Some(&late), "D").await.unwrap_err();
        assert!(said.contains("This link was used or is too old"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn where_it_is_open_everybody_makes_a_company() {
    with_sign_up(SignUp::Open, async |world| {
        world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let mut browser = Browser::default();
        assert!(browser.get(world, "/sign-up").await.shown().contains("Your name"));
        assert!(browser.get(world, "/sign-in").await.shown().contains("Create an account"));
        made(world, None, "A").await.unwrap();
        let said = made(world, None, "A").await.unwrap_err();
        assert!(said.contains("“A” is not free here"), "{said}");
        let link = world.company_link().await;
        made(world, Some(&link), "B").await.unwrap();
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
            ("company", "Example", "“Example” is not free here"),
            ("display", "", "a name is missing"),
            ("mail", "olga", "“olga” is no mail address"),
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

/// An approval that nobody looked at for a long time opens nothing, though its half session lives.
#[tokio::test]
async fn an_approval_of_long_ago_signs_nobody_in() {
    on_each_engine(async |world| {
        let app = &world.app;
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        let totp = world.authenticator(olga).await;
        for (late_secs, opens) in [(0, true), (1_200, false)] {
            let mut browser = Browser::default();
            browser.get(world, "/sign-in").await.shown();
            let sent = [("name", "olga"), ("password", PASSWORD)];
            assert_eq!(browser.post(world, "/sign-in", &sent).await.to(), "/sign-in/confirm");
            let cookie = Cookie::parse(browser.cookie(SESSION).unwrap()).unwrap();
            let visit = sessions::find(app, &cookie, true).await.unwrap().unwrap();
            let Some(Pending::Login { id, .. }) = visit.pending else { panic!("{visit:?}") };
            let caller = portal::application(app, world.tenant).await.unwrap();
            let caller = app.directory.reload(app, caller).await.unwrap().unwrap();
            let text = Typed::try_from(totp.code(app.now().unwrap().secs() / 30)).unwrap();
            let answer = AnswerLogin { seq: 1, text, challenge: None };
            let view = logins::answer(app, &caller, id, &answer).await.unwrap().view();
            assert_eq!(view.state, LoginState::Allowed);
            world.clock.advance_secs(late_secs);
            let page = browser.get(world, "/sign-in/confirm").await;
            if opens {
                page.to();
            } else {
                assert!(page.shown().contains("Nobody answered in time."), "{}", page.text);
                assert!(browser.get(world, "/me").await.to().starts_with("/sign-in"));
            }
            world.clock.advance_secs(60);
        }
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
