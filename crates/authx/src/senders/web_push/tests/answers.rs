//! What a push service says, and what is made of it.

use super::*;

#[tokio::test]
async fn a_message_arrives_and_opens() {
    let world = World::new([]).await;
    let sent = world.send().await.unwrap();
    assert_eq!(sent, Sent { at: NOW, status: 201 });
    let [seen] = &world.service.seen()[..] else { panic!("one message") };
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/fcm/send/abc:APA91b"));
    let header = |name: &str| seen.headers.get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("content-encoding"), Some("aes128gcm"));
    assert_eq!(header("content-type"), Some("application/octet-stream"));
    assert_eq!(header("ttl"), Some("60"));
    assert_eq!(header("urgency"), Some("high"));
    assert_eq!(header("topic"), Some(Topic::of(b"log_1").as_str()));
    let authorization = header("authorization").unwrap();
    let end = format!(", k={}", world.web_push.public_key());
    assert!(authorization.starts_with("vapid t=ey") && authorization.ends_with(&end));
    let claims = authorization.split('.').nth(1).unwrap();
    let claims: serde_json::Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!(claims["aud"], format!("https://{HOST}"));
    assert_eq!(claims["sub"], CONTACT);
    assert_eq!(world.phone.open(&seen.body), message().as_bytes());
    assert!(world.proxy.asked()[0].starts_with(&format!("CONNECT {HOST}:443 HTTP/1.1\r\n")));
}

#[tokio::test]
async fn no_two_bodies_are_alike() {
    let world = World::new([]).await;
    for _ in 0..2 {
        world.send().await.unwrap();
    }
    let seen = world.service.seen();
    let (one, two) = (&seen[0].body, &seen[1].body);
    assert_ne!(one[..16], two[..16], "the salt");
    assert_ne!(one[21..86], two[21..86], "the key");
    assert_eq!(seen[0].headers["authorization"], seen[1].headers["authorization"], "one token");
}

#[tokio::test]
async fn the_time_to_live_keeps_its_bounds() {
    let world = World::new([]).await;
    for ttl_secs in [1, 60, 86_400] {
        world.send_for(ttl_secs).await.unwrap();
    }
    let ttls = world.service.seen().into_iter().map(|seen| seen.headers["ttl"].clone());
    assert_eq!(ttls.collect::<Vec<_>>(), ["10", "60", "300"]);
    assert_eq!(world.send_for(0).await, Err(SendError::Late));
}

#[tokio::test]
async fn a_subscription_that_is_over_is_gone() {
    for status in [404, 410] {
        let world = World::new([Answer::Status(status)]).await;
        assert_eq!(world.send().await, Err(SendError::Gone));
        assert_eq!(world.service.seen().len(), 1, "no second try");
    }
}

#[tokio::test]
async fn a_refusal_is_told_with_its_reason() {
    let apple = Answer::Say(403, "content-type", "application/json", r#"{"reason":"BadJwtToken"}"#);
    let world = World::new([apple, Answer::Status(400)]).await;
    let reason = "BadJwtToken".to_owned();
    assert_eq!(world.send().await, Err(SendError::Refused { status: 403, reason }));
    let reason = String::new();
    assert_eq!(world.send().await, Err(SendError::Refused { status: 400, reason }));
    assert_eq!(world.service.seen().len(), 2, "no second try");
}

#[tokio::test]
async fn nothing_follows_a_redirect() {
    for status in [301, 302, 307, 308] {
        let elsewhere = Answer::Say(status, "location", "https://fcm.googleapis.com/other", "");
        let world = World::new([elsewhere]).await;
        let refused = world.send().await;
        assert!(matches!(refused, Err(SendError::Refused { status: s, .. }) if s == status));
        assert_eq!((world.service.seen().len(), world.proxy.asked().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_busy_service_is_asked_a_second_time() {
    let busy = |secs| Answer::Say(429, "retry-after", secs, "");
    let world = World::new([busy("0")]).await;
    assert_eq!(world.send().await.unwrap().status, 201);
    let [first, second] = &world.service.seen()[..] else { panic!("two tries") };
    assert_ne!(first.body, second.body);

    let began = tokio::time::Instant::now();
    let world = World::new([busy("1")]).await;
    assert_eq!(world.send().await.unwrap().status, 201);
    assert!(began.elapsed() >= Duration::from_secs(1));

    // Too long for a sign-in, or for the time that this one has left: no second try.
    for (secs, ttl_secs) in [("3600", 60), ("3", 2)] {
        let world = World::new([busy(secs)]).await;
        let retry_after = Some(Duration::from_secs(secs.parse().unwrap()));
        assert_eq!(world.send_for(ttl_secs).await, Err(SendError::TooMany { retry_after }));
        assert_eq!(world.service.seen().len(), 1);
    }

    let world = World::new([Answer::Status(429), Answer::Status(429)]).await;
    assert_eq!(world.send().await, Err(SendError::TooMany { retry_after: None }));
    assert_eq!(world.service.seen().len(), 2, "and no third");
}

#[tokio::test]
async fn a_failing_service_is_asked_a_second_time() {
    let world = World::new([Answer::Status(503)]).await;
    assert_eq!(world.send().await.unwrap().status, 201);
    let world = World::new([Answer::Status(500), Answer::Status(502)]).await;
    let failed = world.send().await;
    assert!(matches!(failed, Err(SendError::Refused { status: 502, .. })), "{failed:?}");
    assert_eq!(world.service.seen().len(), 2, "and no third");
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up() {
    let mut world = World::new([Answer::Hang, Answer::Hang]).await;
    let settings = Settings { proxy: Some(world.proxy.url().into()), ..settings(&world.service) };
    world.web_push = hurried(settings, nowhere(), Duration::from_secs(2));
    let why = "no answer in time".to_owned();
    assert_eq!(world.send().await, Err(SendError::Unreachable { why }));
    assert_eq!(world.service.seen().len(), 2);
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    for status in [200, 410, 403] {
        let world = World::new([Answer::Endless(status)]).await;
        let answer = world.send().await;
        match status {
            200 => assert_eq!(answer.unwrap().status, 200),
            410 => assert_eq!(answer, Err(SendError::Gone)),
            _ => assert!(matches!(answer, Err(SendError::Refused { .. })), "{answer:?}"),
        }
        // What the kernel's buffers take.
        assert!(world.service.sent_bytes() < 20_000_000, "{}", world.service.sent_bytes());
    }
}
