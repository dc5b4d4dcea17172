//! What somebody who looks after people could do to get further than that.

use super::{World, name, on_each_engine};
use authx::admin::{
    Actor, AdminError,
    accounts::{self, AccountError, Amendment, NewAccount},
    administrators, aliases,
    applications::{self, ApplicationError, SettingsChange},
    groups::{self, GroupError},
    imports::{self, Options},
    policies::{self, Target},
};
use authx_core::{ApplicationId, GroupId, TenantId, UserId, role::Role};
use std::io::{Cursor, Read};

/// A company with a user manager, and a user whom that one looks after.
struct Company {
    tenant: TenantId,
    vpn: ApplicationId,
    manager: Actor,
    own: UserId,
    bob: UserId,
}

async fn company(world: &World) -> Company {
    let tenant = world.tenant("Example").await;
    let vpn = world.application(tenant, "vpn").await.id;
    let own = world.user(tenant, "max", None).await;
    let role = Some(Role::UserManager);
    let (app, by) = (&world.app, &world.by);
    administrators::set_role(app, by, tenant, own, role, administrators::Factors::Kept)
        .await
        .unwrap();
    let manager = Actor::account(own, Some(Role::UserManager), "max");
    let bob = world.user(tenant, "bob", None).await;
    Company { tenant, vpn, manager, own, bob }
}

async fn group(world: &World, tenant: TenantId, called: &str) -> GroupId {
    groups::create(&world.app, &world.by, tenant, &name(called)).await.unwrap()
}

#[tokio::test]
async fn who_may_not_change_policies_lets_nobody_off_by_a_group() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let Company { tenant, vpn, manager, own, bob } = &company(world).await;
        let tenant = *tenant;
        let [pilot, exempt, gate] = [
            group(world, tenant, "pilot").await,
            group(world, tenant, "exempt").await,
            group(world, tenant, "gate").await,
        ];
        let audience = SettingsChange {
            groups: Some(Some(vec![gate])),
            pilot: Some(vec![pilot]),
            ..SettingsChange::default()
        };
        applications::set(app, by, tenant, *vpn, &audience).await.unwrap();
        let off = serde_json::from_str(r#"{"second_factor":"off"}"#).unwrap();
        policies::set(app, by, tenant, Target::Group(exempt), off).await.unwrap();
        groups::add(app, by, tenant, pilot, &[*bob]).await.unwrap();

        let out = groups::remove(app, manager, tenant, pilot, &[*bob]).await;
        assert!(matches!(out, Err(GroupError::DecidesFactor(_))), "{out:?}");
        let into = groups::add(app, manager, tenant, exempt, &[*bob]).await;
        assert!(matches!(into, Err(GroupError::DecidesFactor(_))), "{into:?}");
        let gone = groups::delete(app, manager, tenant, pilot).await;
        assert!(matches!(gone, Err(GroupError::DecidesFactor(_))), "{gone:?}");
        let file = b"name,groups\nnina,exempt\n".to_vec();
        let mut faults = vec![];
        let open = move || {
            let read: Box<dyn Read + Send> = Box::new(Cursor::new(file.clone()));
            Ok(read)
        };
        let mut told = |fault| faults.push(fault);
        imports::run(app, manager, tenant, &open, &Options::default(), &mut told).await.unwrap();
        assert!(faults[0].message.contains("second factor"), "{faults:?}");

        // Who may go through a gate is theirs to say, but for themselves.
        groups::add(app, manager, tenant, gate, &[*bob]).await.unwrap();
        let themselves = groups::add(app, manager, tenant, gate, &[*own]).await;
        assert!(
            matches!(themselves, Err(GroupError::Admin(AdminError::Outranked))),
            "{themselves:?}"
        );
        groups::remove(app, by, tenant, pilot, &[*bob]).await.unwrap();
    })
    .await;
}

/// With a suffix, `owner` and `owner@corp.example` are one person: whoever makes the other name is
/// asked in their place.
#[tokio::test]
async fn nobody_gets_a_name_that_means_somebody_else() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let Company { tenant, vpn, bob, .. } = company(world).await;
        let owner = world.user(tenant, "owner@corp.example", None).await;
        let suffix = |text: Option<&str>| SettingsChange {
            domain_suffix: Some(text.map(|text| text.parse().unwrap())),
            ..SettingsChange::default()
        };
        applications::set(app, by, tenant, vpn, &suffix(Some("Corp.Example"))).await.unwrap();

        let new = NewAccount { name: &name("Owner"), aliases: &[], password: None };
        let made = accounts::create(app, by, tenant, new).await;
        assert!(matches!(made, Err(AccountError::NameTaken { .. })), "{made:?}");
        for alike in ["owner", "CORP.example\\owner"] {
            let added = aliases::add(app, by, tenant, bob, &name(alike)).await;
            assert!(added.is_err(), "{alike}");
        }
        let renamed = Amendment { name: Some(name("owner")), ..Amendment::default() };
        let renamed = accounts::amend(app, by, tenant, bob, &renamed).await;
        assert!(matches!(renamed, Err(AccountError::NameTaken { .. })), "{renamed:?}");
        let file = b"name,aliases\nowner,\ncarl,owner\n".to_vec();
        let mut faults = vec![];
        let open = move || {
            let read: Box<dyn Read + Send> = Box::new(Cursor::new(file.clone()));
            Ok(read)
        };
        let mut told = |fault| faults.push(fault);
        imports::run(app, by, tenant, &open, &Options::default(), &mut told).await.unwrap();
        assert_eq!(faults.len(), 2, "{faults:?}");
        // Their own other name they may have.
        aliases::add(app, by, tenant, owner, &name("owner")).await.unwrap();

        // Two people are not made one.
        applications::set(app, by, tenant, vpn, &suffix(None)).await.unwrap();
        world.user(tenant, "bob@corp.example", None).await;
        let set = applications::set(app, by, tenant, vpn, &suffix(Some("corp.example"))).await;
        assert!(matches!(set, Err(ApplicationError::SamePerson { .. })), "{set:?}");
        applications::set(app, by, tenant, vpn, &suffix(Some("other.example"))).await.unwrap();
    })
    .await;
}
