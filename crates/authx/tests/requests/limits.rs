use crate::site::{NUMBER, Site, login_outcome, on_each_engine, push_of, said};
use authx::admin::accounts;
use futures_util::future::join_all;
use serde_json::json;

/// How many of these, all begun at once, ring.
async fn at_once(site: &Site, devices: std::ops::Range<u32>) -> usize {
    let bodies: Vec<_> = devices.map(push_of).collect();
    let begun = join_all(bodies.iter().map(|body| site.begin(body))).await;
    let ringing = begun.iter().filter(|(_, reply)| login_outcome(reply) == "awaiting_phone");
    ringing.count()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_that_nobody_answers_leave_codes_for_ten_minutes() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for device in 0..3 {
            site.asked(&push_of(device)).await;
        }
        let (held, reply) = site.begin(&push_of(3)).await;
        assert_eq!(login_outcome(&reply), "awaiting_input", "{reply:?}");
        assert_eq!(site.rung_phones().len(), 3);
        site.clock.advance_secs(60);
        assert_eq!(login_outcome(&site.typed(held, 1, &phone.code(site)).await), "allowed");
        // Where nothing more can be asked it is said.
        let mut once = push_of(4);
        once["can"] = json!({});
        assert_eq!(login_outcome(&site.begin(&once).await.1), "refused:push_limited");
        site.clock.advance_secs(539);
        assert_eq!(login_outcome(&site.begin(&push_of(5)).await.1), "awaiting_input");
        site.clock.advance_secs(1);
        site.asked(&push_of(6)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn never_more_than_five_in_ten_minutes() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for device in 0..5 {
            let id = site.asked(&push_of(device)).await;
            assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
        }
        assert_eq!(login_outcome(&site.begin(&push_of(5)).await.1), "awaiting_input");
        assert_eq!(site.rung_phones().len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_clients_at_once_ring_three_times() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let ringing = at_once(site, 0..60).await;
        assert!((1..=3).contains(&ringing), "{ringing}");
        assert_eq!(site.rung_phones().len(), ringing);
        let open = site.requests(&phone).await["requests"].as_array().unwrap().len();
        assert_eq!(open, ringing);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_logins_with_wrong_numbers_a_day_end_push() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for device in 0..5 {
            let id = site.asked(&push_of(device)).await;
            for number in ["000000", "000001"] {
                assert_eq!(said(&site.approve(&phone, id, number).await), "wrong_number");
            }
            site.clock.advance_secs(3_600);
        }
        site.rung();
        let mut once = push_of(5);
        once["can"] = json!({});
        assert_eq!(login_outcome(&site.begin(&once).await.1), "refused:push_locked");
        site.clock.advance_secs(30 * 24 * 3_600);
        assert_eq!(login_outcome(&site.begin(&once).await.1), "refused:push_locked");
        let (held, reply) = site.begin(&push_of(5)).await;
        assert_eq!(login_outcome(&reply), "awaiting_input");
        assert_eq!(site.rung(), []);
        assert_eq!(login_outcome(&site.typed(held, 1, &phone.code(site)).await), "allowed");
        accounts::enable(&site.app, &site.by, site.tenant, site.alice).await.unwrap();
        site.asked(&push_of(6)).await;
    })
    .await;
}

/// Who has the password gives a login up after the first wrong number, and tries the next one: a
/// user who approves blindly is not asked for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_given_up_after_a_wrong_number_counts_among_the_five() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for device in 0..5 {
            let id = site.asked(&push_of(device)).await;
            assert_eq!(said(&site.approve(&phone, id, "000000").await), "wrong_number");
            site.cancel(id).await;
            site.clock.advance_secs(3_600);
        }
        site.rung();
        assert_eq!(login_outcome(&site.begin(&push_of(5)).await.1), "awaiting_input");
        assert_eq!(site.rung(), [], "no sixth");
    })
    .await;
}

/// A slip of the finger that is mended at once is none of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_was_mended_does_not_count() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        for device in 0..8 {
            let id = site.asked(&push_of(device)).await;
            assert_eq!(said(&site.approve(&phone, id, "000000").await), "wrong_number");
            assert_eq!(said(&site.approve(&phone, id, NUMBER).await), "approved");
            site.clock.advance_secs(3_600);
        }
    })
    .await;
}

/// The codes of two phones are counted together; so they are forgiven together, or a user with two
/// phones would be locked out by what was mended each time.
#[tokio::test(flavor = "multi_thread")]
async fn a_right_code_forgives_at_both_phones() {
    on_each_engine(async |site| {
        site.policy(json!({ "limits": { "lock_after": 5 } })).await;
        let phone = site.phone().await;
        site.phone().await;
        for turn in 0..7 {
            site.clock.advance_secs(60);
            let id = site.begin(&crate::site::plain()).await.0;
            assert_eq!(login_outcome(&site.typed(id, 1, "000000").await), "awaiting_input");
            let right = site.typed(id, 2, &phone.code(site)).await;
            assert_eq!(login_outcome(&right), "allowed", "{turn}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_forty_wrong_numbers_at_once_two_are_tried() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push_of(1)).await;
        let numbers: Vec<_> = (0..40).map(|number| format!("{number:06}")).collect();
        let said: Vec<_> = join_all(numbers.iter().map(|number| site.approve(&phone, id, number)))
            .await
            .iter()
            .map(said)
            .collect();
        let tried = said.iter().filter(|it| *it == "wrong_number").count();
        assert!((1..=2).contains(&tried), "{said:?}");
        let others = ["wrong_number", "not_open:wrong_number", "busy"];
        assert!(said.iter().all(|it| others.contains(&it.as_str())), "{said:?}");
    })
    .await;
}
