//! Of what people have and do, something of everything that a path may name.

use crate::world::{World, name};
use authx::{
    admin::{
        Actor, aliases,
        bypass::{self, Kind, Wish},
        groups,
        imports::{self, Options},
        policies::{self, Target},
    },
    app::About,
    enrol::code,
    store::{Batch, enrolments::NewFactor, passkeys::NewPasskey, phones::NewPhone},
};
use authx_core::{
    ApplicationId, FactorId, LoginId, PasskeyId, PhoneId, TenantId, UserId, audit::EventKind,
    factor::FactorKind, otp::Totp, policy::Document, role::Role, wire::phone::PhoneClass,
};
use serde_json::json;

/// Ids by the name that paths have for them: things of a user, of an application and of the
/// company, as an owner has made them.
pub(crate) async fn of(
    world: &World,
    tenant: TenantId,
    (user, owner): (UserId, UserId),
    application: ApplicationId,
) -> Vec<(&'static str, String)> {
    let (app, by) = (&world.app, &world.by);
    // Unlike any of another company.
    let alias = format!("alias_{user}");
    aliases::add(app, by, tenant, user, &name(&alias)).await.unwrap();
    app_of(world, tenant, user).await;
    let group = groups::create(app, by, tenant, &name(&format!("Group of {user}"))).await.unwrap();
    let wish = Wish { user, kind: Kind::Code, reason: "lost the phone".to_owned(), secs: 3_600 };
    let asks = Actor::account(owner, Some(Role::Owner), "owner");
    let wish = bypass::ask(app, &asks, tenant, &wish).await.unwrap();
    let file = b"name\nfrom-file\n".as_slice().into();
    let import = imports::check_and_keep(app, by, tenant, &Options::default(), file).await.unwrap();
    vec![
        ("alias", alias.clone()),
        ("group", group.to_string()),
        ("import", import.to_string()),
        ("login", login(world, tenant, user).await.to_string()),
        ("name", alias),
        ("passkey", passkey(world, tenant, user, "Laptop").await.to_string()),
        ("phone", phone(world, tenant, user, "Pixel").await.to_string()),
        ("target", application.to_string()),
        ("version", version(world, tenant, application).await.to_string()),
        ("wish", wish.to_string()),
    ]
}

/// A phone of a user that counts.
pub(crate) async fn phone(world: &World, tenant: TenantId, user: UserId, called: &str) -> PhoneId {
    let (app, now) = (&world.app, world.app.now().unwrap());
    let point = || {
        let mut point = [4; 65];
        app.random.fill(&mut point[1..]);
        point
    };
    let row = NewPhone {
        id: app.decide(now, PhoneId::new),
        tenant,
        account: user,
        class: PhoneClass::Web.word(),
        name: called.to_owned(),
        platform: "Android".to_owned(),
        answer_key: point(),
        device_key: point(),
        box_key: point(),
        enrolment: MADE.to_owned(),
        created: now,
        moves: None,
        invitation: None,
    };
    let id = row.id;
    let batch = Batch::default().insert_phone(row, 9).activate_phone(id, 1, MADE.to_owned(), now);
    let batch = batch.count_means(tenant, user);
    app.store.commit(batch).await.unwrap();
    id
}

/// An authenticator app of a user, whose codes count.
pub(crate) async fn app_of(world: &World, tenant: TenantId, user: UserId) {
    let (app, by) = (&world.app, &world.by);
    let offered = code::offer(app, by, tenant, user, None).await.unwrap();
    let shown = Totp::from_uri(&offered.uri).unwrap().code(app.now().unwrap().secs() / 30);
    code::confirm(app, by, tenant, user, &shown).await.unwrap();
}

/// A passkey of a user, which no authenticator has.
pub(crate) async fn passkey(
    world: &World,
    tenant: TenantId,
    account: UserId,
    name: &str,
) -> PasskeyId {
    let (app, now) = (&world.app, world.app.now().unwrap());
    let id = app.decide(now, PasskeyId::new);
    let credential = id.as_bytes();
    let row = NewPasskey { id, tenant, account, name, credential, record: "{}", now };
    let batch = Batch::default().insert_passkey(row).count_means(tenant, account);
    app.store.commit(batch).await.unwrap();
    id
}

/// What is kept of how a user's phones were answered.
pub(crate) async fn push(world: &World, tenant: TenantId, account: UserId) {
    let (app, now) = (&world.app, world.app.now().unwrap());
    let row = NewFactor {
        tenant,
        account,
        id: app.decide(now, FactorId::new),
        phone: None,
        kind: FactorKind::Push.word(),
        active: true,
        record: vec![],
        guard: "{}".to_owned(),
        created: now,
    };
    app.store.commit(Batch::default().insert_factor_once(row)).await.unwrap();
}

/// A login of a user that was refused.
pub(crate) async fn login(world: &World, tenant: TenantId, user: UserId) -> LoginId {
    let (app, now) = (&world.app, world.app.now().unwrap());
    let login = app.decide(now, LoginId::new);
    let about = About {
        user: Some(user),
        login: Some(login),
        support_code: Some(CODE.to_owned()),
        ..About::default()
    };
    let detail = json!({ "user": "somebody", "reason": "wrong_credentials" });
    let detail = detail.as_object().unwrap().clone();
    let kind = EventKind::LoginRefused;
    let batch = app.record(Batch::default(), now, tenant, kind, about, detail);
    app.store.commit(batch).await.unwrap();
    authx::app::testing::read_all(&world.app).await;
    login
}

/// The number of a version of an application's policy.
async fn version(world: &World, tenant: TenantId, application: ApplicationId) -> i64 {
    let (app, by, target) = (&world.app, &world.by, Target::Application(application));
    let document = Document::from_value(&json!({ "limits": { "lock_after": 9 } })).unwrap();
    policies::set(app, by, tenant, target, document).await.unwrap();
    policies::versions(app, tenant, target, None, 1).await.unwrap().page[0].version
}

/// What finds the sample of a login.
pub(crate) const CODE: &str = "7K3MPQ";
/// How a phone came to be, as it is kept.
const MADE: &str = r#"{"words":["abandon","ability","able","about"]}"#;
