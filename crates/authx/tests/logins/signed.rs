//! What a caller learns over the signed API, and what a stranger can make the server do.

use super::{World, name, on_each_engine, with_password, with_passwords};
use authx::{
    admin::keys,
    api::{self, Api},
    app::App,
    passwords::Passwords,
    serve::stopping,
};
use authx_core::wire::signature::{AppKey, Headers, Request as Covered, sign_request};
use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use futures_util::stream;
use serde_json::Value;
use std::{
    convert::Infallible,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tower::ServiceExt as _;

/// Sends one request, signed with `key`.
async fn call(
    app: &Arc<App>,
    world: &World,
    key: &AppKey,
    call: (&str, &str, &str),
) -> (u16, Value) {
    send(app, world, key, call, Body::from(call.2.to_owned())).await
}

/// Sends one request with another body than the signature speaks of.
async fn send(
    app: &Arc<App>,
    world: &World,
    key: &AppKey,
    call: (&str, &str, &str),
    sent: Body,
) -> (u16, Value) {
    let (method, path, body) = call;
    let mut nonce = [0; 16];
    app.random.fill(&mut nonce);
    let covered = Covered {
        method,
        authority: "mfa.example.com",
        path,
        query: "",
        client: "test/1",
        body: body.as_bytes(),
    };
    let now = app.now().unwrap().secs();
    let headers: Headers = sign_request(key, world.application.id, &covered, now, nonce);
    let mut request = Request::builder().method(method).uri(path).header("authx-client", "test/1");
    for (name, value) in headers.fields() {
        request = request.header(name, value);
    }
    let request = request.body(sent).unwrap();
    let (_stop, stopping) = stopping();
    let router = api::router(Api::new(app.clone(), 65_536, stopping));
    let answer = router.oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let body = to_bytes(answer.into_body(), 65_536).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_revoked_key_is_refused_everywhere_from_its_commit_on() {
    on_each_engine(async |world| {
        let World { app, by, tenant, application, .. } = world;
        let key = AppKey::parse(&application.key.text).unwrap();
        let other = keys::add(app, by, *tenant, application.id, &name("other")).await.unwrap();
        let other = AppKey::parse(&other.text).unwrap();
        let check = ("GET", "/api/v1/check", "");
        assert_eq!(call(app, world, &key, check).await.0, 200);
        assert_eq!(call(app, world, &other, check).await.0, 200, "a new key is known at once");
        keys::revoke(app, by, *tenant, application.id, "host").await.unwrap();
        assert_eq!(call(app, world, &key, check).await.0, 401);
        assert_eq!(call(app, world, &other, check).await.0, 200);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_signature_makes_nobody_read_the_application_anew() {
    on_each_engine(async |world| {
        let World { app, application, .. } = world;
        let check = ("GET", "/api/v1/check", "");
        let key = AppKey::parse(&application.key.text).unwrap();
        assert_eq!(call(app, world, &key, check).await.0, 200);
        let before = app.directory.known(application.id).unwrap();
        let (status, problem) = call(app, world, &AppKey::new(&[1; 32]), check).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("signature")));
        let after = app.directory.known(application.id).unwrap();
        assert!(Arc::ptr_eq(&before, &after));
    })
    .await;
}

#[tokio::test]
async fn an_error_does_not_repeat_what_may_be_a_password() {
    on_each_engine(async |world| {
        let World { app, application, .. } = world;
        let key = AppKey::parse(&application.key.text).unwrap();
        let path = format!("/api/v1/logins/{}", world.login_id());
        for body in [
            r#"{"user":"alice","first_factor":"hunter2"}"#,
            r#"{"user":"alice","first_factor":{"kind":"password","password":90210}}"#,
            r#"{"user":"alice","first_factor":{"kind":"password","password":["hunter2"]}}"#,
            r#"{"user":"alice","answer":90210,"first_factor":{"kind":"proved","by":"pam"}}"#,
        ] {
            let (status, problem) = call(app, world, &key, ("PUT", &path, body)).await;
            assert_eq!(status, 422, "{problem}");
            let text = problem.to_string();
            assert!(!text.contains("hunter2") && !text.contains("90210"), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn nothing_is_read_of_a_strangers_body() {
    on_each_engine(async |world| {
        let World { app, application, .. } = world;
        let read = Arc::new(AtomicUsize::new(0));
        let body = || {
            let read = Arc::clone(&read);
            Body::from_stream(stream::once(async move {
                read.fetch_add(1, Ordering::Relaxed);
                Ok::<_, Infallible>("{}")
            }))
        };
        let path = format!("/api/v1/logins/{}", world.login_id());
        let put = ("PUT", path.as_str(), "{\"user\":\"alice\"}");
        let stranger = AppKey::new(&[1; 32]);
        assert_eq!(send(app, world, &stranger, put, body()).await.0, 401);
        assert_eq!(read.load(Ordering::Relaxed), 0);

        let key = AppKey::parse(&application.key.text).unwrap();
        let (status, problem) = send(app, world, &key, put, body()).await;
        assert_eq!((status, problem["code"].as_str()), (401, Some("signature")), "another body");
        assert_eq!(read.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_counts_also_when_the_caller_hangs_up() {
    let passwords = Passwords::new(NonZeroUsize::MIN).unwrap();
    with_passwords(&passwords, async |world| {
        let World { app, application, .. } = world;
        let key = AppKey::parse(&application.key.text).unwrap();
        let path = format!("/api/v1/logins/{}", world.login_id());
        let body = with_password("wrong").to_string();
        let counted = async || {
            let counted = app.store.query_one("SELECT failures FROM throttle", []).await.unwrap();
            counted.is_some_and(|row| row.int(0).unwrap() == 1)
        };
        // A caller that hangs up before it queued has shown nothing: a busy machine takes longer.
        for patience in [300, 900, 1_800] {
            let turn = app.passwords.turn().await.unwrap();
            let calling = call(app, world, &key, ("PUT", &path, &body));
            let hung_up = tokio::time::timeout(Duration::from_millis(patience), calling).await;
            assert!(hung_up.is_err(), "every core is busy");
            drop(turn);
            for _ in 0..200 {
                if counted().await {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        panic!("nobody counted");
    })
    .await;
}
