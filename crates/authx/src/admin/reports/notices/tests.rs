//! Every notice, by what brings it about.

use super::{Code, is_old, noticed};
use crate::{
    admin::{
        Actor,
        accounts::{self, NewAccount},
        administrators, applications, audit,
        bypass::{self, Kind, Wish},
        groups, keys,
        letters::{self, Deed, Letter},
        tenants,
    },
    app::{About, App, testing},
    certificate::Standing,
    clock::ManualClock,
    store::{Batch, contacts::ContactRow, testing::on_each_engine},
};
use authx_core::{LoginId, Millis, TenantId, UserId, audit::EventKind, name::Name, role::Role};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// What a company of its own is, in an installation that all share.
struct Case<'a> {
    app: &'a App,
    clock: &'a ManualClock,
    /// Whether the certificate ends in a day.
    ending: &'a AtomicBool,
    by: Actor,
    tenant: TenantId,
    anna: UserId,
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

impl Case<'_> {
    async fn user(&self, called: &str) -> UserId {
        let new = NewAccount { name: &name(called), aliases: &[], password: None };
        accounts::create(self.app, &self.by, self.tenant, new).await.unwrap()
    }

    /// An application of which one host has called.
    async fn protected(&self) -> applications::Created {
        let (kind, key) = (applications::ApplicationKind::Openvpn, name("vpn1"));
        let (app, by, called) = (self.app, &self.by, name("Berlin VPN"));
        let made = applications::create(app, by, self.tenant, &called, kind, &key).await.unwrap();
        let now = app.now().unwrap();
        let row = ContactRow {
            key: made.key.id,
            server: "vpn1".to_owned(),
            client: "authx-openvpn/0.1.0".to_owned(),
            address: None,
            ahead_secs: 0,
            first: now,
            last: now,
        };
        let batch = Batch::default().note_contact(self.tenant, made.id, &row);
        app.store.commit(batch).await.unwrap();
        made
    }

    /// What a login of anna's is told to have done.
    async fn told(&self, steps: &[(EventKind, Value)]) {
        for (kind, detail) in steps {
            let about = About {
                user: Some(self.anna),
                login: Some(LoginId::from_bytes(*self.tenant.as_bytes())),
                support_code: Some("K7QF2M".to_owned()),
                ..About::default()
            };
            let detail = detail.as_object().unwrap().clone();
            let now = self.app.now().unwrap();
            let batch = Batch::default();
            let batch = self.app.record(batch, now, self.tenant, *kind, about, detail);
            self.app.store.commit(batch).await.unwrap();
        }
        testing::read_all(self.app).await;
    }

    fn wish(&self) -> Wish {
        let reason = "phone lost".to_owned();
        Wish { user: self.anna, kind: Kind::Bypass, reason, secs: 3_600 }
    }

    /// What brings a notice about. One that has no case here does not compile.
    async fn bring(&self, code: Code) {
        let (app, by, tenant, anna) = (self.app, &self.by, self.tenant, self.anna);
        match code {
            // From the beginning: nothing is pushed here, and there is no backup.
            Code::BackupOld | Code::PushOff => {}
            // The version that is asked for is three ahead.
            Code::AgentsOutdated => drop(self.protected().await),
            Code::AgentsSilent => {
                self.protected().await;
                self.clock.advance_secs(25 * 3_600);
            }
            Code::BypassOpen => {
                bypass::give(app, by, tenant, &self.wish(), None).await.unwrap();
            }
            Code::BypassWished => self.wish_as_the_help_desk().await,
            Code::CertificateEnding => self.ending.store(true, Ordering::SeqCst),
            Code::Clock => {
                let now = app.now().unwrap();
                self.clock.set(Millis(now.0 - 60_000));
            }
            Code::MailLost => self.lose_mail().await,
            Code::NoKey => {
                let made = self.protected().await;
                keys::revoke(app, by, tenant, made.id, "vpn1").await.unwrap();
            }
            Code::NotMe => {
                // Refused some days ago, and reported now.
                self.told(&[(EventKind::LoginRefused, json!({"reason": "wrong_code"}))]).await;
                self.clock.advance_secs(3 * 86_400);
                assert!(!self.codes().await.contains(&code), "nobody has said so");
                self.told(&[(EventKind::FraudReported, json!({"portal": true}))]).await;
            }
            Code::NotMeLetIn => {
                let let_in = (EventKind::LoginAllowed, json!({"by": "push"}));
                self.told(&[let_in, (EventKind::FraudReported, json!({"portal": true}))]).await;
            }
            Code::OneOwner => {
                let owner = Some(Role::Owner);
                let kept = administrators::Factors::Kept;
                administrators::set_role(app, by, tenant, anna, owner, kept).await.unwrap();
            }
            Code::PilotOpen => {
                let made = self.protected().await;
                let group = groups::create(app, by, tenant, &name("First")).await.unwrap();
                let pilot = Some(vec![group]);
                let wanted = applications::SettingsChange { pilot, ..Default::default() };
                applications::set(app, by, tenant, made.id, &wanted).await.unwrap();
            }
            Code::RecordChanged => {
                let change = "UPDATE event SET detail = '{}' WHERE tenant = $1";
                app.store.commit(Batch::default().run(change, [tenant.into()])).await.unwrap();
                audit::verify(app, &[]).await.unwrap();
            }
            Code::SealMissing => self.clock.advance_secs(6 * 60),
        }
    }

    async fn wish_as_the_help_desk(&self) {
        let (app, tenant) = (self.app, self.tenant);
        let hugo = self.user("hugo").await;
        let batch = Batch::default().set_role(tenant, hugo, Some(Role::HelpDesk));
        app.store.commit(batch).await.unwrap();
        let desk = Actor::account(hugo, Some(Role::HelpDesk), "hugo");
        bypass::ask(app, &desk, tenant, &self.wish()).await.unwrap();
        let own = noticed(app, &desk, tenant, self.clock_now(), VERSION).await.unwrap();
        assert!(own.iter().all(|one| one.code != Code::BypassWished), "{own:?}");
    }

    async fn lose_mail(&self) {
        let (app, now) = (self.app, self.app.now().unwrap());
        let letter = Letter::RecoveryMade(Deed::own(now));
        let batch = letters::notify(app, now, self.tenant, self.anna, &letter).await.unwrap();
        let given_up = "UPDATE delivery SET state = 'given_up' WHERE tenant = $1";
        let batch = batch.run(given_up, [self.tenant.into()]);
        app.store.commit(batch).await.unwrap();
    }

    fn clock_now(&self) -> Millis {
        self.app.clock.clock().now()
    }

    async fn codes(&self) -> Vec<Code> {
        let found = noticed(self.app, &self.by, self.tenant, self.clock_now(), VERSION).await;
        found.unwrap().into_iter().map(|notice| notice.code).collect()
    }
}

#[tokio::test]
async fn each_notice_is_brought_about_by_something() {
    on_each_engine(async |database| {
        let (app, clock) = testing::app(database.store().await);
        let by = Actor::new("root");
        let ending = Arc::new(AtomicBool::new(false));
        let (watched, at) = (ending.clone(), clock.clone());
        app.certificate.watch(move || {
            let day = Millis(crate::clock::Clock::now(at.as_ref()).0 + 86_400_000);
            watched.load(Ordering::SeqCst).then_some(Standing {
                until: Some(day),
                whole_millis: None,
                by_itself: false,
                failure: None,
            })
        });
        for &code in Code::ALL {
            // The clock of the case before may stand behind.
            clock.advance_secs(3_600);
            let tenant = tenants::create(&app, &by, &name(&format!("{code:?}"))).await.unwrap().id;
            let mut case = Case {
                app: &app,
                clock: &clock,
                ending: &ending,
                by: by.clone(),
                tenant,
                anna: UserId::from_bytes([0; 16]),
            };
            case.anna = case.user("anna").await;
            let before = case.codes().await.contains(&code);
            assert_eq!(before, ALWAYS.contains(&code), "{code:?} before");
            case.bring(code).await;
            let after = case.codes().await;
            assert!(after.contains(&code), "{code:?}: {after:?}");
            ending.store(false, Ordering::SeqCst);
        }
    })
    .await;
}

#[test]
fn a_program_is_old_that_is_more_than_two_versions_behind() {
    for (client, old) in [
        ("authx-openvpn/0.4.0", false),
        ("authx-openvpn/0.2.9", false),
        ("authx-openvpn/0.1.0", true),
        ("authx-openvpn/0.9.0", false),
        ("authx-openvpn/x", false),
        ("somebody/0.0.1", false),
    ] {
        assert_eq!(is_old(client, VERSION), old, "{client}");
    }
    assert!(is_old("authx-openvpn/0.9.0", "1.0.0"));
}

const ALWAYS: [Code; 2] = [Code::BackupOld, Code::PushOff];
/// Three ahead of the program that calls.
const VERSION: &str = "0.4.0";
