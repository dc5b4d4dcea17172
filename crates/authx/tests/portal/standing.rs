//! What is offered on an account depends on where it stands, not on the role of the reader alone.

use crate::{
    company::{Company, authenticator},
    html::forms,
    world::{World, name, on_each_engine},
};
use authx::admin::{
    Actor, groups,
    policies::{self, Target},
};
use authx_core::{
    UserId,
    policy::Document,
    role::{Permission, Role},
};
use axum::http::StatusCode;
use serde_json::json;

/// Every role before every account: no button that “nobody acts on an account of the same or a
/// higher role” would answer.
#[tokio::test]
async fn nothing_is_offered_on_an_account_that_stands_as_high() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let accounts = one_of_each(world, &company).await;
        for &role in Role::ALL {
            let mut browser = world.browser_of(company.tenant, of(&accounts, role)).await;
            for &(other, account) in &accounts {
                let page = browser.get(world, &format!("/users/{account}")).await;
                let main = page.main();
                let offered: Vec<String> =
                    forms(main).into_iter().map(|form| form.action).collect();
                let own = other == Some(role);
                let below = role.outranks(other);
                let case = format!("{role:?} before {other:?}: {offered:?}");
                let helps = role.may(Permission::UsersInvite);
                assert_eq!(!offered.is_empty(), below && helps, "{case}");
                let edit = main.contains(&format!("/users/{account}/edit"));
                assert_eq!(edit, (below || own) && role.may(Permission::UsersWrite), "{case}");
                let helped = below && role.may(Permission::BypassWrite);
                for (path, offered) in [("edit", edit), ("bypass", helped)] {
                    let page = browser.get(world, &format!("/users/{account}/{path}")).await;
                    assert_eq!(page.status == StatusCode::OK, offered, "{path}: {case}");
                }
                assert_eq!(main.contains("This is you."), own, "{case}");
                let above = main.contains("helps here.");
                assert_eq!(above, helps && !below && !own, "{case}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_out_of_a_group_who_stands_as_high() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let accounts = one_of_each(world, &company).await;
        let owner = Actor::account(company.owner, Some(Role::Owner), "olga");
        let named = name("Everybody");
        let group = groups::create(&world.app, &owner, company.tenant, &named).await.unwrap();
        // Nobody puts an equal into a group either: somebody on the server does.
        let all: Vec<UserId> = accounts.iter().map(|(_, account)| *account).collect();
        groups::add(&world.app, &world.by, company.tenant, group, &all).await.unwrap();
        for role in [Role::UserManager, Role::Administrator, Role::Owner] {
            let mut browser = world.browser_of(company.tenant, of(&accounts, role)).await;
            let page = browser.get(world, &format!("/groups/{group}")).await;
            for &(other, account) in &accounts {
                let remove = format!("/groups/{group}/members/{account}/remove");
                // Whoever may change policies could let themselves off by one.
                let own = other == Some(role) && role.may(Permission::PoliciesWrite);
                assert_eq!(
                    page.main().contains(&remove),
                    role.outranks(other) || own,
                    "{role:?} before {other:?}"
                );
            }
        }
    })
    .await;
}

/// An account of each role, and one of none.
async fn one_of_each(world: &World, company: &Company) -> Vec<(Option<Role>, UserId)> {
    let mut accounts = vec![];
    for role in Role::ALL.iter().copied().map(Some).chain([None]) {
        let called = role.map_or("nobody", Role::word);
        accounts.push((role, world.account(company.tenant, called, role).await));
    }
    accounts
}

fn of(accounts: &[(Option<Role>, UserId)], role: Role) -> UserId {
    accounts.iter().find(|(one, _)| *one == Some(role)).unwrap().1
}

/// To move people in a group that decides about the second factor is to let them off, or not: the
/// deed waits for a fresh factor as a policy does, and is done then. Other groups ask for none.
#[tokio::test]
async fn a_group_that_decides_takes_a_fresh_second_factor() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let (app, tenant) = (&world.app, company.tenant);
        let [plain, trial] = ["Plain", "Trial"].map(name);
        let plain = groups::create(app, &world.by, tenant, &plain).await.unwrap();
        let trial = groups::create(app, &world.by, tenant, &trial).await.unwrap();
        let off = Document::from_value(&json!({"second_factor": "off"})).unwrap();
        policies::set(app, &world.by, tenant, Target::Group(trial), off).await.unwrap();
        let alice = world.account(tenant, "alice", None).await;
        let carla = world.account(tenant, "carla", Some(Role::Administrator)).await;
        let mina = world.account(tenant, "mina", Some(Role::UserManager)).await;
        let totp = authenticator(world, tenant, carla).await;
        let mut browser = world.browser_of(tenant, carla).await;
        let mut manager = world.browser_of(tenant, mina).await;
        world.clock.advance_secs(301);
        let user = alice.to_string();

        for group in [plain, trial] {
            let bulk = [("deed", "join"), ("group", &group.to_string()), ("user", &user)];
            for (to, fields) in [
                (format!("/groups/{group}/members"), &[("names", "alice")][..]),
                ("/users/bulk".to_owned(), &bulk[..]),
                (format!("/groups/{group}/members/{alice}/remove"), &[]),
                (format!("/groups/{group}/members/{alice}/add"), &[]),
                (format!("/groups/{group}/remove"), &[]),
            ] {
                let page = browser.post(world, &to, fields).await;
                let held = page.headers.get("location").is_some_and(|to| to == "/confirm");
                assert_eq!(held, group == trial, "{to}: {}", page.status);
            }
        }
        // Whoever may not at all confirms nothing first.
        let members = format!("/groups/{trial}/members");
        let page = manager.post(world, &members, &[("names", "alice")]).await;
        assert!(page.refused().contains("ask somebody who may change policies"));

        assert_eq!(browser.post(world, &members, &[("names", "alice")]).await.to(), "/confirm");
        let page = browser.get(world, "/confirm").await;
        assert!(page.shown().contains("<h1>Move people in the group Trial</h1>"));
        browser.post(world, "/confirm/begin", &[]).await.to();
        let code = totp.code(app.now().unwrap().secs() / 30);
        browser.post(world, "/confirm", &[("code", &code)]).await.to();
        assert!(groups::of_user(app, tenant, alice).await.unwrap().is_empty(), "not yet");
        let page = browser.post(world, "/confirm/done", &[]).await;
        assert_eq!(page.to(), format!("/groups/{trial}"));
        let of = groups::of_user(app, tenant, alice).await.unwrap();
        assert_eq!(of.iter().map(|group| group.id).collect::<Vec<_>>(), [trial]);
    })
    .await;
}
