//! The name in the client's certificate.

use super::{PASSWORD, World, name, on_each_engine, outcome, with_password};
use authx::admin::{aliases, policies};
use authx_core::policy::Document;

async fn policy(world: &World, json: &str) {
    let (document, target) = (Document::from_json(json).unwrap(), policies::Target::Tenant);
    policies::set(&world.app, &world.by, world.tenant, target, document).await.unwrap();
}

async fn begin(world: &World, password: &str, certificate: Option<&str>) -> String {
    let mut body = with_password(password);
    if let Some(certificate) = certificate {
        body["certificate"] = certificate.into();
    }
    outcome(&world.begin(&body).await.unwrap())
}

#[tokio::test]
async fn the_certificates_name_is_the_users_or_an_alias() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        aliases::add(app, by, *tenant, *alice, &name("alice@corp.example")).await.unwrap();
        for (certificate, expected) in [
            (None, "awaiting_input"),
            (Some("ALICE"), "awaiting_input"),
            (Some("alice@corp.example"), "awaiting_input"),
            (Some("bob"), "refused:not_permitted"),
            (Some("alice2"), "refused:not_permitted"),
        ] {
            assert_eq!(begin(world, PASSWORD, certificate).await, expected, "{certificate:?}");
            let wrong = begin(world, "wrong", certificate).await;
            assert_eq!(wrong, "refused:wrong_credentials", "{certificate:?}");
        }
        policy(world, r#"{"certificate_name":"free"}"#).await;
        assert_eq!(begin(world, PASSWORD, Some("bob")).await, "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn a_certificate_as_first_factor_needs_its_name() {
    on_each_engine(async |world| {
        policy(world, r#"{"first_factors":["certificate"],"certificate_name":"free"}"#).await;
        let mut body = with_password(PASSWORD);
        body["first_factor"] = serde_json::json!({"kind": "proved", "by": "certificate"});
        assert_eq!(outcome(&world.begin(&body).await.unwrap()), "refused:not_permitted");
        body["certificate"] = "bob".into();
        assert_eq!(outcome(&world.begin(&body).await.unwrap()), "refused:not_permitted");
        body["certificate"] = "alice".into();
        assert_eq!(outcome(&world.begin(&body).await.unwrap()), "awaiting_input");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_was_taken_away_meanwhile_ends_the_login() {
    on_each_engine(async |world| {
        let World { app, by, tenant, alice, .. } = world;
        let alias = name("alice@corp.example");
        aliases::add(app, by, *tenant, *alice, &alias).await.unwrap();
        let mut body = with_password(PASSWORD);
        body["certificate"] = alias.as_str().into();
        let kept = world.begin(&body).await.unwrap();
        let lost = world.begin(&body).await.unwrap();
        let wrong = world.answer(kept.id, 1, "r").await.unwrap();
        assert_eq!(outcome(&wrong), "awaiting_input");
        aliases::remove(app, by, *tenant, *alice, &alias).await.unwrap();
        let answered = world.answer(lost.id, 1, &world.code()).await.unwrap();
        assert_eq!(outcome(&answered), "refused:not_permitted");
    })
    .await;
}
