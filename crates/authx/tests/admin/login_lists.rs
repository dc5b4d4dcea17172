use super::{PASSWORD, World, on_each_engine};
use authx::admin::{
    Actor, groups,
    record::{
        actions::{self, ActionFilter},
        logins::{self, LoginFilter, Towards},
        trace::trace,
    },
    reports,
};
use authx_core::{Millis, TenantId, audit::LoginOutcome, wire::text::SupportCode};

struct Logins {
    tenant: TenantId,
    other: TenantId,
    vpn: authx_core::ApplicationId,
    alice: authx_core::UserId,
}

/// Eleven logins: one with a code, ten refused, one of them of nobody.
async fn some(world: &World) -> Logins {
    let tenant = world.tenant("Example").await;
    let other = world.tenant("Other").await;
    let vpn = world.application(tenant, "vpn").await.id;
    let alice = world.user(tenant, "alice", Some(PASSWORD)).await;
    let phone = world.phone(tenant, alice).await;
    world.sign_in(vpn, "alice", PASSWORD, Some(&world.code(&phone))).await;
    world.clock.advance_secs(4_000);
    world.sign_in(vpn, "Nobody", "wrong", None).await;
    for _ in 0..9 {
        world.clock.advance_secs(400);
        world.sign_in(vpn, "alice", "wrong", None).await;
    }
    authx::app::testing::read_all(&world.app).await;
    Logins { tenant, other, vpn, alice }
}

#[tokio::test]
async fn logins_are_found_by_everything_that_a_line_says() {
    on_each_engine(async |world| {
        let (app, Logins { tenant, other, vpn, alice }) = (&world.app, some(world).await);
        let count = async |tenant, filter: LoginFilter| {
            let page = logins::list(app, tenant, &filter, Towards::Older(None), 50).await.unwrap();
            assert_eq!(u64::try_from(page.items.len()).unwrap(), page.total);
            page.total
        };
        let none = LoginFilter::default;
        assert_eq!(count(tenant, none()).await, 11);
        assert_eq!(count(other, none()).await, 0);
        let granted = LoginFilter { outcome: Some(LoginOutcome::Granted), ..none() };
        assert_eq!(count(tenant, granted.clone()).await, 1);
        assert_eq!(count(tenant, LoginFilter { user: Some(alice), ..none() }).await, 10);
        assert_eq!(count(tenant, LoginFilter { user: Some(alice), ..granted }).await, 1);
        let reason = LoginFilter { reason: Some("wrong_credentials".into()), ..none() };
        assert_eq!(count(tenant, reason).await, 10);
        assert_eq!(count(tenant, LoginFilter { factor: Some("code".into()), ..none() }).await, 1);
        assert_eq!(count(tenant, LoginFilter { application: Some(vpn), ..none() }).await, 11);
        assert_eq!(count(other, LoginFilter { application: Some(vpn), ..none() }).await, 0);
        let now = app.now().unwrap();
        let lately = Millis(now.0 - 1_000_000);
        assert_eq!(count(tenant, LoginFilter { from: Some(lately), ..none() }).await, 3);
        assert_eq!(count(tenant, LoginFilter { until: Some(lately), ..none() }).await, 8);

        // As somebody types it.
        let search = async |tenant, text: &str| {
            let filter = logins::search(app, tenant, text, none()).await.unwrap();
            logins::list(app, tenant, &filter, Towards::Older(None), 50).await.unwrap().total
        };
        assert_eq!(search(tenant, " ALICE ").await, 10);
        assert_eq!(search(tenant, "Nobody").await, 1);
        assert_eq!(search(tenant, "192.0.2.7").await, 11);
        assert_eq!(search(tenant, "192.0.2.8").await, 0);
        assert_eq!(search(tenant, &alice.to_string()).await, 10);
        assert_eq!(search(tenant, "%' OR 1=1 --\0").await, 0);
        assert_eq!(search(tenant, &"x".repeat(10_000)).await, 0);
        let page = logins::list(app, tenant, &none(), Towards::Older(None), 1).await.unwrap();
        let code = page.items[0].support_code.clone().unwrap();
        assert_eq!(search(tenant, &code.to_lowercase()).await, 1);
        assert_eq!(search(other, &code).await, 0, "another tenant's code finds nothing");
        let code = SupportCode::try_from(code).unwrap();
        let found = logins::by_code(app, tenant, &code).await.unwrap().unwrap();
        assert_eq!(found.login_id, page.items[0].login_id);
        assert_eq!(logins::by_code(app, other, &code).await.unwrap(), None);
        assert_eq!(trace(app, other, found.login_id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn pages_lead_forwards_and_back_without_a_gap() {
    on_each_engine(async |world| {
        let (app, Logins { tenant, .. }) = (&world.app, some(world).await);
        let filter = LoginFilter::default();
        let read = async |towards| logins::list(app, tenant, &filter, towards, 4).await.unwrap();
        let mut seen = vec![];
        let mut page = read(Towards::Older(None)).await;
        assert_eq!((page.newer.clone(), page.total, page.more), (None, 11, false));
        let mut pages = vec![];
        loop {
            let ids: Vec<_> = page.items.iter().map(|item| item.login_id).collect();
            seen.extend(ids.clone());
            pages.push(ids);
            let Some(older) = page.older.clone() else { break };
            page = read(Towards::Older(Some(logins::place(&older).unwrap()))).await;
        }
        assert_eq!((seen.len(), pages.len()), (11, 3));
        let newer = logins::place(&page.newer.clone().unwrap()).unwrap();
        let back = read(Towards::Newer(newer)).await;
        assert_eq!(back.items.iter().map(|item| item.login_id).collect::<Vec<_>>(), pages[1]);
        let first = read(Towards::Newer(logins::place(&back.newer.unwrap()).unwrap())).await;
        assert_eq!(first.items.iter().map(|item| item.login_id).collect::<Vec<_>>(), pages[0]);
        assert_eq!(first.newer, None);
        for text in ["", "1", "a.b", "1.", "-1.2", "99999999999999999999.1", "1.2.3"] {
            assert_eq!(logins::place(text), Err(logins::NoPlace), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_login_tells_its_steps_and_what_the_user_read() {
    on_each_engine(async |world| {
        let (app, Logins { tenant, .. }) = (&world.app, some(world).await);
        let filter = LoginFilter::default();
        let page = logins::list(app, tenant, &filter, Towards::Older(None), 20).await.unwrap();
        let refused = trace(app, tenant, page.items[0].login_id).await.unwrap().unwrap();
        let words: Vec<_> = refused.steps.iter().map(|step| step.what.as_str()).collect();
        assert_eq!(words, ["Asked by the VPN host", "Refused: wrong user or password"]);
        assert_eq!(refused.steps[1].more.as_deref(), Some("wrong password"));
        let code = page.items[0].support_code.clone().unwrap();
        assert!(refused.read.unwrap().ends_with(&format!("[{code}]")));
        assert!(refused.explained.unwrap().action.contains("cause"));
        let granted = trace(app, tenant, page.items[10].login_id).await.unwrap().unwrap();
        assert_eq!(granted.steps.last().unwrap().what, "Let in by code");
        assert_eq!(granted.read, None);
    })
    .await;
}

#[tokio::test]
async fn deeds_are_listed_with_what_was_before_and_after() {
    on_each_engine(async |world| {
        let (app, Logins { tenant, other, alice, .. }) = (&world.app, some(world).await);
        let document = serde_json::from_value(serde_json::json!({"factors": ["code"]})).unwrap();
        let target = authx::admin::policies::Target::Tenant;
        authx::admin::policies::set(app, &world.by, tenant, target, document).await.unwrap();
        let none = ActionFilter::default;
        let list = async |tenant, filter: ActionFilter, towards| {
            actions::list(app, tenant, &filter, towards, 2).await.unwrap()
        };
        let page = list(tenant, none(), actions::Towards::Older(None)).await;
        assert_eq!(page.items[0].what, "Policy set");
        assert_eq!(page.items[0].by.as_deref(), Some("root"));
        let change = &page.items[0].changes[0];
        let told = (change.field.as_str(), change.before.as_deref(), change.after.as_deref());
        assert_eq!(told, ("factors", None, Some("code")));
        assert!(page.items.iter().all(|item| !item.entry.event.starts_with("login")));
        let older = page.older.unwrap().parse().unwrap();
        let next = list(tenant, none(), actions::Towards::Older(Some(older))).await;
        let newer = next.newer.unwrap().parse().unwrap();
        let back = list(tenant, none(), actions::Towards::Newer(newer)).await;
        assert_eq!(back.items[0].entry.seq, page.items[0].entry.seq);
        let about = ActionFilter { user: Some(alice), ..none() };
        assert!(list(tenant, about.clone(), actions::Towards::Older(None)).await.total >= 2);
        assert_eq!(list(other, about, actions::Towards::Older(None)).await.total, 0);
        let kind = ActionFilter { kind: Some("policy_set".into()), ..none() };
        assert_eq!(list(tenant, kind, actions::Towards::Older(None)).await.total, 1);
        let by = ActionFilter { by: Some(alice), ..none() };
        assert_eq!(list(tenant, by, actions::Towards::Older(None)).await.total, 0);
        let now = app.now().unwrap();
        world.clock.advance_secs(2 * 3_600);
        let alices = Actor::account(alice, None, "alice");
        let named = |text: &str| text.parse().unwrap();
        for group in ["first", "second", "third"] {
            world.clock.advance_secs(2 * 3_600);
            groups::create(app, &alices, tenant, &named(group)).await.unwrap();
        }
        let by = ActionFilter { by: Some(alice), ..none() };
        assert_eq!(list(tenant, by.clone(), actions::Towards::Older(None)).await.total, 3);
        assert_eq!(list(other, by.clone(), actions::Towards::Older(None)).await.total, 0);
        let [begin, end] = [5, 7].map(|hours| Some(now.plus_secs(hours * 3_600)));
        for (from, until, total) in [
            (begin, end, 1),
            (begin, None, 2),
            (None, begin, 1),
            (None, Some(now), 0),
            (end, begin, 0),
        ] {
            let filter = ActionFilter { from, until, ..by.clone() };
            let found = list(tenant, filter, actions::Towards::Older(None)).await;
            assert_eq!(found.total, total, "{from:?} {until:?}");
        }
        let kinds = actions::kinds(app, tenant).await.unwrap();
        assert!(kinds.contains(&("policy_set".into(), "Policy set".into())));
    })
    .await;
}

#[tokio::test]
async fn figures_count_what_lists_show() {
    on_each_engine(async |world| {
        let (app, Logins { tenant, other, alice, .. }) = (&world.app, some(world).await);
        let now = app.now().unwrap();
        let day = reports::Period::Day;
        let found = reports::dashboard(app, tenant, day, now).await.unwrap();
        assert_eq!((found.granted, found.refused, found.unfinished), (1, 10, 0));
        assert_eq!((found.users, found.without_factor, found.phones, found.lost), (1, 0, 0, 0));
        assert_eq!(found.by_reason[0].word, "wrong_credentials");
        assert_eq!(found.by_factor[0].count, 1);
        assert_eq!(found.by_application[0].name.as_deref(), Some("vpn"));
        assert_eq!((found.most_refused[0].user, found.most_refused[0].count), (alice, 9));
        assert_eq!(found.slots.iter().map(|slot| slot.refused).sum::<u64>(), 10);
        assert_eq!(found.approvals, None);
        let none = reports::dashboard(app, other, day, now).await.unwrap();
        assert_eq!((none.granted, none.refused, none.by_application.len()), (0, 0, 0));
        let notices = reports::notices(app, &world.by, tenant, now).await.unwrap();
        let codes: Vec<_> = notices.iter().map(|notice| notice.code).collect();
        assert!(
            codes.contains(&reports::Code::BackupOld) && codes.contains(&reports::Code::PushOff),
            "{codes:?}"
        );
        assert!(
            codes.contains(&reports::Code::SealMissing),
            "nobody seals in this test: {codes:?}"
        );
    })
    .await;
}
