use super::{PASSWORD, World, name, on_each_engine, outcome};
use authx::admin::{
    drafts::{self, Bounds, Cut, Review},
    groups,
    policies::{self, PolicyError, Target},
};
use authx_core::{
    ApplicationId, TenantId,
    factor::FactorKind,
    otp::Totp,
    policy::{
        Document,
        draft::{By, Ended, Verdict},
    },
};
use std::time::Duration;

fn document(json: &str) -> Document {
    Document::from_json(json).unwrap()
}

async fn review(world: &World, tenant: TenantId, target: Target, json: &str) -> Review {
    let bounds = Bounds::default();
    drafts::review(&world.app, tenant, target, document(json), bounds).await.unwrap()
}

struct Stage<'a> {
    world: &'a World,
    tenant: TenantId,
    vpn: ApplicationId,
    phone: Totp,
}

impl<'a> Stage<'a> {
    async fn set(world: &'a World) -> Self {
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
        let phone = world.phone(tenant, alice).await;
        Self { world, tenant, vpn, phone }
    }

    /// Signs in in the same way each time; says how that ended, and under which code it is found.
    async fn sign_in(&self, way: &str) -> (String, String) {
        // Wrong answers before it are forgiven by then.
        self.world.clock.advance_secs(3_600);
        let code = self.world.code(&self.phone);
        let (password, answer) = match way {
            "code" => (PASSWORD, code.as_str()),
            "wrong code" => (PASSWORD, "000000"),
            "word" => (PASSWORD, "nonsense"),
            _ => ("wrong", code.as_str()),
        };
        let login = self.world.sign_in(self.vpn, "alice", password, Some(answer)).await;
        (outcome(&login), login.support_code.as_str().to_owned())
    }

    async fn policy(&self, target: Target, json: &str) {
        let (app, by) = (&self.world.app, &self.world.by);
        policies::set(app, by, self.tenant, target, document(json)).await.unwrap();
    }
}

#[tokio::test]
async fn a_draft_names_the_logins_that_would_have_ended_otherwise() {
    on_each_engine(async |world| {
        let stage = Stage::set(world).await;
        for way in ["code", "wrong code", "wrong password", "code"] {
            stage.sign_in(way).await;
        }
        let (tenant, target) = (stage.tenant, Target::Application(stage.vpn));
        let said = review(world, tenant, target, r#"{"factors":["push"]}"#).await;
        assert_eq!((said.judged, said.otherwise, said.cut), (4, 2, None));
        let [change] = &said.changes[..] else { unreachable!("{said:?}") };
        assert_eq!(change.ended, Ended::Allowed(By::Factor(FactorKind::Code)));
        assert_eq!(change.difference.draft, Verdict::OtherFactor);
        assert_eq!((change.count, change.sample.len()), (2, 2));
        let login = &change.sample[0];
        assert_eq!((login.user.as_deref(), login.application.as_str()), (Some("alice"), "vpn"));
        assert!(login.support_code.is_some());
        assert_eq!((said.users.len(), said.users[0].1, said.users_concerned), (1, 2, 1));

        let off = review(world, tenant, Target::Tenant, r#"{"second_factor":"off"}"#).await;
        assert_eq!(off.otherwise, 3, "a wrong password is one under any policy");
        assert!(off.changes.iter().all(|change| change.difference.draft == Verdict::LetIn));
        let same = review(world, tenant, target, "{}").await;
        assert_eq!((same.judged, same.otherwise, same.untold.len()), (4, 0, 0));
        let help = review(world, tenant, target, r#"{"messages":{"help":"Call."}}"#).await;
        assert_eq!((help.otherwise, &help.untold[..]), (0, &["messages.help"][..]));
    })
    .await;
}

#[tokio::test]
async fn a_groups_draft_is_about_its_members() {
    on_each_engine(async |world| {
        let stage = Stage::set(world).await;
        let (app, by, tenant) = (&world.app, &world.by, stage.tenant);
        let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap();
        let bob = world.user(tenant, "bob", Some(PASSWORD)).await;
        let alice = authx::admin::accounts::find(app, tenant, "alice").await.unwrap().id;
        stage.sign_in("code").await;
        let target = Target::Group(staff);
        let off = r#"{"factors":["push"]}"#;
        let said = review(world, tenant, target, off).await;
        assert_eq!((said.judged, said.otherwise), (0, 0), "nobody is in it");
        groups::add(app, by, tenant, staff, &[alice, bob]).await.unwrap();
        let said = review(world, tenant, target, off).await;
        assert_eq!((said.judged, said.otherwise), (1, 1));
        // A group that stands before it says otherwise.
        let first = groups::create(app, by, tenant, &name("First")).await.unwrap();
        groups::place(app, by, tenant, first, 1).await.unwrap();
        groups::add(app, by, tenant, first, &[alice]).await.unwrap();
        stage.policy(Target::Group(first), r#"{"factors":["code"]}"#).await;
        let said = review(world, tenant, target, off).await;
        assert_eq!((said.judged, said.otherwise), (1, 0));
        let wrong = document(r#"{"first_factors":["pam"]}"#);
        let refused = drafts::review(app, tenant, target, wrong, Bounds::default()).await;
        assert!(matches!(refused, Err(PolicyError::Invalid(_))), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_too_old_or_too_much_is_left_out_and_said() {
    on_each_engine(async |world| {
        let stage = Stage::set(world).await;
        let (app, tenant, target) = (&world.app, stage.tenant, Target::Tenant);
        for _ in 0..3 {
            stage.sign_in("code").await;
        }
        let draft = || document(r#"{"factors":["push"]}"#);
        let bounds = Bounds { secs: 2 * 3_600 + 60, ..Bounds::default() };
        let said = drafts::review(app, tenant, target, draft(), bounds).await.unwrap();
        assert_eq!((said.judged, said.cut), (3, None));
        let bounds = Bounds { secs: 3_660, ..Bounds::default() };
        let said = drafts::review(app, tenant, target, draft(), bounds).await.unwrap();
        assert_eq!((said.judged, said.cut), (2, None));
        let bounds = Bounds { time: Duration::ZERO, ..Bounds::default() };
        let said = drafts::review(app, tenant, target, draft(), bounds).await.unwrap();
        assert_eq!(said.cut, Some(Cut::Time));
        let bounds = Bounds { logins: 1, ..Bounds::default() };
        let said = drafts::review(app, tenant, target, draft(), bounds).await.unwrap();
        assert_eq!(said.cut, Some(Cut::Count));
    })
    .await;
}

/// What a draft is said to change is what it changes: the same sign-ins are done again under it.
#[tokio::test]
async fn what_is_foretold_comes_true() {
    const POLICIES: &[&str] = &[
        "{}",
        r#"{"second_factor":"off"}"#,
        r#"{"factors":["code"]}"#,
        r#"{"factors":["push","recovery"]}"#,
        r#"{"first_factors":["pam"]}"#,
        r#"{"limits":{"answers_per_login":1}}"#,
    ];
    const WAYS: &[&str] = &["code", "wrong code", "word", "wrong password"];
    on_each_engine(async |world| {
        let stage = Stage::set(world).await;
        let target = Target::Application(stage.vpn);
        let bounds = Bounds { secs: 3 * 3_600 + 1_800, ..Bounds::default() };
        for now in POLICIES {
            for draft in POLICIES {
                stage.policy(target, now).await;
                let mut before = vec![];
                for way in WAYS {
                    before.push(stage.sign_in(way).await);
                }
                let (app, tenant) = (&world.app, stage.tenant);
                let said =
                    drafts::review(app, tenant, target, document(draft), bounds).await.unwrap();
                let ended = before.iter().filter(|(ended, _)| ended != "awaiting_input");
                let ended = u64::try_from(ended.count()).unwrap();
                assert_eq!(said.judged, ended, "{now} {draft}");
                let verdict = |code: &str| {
                    let of = |login: &drafts::Login| login.support_code.as_deref() == Some(code);
                    let found = said.changes.iter().find(|change| change.sample.iter().any(of));
                    found.map(|change| change.difference.draft)
                };
                stage.policy(target, draft).await;
                for (way, (ended, code)) in WAYS.iter().zip(before) {
                    let (again, _) = stage.sign_in(way).await;
                    if ended == "awaiting_input" {
                        continue;
                    }
                    let what = format!("{now} → {draft}: {way} was {ended}, is {again}");
                    match verdict(&code) {
                        None | Some(Verdict::Same) => {
                            assert_eq!(again == "allowed", ended == "allowed", "{what}");
                        }
                        Some(Verdict::LetIn) => assert_eq!(again, "allowed", "{what}"),
                        // Asked, the user may have an answer.
                        Some(Verdict::Asked | Verdict::Unsaid(_)) => {}
                        Some(_) => assert_ne!(again, "allowed", "{what}"),
                    }
                }
            }
        }
    })
    .await;
}
