use super::{World, name, on_each_engine};
use authx::admin::{
    Actor, AdminError,
    groups::{self, GroupError, MOST_GROUPS, MOST_OF_USER, MembersWanted},
    policies::{self, Scope, Target},
};
use authx_core::{
    GroupId, TenantId,
    policy::{Document, Origin},
    role::Role,
};

async fn group(world: &World, tenant: TenantId, text: &str) -> GroupId {
    groups::create(&world.app, &world.by, tenant, &name(text)).await.unwrap()
}

async fn names(world: &World, tenant: TenantId) -> Vec<String> {
    let groups = groups::list(&world.app, tenant).await.unwrap();
    groups.into_iter().map(|group| group.name).collect()
}

#[tokio::test]
async fn a_group_is_made_renamed_moved_removed_and_put_back() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let staff = group(world, tenant, "Staff").await;
        let before = world.generation(tenant).await;
        let contractors = group(world, tenant, "Contractors").await;
        assert_eq!(world.generation(tenant).await, before + 1);
        let again = groups::create(app, by, tenant, &name("STAFF")).await;
        assert!(matches!(again, Err(GroupError::NameTaken(_))), "{again:?}");
        for text in ["staff", &staff.to_string()] {
            assert_eq!(groups::find(app, tenant, text).await.unwrap().id, staff);
        }

        groups::place(app, by, tenant, contractors, 1).await.unwrap();
        assert_eq!(names(world, tenant).await, ["Contractors", "Staff"]);
        let entry = world.newest(tenant).await;
        assert_eq!((entry.event.as_str(), &entry.detail["before"]), ("group_moved", &2.into()));
        groups::place(app, by, tenant, contractors, 99).await.unwrap();
        assert_eq!(names(world, tenant).await, ["Staff", "Contractors"]);
        groups::rename(app, by, tenant, staff, &name("staff")).await.unwrap();
        let taken = groups::rename(app, by, tenant, staff, &name("contractors")).await;
        assert!(matches!(taken, Err(GroupError::NameTaken(_))), "{taken:?}");

        let alice = world.user(tenant, "alice", None).await;
        groups::add(app, by, tenant, staff, &[alice]).await.unwrap();
        let removed = groups::delete(app, by, tenant, staff).await.unwrap();
        assert_eq!((removed.name.as_str(), removed.members), ("staff", 1));
        assert!(groups::of_user(app, tenant, alice).await.unwrap().is_empty());
        let gone = groups::delete(app, by, tenant, staff).await;
        assert!(matches!(gone, Err(GroupError::Unknown(_))), "{gone:?}");
        // Its name is free meanwhile, and taken when it comes back.
        let other = group(world, tenant, "Staff").await;
        let taken = groups::put_back(app, by, tenant, staff).await;
        assert!(matches!(taken, Err(GroupError::NameTaken(_))), "{taken:?}");
        groups::delete(app, by, tenant, other).await.unwrap();
        groups::put_back(app, by, tenant, staff).await.unwrap();
        assert_eq!(names(world, tenant).await, ["Contractors", "staff"]);
        assert_eq!(groups::of_user(app, tenant, alice).await.unwrap()[0].id, staff);

        groups::delete(app, by, tenant, staff).await.unwrap();
        world.clock.advance_secs(31 * 86_400);
        groups::delete(app, by, tenant, contractors).await.unwrap();
        let late = groups::put_back(app, by, tenant, staff).await;
        assert!(matches!(late, Err(GroupError::Unknown(_))), "{late:?}");
    })
    .await;
}

#[tokio::test]
async fn members_come_and_go_each_with_an_entry() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let staff = group(world, tenant, "Staff").await;
        let alice = world.user(tenant, "alice", None).await;
        let bob = world.user(tenant, "bob", None).await;
        let (found, missing) =
            groups::find_all(app, tenant, &["Alice", "bob", "alice", "carol"]).await.unwrap();
        assert_eq!((found, missing), (vec![alice, bob], vec!["carol".to_owned()]));
        let before = world.generation(tenant).await;
        let came = groups::add(app, by, tenant, staff, &[alice, bob, alice]).await.unwrap();
        assert_eq!(came, ["alice", "bob"]);
        assert_eq!(world.generation(tenant).await, before + 1);
        for user in [alice, bob] {
            let filter = authx::admin::record::Filter { user: Some(user), ..Default::default() };
            let newest = authx::admin::record::newest(app, tenant, &filter, 1).await.unwrap();
            let detail = &newest[0].detail;
            assert_eq!(
                (newest[0].event.as_str(), &detail["group"], &detail["by"]),
                ("group_joined", &"Staff".into(), &"root".into())
            );
        }
        // Who is in already is no change.
        assert!(groups::add(app, by, tenant, staff, &[alice]).await.unwrap().is_empty());
        assert_eq!(world.generation(tenant).await, before + 1);
        assert_eq!(groups::remove(app, by, tenant, staff, &[bob]).await.unwrap(), ["bob"]);
        assert_eq!(world.newest(tenant).await.event, "group_left");
        assert_eq!(groups::count(app, tenant, staff).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn members_are_read_a_page_at_a_time() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let staff = group(world, tenant, "Staff").await;
        let mut users = vec![];
        for text in ["dora", "Anna", "b_b", "bob", "Carl"] {
            users.push(world.user(tenant, text, None).await);
        }
        groups::add(app, by, tenant, staff, &users).await.unwrap();
        let mut wanted = MembersWanted { most: 2, ..MembersWanted::default() };
        let mut read = vec![];
        loop {
            let page = groups::members(app, tenant, staff, &wanted).await.unwrap();
            assert_eq!(page.count, 5);
            let Some(last) = page.page.last() else { break };
            wanted.after = Some((last.folded.clone(), last.id));
            read.extend(page.page.into_iter().map(|member| member.name));
        }
        let mut sorted = read.clone();
        sorted.sort_by_key(|name| name.to_lowercase());
        assert_eq!((read.len(), read == sorted), (5, true), "{read:?}");
        // `_` is no wildcard.
        let before = MembersWanted { before: wanted.after.clone(), most: 2, ..Default::default() };
        let page = groups::members(app, tenant, staff, &before).await.unwrap().page;
        let back: Vec<_> = page.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(back, [read[3].as_str(), read[2].as_str()]);
        let prefix = MembersWanted { prefix: "b_".to_owned(), most: 9, ..MembersWanted::default() };
        let page = groups::members(app, tenant, staff, &prefix).await.unwrap().page;
        assert_eq!(page.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["b_b"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_another_tenants_is_not_there() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (ours, theirs) = (world.tenant("Ours").await, world.tenant("Theirs").await);
        let group = group(world, theirs, "Staff").await;
        let bob = world.user(theirs, "bob", None).await;
        let own = super::groups::group(world, ours, "Own").await;
        let unknown = |error: &GroupError| matches!(error, GroupError::Unknown(_));
        assert!(unknown(&groups::find(app, ours, &group.to_string()).await.unwrap_err()));
        assert!(unknown(&groups::delete(app, by, ours, group).await.unwrap_err()));
        assert!(unknown(&groups::place(app, by, ours, group, 1).await.unwrap_err()));
        assert!(unknown(&groups::rename(app, by, ours, group, &name("x")).await.unwrap_err()));
        assert!(unknown(&groups::put_back(app, by, ours, group).await.unwrap_err()));
        let wanted = MembersWanted::default();
        assert!(unknown(&groups::members(app, ours, group, &wanted).await.unwrap_err()));
        let alice = world.user(ours, "alice", None).await;
        assert!(unknown(&groups::add(app, by, ours, group, &[alice]).await.unwrap_err()));
        let foreign = groups::add(app, by, ours, own, &[bob]).await;
        assert!(matches!(foreign, Err(GroupError::Account(_))), "{foreign:?}");
        let target = Target::Group(group);
        let set = policies::set(app, by, ours, target, Document::default()).await;
        assert!(matches!(set, Err(policies::PolicyError::Group(_))), "{set:?}");
    })
    .await;
}

#[tokio::test]
async fn there_is_an_end_to_groups() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let alice = world.user(tenant, "alice", None).await;
        for number in 0..MOST_GROUPS {
            let id = group(world, tenant, &format!("g{number}")).await;
            if number < MOST_OF_USER {
                groups::add(app, by, tenant, id, &[alice]).await.unwrap();
            } else if number == MOST_OF_USER {
                let more = groups::add(app, by, tenant, id, &[alice]).await;
                assert!(matches!(more, Err(GroupError::TooManyOfUser(_))), "{more:?}");
            }
        }
        let more = groups::create(app, by, tenant, &name("one more")).await;
        assert!(matches!(more, Err(GroupError::TooMany)), "{more:?}");
        let users = vec![alice; 501];
        let id = groups::find(app, tenant, "g0").await.unwrap().id;
        let many = groups::add(app, by, tenant, id, &users).await;
        assert!(matches!(many, Err(GroupError::TooManyAtOnce(501))), "{many:?}");
    })
    .await;
}

/// A group may be asked less: whoever moves an owner into it acts on an owner.
#[tokio::test]
async fn nobody_moves_who_stands_higher_or_switches_a_policy_that_is_not_theirs() {
    on_each_engine(async |world| {
        let app = &world.app;
        let tenant = world.tenant("Example").await;
        let staff = group(world, tenant, "Staff").await;
        let owner = world.user(tenant, "owner", None).await;
        let sql = "UPDATE account SET role = 'owner' WHERE id = $1";
        let batch = authx::store::Batch::default().one(sql, [owner.into()]);
        let manager = world.user(tenant, "max", None).await;
        let batch = batch.set_role(tenant, manager, Some(Role::UserManager));
        app.store.commit(batch).await.unwrap();
        let by = Actor::account(manager, Some(Role::UserManager), "max");
        let moved = groups::add(app, &by, tenant, staff, &[owner]).await;
        let outranked = |error| matches!(error, GroupError::Admin(AdminError::Outranked));
        assert!(outranked(moved.unwrap_err()));

        let document = Document::from_json(r#"{"app_lock":"required"}"#).unwrap();
        let target = Target::Group(staff);
        policies::set(app, &world.by, tenant, target, document).await.unwrap();
        let removed = groups::delete(app, &by, tenant, staff).await;
        assert!(matches!(removed, Err(GroupError::PolicyInForce(_))), "{removed:?}");
        groups::delete(app, &world.by, tenant, staff).await.unwrap();
        let back = groups::put_back(app, &by, tenant, staff).await;
        assert!(matches!(back, Err(GroupError::PolicyInForce(_))), "{back:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_in_force_names_the_group_that_it_comes_from() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", None).await;
        let (first, second) =
            (group(world, tenant, "First").await, group(world, tenant, "Second").await);
        for (target, json) in [
            (Target::Group(first), r#"{"lifetimes":{"session_secs":60}}"#),
            (Target::Group(second), r#"{"lifetimes":{"session_secs":90},"app_lock":"required"}"#),
            (Target::Application(vpn), r#"{"app_lock":"optional"}"#),
        ] {
            let document = Document::from_json(json).unwrap();
            policies::set(app, by, tenant, target, document).await.unwrap();
        }
        for id in [second, first] {
            groups::add(app, by, tenant, id, &[alice]).await.unwrap();
        }
        let scope = Scope { application: Some(vpn), user: Some(alice), group: None };
        let found = policies::in_force(app, tenant, scope).await.unwrap();
        assert_eq!(found.effective.policy.session_secs, 60);
        let sources = &found.sources["app_lock"];
        let said: Vec<_> = sources.iter().map(|source| found.name(source.origin)).collect();
        assert_eq!(said, ["Second", "vpn", "Default"]);
        assert_eq!(found.effective.origins["app_lock"], Origin::Group(second));
        groups::place(app, by, tenant, second, 1).await.unwrap();
        let found = policies::in_force(app, tenant, scope).await.unwrap();
        assert_eq!(found.effective.policy.session_secs, 90);
        let of_group = Scope { application: Some(vpn), user: None, group: Some(first) };
        let found = policies::in_force(app, tenant, of_group).await.unwrap();
        assert_eq!(found.effective.origins["app_lock"], Origin::Application);
    })
    .await;
}
