//! A company with one of everything in it.

use crate::world::{Browser, World, name};
use authx::{
    admin::{
        Actor, aliases,
        applications::{self, ApplicationKind},
        bypass::{self, Kind, Wish},
        groups, imports, keys,
        policies::{self, Target},
        sessions, tenants, tokens,
    },
    app::About,
    enrol,
    portal::Route,
    store::{Batch, passkeys::NewPasskey, phones::NewPhone},
};
use authx_core::{
    ImportId, LoginId, PasskeyId, PhoneId, TenantId, UserId,
    audit::EventKind,
    otp::Totp,
    policy::Document,
    role::{Permission, Role},
};
use serde_json::{Map, json};
use std::collections::BTreeMap;

/// The company and the ids of what it has.
#[derive(Clone)]
pub(crate) struct Company {
    pub(crate) called: String,
    pub(crate) tenant: TenantId,
    pub(crate) owner: UserId,
    things: BTreeMap<&'static str, String>,
}

impl Company {
    pub(crate) async fn new(world: &World, called: &str) -> Self {
        let tenant = tenants::create(&world.app, &world.by, &name(called)).await.unwrap().id;
        let owner = world.account(tenant, "olga", Some(Role::Owner)).await;
        authenticator(world, tenant, owner).await;
        let things = BTreeMap::new();
        let mut company = Self { called: called.to_owned(), tenant, owner, things };
        company.people(world).await;
        company.protected(world).await;
        company.groups(world).await;
        company.files(world).await;
        company.helped(world).await;
        company.own(world).await;
        company.tokens(world).await;
        authx::app::testing::read_all(&world.app).await;
        company
    }

    /// The id of a thing.
    pub(crate) fn id(&self, thing: &str) -> &str {
        self.things.get(thing).unwrap_or_else(|| panic!("no company has a {thing}"))
    }

    /// Every id.
    pub(crate) fn ids(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.things.iter().map(|(thing, id)| (*thing, id.as_str()))
    }

    /// Its owner, who has just signed in.
    pub(crate) async fn browser(&self, world: &World) -> Browser {
        world.browser_of(self.tenant, self.owner).await
    }

    /// The path of a route with ids of this company in it.
    pub(crate) fn path(&self, route: &Route) -> String {
        filled(route, |thing| self.id(thing).to_owned())
    }

    fn user(&self, thing: &str) -> UserId {
        self.id(thing).parse().unwrap()
    }

    fn put(&mut self, thing: &'static str, id: &impl ToString) {
        assert!(self.things.insert(thing, id.to_string()).is_none(), "{thing}");
    }

    async fn people(&mut self, world: &World) {
        let Self { tenant, .. } = *self;
        for (thing, called, role) in [
            ("user", "anna", None),
            ("member", "mia", None),
            ("removed user", "gone", None),
            ("administrator", "adam", Some(Role::Administrator)),
        ] {
            let id = world.account(tenant, called, role).await;
            self.put(thing, &id);
        }
        let (app, by) = (&world.app, &world.by);
        let anna = self.user("user");
        aliases::add(app, by, tenant, anna, &name("CORP\\anna")).await.unwrap();
        authx::admin::accounts::remove(app, by, tenant, self.user("removed user")).await.unwrap();
        let phone = self.phone(world, anna).await;
        self.put("phone", &phone);
        authenticator(world, tenant, anna).await;
        let passkey = self.passkey(world, anna).await;
        self.put("user's passkey", &passkey);
    }

    async fn protected(&mut self, world: &World) {
        let (app, by, tenant) = (&world.app, &world.by, self.tenant);
        let kind = ApplicationKind::Openvpn;
        let (vpn, host) = (name("Berlin VPN"), name("vpn1"));
        let made = applications::create(app, by, tenant, &vpn, kind, &host).await.unwrap();
        let old = keys::add(app, by, tenant, made.id, &name("vpn2")).await.unwrap().id;
        keys::revoke(app, by, tenant, made.id, &old.to_string()).await.unwrap();
        self.put("application", &made.id);
        self.put("key", &made.key.id);
        self.put("revoked key", &old);
        for (hours, target) in
            [(8, Target::Application(made.id)), (9, Target::Tenant), (10, Target::Tenant)]
        {
            let secs = json!({"lifetimes": {"session_secs": hours * 3_600}});
            let document = Document::from_value(&secs).unwrap();
            policies::set(app, by, tenant, target, document).await.unwrap();
        }
    }

    async fn groups(&mut self, world: &World) {
        let (app, by, tenant) = (&world.app, &world.by, self.tenant);
        let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap();
        groups::add(app, by, tenant, staff, &[self.user("member")]).await.unwrap();
        let gone = groups::create(app, by, tenant, &name("Guests")).await.unwrap();
        groups::delete(app, by, tenant, gone).await.unwrap();
        let target = Target::Group(staff);
        let document = Document::from_json(r#"{"match_number": "off"}"#).unwrap();
        policies::set(app, by, tenant, target, document).await.unwrap();
        self.put("group", &staff);
        self.put("removed group", &gone);
    }

    async fn files(&mut self, world: &World) {
        let (app, by, tenant) = (&world.app, &world.by, self.tenant);
        for (thing, file) in
            [("import", "name;mail\nrita;rita\nrob;\n"), ("done import", "name\nina\n")]
        {
            let options = imports::Options { name: format!("{thing}.csv"), renew: false };
            let file = file.as_bytes().to_vec().into();
            let id: ImportId =
                imports::check_and_keep(app, by, tenant, &options, file).await.unwrap();
            self.put(thing, &id);
        }
        let done = self.id("done import").parse().unwrap();
        imports::start(app, by, tenant, done).await.unwrap();
    }

    /// What two administrators do for those who have no phone at hand.
    async fn helped(&mut self, world: &World) {
        let (app, tenant) = (&world.app, self.tenant);
        let owner = Actor::account(self.owner, Some(Role::Owner), "olga");
        let adam = self.user("administrator");
        let adam = Actor::account(adam, Some(Role::Administrator), "adam");
        let wish = |user| {
            let reason = "phone left at home".to_owned();
            Wish { user, kind: Kind::Code, reason, secs: 3_600 }
        };
        let (anna, mia) = (self.user("user"), self.user("member"));
        let asked = bypass::ask(app, &adam, tenant, &wish(anna)).await.unwrap();
        self.put("approval", &asked);
        let agreed = bypass::ask(app, &owner, tenant, &wish(mia)).await.unwrap();
        bypass::decide(app, &adam, tenant, agreed, true).await.unwrap();
        self.put("agreed approval", &agreed);
        bypass::begin(app, &owner, tenant, anna).await.unwrap();
    }

    /// What is the owner's own.
    async fn own(&mut self, world: &World) {
        let (app, tenant, owner) = (&world.app, self.tenant, self.owner);
        world.password(tenant, owner, crate::world::PASSWORD).await;
        let phone = self.phone(world, owner).await;
        self.put("own phone", &phone);
        let now = app.now().unwrap();
        let login = app.decide(now, LoginId::new);
        let passkey = self.passkey(world, owner).await;
        self.put("passkey", &passkey);
        let about = About {
            user: Some(owner),
            application: Some(self.id("application").parse().unwrap()),
            login: Some(login),
            support_code: Some("K7QF2M".to_owned()),
        };
        let detail = json!({"user": "olga", "reason": "wrong_code", "address": "192.0.2.7"});
        let detail: Map<_, _> = serde_json::from_value(detail).unwrap();
        let refused = EventKind::LoginRefused;
        let batch = app.record(Batch::default(), now, tenant, refused, about, detail);
        app.store.commit(batch).await.unwrap();
        self.put("login", &login);
        self.browser(world).await;
        let open = sessions::list(app, tenant, owner).await.unwrap();
        self.put("session", &open[0].id);
    }

    /// What scripts of the owner have.
    async fn tokens(&mut self, world: &World) {
        let (app, tenant) = (&world.app, self.tenant);
        let by = Actor::account(self.owner, Some(Role::Owner), "olga");
        for (thing, called) in [("token", "nightly"), ("revoked token", "weekly")] {
            let (name, scopes) = (name(called), &[Permission::UsersRead]);
            let wish = tokens::Wish { name: &name, scopes, lifetime_secs: tokens::USUAL_SECS };
            let made = tokens::create(app, &by, tenant, wish).await.unwrap();
            self.put(thing, &made.id);
        }
        let revoked = self.id("revoked token").parse().unwrap();
        tokens::revoke(app, &by, tenant, revoked).await.unwrap();
    }

    /// A passkey of somebody, which no authenticator has.
    pub(crate) async fn passkey(&self, world: &World, account: UserId) -> PasskeyId {
        let (app, tenant) = (&world.app, self.tenant);
        let now = app.now().unwrap();
        let id = app.decide(now, PasskeyId::new);
        let (credential, record) = (id.as_bytes(), "{}");
        let passkey = NewPasskey { id, tenant, account, name: "Laptop", credential, record, now };
        let batch = Batch::default().insert_passkey(passkey).count_means(tenant, account);
        app.store.commit(batch).await.unwrap();
        id
    }

    pub(crate) async fn phone(&self, world: &World, account: UserId) -> PhoneId {
        let (app, now) = (&world.app, world.app.now().unwrap());
        let id = pending_phone(world, self.tenant, account, "Pocket").await;
        let batch = Batch::default().activate_phone(id, 1, "{}".to_owned(), now);
        app.store.commit(batch.count_means(self.tenant, account)).await.unwrap();
        id
    }
}

/// A phone of somebody that waits to be confirmed, by a link that was shown.
pub(crate) async fn pending_phone(
    world: &World,
    tenant: TenantId,
    account: UserId,
    called: &str,
) -> PhoneId {
    let app = &world.app;
    let now = app.now().unwrap();
    let id = app.decide(now, PhoneId::new);
    let phone = NewPhone {
        id,
        tenant,
        account,
        class: "web",
        name: called.to_owned(),
        platform: "Android 16".to_owned(),
        answer_key: [4; 65],
        device_key: [4; 65],
        box_key: [4; 65],
        enrolment: "{}".to_owned(),
        created: now,
        moves: None,
        invitation: None,
    };
    app.store.commit(Batch::default().insert_phone(phone, 10)).await.unwrap();
    id
}

/// An authenticator app of somebody, whose present code counts.
pub(crate) async fn authenticator(world: &World, tenant: TenantId, user: UserId) -> Totp {
    let (app, by) = (&world.app, &world.by);
    let offered = enrol::code::offer(app, by, tenant, user, None).await.unwrap();
    let totp = Totp::from_uri(&offered.uri).unwrap();
    let code = totp.code(app.now().unwrap().secs() / 30 - 1);
    enrol::code::confirm(app, by, tenant, user, &code).await.unwrap();
    totp
}

/// The path of a route, with what stands for each of its things.
pub(crate) fn filled(route: &Route, mut id: impl FnMut(&'static str) -> String) -> String {
    let mut part = |part: &str| match part.strip_prefix('{') {
        Some(named) => id(thing(route.path, named.trim_end_matches('}'))),
        None => part.to_owned(),
    };
    route.path.split('/').map(&mut part).collect::<Vec<_>>().join("/")
}

/// What a route's parameter names: a route that this does not know needs a line here, and perhaps
/// a thing in the company.
pub(crate) fn thing(path: &str, parameter: &str) -> &'static str {
    let below = |start: &str| path.starts_with(start);
    match parameter {
        "approval" => "approval",
        "group" if path.ends_with("/put-back") => "removed group",
        "group" => "group",
        "id" if below("/applications/") => "application",
        "id" if below("/logins/") => "login",
        "import" if path.ends_with("/undo") => "done import",
        "import" => "import",
        "key" if path.ends_with("/restore") => "revoked key",
        "key" => "key",
        "login" if below("/me/") => "login",
        "passkey" if below("/me/") => "passkey",
        "passkey" if below("/users/") => "user's passkey",
        "phone" if below("/me/") => "own phone",
        "phone" if below("/users/") => "phone",
        "session" if below("/me/") => "session",
        "target" if below("/policies/") => "application",
        "token" if path.ends_with("/restore") => "revoked token",
        "token" => "token",
        "user" if path.ends_with("/restore") => "removed user",
        "user" if below("/groups/") => "member",
        "user" if below("/settings/administrators/") => "administrator",
        "user" if below("/users/") => "user",
        other => panic!("what does {{{other}}} name in {path}?"),
    }
}
