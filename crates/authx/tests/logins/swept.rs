//! What time alone does, when something in its way is damaged.

use super::{PASSWORD, World, on_each_engine, outcome, with_password};
use authx::{logins, seals, store::Batch};
use authx_core::{Millis, TenantId, audit::EventKind};

#[tokio::test]
async fn a_damaged_login_keeps_no_other_from_ending() {
    on_each_engine(async |world| {
        let World { app, clock, .. } = world;
        let damaged = world.begin(&with_password(PASSWORD)).await.unwrap();
        let sound = world.begin(&with_password(PASSWORD)).await.unwrap();
        let spoil = "UPDATE login SET state = '{}', expires = 0 WHERE id = $1";
        app.store.commit(Batch::default().one(spoil, [damaged.id.into()])).await.unwrap();
        clock.advance_secs(600);
        logins::expire_overdue(app, app.now().unwrap()).await.unwrap();
        let open = "SELECT COUNT(*) FROM login WHERE id = $1 AND final = 0";
        let open = app.store.query_one(open, [sound.id.into()]).await.unwrap().unwrap();
        assert_eq!(open.int(0).unwrap(), 0);
        let caller = world.caller().await;
        let sound = logins::read(app, &caller, sound.id).await.unwrap();
        assert_eq!(outcome(&sound.view()), "expired");
    })
    .await;
}

#[tokio::test]
async fn a_damaged_record_keeps_no_other_tenants_open() {
    on_each_engine(async |world| {
        let World { app, tenant, .. } = world;
        // Two more tenants, one on either side of ours in whatever order they are read.
        for id in [[0; 16], [0xff; 16]] {
            let other = TenantId::from_bytes(id);
            let name = authx_core::name::Name::new(&other.to_string()).unwrap();
            let batch = Batch::default().insert_tenant(other, &name, vec![], Millis(0));
            let insert = "INSERT INTO event (tenant, id, at, kind, detail, mac)
                VALUES ($1, $2, 0, $3, '{}', $4)";
            let kind = EventKind::TenantCreated.as_str();
            let short = [0_u8; 3];
            let row = [other.into(), id.into(), kind.into(), short.into()];
            app.store.commit(batch.run(insert, row)).await.unwrap();
        }
        for _ in 0..100 {
            let now = app.now().unwrap();
            assert!(
                seals::seal_all(app, now).await.is_err() || app.seals.witness(*tenant).is_none()
            );
            if app.seals.witness(*tenant).is_some() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("our record was never sealed");
    })
    .await;
}
