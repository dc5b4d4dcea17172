//! One of everything that a form is about, made past the portal.

use crate::{desk::OWNER, people::Beside};
use authx::{
    admin::{
        Actor, accounts,
        administrators::{Factors, set_role},
        bypass::{self, Kind, Wish},
        groups, imports, keys, policies, sessions,
        sessions::From,
        tokens,
    },
    app::About,
    store::{Batch, passkeys::NewPasskey, phones::NewPhone},
};
use authx_core::{
    ApplicationId, LoginId, PasskeyId, PhoneId, UserId,
    audit::EventKind,
    name::Name,
    policy::Document,
    role::{Permission, Role},
};
use serde_json::json;
use std::collections::BTreeMap;

/// Ids by what a path calls them.
pub(crate) type Things = BTreeMap<&'static str, String>;

impl Beside<'_> {
    /// A company whose owner has come in already.
    pub(crate) async fn things(&self) -> Things {
        let mut things = Things::new();
        for name in ["anna", "lea", "mia", "ted"] {
            things.insert(name, self.newcomer(name).await.to_string());
        }
        let adam = self.newcomer("adam@example.com").await;
        let role = Some(Role::Administrator);
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let factors = Factors::Kept;
        set_role(app, by, tenant, adam, role, factors).await.unwrap();
        let owner = accounts::find(app, tenant, OWNER).await.unwrap().id;
        for (thing, user) in [("phone", user(&things, "anna")), ("own phone", owner)] {
            things.insert(thing, self.pocket(user).await.to_string());
        }
        things.insert("passkey", self.passkey(user(&things, "anna")).await.to_string());
        let vpn = self.protected(&mut things).await;
        self.grouped(&mut things).await;
        self.helped(&things, adam).await;
        self.own(owner, vpn).await;
        things
    }

    async fn protected(&self, things: &mut Things) -> ApplicationId {
        use authx::admin::applications::{ApplicationKind, create};
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let (name, kind) = (called("Rome VPN"), ApplicationKind::Openvpn);
        create(app, by, tenant, &name, kind, &called("vpn1")).await.unwrap();
        let (name, host) = (called("Berlin VPN"), called("vpn1"));
        let made = create(app, by, tenant, &name, kind, &host).await.unwrap();
        keys::add(app, by, tenant, made.id, &called("vpn2")).await.unwrap();
        for hours in [8, 9] {
            let secs = json!({"lifetimes": {"session_secs": hours * 3_600}});
            let document = Document::from_value(&secs).unwrap();
            let target = policies::Target::Tenant;
            policies::set(app, by, tenant, target, document).await.unwrap();
        }
        things.insert("application", made.id.to_string());
        made.id
    }

    async fn grouped(&self, things: &mut Things) {
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        groups::create(app, by, tenant, &called("Guests")).await.unwrap();
        let staff = groups::create(app, by, tenant, &called("Staff")).await.unwrap();
        groups::add(app, by, tenant, staff, &[user(things, "mia")]).await.unwrap();
        things.insert("group", staff.to_string());
        for (thing, file) in [("import", "name\nrita\n"), ("done import", "name\nina\n")] {
            let options = imports::Options { name: format!("{thing}.csv"), renew: false };
            let file = file.as_bytes().to_vec().into();
            let id = imports::check_and_keep(app, by, tenant, &options, file).await.unwrap();
            if thing == "done import" {
                imports::start(app, by, tenant, id).await.unwrap();
            }
            things.insert(thing, id.to_string());
        }
    }

    /// Who has no phone at hand: two for whom another asks, and one who has a code.
    async fn helped(&self, things: &Things, adam: UserId) {
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let adam = Actor::account(adam, Some(Role::Administrator), "adam");
        for name in ["anna", "lea", "mia"] {
            let reason = "phone left at home".to_owned();
            let wish = Wish { user: user(things, name), kind: Kind::Code, reason, secs: 3_600 };
            if name == "lea" {
                bypass::give(app, by, tenant, &wish, None).await.unwrap();
            } else {
                bypass::ask(app, &adam, tenant, &wish).await.unwrap();
            }
        }
    }

    /// What is the owner's own: a login, another session, a token of a script.
    async fn own(&self, owner: UserId, vpn: ApplicationId) {
        let (app, tenant) = (&self.app, self.tenant);
        let now = app.now().unwrap();
        let about = About {
            user: Some(owner),
            application: Some(vpn),
            login: Some(app.decide(now, LoginId::new)),
            support_code: Some("K7QF2M".to_owned()),
        };
        let detail = json!({"user": OWNER, "reason": "wrong_code", "address": "192.0.2.7"});
        let detail = serde_json::from_value(detail).unwrap();
        let refused = EventKind::LoginRefused;
        let batch = app.record(Batch::default(), now, tenant, refused, about, detail);
        app.store.commit(batch).await.unwrap();
        let from = From { address: Some("192.0.2.9".to_owned()), browser: "Firefox".to_owned() };
        let (_, session) = sessions::proved(app, tenant, owner, &from, "passkey").unwrap();
        app.store.commit(session).await.unwrap();
        let by = Actor::account(owner, Some(Role::Owner), OWNER);
        let (name, scopes) = (called("nightly"), &[Permission::UsersRead]);
        let wish = tokens::Wish { name: &name, scopes, lifetime_secs: tokens::USUAL_SECS };
        tokens::create(app, &by, tenant, wish).await.unwrap();
    }

    /// A passkey that no sensor keeps.
    async fn passkey(&self, account: UserId) -> PasskeyId {
        let (app, tenant) = (&self.app, self.tenant);
        let now = app.now().unwrap();
        let id = app.decide(now, PasskeyId::new);
        let (credential, record) = (id.as_bytes(), "{}");
        let passkey = NewPasskey { id, tenant, account, name: "Laptop", credential, record, now };
        let batch = Batch::default().insert_passkey(passkey).count_means(tenant, account);
        app.store.commit(batch).await.unwrap();
        id
    }

    /// A phone that nobody holds.
    async fn pocket(&self, account: UserId) -> PhoneId {
        let app = &self.app;
        let now = app.now().unwrap();
        let id = app.decide(now, PhoneId::new);
        let phone = NewPhone {
            id,
            tenant: self.tenant,
            account,
            class: "web",
            name: "Pocket".to_owned(),
            platform: "Android 16".to_owned(),
            answer_key: [4; 65],
            device_key: [4; 65],
            box_key: [4; 65],
            enrolment: "{}".to_owned(),
            created: now,
            moves: None,
            invitation: None,
        };
        let batch = Batch::default().insert_phone(phone, 10);
        let batch = batch.activate_phone(id, 1, "{}".to_owned(), now);
        let batch = batch.count_means(self.tenant, account);
        app.store.commit(batch).await.unwrap();
        id
    }
}

pub(crate) fn user(things: &Things, name: &str) -> UserId {
    things[name].parse().unwrap()
}

fn called(text: &str) -> Name {
    Name::new(text).unwrap()
}
