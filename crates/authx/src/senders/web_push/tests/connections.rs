//! Whom a message is sent to, and whom not.

use super::*;
use crate::senders::web_push::{ForbiddenEndpoint, InvalidSubscription};

/// A sender that goes directly to the service, under a name that `lookup` resolves.
async fn directly(lookup: Lookup, opened: Opened) -> (Service, WebPush, Target) {
    let service = Service::start([]).await;
    let port = service.address.port();
    let host = format!("push.authx-test.dev:{port}");
    let mut settings = Settings { opened, ..settings(&service) };
    settings.hosts.push(host.parse().unwrap());
    let target = Phone::new().target(&format!("https://{host}/x"));
    (service, sender(settings, lookup), target)
}

async fn send(web_push: &WebPush, target: &Target) -> Result<Sent, SendError> {
    web_push.send(target, &message(), 60, &Topic::of(b"log_1")).await
}

fn why(sent: Result<Sent, SendError>) -> String {
    match sent {
        Err(SendError::Unreachable { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_that_leads_into_the_network_is_not_connected_to() {
    let inside = ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "10.0.0.1"];
    let (service, web_push, target) = directly(always(&inside), Arc::new(|_| false)).await;
    let why = why(send(&web_push, &target).await);
    assert!(why.contains("private network") && why.contains("push.allow_networks"), "{why}");
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_network_that_is_opened_is_connected_to() {
    let (service, web_push, target) = directly(always(&["127.0.0.1"]), loopback()).await;
    assert_eq!(send(&web_push, &target).await.unwrap().status, 201);
    assert_eq!(service.connections(), 1);
}

/// The second answer of the name server leads inside: only what was looked at is connected to.
#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let rebinding: Lookup = Arc::new(move |_| {
        let first = count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0;
        // Nobody answers at the first, so that the sender asks again.
        let address = if first { "127.0.0.2" } else { "127.0.0.1" };
        Box::pin(async move { Ok(vec![address.parse().unwrap()]) })
    });
    let second: Opened = Arc::new(|address| address.to_string() == "127.0.0.2");
    let (service, web_push, target) = directly(rebinding, second).await;
    assert!(why(send(&web_push, &target).await).contains("private network"));
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_service_that_nobody_vouches_for_gets_nothing() {
    let service = Service::start([]).await;
    let host = format!("push.authx-test.dev:{}", service.address.port());
    let mut settings = Settings { opened: loopback(), authorities: vec![], ..settings(&service) };
    settings.hosts.push(host.parse().unwrap());
    let web_push = sender(settings, always(&["127.0.0.1"]));
    let why = why(send(&web_push, &Phone::new().target(&format!("https://{host}/x"))).await);
    assert!(why.contains("certificate"), "{why}");
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn nobody_there_is_said() {
    let (service, web_push, target) = directly(always(&["127.0.0.2"]), loopback()).await;
    let why = why(send(&web_push, &target).await);
    assert!(why.contains("refused"), "{why}");
    assert!(!why.contains("/x"), "{why}");
    drop(service);
    let lost: Lookup = Arc::new(|_| Box::pin(async { Err(std::io::Error::other("no such name")) }));
    let (_service, web_push, target) = directly(lost, loopback()).await;
    let why = self::why(send(&web_push, &target).await);
    assert_eq!(why, "the name is not resolved: no such name");
}

#[tokio::test]
async fn what_is_not_on_the_list_is_not_even_resolved() {
    let asked: Lookup = Arc::new(|name| panic!("{name} was looked up"));
    let service = Service::start([]).await;
    let web_push = sender(settings(&service), asked);
    let phone = Phone::new();
    for (endpoint, forbidden) in [
        ("https://evil.dev/x", ForbiddenEndpoint::Host { host: "evil.dev".to_owned() }),
        ("http://fcm.googleapis.com/x", ForbiddenEndpoint::Scheme),
        ("https://127.0.0.1/x", ForbiddenEndpoint::Literal),
    ] {
        let sent = send(&web_push, &phone.target(endpoint)).await;
        assert_eq!(sent, Err(SendError::Forbidden(InvalidSubscription::Endpoint(forbidden))));
    }
    let target = Target { auth: "short".to_owned(), ..phone.target(&endpoint()) };
    let sent = send(&web_push, &target).await;
    assert_eq!(sent, Err(SendError::Forbidden(InvalidSubscription::Auth)));
}

#[tokio::test]
async fn a_proxy_that_lets_nothing_through_is_said() {
    let service = Service::start([]).await;
    for (answer, expected) in [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "tunnel"),
        ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "proxy"),
    ] {
        let proxy = Proxy::answering(service.address, answer).await;
        let settings = Settings { proxy: Some(proxy.url().into()), ..settings(&service) };
        let web_push = sender(settings, nowhere());
        let why = why(send(&web_push, &Phone::new().target(&endpoint())).await);
        assert!(why.contains(expected), "{why}");
        assert!(!why.contains("APA91b"), "{why}");
    }
}

#[tokio::test]
async fn a_proxy_hears_its_password() {
    let service = Service::start([]).await;
    let proxy = Proxy::start(service.address).await;
    let url = proxy.url().replace("http://", "http://me:hunter2@");
    let settings = Settings { proxy: Some(url.into()), ..settings(&service) };
    let web_push = sender(settings, nowhere());
    send(&web_push, &Phone::new().target(&endpoint())).await.unwrap();
    let asked = proxy.asked().join("").to_lowercase();
    assert!(asked.contains("proxy-authorization: basic "), "{asked}");
    assert!(!format!("{web_push:?}").contains("hunter2"));
}
