//! Files of users that come by the page.

use crate::world::on_each_engine;
use authx::admin::accounts;
use authx_core::role::Role;

/// Each file stands in memory: where there is no room for one, nothing of it is read.
#[tokio::test]
async fn files_have_room_or_are_not_read() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let account = world.account(tenant, "ada", Some(Role::Administrator)).await;
        let mut ada = world.browser_of(tenant, account).await;
        ada.get(world, "/users/import").await.shown();
        let kind = "multipart/form-data; boundary=x";
        let form = format!(
            "--x\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n--x\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\
             name\nanna\n\r\n--x--\r\n",
            ada.token()
        );
        let held = [app.imports.hold(tenant).unwrap(), app.imports.hold(tenant).unwrap()];
        let page = ada.upload(world, "/users/import", kind, form.clone().into_bytes()).await;
        assert!(page.refused().contains("ther files of users are being read"), "{}", page.text);
        drop(held);
        let page = ada.upload(world, "/users/import", kind, form.into_bytes()).await;
        let import = page.to().to_owned();
        let held = [app.imports.hold(tenant).unwrap(), app.imports.hold(tenant).unwrap()];
        ada.get(world, &import).await.shown();
        ada.post(world, &format!("{import}/run"), &[]).await.refused();
        drop(held);
        // It may name the addresses that links for new passwords go to.
        world.clock.advance_secs(301);
        assert_eq!(ada.post(world, &format!("{import}/run"), &[]).await.to(), "/confirm");
        assert!(
            ada.get(world, "/confirm").await.shown().contains("<h1>Take a file of users in</h1>")
        );
        assert!(accounts::find(app, tenant, "anna").await.is_err());
        let mut ada = world.browser_of(tenant, account).await;
        assert_eq!(ada.post(world, &format!("{import}/run"), &[]).await.to(), import);
        accounts::find(app, tenant, "anna").await.unwrap();
    })
    .await;
}
