//! Many messages at once.

use super::*;
use crate::senders::web_push::{
    Notice, Queue,
    queue::{AT_ONCE, MOST_WAITING},
};
use std::sync::{LazyLock, Mutex};
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::Instant,
};

type Results = UnboundedReceiver<(usize, Result<Sent, SendError>)>;

fn queue(web_push: WebPush) -> (Queue<usize>, Results) {
    let (sender, results) = unbounded_channel();
    let queue = web_push.spawn(move |about, sent| {
        let sender = sender.clone();
        async move { sender.send((about, sent)).unwrap() }
    });
    (queue, results)
}

fn notice(about: usize, host: &str, ttl_secs: u32) -> Notice<usize> {
    static PHONE: LazyLock<Target> = LazyLock::new(|| Phone::new().target(""));
    let target = Target { endpoint: format!("https://{host}/{about}"), ..PHONE.clone() };
    let topic = Topic::of(&about.to_be_bytes());
    Notice { about, target, message: message(), ttl_secs, topic }
}

#[tokio::test]
async fn every_message_is_reported_once() {
    let world = World::new([Answer::Status(410)]).await;
    let (queue, mut results) = queue(world.web_push.clone());
    for about in 0..300 {
        queue.push(notice(about, HOST, 60)).unwrap();
    }
    drop(queue);
    let (mut reported, mut gone) = (vec![], 0);
    while let Some((about, sent)) = results.recv().await {
        gone += usize::from(sent == Err(SendError::Gone));
        reported.push(about);
    }
    reported.sort_unstable();
    assert_eq!(reported, (0..300).collect::<Vec<_>>());
    assert_eq!(gone, 1);
    assert!(world.service.most_open() <= AT_ONCE, "{}", world.service.most_open());
}

/// A push service that hangs holds up its own messages: not those of others, not who sends them,
/// and not without bound.
#[tokio::test]
async fn a_service_that_hangs_holds_up_nobody_else() {
    let hanging = World::new(vec![Answer::Hang; 10_000]).await;
    let fine = Service::start([]).await;
    let host = format!("push.authx-test.dev:{}", fine.address.port());
    // Two ways out of one sender: the hanging service answers under its own port too.
    let slow = format!("push.authx-test.dev:{}", hanging.service.address.port());
    let mut settings = Settings { opened: loopback(), ..settings(&fine) };
    settings.authorities.push(CertificateDer::from(hanging.service.authority.clone()));
    settings.hosts.extend([host.parse().unwrap(), slow.parse().unwrap()]);
    let patience = Duration::from_secs(6);
    let (queue, mut results) = queue(hurried(settings, always(&["127.0.0.1"]), patience));

    let began = Instant::now();
    let mut busy = 0;
    for about in 0..5_000 {
        if let Err((_, error)) = queue.push(notice(about, &slow, 5)) {
            assert_eq!(error, SendError::Busy);
            busy += 1;
        }
    }
    assert!(busy >= 5_000 - MOST_WAITING - AT_ONCE, "{busy} of 5,000 were refused");
    let pushed = began.elapsed();
    queue.push(notice(5_000, &host, 60)).unwrap();
    let first = results.recv().await.unwrap();
    assert_eq!((first.0, first.1.unwrap().status), (5_000, 201));
    assert!(hanging.service.most_open() <= AT_ONCE);
    eprintln!("5,000 messages were taken or refused in {pushed:?}");

    // Those that waited too long are not sent any more.
    drop(queue);
    let (mut late, mut unreachable) = (0, 0);
    while let Some((_, sent)) = results.recv().await {
        match sent {
            Err(SendError::Late) => late += 1,
            Err(SendError::Unreachable { .. }) => unreachable += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(late + unreachable + busy, 5_000);
    assert!(late >= MOST_WAITING - AT_ONCE, "{late} were late");
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_at_once() {
    let world = World::new([]).await;
    let reported = Arc::new(Mutex::new(0));
    let counted = reported.clone();
    let queue = world.web_push.clone().spawn(move |_: usize, _| {
        *counted.lock().unwrap() += 1;
        async {}
    });
    let (about, error) = queue.push(notice(7, "evil.dev", 60)).unwrap_err();
    assert_eq!(about, 7);
    assert!(matches!(error, SendError::Forbidden(_)));
    assert_eq!(*reported.lock().unwrap(), 0);
}
