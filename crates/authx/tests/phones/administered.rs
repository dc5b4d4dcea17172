use crate::{
    phone::Phone,
    world::{World, name, on_each_engine},
};
use authx::{
    admin::accounts,
    enrol::{
        code,
        phones::{self, PhoneError, Separate},
    },
    logins::factor_place,
    store::Batch,
};
use authx_core::{
    factor::{
        Enrolment,
        push::{Held, Push},
    },
    otp::Totp,
};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_phone_is_dead_at_once() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let found = phones::find(app, tenant, "ALICE/1").await.unwrap();
        assert_eq!(found, phone.id);
        assert_eq!(phones::find(app, tenant, &phone.id.to_string()).await.unwrap(), phone.id);
        for text in ["alice/2", "alice", "alice/x", "pho_01k9zc3s0q2d4h6k8n1r3v5x7z"] {
            let unknown = phones::find(app, tenant, text).await;
            assert!(matches!(unknown, Err(PhoneError::Unknown(_))), "{text}: {unknown:?}");
        }
        let (elsewhere, _) = world.elsewhere().await;
        assert!(phones::remove(app, by, elsewhere, phone.id).await.is_err(), "another tenant's");

        let before = phones::rename(app, by, tenant, phone.id, "Work phone").await.unwrap();
        assert_eq!(before, "Anna's phone");
        assert_eq!(phone.account(world).await.json()["name"], "Work phone");
        assert_eq!(phones::remove(app, by, tenant, phone.id).await.unwrap(), "Work phone");
        assert_eq!(world.newest_event().await, "phone_removed");
        assert_eq!(phone.account(world).await.outcome(), "phone_gone");
        let codes = "SELECT COUNT(*) FROM factor WHERE kind = 'code'";
        assert_eq!(world.count(codes).await, 0);
    })
    .await;
}

/// What limits the requests on alice's phones, opened or changed as a login does.
async fn push(world: &World, change: Option<&dyn Fn(&mut Push)>) -> Push {
    let sql = "SELECT f.id, f.version, f.record, t.data_key FROM factor f
        JOIN tenant t ON t.id = f.tenant WHERE f.kind = 'push'";
    let row = world.app.store.query_one(sql, []).await.unwrap().expect("one for all phones");
    let (id, version) = (row.factor(0).unwrap(), row.int(1).unwrap());
    let key = world.app.keys.master.unwrap(world.tenant, row.bytes(3).unwrap()).unwrap();
    let place = factor_place(world.tenant, &id);
    let record = key.open(&place, row.bytes(2).unwrap()).unwrap();
    let Enrolment::Push(mut push) = serde_json::from_slice(record.expose()).unwrap() else {
        unreachable!("another kind")
    };
    if let Some(change) = change {
        change(&mut push);
        let plain = serde_json::to_vec(&Enrolment::Push(push.clone())).unwrap();
        let sealed = world.app.decide(world.now(), |cx| key.seal(cx, &place, &plain));
        let batch = Batch::default().replace_record(world.tenant, id, version, sealed);
        world.app.store.commit(batch).await.unwrap();
    }
    push
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_enabled_can_be_asked_again() {
    on_each_engine(async |world| {
        Phone::enrolled(world).await;
        let now = world.now();
        push(world, Some(&|push: &mut Push| push.fraud(now, 86_400))).await;
        assert_eq!(push(world, None).await.held(now), Some(Held::Locked));
        let (app, by) = (&world.app, &world.by);
        accounts::enable(app, by, world.tenant, world.alice).await.unwrap();
        assert_eq!(push(world, None).await.held(now), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_leaves_no_phone() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        world.invite().await;
        phone.post(world, "/moves", &json!({})).await;
        let (app, by) = (&world.app, &world.by);
        accounts::delete(app, by, world.tenant, world.alice).await.unwrap();
        assert_eq!(phone.account(world).await.outcome(), "phone_gone");
        let left = "SELECT (SELECT COUNT(*) FROM phone) + (SELECT COUNT(*) FROM factor)
            + (SELECT COUNT(*) FROM invitation) + (SELECT COUNT(*) FROM activation)";
        assert_eq!(world.count(left).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authenticator_app_and_phones_do_not_know_each_other() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let (app, by, tenant, alice) = (&world.app, &world.by, world.tenant, world.alice);
        let codes = "SELECT COUNT(*) FROM factor WHERE kind = 'code' AND state = 'active'";
        for expected in [2, 2] {
            let offered = code::offer(app, by, tenant, alice, None).await.unwrap();
            assert!(!offered.replaces || expected == 2);
            let totp = Totp::from_uri(&offered.uri).unwrap();
            let typed = totp.code(world.now().secs() / 30);
            code::confirm(app, by, tenant, alice, &typed).await.unwrap();
            assert_eq!(world.count(codes).await, expected);
        }
        assert_eq!(phone.account(world).await.status, 200);
        let activation = world.activation().await;
        let mut second = Phone::new(world);
        second.activate(world, &activation).await;
        let nothing = code::confirm(app, by, tenant, alice, &second.code(world)).await;
        assert!(nothing.is_err(), "a phone's seed is confirmed by the phone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_says_what_it_is_called_and_where_notices_go() {
    on_each_engine(async |world| {
        let phone = Phone::enrolled(world).await;
        let put = async |path: &str, body: Value| {
            phone.call(world, &phone.answer, "PUT", path, &body).await
        };
        let account = put("/device", json!({ "name": "  Mine ", "platform": "iOS 26" })).await;
        assert_eq!(account.json()["name"], "Mine");
        assert_eq!(world.newest_event().await, "phone_renamed");
        let point = authx_core::wire::phone::Base64Url::new(*phone.r#box.point()).text();
        let good = json!({
            "endpoint": "https://fcm.googleapis.com/x",
            "keys": { "p256dh": point, "auth": "AAAAAAAAAAAAAAAAAAAAAA" },
        });
        let subscribed = phone.call(world, &phone.device, "PUT", "/subscription", &good).await;
        assert_eq!(subscribed.json()["subscribed"], true);
        let stored = "SELECT subscription FROM phone";
        let row = world.app.store.query_one(stored, []).await.unwrap().unwrap();
        let sealed = row.bytes(0).unwrap();
        assert!(!sealed.windows(5).any(|part| part == b"https"), "sealed");
        for (path, value) in [
            ("/endpoint", json!("http://push.example.net/x")),
            ("/keys/p256dh", json!("AAAA")),
            ("/keys/auth", json!("AAAA")),
        ] {
            let mut bad = good.clone();
            *bad.pointer_mut(path).unwrap() = value;
            assert_eq!(put("/subscription", bad).await.outcome(), "endpoint", "{path}");
        }
        let gone = phone.call(world, &phone.device, "DELETE", "/subscription", &Value::Null).await;
        assert_eq!(gone.status, 204);
        assert_eq!(phone.account(world).await.json()["subscribed"], false);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_invites_a_user_who_may_not_sign_in() {
    on_each_engine(async |world| {
        let (app, by, tenant, alice) = (&world.app, &world.by, world.tenant, world.alice);
        accounts::disable(app, by, tenant, alice).await.unwrap();
        let refused = phones::invite(app, by, tenant, alice, Separate::IfNeeded).await;
        assert!(matches!(refused, Err(PhoneError::AccountDisabled)), "{refused:?}");
        assert_eq!(name("x").as_str(), "x");
    })
    .await;
}

/// What is stored and recorded holds none of what was shown.
#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_kept_or_recorded() {
    on_each_engine(async |world| {
        let invited = world.invite_user(world.tenant, world.alice, Separate::Always).await;
        let activation = world.proved(&invited).await;
        let mut phone = Phone::new(world);
        phone.activate(world, &activation).await;
        let mut rows = world.app.store.snapshot();
        let mut kept = String::new();
        while let Some((table, values)) = rows.next().await.unwrap() {
            writeln!(kept, "{} {values:?}", table.name).unwrap();
        }
        let (short, code) = (invited.short.expose(), invited.code.as_ref().unwrap());
        let digits = code.replace(' ', "");
        let secrets = [&invited.token.text()[4..47], &activation[4..47], short, &digits, code];
        for secret in secrets {
            assert!(!kept.contains(secret), "{secret}");
            // Bytes are written as numbers.
            let bytes = format!("{:?}", secret.as_bytes());
            assert!(!kept.contains(bytes.trim_matches(['[', ']'])), "{secret}");
        }
    })
    .await;
}
