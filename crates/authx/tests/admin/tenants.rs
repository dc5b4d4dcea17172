use super::{name, on_each_engine};
use authx::{
    admin::tenants::{self, TenantError},
    store::tenants::first_two,
};

#[tokio::test]
async fn tenants_have_distinct_names_and_are_found_by_either_name() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        assert!(matches!(tenants::find(app, None).await, Err(TenantError::NoneYet)));
        let example = world.tenant("Example Ltd").await;
        let taken = tenants::create(app, by, &name("EXAMPLE ltd")).await;
        assert!(matches!(taken, Err(TenantError::NameTaken(_))), "{taken:?}");
        assert_eq!(tenants::find(app, None).await.unwrap().id, example, "the only one");

        let other = world.tenant("O'Brien \"x\" 😀").await;
        let error = tenants::find(app, None).await.unwrap_err();
        assert!(matches!(&error, TenantError::Several(names) if names.len() == 2), "{error}");
        for text in ["o'brien \"X\" 😀", &other.to_string(), &other.to_string().to_uppercase()] {
            assert_eq!(tenants::find(app, Some(text)).await.unwrap().id, other);
        }
        let unknown = tenants::find(app, Some("nobody")).await;
        assert!(matches!(unknown, Err(TenantError::Unknown(_))), "{unknown:?}");
        assert_eq!(tenants::list(app).await.unwrap().len(), 2);
        let entry = world.newest(other).await;
        assert_eq!((entry.event.as_str(), &entry.detail["by"]), ("tenant_created", &"root".into()));
    })
    .await;
}

/// Strangers ask for pages that want to know it.
#[tokio::test]
async fn whether_there_are_several_is_read_from_two() {
    on_each_engine(async |world| {
        for (named, read) in [("A", 1), ("B", 2), ("C", 2), ("D", 2)] {
            world.tenant(named).await;
            assert_eq!(first_two(&world.app.store).await.unwrap().len(), read, "{named}");
        }
    })
    .await;
}
