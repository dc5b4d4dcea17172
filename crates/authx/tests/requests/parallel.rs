use crate::{
    phone::Phone,
    site::{NUMBER, Site, on_each_engine, push, said},
    world::World,
};
use authx::{
    app::App,
    store::testing::{self, Database},
};
use futures_util::future::join_all;
use std::sync::Arc;

/// Of two hundred approvals at once, how many counted; every other one was told why not.
async fn approvals(site: &Site, phone: &Phone, nodes: usize) -> usize {
    let id = site.asked(&push()).await;
    let statement = site.statement(id, "approve", Some(NUMBER));
    let approving = (0..200).map(|n| site.say_at(n % nodes, phone, id, &statement));
    let replies = join_all(approving).await;
    let said: Vec<_> = replies.iter().map(|reply| (reply.status, said(reply))).collect();
    for (status, said) in &said {
        let fine = [(200, "approved"), (409, "not_open:approved"), (503, "busy")];
        assert!(fine.contains(&(*status, said.as_str())), "{status} {said}");
    }
    assert_eq!(site.outcome(id).await, "allowed");
    assert_eq!(said_of(site, phone, id).await, "not_open:approved");
    said.iter().filter(|(status, _)| *status == 200).count()
}

async fn said_of(site: &Site, phone: &Phone, id: authx_core::LoginId) -> String {
    said(&site.approve(phone, id, NUMBER).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_approvals_at_once_one_counts() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        assert_eq!(approvals(site, &phone, 1).await, 1);
        assert_eq!(site.events("login_allowed").await, 1);
        assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_approvals_at_two_nodes_one_counts() {
    testing::on_each_engine(async |database| {
        if database.url().starts_with("sqlite") {
            // One process has a SQLite file.
            return;
        }
        let world = Box::pin(World::on(database.store().await)).await;
        let site = Box::pin(Site::of(world)).await;
        let app = other_node(&site.app, database).await;
        let site = site.beside(&app);
        let phone = site.phone().await;
        assert_eq!(approvals(&site, &phone, 2).await, 1);
        assert_eq!(site.events("login_allowed").await, 1);
        assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 1);
    })
    .await;
}

/// Another process with the same configuration.
async fn other_node(app: &App, database: &Database) -> Arc<App> {
    Arc::new(authx::app::testing::beside(app, database.store().await))
}

/// Yes, no, and "not me" of one phone at once: one of them is the truth, and all are told which.
#[tokio::test(flavor = "multi_thread")]
async fn contradictions_at_once_are_decided_once() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for _ in 0..3 {
            site.clock.advance_secs(601);
            let id = site.asked(&push()).await;
            let (yes, no) =
                (site.statement(id, "approve", Some(NUMBER)), site.statement(id, "deny", None));
            let both = (0..20).map(|n| site.say(&phone, id, if n % 2 == 0 { &yes } else { &no }));
            let replies = join_all(both).await;
            let counted: Vec<_> =
                replies.iter().filter(|reply| reply.status == 200).map(said).collect();
            assert_eq!(counted.len(), 1, "{counted:?}");
            let outcome = site.outcome(id).await;
            let fits = match counted[0].as_str() {
                "approved" => "allowed",
                _ => "refused:push_denied",
            };
            assert_eq!(outcome, fits);
        }
    })
    .await;
}

/// A code at the prompt and an approval on the phone at once let in once.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_and_an_approval_at_once_let_in_once() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for _ in 0..4 {
            site.clock.advance_secs(601);
            let id = site.asked(&push()).await;
            let code = phone.code(site);
            let (typed, approved) =
                tokio::join!(site.typed(id, 1, &code), site.approve(&phone, id, NUMBER));
            assert!(typed.status == 200 || typed.status == 503, "{typed:?}");
            let fine = ["approved", "not_open:elsewhere", "busy"];
            assert!(fine.contains(&said(&approved).as_str()), "{approved:?}");
            assert_eq!(site.outcome(id).await, "allowed");
        }
        assert_eq!(site.events("login_allowed").await, 4);
        assert_eq!(site.count("SELECT COUNT(*) FROM session").await, 4);
    })
    .await;
}
