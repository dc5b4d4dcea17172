use super::{
    logs::{Told, read_all, some, tell},
    world::on_each_engine,
};
use authx_core::{LoginId, audit::EventKind, role::Role};
use axum::http::StatusCode;
use serde_json::json;

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
        assert!(page.contains("A user pressed “Not me” within the last day"));
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
        read_all(world).await;
        assert!(owner.get(world, "/dashboard").await.text.contains(label));
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        assert_eq!(reader.get(world, "/dashboard").await.status, StatusCode::OK);
    })
    .await;
}
