use super::{PASSWORD, name, on_each_engine, outcome};
use authx::admin::{
    groups,
    policies::{self, PolicyError, Target},
};
use authx_core::policy::{Document, Origin};

#[tokio::test]
async fn a_policy_counts_from_the_next_login_on_and_is_recorded_with_what_it_replaced() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let lab = world.application(tenant, "lab").await.id;
        world.user(tenant, "alice", Some(PASSWORD)).await;
        let document = |json: &str| Document::from_json(json).unwrap();
        let off = document(r#"{"second_factor":"off","limits":{"lock_after":9}}"#);
        policies::set(app, by, tenant, Target::Tenant, off).await.unwrap();
        let before = world.generation(tenant).await;
        let strict = document(r#"{"second_factor":"required"}"#);
        policies::set(app, by, tenant, Target::Application(lab), strict).await.unwrap();
        assert_eq!(world.generation(tenant).await, before + 1);

        let login = world.sign_in(vpn, "alice", PASSWORD, None).await;
        assert_eq!(outcome(&login), "allowed");
        let login = world.sign_in(lab, "alice", PASSWORD, None).await;
        assert_eq!(outcome(&login), "refused:not_enrolled");
        let shown = policies::show(app, tenant, Target::Application(lab)).await.unwrap();
        let origin = |path| shown.effective.origins[path];
        assert_eq!(origin("second_factor"), Origin::Application);
        assert_eq!(origin("limits.lock_after"), Origin::Tenant);
        assert_eq!(origin("lifetimes.login_secs"), Origin::Default);

        let empty = Document::default();
        policies::set(app, by, tenant, Target::Tenant, empty).await.unwrap();
        let entry = world.newest(tenant).await;
        assert_eq!(entry.event, "policy_set");
        assert_eq!(entry.detail["before"]["second_factor"], "off");
        assert_eq!(entry.detail["after"], serde_json::json!({}));
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_used_is_not_stored() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let (ours, theirs) = (world.tenant("Ours").await, world.tenant("Theirs").await);
        let before = world.generation(ours).await;
        let nobody = Document { factors: Some(vec![]), ..Document::default() };
        let refused = policies::set(app, by, ours, Target::Tenant, nobody).await;
        assert!(matches!(refused, Err(PolicyError::Invalid(_))), "{refused:?}");
        assert_eq!(world.generation(ours).await, before);

        let foreign = Target::Application(world.application(theirs, "vpn").await.id);
        let set = policies::set(app, by, ours, foreign, Document::default()).await;
        assert!(matches!(set, Err(PolicyError::Application(_))), "{set:?}");
        let shown = policies::show(app, ours, foreign).await;
        assert!(matches!(shown, Err(PolicyError::Application(_))), "{shown:?}");
    })
    .await;
}

#[tokio::test]
async fn a_policy_that_somebody_else_set_meanwhile_is_not_written_over() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let document = |json: &str| Document::from_json(json).unwrap();
        let seen = policies::show(app, tenant, Target::Tenant).await.unwrap().revision;
        let (first, second) = (document(r#"{"limits":{"lock_after":9}}"#), document("{}"));
        let target = Target::Tenant;
        policies::replace(app, by, tenant, target, &seen, first.clone()).await.unwrap();
        let late = policies::replace(app, by, tenant, target, &seen, second.clone()).await;
        let Err(PolicyError::Changed(current)) = late else { unreachable!("{late:?}") };
        assert_eq!(*current, first);
        let seen = policies::show(app, tenant, target).await.unwrap().revision;
        policies::replace(app, by, tenant, target, &seen, second).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn every_version_is_kept_and_can_be_put_into_force_again() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap();
        let document = |json: &str| Document::from_json(json).unwrap();
        let lock = |after: u32| document(&format!(r#"{{"limits":{{"lock_after":{after}}}}}"#));
        for target in [Target::Tenant, Target::Application(vpn), Target::Group(staff)] {
            for after in [7, 8, 9] {
                policies::set(app, by, tenant, target, lock(after)).await.unwrap();
            }
        }
        for target in [Target::Tenant, Target::Application(vpn), Target::Group(staff)] {
            let read = policies::versions(app, tenant, target, None, 2).await.unwrap();
            assert!(read.more);
            let after: Vec<_> = read.page.iter().map(|version| version.after.clone()).collect();
            assert_eq!(after, [lock(9), lock(8)]);
            let oldest = read.page[1].version;
            let rest = policies::versions(app, tenant, target, Some(oldest), 9).await.unwrap();
            assert_eq!((rest.page.len(), rest.more), (1, false));
            let first = rest.page[0].clone();
            assert_eq!((first.by.as_str(), first.after.clone()), ("root", lock(7)));

            let revision = policies::show(app, tenant, target).await.unwrap().revision;
            let restore = policies::restore(app, by, tenant, target, &revision, first.version);
            restore.await.unwrap();
            assert_eq!(policies::show(app, tenant, target).await.unwrap().document, lock(7));
            let newest = policies::versions(app, tenant, target, None, 1).await.unwrap();
            assert_eq!(newest.page[0].restores, Some(first.version));
            // What was seen before is out of date.
            let late =
                policies::restore(app, by, tenant, target, &revision, oldest).await.unwrap_err();
            assert!(matches!(late, PolicyError::Changed(_)), "{late:?}");
        }
        let revision = policies::show(app, tenant, Target::Tenant).await.unwrap().revision;
        let newest = policies::versions(app, tenant, Target::Group(staff), None, 1).await.unwrap();
        let foreign = newest.page[0].version;
        let wrong = policies::restore(app, by, tenant, Target::Tenant, &revision, foreign).await;
        assert!(matches!(wrong, Err(PolicyError::UnknownVersion(_))), "{wrong:?}");
    })
    .await;
}

#[tokio::test]
async fn a_group_cannot_have_what_is_decided_before_it_is_known() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap();
        let first = Document::from_json(r#"{"first_factors":["pam"]}"#).unwrap();
        let set = policies::set(app, by, tenant, Target::Group(staff), first).await;
        let told = set.unwrap_err().to_string();
        assert!(told.contains("`first_factors` cannot be set for a group"), "{told}");
    })
    .await;
}
