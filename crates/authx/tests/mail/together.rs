//! Several nodes on one outbox.

use crate::{on_each_engine, server::Server, server::programs, world::World};
use authx::{app::testing::beside, mail::send_due, serve::stopping, store::testing};

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_send_each_mail_once() {
    let Some(programs) = programs() else { return };
    Box::pin(testing::on_each_engine(async |database| {
        let mut server = Server::new(programs);
        server.start().await;
        let world = Box::pin(World::on(database.store().await, &server)).await;
        for _ in 0..30 {
            world.tell(world.anna).await;
        }
        let other = beside(&world.app, database.store().await);
        let (_stop, stopping) = stopping();
        let round = async |app| {
            let post = world.app.mail.as_ref().unwrap();
            send_due(app, post, &stopping).await.unwrap();
        };
        tokio::join!(round(&world.app), round(&other));
        let mails = server.mails("anna", 30).await;
        let mut ids: Vec<_> = mails.iter().map(|mail| mail["id"].as_str().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 30);
        let once = world.deliveries().await.iter().all(|it| (it.state, it.tries) == ("sent", 1));
        assert!(once);
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_begins_no_more() {
    on_each_engine(async |world, _| {
        world.tell(world.anna).await;
        let (stop, stopping) = stopping();
        stop.stop();
        let post = world.app.mail.as_ref().unwrap();
        assert_eq!(send_due(&world.app, post, &stopping).await.unwrap(), 1);
        assert_eq!(world.last().await, ("waiting", 0, String::new()));
        world.send().await;
        assert_eq!(world.last().await.0, "sent");
    })
    .await;
}
