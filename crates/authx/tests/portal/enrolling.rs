//! The first second factor of an account, of which only one person is to have one.

use super::{
    authenticator::Authenticator,
    company::pending_phone,
    world::{Browser, PASSWORD, on_each_engine},
};
use authx::{
    admin::{passkeys, sign_up},
    enrol::phones::{self, PhoneError},
    store::phones as stored,
};
use authx_core::{role::Role, wire::phone::Token};

/// Who has set a password by a link may come back with it for a day and enrol. Whoever else has it
/// waits in vain for the moment after that, also with a link for a phone in hand.
#[tokio::test]
async fn nobody_enrols_behind_the_first_one() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        world.clock.advance_secs(60);
        let pat = world.account(tenant, "pat", Some(Role::Administrator)).await;
        let link = sign_up::invite_account(app, by, tenant, pat).await.unwrap();
        let (mut own, mut thief) = (Browser::default(), Browser::default());
        own.get(world, "/set-up").await;
        let sent = [("set_up_token", link.token.as_str()), ("password", PASSWORD)];
        assert_eq!(own.post(world, "/set-up/account", &sent).await.to(), "/enrol");
        thief.get(world, "/sign-in").await;
        let typed = [("name", "pat"), ("password", PASSWORD)];
        assert_eq!(thief.post(world, "/sign-in", &typed).await.to(), "/enrol");
        thief.get(world, "/enrol").await.shown();
        assert_eq!(thief.post(world, "/enrol/phone", &[]).await.to(), "/enrol");
        let page = thief.get(world, "/enrol").await;
        page.shown();
        let shown: String = page
            .between("https://phone.mfa.example.com/#", "</")
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            .collect();
        let token = Token::parse(&shown).unwrap();
        phones::look(app, &token).await.unwrap();
        let pending = pending_phone(world, tenant, pat, "Thief’s").await;

        let asked = passkeys::ask_new(app, tenant, pat).await.unwrap();
        let made = Authenticator::new(7).made(&asked);
        let sent = [("name", "Key"), ("state", &*asked.state), ("credential", &*made)];
        own.get(world, "/enrol").await.shown();
        assert_eq!(own.post(world, "/enrol/passkey", &sent).await.to(), "/");
        own.get(world, "/me").await.shown();
        assert_eq!(thief.get(world, "/enrol").await.to(), "/sign-in?next=%2Fenrol");
        assert!(matches!(phones::look(app, &token).await, Err(PhoneError::NotOpen)));
        assert!(stored::of_tenant(&app.store, tenant, pending).await.unwrap().is_none());
        assert_eq!(thief.post(world, "/sign-in", &typed).await.to(), "/sign-in/confirm");
    })
    .await;
}
