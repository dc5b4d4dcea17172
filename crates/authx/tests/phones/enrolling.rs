use crate::{
    phone::Phone,
    world::{World, on_each_engine},
};
use authx::{
    admin::policies::Target,
    enrol::phones::{self, Separate},
};
use serde_json::{Value, json};

const COUNTED: &str = "SELECT COUNT(*) FROM factor WHERE state = 'active'";

#[tokio::test(flavor = "multi_thread")]
async fn from_a_link_to_a_phone_that_counts() {
    on_each_engine(async |world| {
        let invited = world.invite().await;
        assert!(invited.code.is_none(), "alice has a password");
        let link = format!("https://phone.mfa.example.com/#{}", invited.token.text().as_str());
        let looked = world.look(&link).await.json();
        assert_eq!(looked["proof"], "password");
        assert_eq!(looked["accounts"][0]["user"]["name"], "alice");
        assert_eq!(looked["accounts"][0]["tenant"]["name"], "Example");
        assert_eq!(looked["phones"], json!([]));

        let activation = world.proved(&invited).await;
        let mut phone = Phone::new(world);
        let activated = phone.activate(world, &activation).await.json();
        assert_eq!(activated["account"]["state"], "pending");
        assert_eq!(
            activated["totp"],
            json!({ "algorithm": "SHA-256", "digits": 6, "period_secs": 30 })
        );
        assert_eq!(world.newest_event().await, "phone_activated");
        assert_eq!(world.count(COUNTED).await, 0, "nothing counts yet");

        // The page at the computer shows the same words.
        let looked = world.look(&invited.short.shown()).await.json();
        assert_eq!(looked["phones"][0]["words"], json!(phone.words));
        assert_eq!(looked["phones"][0]["state"], "pending");

        let wrong = phone.post(world, "/confirmations", &json!({ "code": "000000" })).await;
        assert_eq!(wrong.outcome(), "wrong_code");
        let account = phone.confirm(world).await.json();
        assert_eq!(account["state"], "active");
        assert_eq!(account["applications"][0]["name"], "VPN");
        assert_eq!(
            account["policy"],
            json!({ "match_number": "required", "user_verification": "off", "app_lock": "optional" })
        );
        assert_eq!(account["reach"], json!({ "state": "unknown" }));
        assert_eq!(world.newest_event().await, "phone_confirmed");
        assert_eq!(world.count(COUNTED).await, 2, "codes, and requests");
        assert_eq!(world.look(&invited.short.shown()).await.json()["phones"][0]["state"], "active");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_did_not_arrive_is_given_again() {
    on_each_engine(async |world| {
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        let first = phone.activate(world, &activation).await.json();
        let again = phone.activate(world, &activation).await.json();
        assert_eq!(first, again, "the same seed, so the same words");
        let confirmed = phone.confirm(world).await.json();
        let again = phone.post(world, "/confirmations", &json!({ "code": "1" })).await;
        assert_eq!(again.json(), confirmed, "it counts already");
        let late = phone.activate(world, &activation).await;
        assert_eq!(late.outcome(), "not_open", "the seed is given only to a phone that is new");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_phone_has_codes_of_its_own_and_one_limit_of_requests() {
    on_each_engine(async |world| {
        let one = Phone::enrolled(world).await;
        world.clock.advance_secs(1);
        let two = Phone::enrolled(world).await;
        assert_ne!(one.code(world), two.code(world));
        let of = |kind: &'static str| async move {
            let sql = "SELECT COUNT(*) FROM factor WHERE state = 'active' AND kind = $1";
            let row = world.app.store.query_one(sql, [kind.into()]).await.unwrap().unwrap();
            row.int(0).unwrap()
        };
        assert_eq!((of("code").await, of("push").await), (2, 1));
        let listed = phones::list(&world.app, world.tenant, world.alice).await.unwrap();
        let numbers: Vec<_> = listed.iter().map(|phone| (phone.id, phone.number)).collect();
        assert_eq!(numbers, [(one.id, Some(1)), (two.id, Some(2))]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_password_a_separate_code_is_the_proof() {
    on_each_engine(async |world| {
        let bob = world.user("bob", None).await;
        let invited = world.invite_user(world.tenant, bob, Separate::IfNeeded).await;
        let code = invited.code.as_ref().expect("eight digits");
        assert_eq!((code.len(), code.as_bytes()[4]), (9, b' '));
        let activation = world.proved(&invited).await;
        Phone::activated_and_confirmed(world, &activation).await;
        let asked = world.invite_user(world.tenant, world.alice, Separate::Always).await;
        assert_eq!(world.look(&asked.token.text()).await.json()["proof"], "code");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_opens_nothing() {
    on_each_engine(async |world| {
        let first = world.invite().await;
        let second = world.invite().await;
        assert!(second.replaces);
        assert_eq!(world.look(&first.token.text()).await.outcome(), "not_open", "replaced");

        let activation = world.proved(&second).await;
        world.clock.advance_secs(600);
        let mut phone = Phone::new(world);
        assert_eq!(phone.activate(world, &activation).await.outcome(), "not_open", "ten minutes");
        let activation = world.proved(&second).await;
        world.clock.advance_secs(7 * 24 * 3_600);
        assert_eq!(world.look(&second.token.text()).await.outcome(), "not_open", "seven days");
        assert_eq!(phone.activate(world, &activation).await.outcome(), "not_open");

        let before = "SELECT (SELECT COUNT(*) FROM invitation) + (SELECT COUNT(*) FROM activation)";
        assert_ne!(world.count(before).await, 0);
        phones::forget_old(&world.app, world.now()).await.unwrap();
        assert_eq!(world.count(before).await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_never_counted_is_forgotten_after_a_day() {
    on_each_engine(async |world| {
        let kept = Phone::enrolled(world).await;
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        phone.activate(world, &activation).await;
        world.clock.advance_secs(24 * 3_600 + 1);
        phones::forget_old(&world.app, world.now()).await.unwrap();
        assert_eq!(phone.account(world).await.outcome(), "phone_gone");
        assert_eq!(kept.account(world).await.status, 200);
        assert_eq!(world.count("SELECT COUNT(*) FROM factor WHERE state = 'pending'").await, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenants_policy_says_which_phones_and_how_many() {
    on_each_engine(async |world| {
        // An application cannot widen what the tenant says.
        let wide =
            json!({ "phone_classes": ["web", "software"], "limits": { "phones_per_user": 9 } });
        world.policy_of(Target::Application(world.application), wide).await;
        world.policy(json!({ "limits": { "phones_per_user": 1 } })).await;
        let activation = world.activation().await;
        let mut phone = Phone::new(world);
        let mut body = phone.body(&activation);
        body["class"] = "software".into();
        let refused = phone.activate_with(world, &body).await;
        assert_eq!(refused.outcome(), "class_not_allowed");
        phone.activate(world, &activation).await;

        let activation = world.activation().await;
        let mut second = Phone::new(world);
        let refused = second.activate(world, &activation).await;
        assert_eq!(refused.outcome(), "too_many_phones", "a pending one counts");
        world.policy(json!({ "phone_classes": ["software"] })).await;
        let mut body = second.body(&activation);
        body["class"] = "software".into();
        assert_eq!(second.activate_with(world, &body).await.outcome(), "200", "not spent by those");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_prepares_for_the_strictest_application() {
    on_each_engine(async |world| {
        world.policy(json!({ "match_number": "off" })).await;
        let strict = json!({
            "match_number": "where_shown", "user_verification": "required", "app_lock": "required",
        });
        world.policy_of(Target::Application(world.application), strict.clone()).await;
        let phone = Phone::enrolled(world).await;
        assert_eq!(phone.account(world).await.json()["policy"], strict);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_because_the_words_differ_leaves_nothing() {
    on_each_engine(async |world| {
        let invited = world.invite().await;
        let activation = world.proved(&invited).await;
        let mut phone = Phone::new(world);
        phone.activate(world, &activation).await;
        let left = phone.call(world, &phone.answer, "DELETE", "/device", &Value::Null).await;
        assert_eq!(left.status, 204);
        assert_eq!(phone.confirm(world).await.outcome(), "phone_gone");
        assert_eq!(world.look(&invited.token.text()).await.outcome(), "not_open");
        let rows = "SELECT (SELECT COUNT(*) FROM phone) + (SELECT COUNT(*) FROM factor)";
        assert_eq!(world.count(rows).await, 0);
        let mut other = Phone::new(world);
        assert_eq!(
            other.activate(world, &activation).await.outcome(),
            "not_open",
            "spent is spent"
        );
    })
    .await;
}

/// A code that is shown at the VPN prompt.
async fn shown(world: &World) -> String {
    let batch = authx::store::Batch::default();
    let now = world.now();
    let (batch, shown) = phones::shown_at_prompt(&world.app, world.tenant, world.alice, now, batch);
    world.app.store.commit(batch).await.unwrap();
    shown.code.shown().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_lets_a_user_enrol_at_the_prompt_until_the_first_phone() {
    on_each_engine(async |world| {
        let (app, by, tenant, alice) = (&world.app, &world.by, world.tenant, world.alice);
        assert_eq!(phones::window(app, tenant, alice).await.unwrap(), None);
        let until = phones::open_window(app, by, tenant, alice, 2).await.unwrap();
        assert_eq!(until, world.now().plus_secs(7_200));
        assert_eq!(phones::window(app, tenant, alice).await.unwrap(), Some(until));
        let earlier = shown(world).await;
        let code = shown(world).await;
        assert_eq!(world.look(&earlier).await.outcome(), "not_open");
        assert_eq!(world.look(&code.to_lowercase()).await.json()["proof"], "none");
        Phone::activated_and_confirmed(world, &code).await;
        assert_eq!(phones::window(app, tenant, alice).await.unwrap(), None, "one is enough");

        phones::open_window(app, by, tenant, alice, 1).await.unwrap();
        world.clock.advance_secs(3_600);
        assert_eq!(phones::window(app, tenant, alice).await.unwrap(), None, "an hour");
        phones::open_window(app, by, tenant, alice, 1).await.unwrap();
        let code = shown(world).await;
        phones::close_window(app, by, tenant, alice).await.unwrap();
        assert_eq!(world.look(&code).await.outcome(), "not_open", "closed");
    })
    .await;
}
