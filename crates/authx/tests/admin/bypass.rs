//! Help past the second factor that many give at once: it counts once.

use super::{World, on_each_engine};
use authx::admin::{
    Actor, accounts, administrators,
    bypass::{self, BypassError, Kind, Leave, Wish},
    record::{Filter, newest},
};
use authx_core::{ApprovalId, TenantId, UserId, role::Role};
use futures_util::future::join_all;

struct Desk {
    tenant: TenantId,
    user: UserId,
    /// Who asks.
    agent: Actor,
    others: Vec<Actor>,
}

async fn desk(world: &World) -> Desk {
    let tenant = world.tenant("Example").await;
    let user = world.user(tenant, "anna", None).await;
    let mut actors = vec![];
    for called in ["olga", "adam", "eva"] {
        let id = world.user(tenant, called, None).await;
        let role = Some(Role::Administrator);
        administrators::set_role(
            &world.app,
            &world.by,
            tenant,
            id,
            role,
            administrators::Factors::Kept,
        )
        .await
        .unwrap();
        actors.push(Actor::account(id, role, called));
    }
    let agent = actors.remove(0);
    Desk { tenant, user, agent, others: actors }
}

impl Desk {
    fn wish(&self, kind: Kind) -> Wish {
        Wish { user: self.user, kind, reason: "phone lost".to_owned(), secs: 3_600 }
    }

    async fn asked(&self, world: &World, kind: Kind) -> ApprovalId {
        bypass::ask(&world.app, &self.agent, self.tenant, &self.wish(kind)).await.unwrap()
    }

    /// How often the record has an event of the user's.
    async fn recorded(&self, world: &World, event: &str) -> usize {
        let filter = Filter { user: Some(self.user), ..Filter::default() };
        let entries = newest(&world.app, self.tenant, &filter, 100).await.unwrap();
        entries.iter().filter(|entry| entry.event == event).count()
    }

    async fn bypass_codes(&self, world: &World) -> i64 {
        let sql = "SELECT COUNT(*) FROM factor WHERE account = $1 AND kind = 'bypass'";
        world.app.store.query_one(sql, [self.user.into()]).await.unwrap().unwrap().int(0).unwrap()
    }
}

fn good<T>(outcomes: &[Result<T, BypassError>]) -> usize {
    let over = |error: &BypassError| matches!(error, BypassError::Over | BypassError::NeedsLeave);
    for outcome in outcomes {
        assert!(outcome.as_ref().err().is_none_or(over), "{:?}", outcome.as_ref().err());
    }
    outcomes.iter().filter(|outcome| outcome.is_ok()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_is_decided_once_by_however_many() {
    on_each_engine(async |world| {
        let desk = desk(world).await;
        for round in 1..4 {
            let id = desk.asked(world, Kind::Bypass).await;
            let decide = |n: usize| {
                let by = &desk.others[n % desk.others.len()];
                bypass::decide(&world.app, by, desk.tenant, id, n.is_multiple_of(3))
            };
            let outcomes = join_all((0..8).map(decide)).await;
            assert_eq!(good(&outcomes), 1, "{outcomes:?}");
            let agreed = desk.recorded(world, "bypass_agreed").await;
            let declined = desk.recorded(world, "bypass_declined").await;
            assert_eq!(agreed + declined, round);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leave_is_used_once_by_however_many() {
    on_each_engine(async |world| {
        let desk = desk(world).await;
        let id = desk.asked(world, Kind::Code).await;
        bypass::decide(&world.app, &desk.others[0], desk.tenant, id, true).await.unwrap();
        let wish = desk.wish(Kind::Code);
        let give = |_| {
            let leave = Some(Leave::Agreed(id));
            bypass::give(&world.app, &desk.agent, desk.tenant, &wish, leave)
        };
        assert_eq!(good(&join_all((0..8).map(give)).await), 1);
        assert_eq!(desk.bypass_codes(world).await, 1);
        assert_eq!(desk.recorded(world, "bypass_code_made").await, 1);
    })
    .await;
}

/// A word counts for the hour only as long as whoever gave it might give it.
#[tokio::test]
async fn leave_ends_with_the_standing_of_who_gave_it() {
    on_each_engine(async |world| {
        let desk = desk(world).await;
        let (app, root, tenant) = (&world.app, &world.by, desk.tenant);
        let [adam, eva] = &desk.others[..] else { panic!("two others") };
        let give = async |by: &Actor| {
            let id = desk.asked(world, Kind::Code).await;
            bypass::decide(app, by, tenant, id, true).await.unwrap();
            id
        };
        let take = async |id| {
            let leave = Some(Leave::Agreed(id));
            bypass::give(app, &desk.agent, tenant, &desk.wish(Kind::Code), leave).await
        };
        let (by_adam, by_eva) = (give(adam).await, give(eva).await);
        let by_root = give(root).await;
        accounts::disable(app, root, tenant, adam.user().unwrap()).await.unwrap();
        let role = Some(Role::HelpDesk);
        let kept = administrators::Factors::Kept;
        let eva_id = eva.user().unwrap();
        administrators::set_role(app, root, tenant, eva_id, role, kept).await.unwrap();
        for id in [by_adam, by_eva] {
            let refused = take(id).await;
            assert!(matches!(refused, Err(BypassError::Over)), "{refused:?}");
        }
        assert_eq!(desk.bypass_codes(world).await, 0);
        take(by_root).await.unwrap();
        accounts::enable(app, root, tenant, adam.user().unwrap()).await.unwrap();
        take(by_adam).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn digits_that_are_read_count_once() {
    on_each_engine(async |world| {
        let desk = desk(world).await;
        let (app, by, tenant, user) = (&world.app, &desk.agent, desk.tenant, desk.user);
        let check = bypass::begin(app, by, tenant, user).await.unwrap();
        assert_eq!(desk.recorded(world, "caller_check_begun").await, 1);
        let shown = bypass::shown_to(app, tenant, user).await.unwrap().unwrap();
        assert_eq!(shown.agent_reads, check.agent_reads);
        assert_ne!(shown.agent_reads, shown.caller_reads);
        let answer = |_| bypass::answer(app, by, tenant, user, &shown.caller_reads);
        assert_eq!(good(&join_all((0..8).map(answer)).await), 1);
        assert_eq!(desk.recorded(world, "caller_checked").await, 1);
        assert!(bypass::shown_to(app, tenant, user).await.unwrap().is_none(), "no longer needed");
        let wish = desk.wish(Kind::Code);
        let give = |_| bypass::give(app, by, tenant, &wish, Some(Leave::Checked));
        assert_eq!(good(&join_all((0..8).map(give)).await), 1);
        assert_eq!(desk.bypass_codes(world).await, 1);
    })
    .await;
}

/// However many guess at once, three are judged.
#[tokio::test(flavor = "multi_thread")]
async fn digits_are_guessed_three_times() {
    on_each_engine(async |world| {
        let desk = desk(world).await;
        let (app, by, tenant, user) = (&world.app, &desk.agent, desk.tenant, desk.user);
        bypass::begin(app, by, tenant, user).await.unwrap();
        let shown = bypass::shown_to(app, tenant, user).await.unwrap().unwrap();
        // What was read to the caller is never right.
        let guess = |_| bypass::answer(app, by, tenant, user, &shown.agent_reads);
        let outcomes = join_all((0..10).map(guess)).await;
        let mut left: Vec<u64> = vec![];
        for outcome in outcomes {
            match outcome {
                Err(BypassError::Digits { left: more }) => left.push(more),
                Err(BypassError::Over) => {}
                other => assert!(other.is_err(), "{other:?}"),
            }
        }
        left.sort_unstable();
        assert_eq!(left, [0, 1, 2]);
        let right = bypass::answer(app, by, tenant, user, &shown.caller_reads).await;
        assert!(matches!(right, Err(BypassError::Over)), "{right:?}");
        assert_eq!(desk.recorded(world, "caller_doubted").await, 3);
        // Another administrator's check is not this one's.
        world.clock.advance_secs(1);
        bypass::begin(app, by, tenant, user).await.unwrap();
        let shown = bypass::shown_to(app, tenant, user).await.unwrap().unwrap();
        let other = bypass::answer(app, &desk.others[0], tenant, user, &shown.caller_reads).await;
        assert!(matches!(other, Err(BypassError::Over)), "{other:?}");
    })
    .await;
}
