//! What people are told that others may have done in their name.

use crate::{
    Portal, link, on_each_portal,
    portal::{Browser, PASSWORD, name},
};
use authx::{
    admin::{
        accounts::{self, Details, Mail},
        administrators, applications, bypass, policies, sign_up,
    },
    logins,
};
use authx_core::{LoginId, UserId, otp::Totp, role::Role, wire::login::LoginState};
use serde_json::json;

async fn signs_in(portal: &Portal, browser: &mut Browser, called: &str, totp: &Totp) {
    let world = &portal.world;
    browser.get(world, "/sign-in").await.shown();
    let sent = [("name", called), ("password", PASSWORD)];
    assert_eq!(browser.post(world, "/sign-in", &sent).await.to(), "/sign-in/confirm");
    browser.get(world, "/sign-in/confirm").await.shown();
    world.clock.advance_secs(30);
    let code = totp.code(world.app.now().unwrap().secs() / 30);
    assert_eq!(browser.post(world, "/sign-in/confirm", &[("code", &code)]).await.to(), "/");
    browser.post(world, "/sign-out", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_was_not_seen_before() {
    on_each_portal(async |portal| {
        let anna = portal.person("anna", Some(Role::Owner)).await;
        let totp = portal.world.authenticator(anna).await;
        let mut known = Browser::default();
        signs_in(portal, &mut known, "anna", &totp).await;
        signs_in(portal, &mut known, "anna", &totp).await;
        let before = ["app_added", "password_changed"];
        assert_eq!(portal.letters().await, before, "the first one is no news");
        let mut other = Browser::default();
        signs_in(portal, &mut other, "anna", &totp).await;
        signs_in(portal, &mut other, "anna", &totp).await;
        signs_in(portal, &mut known, "anna", &totp).await;
        let mails = portal.mails("anna", 3).await;
        let browser = "Sign-in from a new browser: AuthX at Example";
        let mail = mails.iter().find(|mail| mail["subject"] == browser).unwrap();
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("Firefox") && text.contains("Was it not you?"), "{text}");
        assert_eq!(portal.letters().await, ["app_added", "new_browser", "password_changed"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_wrong_codes_lock() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let anna = portal.person("anna", None).await;
        world.authenticator(anna).await;
        let document = r#"{"limits":{"lock_after":5}}"#;
        let document = authx_core::policy::Document::from_json(document).unwrap();
        let (app, by) = (&world.app, &world.by);
        policies::set(app, by, world.tenant, policies::Target::Tenant, document).await.unwrap();
        for _ in 0..12 {
            let mut browser = Browser::default();
            browser.get(world, "/sign-in").await;
            let sent = [("name", "anna"), ("password", PASSWORD)];
            if browser.post(world, "/sign-in", &sent).await.status.is_client_error() {
                break;
            }
            browser.get(world, "/sign-in/confirm").await;
            browser.post(world, "/sign-in/confirm", &[("code", "000000")]).await;
            world.clock.advance_secs(5);
        }
        let locked = portal.letters().await;
        let once = ["account_locked", "app_added", "password_changed"];
        assert_eq!(locked, once, "however many follow");
        let mails = portal.mails("anna", 3).await;
        let locked = "Your account is locked: AuthX at Example";
        let mail = mails.iter().find(|mail| mail["subject"] == locked).unwrap();
        assert!(mail["text"].as_str().unwrap().contains("Locked until"), "{mail}");
    })
    .await;
}

/// A login at a VPN by the password alone.
async fn at_the_vpn(portal: &Portal, id: u8) -> LoginState {
    let world = &portal.world;
    let (app, by, tenant) = (&world.app, &world.by, world.tenant);
    let vpn = if let Ok(found) = applications::find(app, tenant, "Berlin VPN").await {
        found.id
    } else {
        let (called, key) = (name("Berlin VPN"), name("vpn1"));
        let kind = applications::ApplicationKind::Openvpn;
        applications::create(app, by, tenant, &called, kind, &key).await.unwrap().id
    };
    let caller = app.directory.current(app, vpn).await.unwrap().unwrap();
    let request = json!({
        "user": "anna",
        "first_factor": {"kind": "password", "password": PASSWORD},
        "client": {"address": "192.0.2.7"},
        "can": {"text": true, "several": true},
    });
    let request = serde_json::from_value(request).unwrap();
    let id = LoginId::from_bytes([id; 16]);
    logins::begin(app, &caller, id, &request, &id.to_string().into_bytes())
        .await
        .unwrap()
        .view()
        .state
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bypass_that_is_used() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let anna = portal.person("anna", None).await;
        let (app, by) = (&world.app, &world.by);
        let wish = bypass::Wish {
            user: anna,
            kind: bypass::Kind::Bypass,
            reason: "phone lost".to_owned(),
            secs: 4 * 3_600,
        };
        bypass::give(app, by, world.tenant, &wish, None).await.unwrap();
        for id in 1..4 {
            assert_eq!(at_the_vpn(portal, id).await, LoginState::Allowed);
        }
        let so_far = portal.letters().await;
        assert_eq!(so_far, ["bypass_given", "bypass_used", "password_changed"], "once an hour");
        world.clock.advance_secs(3_600);
        assert_eq!(at_the_vpn(portal, 4).await, LoginState::Allowed);
        let mails = portal.mails("anna", 4).await;
        let used = "Somebody signed in without your phone: AuthX at Example";
        let used: Vec<_> = mails.iter().filter(|mail| mail["subject"] == used).collect();
        assert_eq!(used.len(), 2);
        let text = used[0]["text"].as_str().unwrap();
        assert!(text.contains("Berlin VPN") && text.contains("192.0.2.7"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_reported_after_it_was_let_in() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let owner = portal.person("bob", Some(Role::Owner)).await;
        world.authenticator(owner).await;
        let anna = portal.person("anna", None).await;
        let (app, by) = (&world.app, &world.by);
        let wish = bypass::Wish {
            user: anna,
            kind: bypass::Kind::Bypass,
            reason: "phone lost".to_owned(),
            secs: 4 * 3_600,
        };
        bypass::give(app, by, world.tenant, &wish, None).await.unwrap();
        assert_eq!(at_the_vpn(portal, 1).await, LoginState::Allowed);
        let mut her = world.browser_of(world.tenant, anna).await;
        her.get(world, "/me").await.shown();
        let login = LoginId::from_bytes([1; 16]);
        her.post(world, &format!("/me/logins/{login}/not-me"), &[]).await;
        let mails = portal.mails("bob", 3).await;
        let subject = "anna says “not me” of a login: AuthX at Example";
        let mail = mails.iter().find(|mail| mail["subject"] == subject).unwrap();
        let text = mail["text"].as_str().unwrap();
        for fact in ["User: anna", "Application: Berlin VPN", "From: 192.0.2.7", "Let in: "] {
            assert!(text.contains(fact), "{fact}: {text}");
        }
    })
    .await;
}

/// By the command line, as in the portal.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_was_enrolled_on_the_server() {
    on_each_portal(async |portal| {
        let anna = portal.person("anna", None).await;
        portal.mails("anna", 1).await;
        portal.world.authenticator(anna).await;
        let mail = portal.mails("anna", 2).await.pop().unwrap();
        assert_eq!(mail["subject"], "A new authenticator app counts: AuthX at Example");
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("By: an administrator"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_rises_and_what_went_with_that() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let anna = portal.person("anna", Some(Role::HelpDesk)).await;
        world.authenticator(anna).await;
        authx::enrol::recovery::renew(app, by, tenant, anna).await.unwrap();
        portal.mails("anna", 3).await;
        let owner = world.account(tenant, "olga", Some(Role::Owner)).await;
        let owner = authx::admin::Actor::account(owner, Some(Role::Owner), "olga");
        let set = async |role, factors| {
            administrators::set_role(app, &owner, tenant, anna, Some(role), factors).await.unwrap();
        };
        set(Role::UserManager, administrators::Factors::Removed).await;
        let mail = portal.mails("anna", 4).await.pop().unwrap();
        assert_eq!(mail["subject"], "You have another role: AuthX at Example");
        let text = mail["text"].as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for said in [
            "Role: User manager",
            "an authenticator app, recovery codes",
            "By: olga",
            "for a new link",
        ] {
            assert!(text.contains(said), "{said}: {text}");
        }
        // Who falls loses nothing.
        set(Role::HelpDesk, administrators::Factors::Removed).await;
        assert_eq!(portal.sends().await, 0);
        set(Role::Administrator, administrators::Factors::Kept).await;
        assert_eq!(portal.sends().await, 0, "nothing was left to lose");
        set(Role::HelpDesk, administrators::Factors::Kept).await;
        sign_up::invite_account(app, by, tenant, anna).await.unwrap();
        set(Role::Administrator, administrators::Factors::Kept).await;
        let mail = portal.mails("anna", 5).await.pop().unwrap();
        let text = mail["text"].as_str().unwrap();
        assert!(text.contains("Sign in as before."), "{text}");
        assert!(text.contains("links that were sent to you"), "{text}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mail_address_is_told_to_the_old_one() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let anna = portal.person("anna", None).await;
        portal.mails("anna", 1).await;
        let set = async |mail: Option<&str>| {
            let mail = mail.map(|mail| Mail::new(mail).unwrap());
            let details = Details { display: Some(name("Anna Arnold")), mail };
            let (app, by) = (&world.app, &world.by);
            accounts::edit(app, by, world.tenant, anna, &name("anna"), &details).await.unwrap();
        };
        set(Some("Anna@example.com")).await;
        assert_eq!(portal.sends().await, 0, "the same address, and another name");
        set(Some("bob@example.com")).await;
        let mail = portal.mails("anna", 2).await.pop().unwrap();
        assert_eq!(mail["subject"], "Your mail address was changed: AuthX at Example");
        let text = mail["text"].as_str().unwrap();
        // In no form that a mail program would make a link of.
        assert!(text.contains("New address: b••• at example. com"), "{text}");
        assert!(text.contains("Account: anna") && text.contains("Hello Anna Arnold"), "{text}");
        set(None).await;
        let mail = portal.mails("bob", 1).await.pop().unwrap();
        assert!(mail["text"].as_str().unwrap().contains("New address: none"), "{mail}");
        set(Some("anna@example.com")).await;
        assert_eq!(portal.sends().await, 0, "nobody was written to before");
    })
    .await;
}

async fn opens(portal: &Portal, link: &str, says: &str) {
    let world = &portal.world;
    let mut browser = Browser::default();
    browser.get(world, "/set-up").await;
    let page = browser.post(world, "/set-up", &[("link", link)]).await;
    assert!(page.shown().contains(says), "{}", page.text);
    let token = link.split_once('#').unwrap().1;
    let sent = [("set_up_token", token), ("password", "eleven purple owls sing")];
    assert_eq!(browser.post(world, "/set-up/account", &sent).await.to(), "/enrol");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_let_into_the_portal() {
    on_each_portal(async |portal| {
        let world = &portal.world;
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let (mail, role) = ("bob@example.com", Role::HelpDesk);
        let new = administrators::NewAdministrator { mail, display: None, role };
        let invited = administrators::invite(app, by, tenant, new);
        let made = invited.await.unwrap();
        assert_eq!(made.posted.unwrap().to, "b•••@example.com");
        let mail = portal.mails("bob", 1).await.pop().unwrap();
        assert_eq!(mail["subject"], "Set up your sign-in to AuthX at Example");
        let in_mail = link(&mail, "https://mfa.example.com/set-up#");
        assert_eq!(in_mail, made.link.address(app).as_str());
        assert!(mail["text"].as_str().unwrap().contains("help desk"), "{mail}");
        opens(portal, in_mail, "bob@example.com").await;

        // A plain user, by a help desk, at the address on record: the link is in the mail alone.
        let anna: UserId = world.account(tenant, "anna", None).await;
        let details = Details { display: None, mail: Mail::new("anna@example.com").ok() };
        accounts::edit(app, by, tenant, anna, &name("anna"), &details).await.unwrap();
        let mut desk = world.browser_of(tenant, made.id).await;
        let path = format!("/users/{anna}");
        let page = desk.get(world, &path).await;
        assert!(page.shown().contains("Let into this portal"));
        assert!(!page.text.contains("link once"));
        for wish in ["mail", "link"] {
            let to = format!("{path}/portal");
            assert_eq!(desk.post(world, &to, &[("by", wish)]).await.to(), path);
        }
        let page = desk.get(world, &path).await;
        assert!(page.shown().contains("A link to the portal was sent to a•••@example.com."));
        assert!(!page.text.contains("axi_"));
        let mail = portal.mails("anna", 1).await.pop().unwrap();
        opens(portal, link(&mail, "https://mfa.example.com/set-up#"), "anna").await;
        assert_eq!(portal.letters().await, ["set_up"; 3], "the first was withdrawn");
        let gone = sign_up::invite_account_by_mail(app, by, tenant, UserId::from_bytes([7; 16]));
        assert!(gone.await.unwrap_err().to_string().starts_with("there is no user"));
    })
    .await;
}
