//! When nobody waits any more.

use crate::{on_each_engine, world::World};
use authx::{
    admin::letters::{self, Deed, Letter, Link},
    mail::forget_old,
    store::deliveries,
};
use std::time::Duration;
use zeroize::Zeroizing;

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_tried_for_a_day() {
    on_each_engine(async |world, server| {
        server.stop();
        world.tell(world.anna).await;
        let pauses = [MINUTE, MINUTE * 5, MINUTE * 30, HOUR * 2, HOUR * 8, HOUR * 8];
        for (place, pause) in pauses.into_iter().enumerate() {
            assert_eq!(world.send().await, 1, "{place}");
            let (state, tries, _) = world.last().await;
            assert_eq!((state, tries), ("waiting", u64::try_from(place).unwrap() + 1));
            world.advance(pause.saturating_sub(Duration::from_secs(1)));
            assert_eq!(world.send().await, 0, "{place}");
            world.advance(Duration::from_secs(1));
        }
        assert_eq!(world.send().await, 1);
        world.advance(HOUR * 5 + MINUTE * 24);
        assert_eq!(world.send().await, 1);
        let (state, _, error) = world.last().await;
        assert_eq!(state, "given_up");
        assert!(error.starts_with("the mail server is not reached"), "{error}");
        let entry = world.recorded().await.pop().unwrap();
        assert_eq!(
            (entry.event.as_str(), &entry.detail["letter"]),
            ("mail_failed", &"phone_added".into())
        );
        erased(world).await;
        let now = world.app.now().unwrap();
        forget_old(&world.app, now).await.unwrap();
        assert_eq!(world.deliveries().await.len(), 1);
        forget_old(&world.app, now.plus_secs(91 * 86_400)).await.unwrap();
        assert!(world.deliveries().await.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_over_is_not_sent() {
    on_each_engine(async |world, server| {
        let now = world.app.now().unwrap();
        let url = Zeroizing::new("https://mfa.example.com/password#axl_secret".to_owned());
        let link = Link { url, until: now.plus_secs(1_800) };
        let letter = Letter::PasswordForgotten { link, deed: Deed::own(now).from("192.0.2.7") };
        let (batch, _) =
            letters::post(&world.app, now, world.tenant, world.anna, &letter).await.unwrap();
        world.app.store.commit(batch).await.unwrap();
        world.advance(MINUTE * 30);
        world.send().await;
        assert_eq!(world.last().await, ("given_up", 1, "it came too late".to_owned()));
        erased(world).await;
        server.mails("anna", 0).await;
    })
    .await;
}

async fn erased(world: &World) {
    let id = world.deliveries().await[0].id;
    assert!(deliveries::content(&world.app.store, id).await.unwrap().is_none());
}
