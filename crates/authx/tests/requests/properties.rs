//! Whatever users, thieves and clocks do in whatever order: nobody is let in but by the right number
//! on the phone that was asked, in time, once; and no phone rings more often than it may.

use crate::{
    phone::Phone,
    site::{Site, answers, login_outcome, push_of, said},
    world::{Reply, World},
};
use authx::store::testing::Database;
use authx_core::{
    ApplicationId, LoginId, Millis, PhoneId,
    factor::push::{Asking, Push},
    guard::Source,
};
use proptest::prelude::*;
use serde_json::{Value, json};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A client asks the first or the second phone.
    Begin {
        client: u32,
        second: bool,
    },
    /// An honest approval of one of the logins, on one of the phones.
    Approve {
        login: usize,
        phone: usize,
        number: usize,
    },
    Deny {
        login: usize,
        phone: usize,
    },
    Fraud {
        login: usize,
        phone: usize,
    },
    /// An approval as somebody else would make it.
    Forge {
        login: usize,
        other: usize,
        how: Forgery,
    },
    Cancel {
        login: usize,
    },
    Wait {
        secs: u64,
    },
    Enable,
}

#[derive(Clone, Copy, Debug)]
enum Forgery {
    /// The last approval that was sent, byte for byte.
    Replay,
    /// The device key, which a locked phone has too.
    DeviceKey,
    /// Another phone's key under this phone's name.
    SwappedKey,
    /// A phone of another user.
    Stranger,
    /// A phone of another tenant.
    Foreigner,
    /// The statement of another login.
    OtherStatement,
    /// Another application, address or answer in the statement.
    Changed(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let forgery = prop_oneof![
        Just(Forgery::Replay),
        Just(Forgery::DeviceKey),
        Just(Forgery::SwappedKey),
        Just(Forgery::Stranger),
        Just(Forgery::Foreigner),
        Just(Forgery::OtherStatement),
        (0..3_usize).prop_map(Forgery::Changed),
    ];
    let login = 0..4_usize;
    let phone = 0..2_usize;
    let step = prop_oneof![
        5 => (0..3_u32, any::<bool>()).prop_map(|(client, second)| Step::Begin { client, second }),
        6 => (login.clone(), phone.clone(), 0..4_usize)
            .prop_map(|(login, phone, number)| Step::Approve { login, phone, number }),
        1 => (login.clone(), phone.clone()).prop_map(|(login, phone)| Step::Deny { login, phone }),
        1 => (login.clone(), phone).prop_map(|(login, phone)| Step::Fraud { login, phone }),
        5 => (login.clone(), 0..4_usize, forgery)
            .prop_map(|(login, other, how)| Step::Forge { login, other, how }),
        1 => login.prop_map(|login| Step::Cancel { login }),
        2 => (1..400_u64).prop_map(|secs| Step::Wait { secs }),
        1 => Just(Step::Enable),
    ];
    proptest::collection::vec(step, 1..30)
}

/// A login, and what is known of it outside.
struct Seen {
    id: LoginId,
    number: String,
    phone: PhoneId,
    final_outcome: Option<String>,
    approvals: usize,
}

struct Play {
    site: Site,
    phones: [Phone; 2],
    stranger: Phone,
    foreigner: Phone,
    logins: Vec<Seen>,
    sent: Option<(axum::http::request::Parts, Vec<u8>)>,
    rings: Vec<Millis>,
}

impl Play {
    async fn new(site: Site) -> Self {
        let phones = [site.phone().await, site.phone().await];
        let stranger = site.user_with_phone("bob").await;
        let (tenant, alice) = site.elsewhere().await;
        let separate = authx::enrol::phones::Separate::IfNeeded;
        let invited = site.invite_user(tenant, alice, separate).await;
        let activation = site.proved(&invited).await;
        let foreigner = Phone::activated_and_confirmed(&site, &activation).await;
        let (logins, sent, rings) = (vec![], None, vec![]);
        Self { site, phones, stranger, foreigner, logins, sent, rings }
    }

    /// One of the newest logins.
    fn at(&self, back: usize) -> Option<usize> {
        self.logins.len().checked_sub(back + 1)
    }

    async fn carry_out(&mut self, step: Step) {
        match step {
            Step::Begin { client, second } => self.begin(client, second).await,
            Step::Approve { login, phone, number } => {
                let (Some(at), Some(of)) = (self.at(login), self.at(number)) else { return };
                self.approve(at, phone, of).await;
            }
            Step::Deny { login, phone } | Step::Fraud { login, phone } => {
                let Some(at) = self.at(login) else { return };
                let word = if matches!(step, Step::Deny { .. }) { "deny" } else { "fraud" };
                let statement = self.site.statement(self.logins[at].id, word, None);
                let id = self.logins[at].id;
                let key = &self.phones[phone].device;
                let reply = self.site.say_with(&self.phones[phone], key, id, &statement).await;
                if reply.status == 200 {
                    assert_eq!(self.logins[at].phone, self.phones[phone].id);
                }
            }
            Step::Forge { login, other, how } => {
                let (Some(at), Some(other)) = (self.at(login), self.at(other)) else { return };
                let reply = self.forge(at, other, how).await;
                assert_ne!(reply.status, 200, "{how:?}: {reply:?}");
            }
            Step::Cancel { login } => {
                let Some(at) = self.at(login) else { return };
                self.site.cancel(self.logins[at].id).await;
            }
            Step::Wait { secs } => self.site.clock.advance_secs(secs),
            Step::Enable => {
                let World { app, by, tenant, alice, .. } = &*self.site;
                authx::admin::accounts::enable(app, by, *tenant, *alice).await.unwrap();
                self.rings.clear();
            }
        }
    }

    async fn begin(&mut self, client: u32, second: bool) {
        let number = format!("{:06}", 100_000 + self.logins.len());
        let mut body = push_of(client);
        body["answer"] = if second { "push2" } else { "push" }.into();
        body["match_number"] = number.as_str().into();
        let (id, reply) = self.site.begin(&body).await;
        let rung = self.site.rung_phones();
        self.rings.extend(rung.iter().map(|_| self.site.now()));
        let phone = self.phones[usize::from(second)].id;
        if login_outcome(&reply) == "awaiting_phone" {
            assert!(rung.iter().all(|rung| *rung == phone));
            self.logins.push(Seen { id, number, phone, final_outcome: None, approvals: 0 });
        } else {
            assert!(rung.is_empty(), "{reply:?}");
        }
    }

    async fn approve(&mut self, at: usize, phone: usize, number_of: usize) {
        let (id, number) = (self.logins[at].id, self.logins[number_of].number.clone());
        let statement = self.site.statement(id, "approve", Some(&number));
        let body = json!({ "statement": statement.to_string() }).to_string();
        let phone = &self.phones[phone];
        let request = self.site.signed(phone, &phone.answer, "POST", &answers(id), "", &body);
        let (parts, _) = request.into_parts();
        let again = axum::http::Request::from_parts(parts.clone(), body.clone().into());
        let before = self.site.outcome(id).await;
        let reply = self.site.deliver(again).await;
        if reply.status == 200 && said(&reply) == "approved" {
            assert_eq!(before, "awaiting_phone");
            assert_eq!((at, phone.id), (number_of, self.logins[at].phone));
            self.logins[at].approvals += 1;
            self.sent = Some((parts, body.into_bytes()));
        }
    }

    async fn forge(&self, at: usize, other: usize, how: Forgery) -> Reply {
        let seen = &self.logins[at];
        let owner = self.phones.iter().find(|phone| phone.id == seen.phone).unwrap();
        let wrong = self.phones.iter().find(|phone| phone.id != seen.phone).unwrap();
        let good = self.site.statement(seen.id, "approve", Some(&seen.number));
        let say = async |phone: &Phone, key, statement: &Value| {
            self.site.say_with(phone, key, seen.id, statement).await
        };
        match how {
            Forgery::Replay => {
                let Some((parts, body)) = self.sent.clone() else {
                    return say(owner, &owner.device, &good).await;
                };
                self.site.deliver(axum::http::Request::from_parts(parts, body.into())).await
            }
            Forgery::DeviceKey => say(owner, &owner.device, &good).await,
            Forgery::SwappedKey => say(owner, &wrong.answer, &good).await,
            Forgery::Stranger => say(&self.stranger, &self.stranger.answer, &good).await,
            Forgery::Foreigner => say(&self.foreigner, &self.foreigner.answer, &good).await,
            Forgery::OtherStatement if other == at => say(wrong, &wrong.answer, &good).await,
            Forgery::OtherStatement => {
                let number = &self.logins[other].number;
                let theirs = self.site.statement(self.logins[other].id, "approve", Some(number));
                say(owner, &owner.answer, &theirs).await
            }
            Forgery::Changed(field) => {
                let (field, value) = [
                    ("application", json!(ApplicationId::from_bytes([9; 16]))),
                    ("address", json!("192.0.2.8")),
                    ("answer", json!("code")),
                ][field]
                    .clone();
                let mut changed = good;
                changed[field] = value;
                say(owner, &owner.answer, &changed).await
            }
        }
    }

    async fn check(&mut self) {
        let mut allowed = 0;
        for seen in &mut self.logins {
            let outcome = self.site.outcome(seen.id).await;
            if let Some(before) = &seen.final_outcome {
                assert_eq!(*before, outcome, "what is final stays");
            }
            if outcome != "awaiting_phone" {
                seen.final_outcome = Some(outcome.clone());
            }
            assert_eq!(seen.approvals, usize::from(outcome == "allowed"), "{outcome}");
            allowed += seen.approvals;
        }
        assert_eq!(self.site.events("login_allowed").await, allowed);
        let now = self.site.now();
        let lately = self.rings.iter().filter(|at| now.since(**at) < 600_000).count();
        assert!(lately <= 5, "{lately} rings in ten minutes");
        for phone in &self.phones {
            for id in self.site.request_ids(phone).await {
                let seen = self.logins.iter().find(|seen| seen.id.to_string() == id).unwrap();
                assert_eq!((seen.phone, &seen.final_outcome), (phone.id, &None));
            }
        }
        for phone in [&self.stranger, &self.foreigner] {
            assert_eq!(self.site.requests(phone).await["requests"], json!([]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn in_whatever_order(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::sqlite();
            let world = World::on(database.store().await).await;
            let mut play = Play::new(Site::of(world).await).await;
            for step in steps {
                play.carry_out(step).await;
                play.check().await;
            }
            let verified = authx::admin::audit::verify(&play.site.app, &[]).await.unwrap();
            assert!(verified.is_intact(), "{verified:?}");
        });
    }
}

proptest! {
    /// Whoever asks, on whichever phone, and whatever is answered in between: never more than five
    /// rings in ten minutes, and never a fourth while three wait for an answer.
    #[test]
    fn rings_are_limited(steps in proptest::collection::vec((0..5_u8, 0..3_u8, 0..2_u8, 0..200_u64), 1..80)) {
        let mut push = Push::default();
        let mut now = Millis(1_000_000_000);
        let mut rings: Vec<(Millis, LoginId, bool)> = vec![];
        let source = Source::of(None);
        for (number, (what, client, phone, secs)) in (0..).zip(steps) {
            now = now.plus_secs(secs);
            if what == 0 {
                if let Some((_, login, _)) = rings.last().copied() {
                    push.answered(login);
                    rings.iter_mut().filter(|it| it.1 == login).for_each(|it| it.2 = true);
                }
                continue;
            }
            let mut id = [0; 16];
            id[15] = number;
            let login = LoginId::from_bytes(id);
            let asking = Asking {
                login,
                phone: PhoneId::from_bytes([phone; 16]),
                application: ApplicationId::from_bytes([1; 16]),
                source: &source,
                device: &client.to_string(),
                until: now.plus_secs(120),
            };
            if let Ok(rung) = push.ask(now, &asking) {
                rings.iter_mut().filter(|it| Some(it.1) == rung.replaces).for_each(|it| it.1 = login);
                if rung.rings {
                    rings.push((now, login, false));
                }
            }
            let lately = rings.iter().filter(|it| now.since(it.0) < 600_000);
            let (all, open) = lately.fold((0, 0), |(all, open), it| (all + 1, open + usize::from(!it.2)));
            prop_assert!(all <= 5, "{all} in ten minutes");
            prop_assert!(open <= 3, "{open} that nobody answered");
        }
    }
}
