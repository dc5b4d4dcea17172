//! What is offered on an account depends on where it stands, not on the role of the reader alone.

use crate::{
    company::Company,
    html::forms,
    world::{World, name, on_each_engine},
};
use authx::admin::{Actor, groups};
use authx_core::{
    UserId,
    role::{Permission, Role},
};

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
