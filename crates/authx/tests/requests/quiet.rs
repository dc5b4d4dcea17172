//! Nobody's phone is disturbed by who has not proved the first factor, and nothing is told that is
//! secret.

use crate::{
    site::{NUMBER, login_outcome, mute, on_each_engine, push, push_of},
    world::PASSWORD,
};
use authx::admin::accounts;
use serde_json::{Value, json};
use std::{
    io::Write,
    sync::{Arc, Mutex},
};

#[tokio::test(flavor = "multi_thread")]
async fn before_the_first_factor_is_proved_no_phone_hears_of_it() {
    on_each_engine(async |site| {
        site.policy(json!({ "automatic_push": "on" })).await;
        let phone = site.phone().await;
        crate::ringing::subscribe(site, &phone, "one").await;
        let version = site.requests(&phone).await["version"].clone();
        let mut outcomes = vec![];
        for answer in ["push", "push2", "000000", ""] {
            for (user, password) in [("alice", "wrong"), ("nobody", PASSWORD), ("nobody", "wrong")]
            {
                let mut body = push();
                body["answer"] = answer.into();
                (body["user"], body["first_factor"]["password"]) = (user.into(), password.into());
                let (_, reply) = site.begin(&body).await;
                outcomes.push(login_outcome(&reply));
                assert!(reply.json()["delivery"].is_null(), "{reply:?}");
                body["can"] = json!({});
                body.as_object_mut().unwrap().remove("answer");
                outcomes.push(login_outcome(&site.begin(&body).await.1));
                site.clock.advance_secs(1_000);
            }
        }
        assert!(outcomes.iter().all(|it| it == "refused:wrong_credentials"), "{outcomes:?}");
        accounts::disable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        assert_eq!(login_outcome(&site.begin(&push()).await.1), "refused:wrong_credentials");
        assert_eq!(login_outcome(&site.begin(&mute(None)).await.1), "refused:wrong_credentials");
        accounts::enable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        assert_eq!(site.rung(), []);
        assert_eq!(site.count("SELECT COUNT(*) FROM phone_request").await, 0);
        assert_eq!(site.requests(&phone).await["version"], version);
        assert_eq!(site.events("phone_asked").await, 0);
        // And with it, one does.
        site.asked(&push_of(7)).await;
        assert_eq!(site.rung_phones(), [phone.id]);
    })
    .await;
}

/// What is logged while it lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// On one thread, where everything is logged to the same place.
#[tokio::test]
async fn nothing_secret_is_logged_or_recorded() {
    on_each_engine(async |site| {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone())
            .finish();
        let logging = tracing::subscriber::set_default(subscriber);
        tracing::info!("this is logged");
        let phone = site.phone().await;
        crate::ringing::subscribe(site, &phone, "secret-place").await;
        let id = site.asked(&push()).await;
        site.approve(&phone, id, "736251").await;
        site.approve(&phone, id, NUMBER).await;
        let (offered, _) = site.begin(&mute(None)).await;
        let shown = site.show_code(&phone, offered).await;
        let code = shown.json()["code"].as_str().unwrap().to_owned();
        site.begin(&mute(Some(&code))).await;
        let used = phone.code(site);
        drop(logging);
        let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(logged.contains("this is logged"));
        let record = serde_json::to_string(&site.record(1_000).await).unwrap();
        for secret in [PASSWORD, &code, &used, "736251", "secret-place", "axi_", "axe_"] {
            assert!(!logged.contains(secret), "{secret} in the log: {logged}");
            assert!(!record.contains(secret), "{secret} in the record");
        }
        assert!(!logged.contains(NUMBER), "{logged}");
        let shown: Value = serde_json::from_slice(&shown.body).unwrap();
        let shown: authx_core::wire::phone::PhoneCode = serde_json::from_value(shown).unwrap();
        assert!(!format!("{shown:?}").contains(&code));
    })
    .await;
}
