use super::{PASSWORD, on_each_engine, outcome};
use authx::enrol::{
    code::{self, CodeError},
    recovery,
};
use authx_core::otp::Totp;

#[tokio::test]
async fn a_secret_counts_from_its_first_right_code_on_which_is_spent() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let nothing = code::confirm(app, by, tenant, alice, "123456").await;
        assert!(matches!(nothing, Err(CodeError::NothingPending)), "{nothing:?}");

        let forgotten = code::offer(app, by, tenant, alice, None).await.unwrap();
        let offered = code::offer(app, by, tenant, alice, None).await.unwrap();
        assert!(offered.uri.starts_with("otpauth://totp/Example:alice?secret="));
        let login = world.sign_in(vpn, "alice", PASSWORD, None).await;
        assert_eq!(outcome(&login), "refused:not_enrolled");
        let forgotten = Totp::from_uri(&forgotten.uri).unwrap();
        let phone = Totp::from_uri(&offered.uri).unwrap();
        for wrong in [world.code(&forgotten).as_str(), "", "x"] {
            let refused = code::confirm(app, by, tenant, alice, wrong).await;
            assert!(matches!(refused, Err(CodeError::Wrong)), "{refused:?}");
        }
        let first = world.code(&phone);
        let before = world.generation(tenant).await;
        assert!(!code::confirm(app, by, tenant, alice, &first).await.unwrap());
        assert_eq!(world.generation(tenant).await, before + 1);

        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&first)).await;
        assert_ne!(outcome(&login), "allowed", "the confirming code is spent");
        world.clock.advance_secs(60);
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
        assert_eq!(outcome(&login), "allowed");
        let again = code::offer(app, by, tenant, alice, Some(phone)).await;
        assert!(matches!(again, Err(CodeError::AlreadyInForce)), "{again:?}");
    })
    .await;
}

#[tokio::test]
async fn an_earlier_app_works_until_the_new_one_is_confirmed() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let old = world.phone(tenant, alice).await;
        let uri =
            "otpauth://totp/x?secret=VOV2XK5LVOV2XK5LVOV2XK5LVOV2XK5L&digits=8&algorithm=SHA256";
        let import = Totp::from_uri(uri).unwrap();
        let offered = code::offer(app, by, tenant, alice, Some(import.clone())).await.unwrap();
        assert!(offered.replaces);
        assert_eq!(*offered.secret, "VOV2XK5LVOV2XK5LVOV2XK5LVOV2XK5L");
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&old))).await;
        assert_eq!(outcome(&login), "allowed");

        world.clock.advance_secs(60);
        let first = world.code(&import);
        assert!(code::confirm(app, by, tenant, alice, &first).await.unwrap(), "replaces");
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&old))).await;
        assert_ne!(outcome(&login), "allowed", "the old app is gone");
        world.clock.advance_secs(60);
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&import))).await;
        assert_eq!(outcome(&login), "allowed");
        assert_eq!(world.app.store.query("SELECT id FROM factor", []).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn ten_recovery_codes_each_good_once_until_there_are_new_ones() {
    on_each_engine(async |world| {
        let (app, by) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let made = recovery::renew(app, by, tenant, alice).await.unwrap();
        assert_eq!((made.codes.len(), made.replaces), (10, false));
        for (answer, expected) in [
            (made.codes[0].to_uppercase(), "allowed"),
            (made.codes[1].replace('-', " "), "allowed"),
        ] {
            let login = world.sign_in(vpn, "alice", PASSWORD, Some(&answer)).await;
            assert_eq!(outcome(&login), expected);
        }
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&made.codes[0])).await;
        assert_ne!(outcome(&login), "allowed", "used");
        let renewed = recovery::renew(app, by, tenant, alice).await.unwrap();
        assert!(renewed.replaces);
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&made.codes[2])).await;
        assert_ne!(outcome(&login), "allowed", "replaced");
        let login = world.sign_in(vpn, "alice", PASSWORD, Some(&renewed.codes[2])).await;
        assert_eq!(outcome(&login), "allowed");
    })
    .await;
}
