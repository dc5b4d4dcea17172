//! What an attacker tries, or a tired administrator does.

use crate::world::{Browser, PASSWORD, World, name, on_each_engine};
use authx::{
    admin::{
        Actor, accounts, administrators, bypass, imports, passwords, policies, portal,
        sessions::{self, Cookie, Pending},
        tenants,
    },
    app::App,
    config::SignUp,
    logins,
    store::testing,
};
use authx_core::{
    UserId,
    policy::{Document, MatchNumber},
    role::Role,
    wire::{login::AnswerLogin, text::Typed},
};
use axum::http::StatusCode;
use zeroize::Zeroizing;

/// Three tries at one triple are few; three tries at each of many are not.
#[tokio::test]
async fn a_help_desk_guesses_no_digits() {
    on_each_engine(async |world| {
        let bob = world.account(world.tenant, "bob", None).await;
        let eve = world.account(world.tenant, "eve", None).await;
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        desk.get(world, &format!("/users/{bob}/bypass")).await;
        let mut wrong = 0;
        for user in [bob, eve, bob, eve, bob] {
            world.clock.advance_secs(1);
            desk.post(world, &format!("/users/{user}/caller"), &[]).await.to();
            let shown = bypass::shown_to(&world.app, world.tenant, user).await.unwrap();
            let Some(shown) = shown else { break };
            for _ in 0..2 {
                let typed = [("digits", shown.agent_reads.as_str())];
                let page = desk.post(world, &format!("/users/{user}/caller/answer"), &typed).await;
                let said = page.refused();
                wrong += u32::from(said.contains("is left") || said.contains("are left"));
            }
        }
        assert_eq!(wrong, 6);
        // What the last sentence said.
        desk.get(world, &format!("/users/{bob}/bypass")).await.shown();
        desk.post(world, &format!("/users/{eve}/caller"), &[]).await.to();
        let page = desk.get(world, &format!("/users/{bob}/bypass")).await;
        assert!(page.shown().contains("wrong too often"), "{}", page.text);
        // Another one, about another user, is no worse off; and tomorrow is another day.
        let carl = world.account(world.tenant, "carl", None).await;
        let mut other = world.signed_in("other", Some(Role::HelpDesk)).await;
        right(world, &mut other, carl).await;
        world.clock.advance_secs(86_500);
        let mut desk = world.signed_in("desk2", Some(Role::HelpDesk)).await;
        right(world, &mut desk, bob).await;
    })
    .await;
}

async fn right(world: &World, desk: &mut Browser, user: UserId) {
    desk.get(world, &format!("/users/{user}/bypass")).await;
    desk.post(world, &format!("/users/{user}/caller"), &[]).await.to();
    let shown = bypass::shown_to(&world.app, world.tenant, user).await.unwrap().unwrap();
    let typed = [("digits", shown.caller_reads.as_str())];
    desk.post(world, &format!("/users/{user}/caller/answer"), &typed).await.to();
}

/// Ten codes are ten second factors: who may only send mail to known addresses gets none to see.
#[tokio::test]
async fn a_help_desk_sees_no_recovery_codes() {
    on_each_engine(async |world| {
        let bob = world.account(world.tenant, "bob", None).await;
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        let page = desk.get(world, &format!("/users/{bob}")).await;
        assert!(!page.shown().contains("/recovery\""), "{}", page.text);
        let page = desk.post(world, &format!("/users/{bob}/recovery"), &[]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let mut manager = world.signed_in("manager", Some(Role::UserManager)).await;
        let page = manager.post(world, &format!("/users/{bob}/recovery"), &[]).await;
        assert!(page.shown().contains("Recovery codes"));
    })
    .await;
}

/// A form that waited for a step-up and was given up is not done by the step-up for another page,
/// nor a long time after.
#[tokio::test]
async fn a_deed_that_was_given_up_is_not_done() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let totp = world.authenticator(carol).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        world.clock.advance_secs(301);
        let wish = [("password", "eleven purple owls sing")];
        assert_eq!(browser.post(world, "/me/password", &wish).await.to(), "/confirm");
        // Something else, without a word about the first.
        assert_eq!(browser.get(world, "/me/passkey").await.to(), "/confirm?next=%2Fme%2Fpasskey");
        browser.get(world, "/confirm?next=%2Fme%2Fpasskey").await.shown();
        let sent = [("next", "/me/passkey")];
        assert_eq!(browser.post(world, "/confirm/begin", &sent).await.to(), "/confirm");
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        let page = browser.post(world, "/confirm", &[("code", &code)]).await;
        assert_eq!(page.to(), "/me/passkey");

        world.clock.advance_secs(301);
        assert_eq!(browser.post(world, "/me/password", &wish).await.to(), "/confirm");
        world.clock.advance_secs(901);
        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        browser.post(world, "/confirm", &[("code", &code)]).await.to();
        assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/");
        assert!(!browser.get(world, "/me").await.shown().contains("Password changed"));
    })
    .await;
}

/// Whoever stole a session has no second factor, and uses nobody else's for a deed of their own.
#[tokio::test]
async fn a_deed_from_another_browser_is_not_done() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        world.password(world.tenant, carol, PASSWORD).await;
        let totp = world.authenticator(carol).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        world.clock.advance_secs(301);
        let theirs = [("password", "eleven purple owls sing")];
        assert_eq!(browser.post(world, "/me/password", &theirs).await.to(), "/confirm");
        browser.get(world, "/confirm").await.shown();
        let mut thief = Browser::default();
        thief.cookies.clone_from(&browser.cookies);
        thief.get(world, "/me").await.shown();
        let other = [("password", "twelve orange foxes bark")];
        assert_eq!(thief.post(world, "/me/password", &other).await.to(), "/confirm");

        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
        let code = totp.code(world.app.now().unwrap().secs() / 30);
        assert_eq!(browser.post(world, "/confirm", &[("code", &code)]).await.to(), "/confirm");
        browser.get(world, "/confirm").await.shown();
        assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/me");
        assert!(browser.get(world, "/me").await.shown().contains("Nothing was done"));
        // The thief's cookie is over, and the form is gone.
        assert_eq!(thief.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
        assert_eq!(browser.post(world, "/confirm/done", &[]).await.to(), "/");
        let again = browser.post(world, "/me/password", &theirs).await;
        assert_eq!(again.to(), "/me");
    })
    .await;
}

/// An answer that nobody looked at when it came is no fresh factor hours later.
#[tokio::test]
async fn an_approval_of_long_ago_steps_nothing_up() {
    on_each_engine(async |world| {
        let carol = world.account(world.tenant, "carol", None).await;
        let totp = world.authenticator(carol).await;
        let mut browser = world.browser_of(world.tenant, carol).await;
        world.clock.advance_secs(301);
        browser.get(world, "/me").await;
        assert_eq!(browser.post(world, "/confirm/begin", &[]).await.to(), "/confirm");
        let app = &world.app;
        let cookie = Cookie::parse(browser.cookie(crate::world::SESSION).unwrap()).unwrap();
        let visit = sessions::find(app, &cookie, true).await.unwrap().unwrap();
        let Some(Pending::Login { id, .. }) = visit.pending else { panic!("{visit:?}") };
        let caller = portal::application(app, world.tenant).await.unwrap();
        let caller = app.directory.reload(app, caller).await.unwrap().unwrap();
        let code = totp.code(app.now().unwrap().secs() / 30);
        let text = Typed::try_from(code).unwrap();
        let answer = AnswerLogin { seq: 1, text, challenge: None };
        let view = logins::answer(app, &caller, id, &answer).await.unwrap().view();
        assert_eq!(view.state, authx_core::wire::login::LoginState::Allowed);
        world.clock.advance_secs(1_200);
        assert!(browser.get(world, "/confirm").await.shown().contains("Use my phone or a code"));
        assert!(browser.get(world, "/me/password").await.to().starts_with("/confirm"));
    })
    .await;
}

/// Whoever made a link for an account stays below it when it rises.
#[tokio::test]
async fn a_link_does_not_rise_with_its_account() {
    on_each_engine(async |world| {
        let mut adam = world.signed_in("adam", Some(Role::Administrator)).await;
        adam.get(world, "/settings/administrators").await;
        let wish = [("mail", "hugo@example.com"), ("role", "help_desk")];
        let page = adam.post(world, "/settings/administrators", &wish).await;
        let link = page.between("<code>", "</code>").to_owned();
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let hugo = accounts::find(app, tenant, "hugo@example.com").await.unwrap().id;
        let invited = authx::enrol::phones::invite(
            app,
            by,
            tenant,
            hugo,
            authx::enrol::phones::Separate::IfNeeded,
        );
        let invited = invited.await.unwrap();
        administrators::set_role(
            app,
            by,
            tenant,
            hugo,
            Some(Role::Owner),
            administrators::Factors::Kept,
        )
        .await
        .unwrap();
        let mut browser = Browser::default();
        browser.get(world, "/set-up").await;
        let token = link.split_once('#').unwrap().1;
        let sent = [("set_up_token", token), ("password", PASSWORD)];
        browser.post(world, "/set-up/account", &sent).await.refused();
        assert!(authx::enrol::phones::look(app, &invited.token).await.is_err());
    })
    .await;
}

/// Who replaces the password of an account that somebody else got hold of ends all of it.
#[tokio::test]
async fn a_new_password_ends_the_portals_sessions() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let carol = world.account(tenant, "carol", None).await;
        let mut browser = world.browser_of(tenant, carol).await;
        browser.get(world, "/me").await.shown();
        let typed = Zeroizing::new(PASSWORD.to_owned());
        passwords::set(app, by, tenant, carol, typed).await.unwrap();
        assert_eq!(browser.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
        let mut here = world.browser_of(tenant, carol).await;
        let mut there = world.browser_of(tenant, carol).await;
        let new = [("password", "eleven purple owls sing")];
        assert_eq!(here.post(world, "/me/password", &new).await.to(), "/me");
        here.get(world, "/me").await.shown();
        assert_eq!(there.get(world, "/me").await.to(), "/sign-in?next=%2Fme");
    })
    .await;
}

/// What strangers send is held in memory, so it is little, and nothing where they may not send.
#[tokio::test]
async fn little_is_read_of_what_strangers_send() {
    on_each_engine(async |world| {
        let mut stranger = Browser::default();
        stranger.get(world, "/sign-in").await;
        let long = "x".repeat(100_000);
        let page = stranger.post(world, "/sign-in", &[("name", &long)]).await;
        assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
        let page = stranger.post(world, "/users/new", &[("name", &long)]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        let mut boss = world.signed_in("boss", Some(Role::Owner)).await;
        boss.post(world, "/users/new", &[("name", &long)]).await.refused();
    })
    .await;
}

/// Waiting tells nobody at which company somebody is, nor whether at all.
#[tokio::test]
async fn whose_name_it_is_shows_in_no_waiting() {
    on_each_engine(async |world| {
        tenants::create(&world.app, &world.by, &name("Other")).await.unwrap();
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        world.password(world.tenant, olga, PASSWORD).await;
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await;
        for (first, second) in [("nobody", "olga"), ("olga", "nobody")] {
            for _ in 0..12 {
                let sent = [("name", first), ("password", "wrong")];
                assert!(
                    browser.post(world, "/sign-in", &sent).await.refused().contains("accepted")
                );
                world.clock.advance_secs(1);
            }
            for called in [first, second] {
                let sent = [("name", called), ("password", "wrong")];
                let page = browser.post(world, "/sign-in", &sent).await;
                assert!(page.refused().contains("oo many wrong passwords"), "{}", page.text);
            }
            world.clock.advance_secs(1_000);
        }
    })
    .await;
}

/// Nor does what the page says: one text, without a support code where there are several companies;
/// where there is one, every try is in its log.
#[tokio::test]
async fn whose_name_it_is_shows_in_no_text() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        for called in ["olga", "dora"] {
            let id = world.account(tenant, called, None).await;
            world.password(tenant, id, PASSWORD).await;
            if called == "dora" {
                accounts::disable(app, by, tenant, id).await.unwrap();
            }
        }
        world.account(tenant, "nopw", None).await;
        let tries = [
            ("olga", ""),
            ("dora", ""),
            ("nopw", ""),
            ("nobody", ""),
            ("nobody", "Example"),
            ("olga", "Example"),
            ("olga", "Nowhere Ltd"),
        ];
        for several in [false, true] {
            if several {
                tenants::create(app, by, &name("Other")).await.unwrap();
            }
            for (called, company) in tries {
                let mut browser = Browser::default();
                browser.get(world, "/sign-in").await;
                let sent = [("name", called), ("password", "wrong"), ("company", company)];
                let page = browser.post(world, "/sign-in", &sent).await;
                page.refused();
                let said = page.between("role=\"alert\"", "</p>");
                let (_, said) = said.rsplit_once('>').unwrap();
                let text = "User name or password not accepted. Check both and try again.";
                assert!(said.starts_with(text), "{called} at {company}: {said}");
                assert_eq!(said.len() > text.len(), !several, "{called} at {company}: {said}");
                world.clock.advance_secs(1_000);
            }
        }
    })
    .await;
}

/// Ten codes take ten hashes: an account makes some, then waits, and no other one with it.
#[tokio::test]
async fn recovery_codes_are_made_slowly() {
    on_each_engine(async |world| {
        let mut bob = world.signed_in("bob", None).await;
        let mut eve = world.signed_in("eve", None).await;
        let again = bob.clone();
        bob.get(world, "/me").await.shown();
        bob.post(world, "/me/recovery", &[]).await.shown();
        world.clock.advance_secs(20);
        let page = bob.post(world, "/me/recovery", &[("n", "2")]).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.text);
        assert!(page.text.contains("wait 40 s"), "{}", page.text);
        eve.get(world, "/me").await.shown();
        eve.post(world, "/me/recovery", &[]).await.shown();
        world.clock.advance_secs(40);
        bob.post(world, "/me/recovery", &[("n", "3")]).await.shown();
        // Several at once make one.
        world.clock.advance_secs(60);
        let mut tries = vec![];
        for n in 0..8 {
            let mut browser = again.clone();
            tries.push(async move {
                let n = n.to_string();
                browser.post(world, "/me/recovery", &[("at once", &n)]).await.status
            });
        }
        let answers = futures_util::future::join_all(tries).await;
        let made = answers.iter().filter(|status| **status == StatusCode::OK).count();
        assert_eq!(made, 1, "{answers:?}");
    })
    .await;
}

/// Mail to others is no toy: a network asks for some, then waits.
#[tokio::test]
async fn forgotten_passwords_are_asked_for_slowly() {
    on_each_engine(async |world| {
        let mut browser = Browser::default();
        browser.get(world, "/sign-in").await;
        for n in 0..10 {
            browser.post(world, "/forgot", &[("name", &format!("user{n}"))]).await.shown();
        }
        let page = browser.post(world, "/forgot", &[("name", "user10")]).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.text);
    })
    .await;
}

/// Where everybody may make a company, one network makes some, then waits; and what it sends in the
/// meantime costs no word lists.
#[tokio::test]
async fn companies_are_made_slowly() {
    testing::on_each_engine(async |database| {
        let open = |app: &mut App| app.portal.sign_up = SignUp::Open;
        let world = &Box::pin(World::with(database.store().await, open)).await;
        let mut browser = Browser::default();
        for n in 0..10 {
            browser.get(world, "/sign-up").await.shown();
            let company = format!("Company {n}");
            let mut sent = owner(&company).to_vec();
            if n % 2 == 1 {
                // Refused ones count alike: they cost alike.
                sent[3].1 = "password";
                browser.post(world, "/sign-up", &sent).await.refused();
            } else {
                assert_eq!(browser.post(world, "/sign-up", &sent).await.to(), "/enrol");
                browser.forget_session();
            }
        }
        let mut late = Browser::default();
        late.get(world, "/sign-up").await.shown();
        let page = late.post(world, "/sign-up", &owner("Late Ltd")).await;
        assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS, "{}", page.text);
        assert!(page.text.contains("Wait 1 s") && page.text.contains("Late Ltd"), "{}", page.text);
        // Who was sent a link does not wait for strangers.
        let link = world.company_link().await;
        let invited = [&[("set_up_token", &*link)], &owner("Invited Ltd")[..]].concat();
        assert_eq!(late.clone().post(world, "/sign-up", &invited).await.to(), "/enrol");
        world.clock.advance_secs(1_000);
        assert_eq!(late.post(world, "/sign-up", &owner("Late Ltd")).await.to(), "/enrol");
    })
    .await;
}

fn owner(company: &str) -> [(&str, &str); 4] {
    [
        ("company", company),
        ("display", "Olga Owl"),
        ("mail", "olga@owls.example"),
        ("password", PASSWORD),
    ]
}

/// A company that asks for no number at its VPN asks for one at the portal.
#[tokio::test]
async fn the_portal_always_asks_for_the_number() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let document = Document::from_json(r#"{"match_number":"off"}"#).unwrap();
        policies::set(app, by, tenant, policies::Target::Tenant, document).await.unwrap();
        let id = portal::application(app, tenant).await.unwrap();
        let caller = app.directory.reload(app, id).await.unwrap().unwrap();
        assert_eq!(caller.policy_of(&[]).match_number, MatchNumber::Required);
    })
    .await;
}

/// A help desk unlocks; enabling is for who looks after users, however the two meet.
#[tokio::test]
async fn a_help_desk_enables_nobody() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let bob = world.account(tenant, "bob", None).await;
        let desk = world.account(tenant, "desk", Some(Role::HelpDesk)).await;
        let desk = Actor::account(desk, Some(Role::HelpDesk), "desk");
        assert!(!accounts::enable(app, &desk, tenant, bob).await.unwrap());
        accounts::disable(app, by, tenant, bob).await.unwrap();
        assert!(accounts::enable(app, &desk, tenant, bob).await.is_err());
        assert!(accounts::enable(app, by, tenant, bob).await.unwrap());
    })
    .await;
}

/// Of one person's files five wait.
#[tokio::test]
async fn files_that_nobody_takes_in_do_not_pile_up() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let options = imports::Options { name: "people.csv".to_owned(), renew: false };
        let mut kept = vec![];
        for n in 0..7 {
            world.clock.advance_secs(1);
            let file = format!("name\nuser{n}\n").into();
            kept.push(imports::check_and_keep(app, by, tenant, &options, file).await.unwrap());
        }
        let kept: Vec<_> = kept.into_iter().rev().take(5).collect();
        let listed = imports::list(app, tenant).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.id).collect::<Vec<_>>(), kept);
        imports::start(app, by, tenant, kept[0]).await.unwrap();
        for n in 0..5 {
            let file = format!("name\nmore{n}\n").into();
            imports::check_and_keep(app, by, tenant, &options, file).await.unwrap();
        }
        // What was taken in stays.
        assert_eq!(imports::list(app, tenant).await.unwrap().len(), 6);
    })
    .await;
}
