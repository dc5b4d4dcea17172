//! Sign-ins by passkey are logins like any other: in the lists, the figures and the files.

use super::{
    authenticator::Authenticator,
    reported::berlin,
    world::{Browser, PASSWORD, Page, World, on_each_engine},
};
use authx::{
    admin::{
        passkeys,
        record::{
            logins::{self, LoginFilter, LoginItem, Towards},
            trace,
        },
    },
    app::testing::read_all,
};
use authx_core::{LoginId, UserId, audit::LoginOutcome, role::Role};
use axum::http::StatusCode;
use serde_json::json;

/// Somebody with a password and a passkey.
struct Holder {
    account: UserId,
    called: &'static str,
    sensor: Authenticator,
}

impl Holder {
    async fn new(world: &World, called: &'static str, number: u8) -> Self {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let account = world.account(tenant, called, None).await;
        world.password(tenant, account, PASSWORD).await;
        let sensor = Authenticator::new(number);
        let asked = passkeys::ask_new(app, tenant, account).await.unwrap();
        let made = sensor.made(&asked);
        passkeys::add(app, by, tenant, account, "Key", &asked.state, &made).await.unwrap();
        Self { account, called, sensor }
    }

    /// What a browser sends that was asked by a page.
    fn answer(&self, page: &Page) -> [(&'static str, String); 2] {
        let options = page.between("data-options=\"", "\"");
        let options = options.replace("&#34;", "\"").replace("&#38;", "&");
        let state = page.between("name=\"state\" value=\"", "\"").to_owned();
        [("state", state), ("credential", self.sensor.answer(&options, self.account))]
    }

    async fn password(&self, world: &World, browser: &mut Browser) -> Page {
        browser.get(world, "/sign-in").await;
        let sent = [("name", self.called), ("password", PASSWORD)];
        assert_eq!(browser.post(world, "/sign-in", &sent).await.to(), "/sign-in/confirm");
        browser.get(world, "/sign-in/confirm").await
    }

    /// Signs in by the passkey alone.
    async fn comes_in(&self, world: &World) -> Browser {
        let mut browser = Browser::default();
        let page = browser.get(world, "/sign-in").await;
        let sent = self.answer(&page);
        assert_eq!(give(world, &mut browser, "/sign-in/passkey", &sent).await.to(), "/");
        browser
    }
}

async fn give(world: &World, browser: &mut Browser, path: &str, sent: &[(&str, String)]) -> Page {
    let sent: Vec<_> = sent.iter().map(|(name, value)| (*name, value.as_str())).collect();
    browser.post(world, path, &sent).await
}

/// All logins, the newest first.
async fn all(world: &World) -> Vec<LoginItem> {
    read_all(&world.app).await;
    let (app, filter) = (&world.app, LoginFilter::default());
    logins::list(app, world.tenant, &filter, Towards::Older(None), 50).await.unwrap().items
}

async fn steps(world: &World, login: &LoginItem) -> Vec<String> {
    let found = trace::trace(&world.app, world.tenant, login.login_id).await.unwrap().unwrap();
    found.steps.into_iter().map(|step| step.what).collect()
}

#[tokio::test]
async fn password_and_passkey_are_one_login_that_was_granted() {
    on_each_engine(async |world| {
        let carol = Holder::new(world, "carol", 1).await;
        let mut browser = Browser::default();
        let page = carol.password(world, &mut browser).await;
        assert!(page.shown().contains("Is the passkey lost?"), "{}", page.main());
        assert!(!page.text.contains("role=\"alert\""), "{}", page.main());
        let [waiting] = &all(world).await[..] else { panic!("one login") };
        assert_eq!(waiting.outcome, LoginOutcome::Waiting);

        let sent = carol.answer(&page);
        let path = "/sign-in/confirm/passkey";
        assert_eq!(give(world, &mut browser, path, &sent).await.to(), "/");
        assert!(browser.get(world, "/me").await.shown().contains("Passkey</td>"));
        let [login] = &all(world).await[..] else { panic!("one login") };
        assert_eq!((login.outcome, login.reason.as_deref()), (LoginOutcome::Granted, None));
        assert_eq!(login.factor.as_deref(), Some("passkey"));
        assert!(login.support_code.is_some());
        let [_, asked, let_in] = &steps(world, login).await[..] else { panic!("three steps") };
        assert_eq!((&**asked, &**let_in), ("Asked for the second factor", "Let in by passkey"));
        // The same answer opens nothing more, from no browser.
        let mut other = Browser::default();
        carol.password(world, &mut other).await;
        assert_eq!(
            give(world, &mut other, path, &sent).await.status,
            StatusCode::UNPROCESSABLE_ENTITY
        );
        assert_eq!(other.get(world, "/me").await.to(), "/sign-in/confirm");
    })
    .await;
}

#[tokio::test]
async fn a_passkey_alone_is_a_login_and_is_found_wherever_logins_are() {
    on_each_engine(async |world| {
        let olga = world.account(world.tenant, "olga", Some(Role::Owner)).await;
        let carol = Holder::new(world, "carol", 1).await;
        let mut her = Browser::default();
        let page = her.get(world, "/sign-in").await;
        let sent = carol.answer(&page);
        assert_eq!(give(world, &mut her, "/sign-in/passkey", &sent).await.to(), "/");
        // Twice is once.
        let again = give(world, &mut Browser::clone(&her), "/sign-in/passkey", &sent).await;
        assert!(again.refused().contains("sent twice"), "{}", again.main());
        let [login] = &all(world).await[..] else { panic!("one login") };
        assert_eq!(login.outcome, LoginOutcome::Granted);
        assert_eq!(
            (login.user.as_deref(), login.factor.as_deref()),
            (Some("carol"), Some("passkey"))
        );
        let code = login.support_code.clone().unwrap();
        assert_eq!(steps(world, login).await.last().unwrap(), "Let in by passkey");

        let mut owner = world.browser_of(world.tenant, olga).await;
        for path in ["/logins?factor=passkey", "/logins?outcome=granted"] {
            assert!(owner.get(world, path).await.shown().contains(&code), "{path}");
        }
        assert!(!owner.get(world, "/logins?outcome=refused").await.shown().contains(&code));
        let figures = owner.get(world, "/dashboard").await;
        assert!(figures.shown().contains("/logins?factor=passkey"), "{}", figures.main());
        let file = owner.get(world, "/logins/export?format=csv&factor=passkey").await;
        assert!(file.shown().contains("granted") && file.text.contains(&code), "{}", file.text);

        // Her own list has it, and “not me” ends what it opened.
        assert!(her.get(world, "/me").await.shown().contains(&code));
        let report = format!("/me/logins/{}/not-me", login.login_id);
        assert_eq!(her.post(world, &report, &[]).await.to(), "/me");
        let [login] = &all(world).await[..] else { panic!("one login") };
        assert_eq!(login.reason.as_deref(), Some("fraud"));
    })
    .await;
}

#[tokio::test]
async fn passkeys_of_others_behind_a_right_password_leave_a_trace() {
    on_each_engine(async |world| {
        let carol = Holder::new(world, "carol", 1).await;
        let eve = Holder::new(world, "eve", 2).await;
        let mut browser = Browser::default();
        let path = "/sign-in/confirm/passkey";
        let mut page = carol.password(world, &mut browser).await;
        for left in [2, 1, 0] {
            let sent = eve.answer(&page);
            page = give(world, &mut browser, path, &sent).await;
            let said = page.refused();
            assert!(said.contains("This passkey does not open this account"), "{}", page.main());
            let [login] = &all(world).await[..] else { panic!("one login") };
            let expected = if left == 0 { LoginOutcome::Refused } else { LoginOutcome::Waiting };
            assert_eq!((login.outcome, login.factor.as_deref()), (expected, Some("passkey")));
        }
        let [login] = &all(world).await[..] else { panic!("one login") };
        assert_eq!(login.reason.as_deref(), Some("passkey_declined"));
        let said = steps(world, login).await;
        assert_eq!(said.iter().filter(|step| *step == "Wrong answer").count(), 2, "{said:?}");
        // The right one is a sign-in by itself: the one before stays refused.
        let sent = carol.answer(&page);
        assert_eq!(give(world, &mut browser, path, &sent).await.to(), "/");
        let [new, old] = &all(world).await[..] else { panic!("two logins") };
        assert_eq!((new.outcome, old.outcome), (LoginOutcome::Granted, LoginOutcome::Refused));
    })
    .await;
}

#[tokio::test]
async fn who_leaves_or_gives_up_is_in_the_record_as_that() {
    on_each_engine(async |world| {
        let carol = Holder::new(world, "carol", 1).await;
        let mut browser = Browser::default();
        let page = carol.password(world, &mut browser).await;
        let sent = carol.answer(&page);
        assert_eq!(browser.post(world, "/sign-in/cancel", &[]).await.to(), "/sign-in");
        let [login] = &all(world).await[..] else { panic!("one login") };
        assert_eq!(login.outcome, LoginOutcome::Cancelled);
        let late = give(world, &mut browser, "/sign-in/confirm/passkey", &sent).await;
        assert_eq!(late.status, StatusCode::UNAUTHORIZED, "the session is gone");
        carol.password(world, &mut browser).await;
        world.clock.advance_secs(121);
        browser.get(world, "/sign-in/confirm").await;
        assert_eq!(all(world).await[0].outcome, LoginOutcome::Expired);
    })
    .await;
}

/// No VPN can ask for a passkey, and no phone is asked where one is given.
#[tokio::test]
async fn a_passkey_counts_at_the_portal_alone() {
    on_each_engine(async |world| {
        let carol = Holder::new(world, "carol", 1).await;
        let vpn = berlin(world, carol.account).await;
        authx::admin::bypass::end(&world.app, &world.by, world.tenant, carol.account)
            .await
            .unwrap();
        let vpn = world.app.directory.current(&world.app, vpn.id).await.unwrap().unwrap();
        let request = json!({
            "user": "carol",
            "first_factor": {"kind": "password", "password": PASSWORD},
            "can": {"text": true, "several": true},
        });
        let request = serde_json::from_value(request).unwrap();
        let id = LoginId::from_bytes([9; 16]);
        let begun = authx::logins::begin(&world.app, &vpn, id, &request, b"1").await.unwrap();
        assert_eq!(begun.view().reason.unwrap().code, "not_enrolled");
        assert!(begun.login.offers.is_empty());
        carol.comes_in(world).await;
    })
    .await;
}
