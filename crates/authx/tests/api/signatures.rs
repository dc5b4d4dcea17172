use crate::world::{Call, Caller, Reply, World, body, on_each_engine, path};
use authx_core::{ApplicationId, wire::signature::AppKey};
use axum::{
    body::Body,
    http::{HeaderValue, Request},
};

fn begin(world: &World) -> Call<'_> {
    let body = body(Some(&world.code())).to_string();
    world.call(&world.vpn, "PUT", path(world.new_id()), body)
}

fn refused(reply: &Reply) {
    assert_eq!((reply.status, reply.outcome().as_str()), (401, "signature"));
    assert!(!reply.signed);
    assert_eq!(reply.headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn what_is_not_signed_or_not_for_this_request_is_refused_and_changes_nothing() {
    on_each_engine(async |world| {
        let call = begin(world);
        for missing in ["content-digest", "signature-input", "signature", "authx-client"] {
            let (mut request, _) = world.signed(&call);
            request.headers_mut().remove(missing);
            refused(&world.deliver(request, None).await);
            let (mut request, _) = world.signed(&call);
            let twice = request.headers()[missing].clone();
            request.headers_mut().append(missing, twice);
            refused(&world.deliver(request, None).await);
        }
        let spoil: [fn(&mut Request<Body>); 6] = [
            |request| *request.body_mut() = Body::from("{}"),
            |request| *request.method_mut() = axum::http::Method::DELETE,
            |request| {
                let other = format!("{}x", request.uri());
                *request.uri_mut() = other.parse().unwrap();
            },
            |request| {
                *request.uri_mut() = format!("{}?wait=1", request.uri()).parse().unwrap();
            },
            |request| {
                request.headers_mut().insert("authx-client", HeaderValue::from_static("x/1"));
            },
            |request| {
                let two = request.headers()["signature"].to_str().unwrap().to_owned();
                let two = HeaderValue::from_str(&format!("{two}, other=:AAAA:")).unwrap();
                request.headers_mut().insert("signature", two);
            },
        ];
        for spoil in spoil {
            let (mut request, _) = world.signed(&call);
            spoil(&mut request);
            refused(&world.deliver(request, None).await);
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM login").await, 0);
        assert_eq!(world.send(&call).await.outcome(), "allowed", "unspoilt it is good");
    })
    .await;
}

#[tokio::test]
async fn a_wrong_key_and_an_unknown_application_are_the_same_bytes() {
    on_each_engine(async |world| {
        let call = begin(world);
        let key = AppKey::new(&[9; 32]);
        let wrong = Caller { id: world.vpn.id, key_id: world.vpn.key_id, key };
        let reply = world.send(&Call { caller: &wrong, ..call.clone() }).await;
        refused(&reply);
        let nobody = Caller { id: ApplicationId::from_bytes([3; 16]), ..wrong };
        let unknown = world.send(&Call { caller: &nobody, ..call }).await;
        assert_eq!(unknown.body, reply.body);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_the_time_in_a_signed_answer() {
    on_each_engine(async |world| {
        let call = begin(world);
        let now = call.created_secs;
        for created_secs in [now - 301, now + 301, 0] {
            let reply = world.send(&Call { created_secs, ..call.clone() }).await;
            assert_eq!((reply.status, reply.outcome().as_str()), (401, "clock"));
            assert!(reply.signed, "so that the caller can believe it");
            assert_eq!(reply.json()["server_time"], now);
        }
        assert_eq!(world.count("SELECT COUNT(*) FROM login").await, 0);
        let corrected = world.send(&Call { created_secs: now - 300, ..call }).await;
        assert_eq!(corrected.outcome(), "allowed");
    })
    .await;
}

#[tokio::test]
async fn a_replayed_request_is_answered_alike_and_counts_once() {
    on_each_engine(async |world| {
        let call = begin(world);
        let (first, headers) = world.signed(&call);
        let copy = |original: &Request<Body>| {
            let mut copy = Request::builder().method("PUT").uri(original.uri());
            *copy.headers_mut().unwrap() = original.headers().clone();
            copy.body(Body::from(call.body.clone())).unwrap()
        };
        let replay = copy(&first);
        let later = copy(&first);
        let signer = Some((&world.vpn, &headers));
        let one = world.deliver(first, signer).await;
        let two = world.deliver(replay, signer).await;
        assert_eq!(one.outcome(), "allowed");
        assert_eq!(one.without_seal(), two.without_seal());
        let allowed = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
        assert_eq!(world.count(allowed).await, 1);
        world.clock.advance_secs(301);
        assert_eq!(world.deliver(later, signer).await.outcome(), "clock");
    })
    .await;
}
