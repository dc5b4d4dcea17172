use super::{PASSWORD, on_each_engine, outcome};
use authx::admin::policies::{self, PolicyError, Target};
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
