//! What counts as a second factor where users are listed and counted.

use super::{World, on_each_engine};
use authx::{
    admin::{accounts, administrators},
    enrol::recovery,
    store::{Batch, accounts::Filter, accounts::Standing, passkeys::NewPasskey},
};
use authx_core::{PasskeyId, TenantId, UserId, role::Role};

async fn state(world: &World, tenant: TenantId, user: UserId) -> &'static str {
    accounts::find(&world.app, tenant, &user.to_string()).await.unwrap().state
}

/// As a browser's answer is stored.
async fn passkey(world: &World, tenant: TenantId, account: UserId, byte: u8) {
    let id = PasskeyId::from_bytes([byte; 16]);
    let now = world.app.now().unwrap();
    let credential = &[byte; 4];
    let new = NewPasskey { id, tenant, account, name: "Laptop", credential, record: "{}", now };
    let batch = Batch::default().insert_passkey(new).count_means(tenant, account);
    world.app.store.commit(batch).await.unwrap();
}

#[tokio::test]
async fn a_passkey_counts_for_whoever_looks_after_others() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant("Example").await);
        let olga = world.user(tenant, "olga", None).await;
        let bob = world.user(tenant, "bob", None).await;
        administrators::set_role(
            app,
            by,
            tenant,
            olga,
            Some(Role::Owner),
            administrators::Factors::Kept,
        )
        .await
        .unwrap();
        assert_eq!(state(world, tenant, olga).await, "pending");
        passkey(world, tenant, olga, 1).await;
        passkey(world, tenant, bob, 2).await;
        assert_eq!(state(world, tenant, olga).await, "active");
        // At a VPN a passkey is nothing.
        assert_eq!(state(world, tenant, bob).await, "pending");
        let pending = Filter { standing: Some(Standing::Pending), ..Filter::default() };
        let listing = accounts::Listing { filter: pending, ..accounts::Listing::default() };
        let page = accounts::page(app, tenant, &listing, 10).await.unwrap();
        assert_eq!((page.all, page.accounts[0].name.as_str()), (1, "bob"));
        administrators::set_role(
            app,
            by,
            tenant,
            bob,
            Some(Role::HelpDesk),
            administrators::Factors::Kept,
        )
        .await
        .unwrap();
        assert_eq!(state(world, tenant, bob).await, "active");
        let all = administrators::list(app, tenant).await.unwrap();
        assert!(all.iter().all(|one| one.ready));
        administrators::set_role(app, by, tenant, bob, None, administrators::Factors::Kept)
            .await
            .unwrap();
        assert_eq!(state(world, tenant, bob).await, "pending");
        let id = PasskeyId::from_bytes([1; 16]);
        authx::admin::passkeys::remove(app, by, tenant, olga, id).await.unwrap();
        assert_eq!(state(world, tenant, olga).await, "pending");
        assert!(!administrators::list(app, tenant).await.unwrap()[0].ready);
    })
    .await;
}

/// They stand for a factor that is lost.
#[tokio::test]
async fn recovery_codes_alone_are_no_factor() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant("Example").await);
        let anna = world.user(tenant, "anna", Some(super::PASSWORD)).await;
        recovery::renew(app, by, tenant, anna).await.unwrap();
        assert_eq!(state(world, tenant, anna).await, "pending");
        world.phone(tenant, anna).await;
        assert_eq!(state(world, tenant, anna).await, "active");
    })
    .await;
}
