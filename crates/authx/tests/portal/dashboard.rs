use super::{
    logs::{Told, some, tell},
    world::on_each_engine,
};
use authx::certificate::Standing;
use authx_core::{LoginId, Millis, audit::EventKind, role::Role};
use axum::http::StatusCode;
use serde_json::json;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn figures_are_those_of_the_record() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        let empty = owner.get(world, "/dashboard").await;
        assert_eq!(empty.status, StatusCode::OK, "{}", empty.text);
        assert!(empty.text.contains("Nobody has signed in yet"), "{}", empty.text);
        assert!(empty.text.contains("No backup was ever made"));
        assert!(empty.text.contains("There is only one owner"));

        some(world).await;
        let page = owner.get(world, "/dashboard").await.shown().to_owned();
        assert!(page.len() < 100_000);
        let label = "Logins an hour: 1 granted, 31 refused";
        assert!(page.contains(label), "{page}");
        assert!(page.contains("3.1 % of 32 logins") && page.contains("The same as a table"));
        assert!(
            page.contains("/logins?reason=wrong_code&") || page.contains("reason=wrong_code&#38;")
        );
        assert!(page.contains("“alice” said “Not me” to a sign-in within the last day"));
        assert!(page.contains("Refused most often") && page.contains("alice"));
        assert!(!page.contains("style="), "nothing inline");

        for period in ["7d", "30d", "bad", "%3Cscript%3E"] {
            let page = owner.get(world, &format!("/dashboard?period={period}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.text.contains("31 refused"), "{period}");
            assert!(!page.text.contains("<script>"));
        }

        // What is under way is not counted before it ends.
        let told = Told { login: LoginId::from_bytes([200; 16]), user: None, code: "P2HV9D" };
        tell(world, world.tenant, &told, EventKind::LoginBegan, json!({"after_ms": 0})).await;
        authx::app::testing::read_all(&world.app).await;
        assert!(owner.get(world, "/dashboard").await.text.contains(label));
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        assert_eq!(reader.get(world, "/dashboard").await.status, StatusCode::OK);
    })
    .await;
}

/// Nobody has to look at a certificate to learn that it ends.
#[tokio::test]
async fn a_certificate_that_ends_is_a_notice() {
    on_each_engine(async |world| {
        let mut owner = world.signed_in("olga", Some(Role::Owner)).await;
        assert!(!owner.get(world, "/dashboard").await.shown().contains("certificate"));
        let day = 86_400_000;
        let now = world.app.now().unwrap();
        let standing = Arc::new(Mutex::new(None));
        let watched = standing.clone();
        world.app.certificate.watch(move || watched.lock().unwrap().clone());
        for (days, whole, by_itself, failure, said) in [
            (21, Some(365), false, None, None),
            (19, Some(365), false, None, Some("ends in 19 days")),
            (1, Some(365), false, None, Some("ends in one day")),
            (0, Some(365), false, None, Some("certificate is over")),
            // One for six days is renewed by whoever puts it there.
            (3, Some(6), false, None, None),
            (1, Some(6), false, None, Some("ends in one day")),
            // AuthX renews it in time, and if not, says why.
            (2, None, true, None, None),
            (15, None, true, Some("rate <limited>"), Some("rate &#60;limited&#62;")),
        ] {
            *standing.lock().unwrap() = Some(Standing {
                until: Some(Millis(now.0 + days * day)),
                whole_millis: whole.map(|days: u64| days * day),
                by_itself,
                failure: failure.map(str::to_owned),
            });
            let page = owner.get(world, "/dashboard").await;
            let text = page.shown();
            match said {
                Some(said) => assert!(text.contains(said), "{days}: {text}"),
                None => assert!(!text.contains("certificate"), "{days}: {text}"),
            }
        }
    })
    .await;
}
