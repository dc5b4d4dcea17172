//! A node that dies between a mail server's yes and its own note of it.

use crate::on_each_engine;
use authx::store::{Batch, StoreError, deliveries};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_had_claimed_is_sent_when_its_time_is_over() {
    on_each_engine(async |world, server| {
        let store = &world.app.store;
        world.tell(world.anna).await;
        let now = world.app.now().unwrap();
        let row = deliveries::due(store, now, 10).await.unwrap().pop().unwrap();
        let claim = || Batch::default().claim_delivery(&row, now.plus_secs(600));
        store.commit(claim()).await.unwrap();
        let late = store.commit(claim()).await;
        assert!(matches!(late, Err(StoreError::Conflict)), "nobody claims it beside: {late:?}");
        world.advance(Duration::from_secs(599));
        assert_eq!(world.send().await, 0);
        world.advance(Duration::from_secs(1));
        world.send().await;
        assert_eq!(world.last().await, ("sent", 2, String::new()));
        // The dead node comes back, and what it has to say is too late.
        let word = Batch::default().put_off_delivery(&row, 1, now, "lost".to_owned());
        assert!(matches!(store.commit(word).await, Err(StoreError::Conflict)));
        server.mails("anna", 1).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_was_sent_and_not_noted_comes_again_under_the_same_id() {
    on_each_engine(async |world, server| {
        world.tell(world.anna).await;
        let store = &world.app.store;
        let now = world.app.now().unwrap();
        let id = world.deliveries().await[0].id;
        // A round whose note of it is lost: the row is as the claim left it.
        let row = deliveries::due(store, now, 10).await.unwrap().pop().unwrap();
        let content = deliveries::content(store, id).await.unwrap();
        world.send().await;
        let lost = Batch::default().run(
            "UPDATE delivery SET state = 'waiting', ended = NULL, next_try = $2, content = $3
             WHERE id = $1",
            [id.into(), now.plus_secs(600).into(), content.into()],
        );
        store.commit(lost).await.unwrap();
        world.advance(Duration::from_mins(10));
        world.send().await;
        let mails = server.mails("anna", 2).await;
        assert_eq!(mails[0]["id"], mails[1]["id"]);
        assert_eq!(row.tries, 0);
    })
    .await;
}
