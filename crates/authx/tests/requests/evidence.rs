//! What the record holds of approvals, checked again.

use crate::{
    phone::Phone,
    site::{NUMBER, Site, mute, on_each_engine, push, push_of, said},
};
use authx::{admin::audit::verify, app::About, store::Batch};
use authx_core::{
    LoginId,
    audit::{EventKind, Finding},
};
use serde_json::{Map, Value, json};

async fn findings(site: &Site) -> Vec<Finding> {
    let verified = verify(&site.app, &[]).await.unwrap();
    verified.reports.into_iter().flat_map(|report| report.findings).collect()
}

/// Puts an entry into the record as only somebody with the audit key can.
async fn forge(site: &Site, login: LoginId, detail: Value) {
    let about = About {
        user: Some(site.alice),
        application: Some(site.vpn.id),
        login: Some(login),
        support_code: None,
    };
    let Value::Object(detail) = detail else { panic!("{detail}") };
    let now = site.now();
    let batch = Batch::default();
    let batch = site.app.record(batch, now, site.tenant, EventKind::LoginAllowed, about, detail);
    site.app.store.commit(batch).await.unwrap();
    // Entries of one millisecond may stand in any order.
    site.clock.advance_secs(1);
}

async fn approved(site: &Site, phone: &Phone, device: u32) -> (LoginId, Map<String, Value>) {
    let id = site.asked(&push_of(device)).await;
    assert_eq!(said(&site.approve(phone, id, NUMBER).await), "approved");
    let record = site.record(1_000).await;
    let allowed =
        record.into_iter().find(|it| it.login_id == Some(id) && it.event == "login_allowed");
    (id, allowed.unwrap().detail)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_approval_is_kept_as_it_was_signed_and_checked_again() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, detail) = approved(site, &phone, 1).await;
        assert_eq!(detail["by"], "push");
        let approval = &detail["approval"];
        assert_eq!(approval["phone"], phone.id.to_string());
        let body: Value = serde_json::from_str(approval["body"].as_str().unwrap()).unwrap();
        let statement: Value = serde_json::from_str(body["statement"].as_str().unwrap()).unwrap();
        assert_eq!(statement, site.statement(id, "approve", Some(NUMBER)));
        // Every other way through which a phone speaks in the record.
        let next = site.asked(&push_of(2)).await;
        site.receipt(&phone, "push", &[next]).await;
        site.approve(&phone, next, "000000").await;
        site.say(&phone, next, &site.statement(next, "deny", None)).await;
        let (offered, _) = site.begin(&mute(None)).await;
        let code = site.show_code(&phone, offered).await.json();
        site.begin(&mute(code["code"].as_str())).await;
        let fraud = site.asked(&push_of(3)).await;
        site.say_with(&phone, &phone.device, fraud, &site.statement(fraud, "fraud", None)).await;
        assert_eq!(findings(site).await, []);
        // A phone that is gone has still approved what it approved.
        authx::enrol::phones::remove(&site.app, &site.by, site.tenant, phone.id).await.unwrap();
        assert_eq!(findings(site).await, []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_key_alone_makes_no_approval() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let (id, genuine) = approved(site, &phone, 1).await;
        let genuine = Value::Object(genuine);
        site.clock.advance_secs(1);
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut detail = genuine.clone();
            change(&mut detail);
            detail
        };
        let replace = |field: &'static str, from: &'static str, to: &'static str| {
            changed(&|detail| {
                let text = detail["approval"][field].as_str().unwrap();
                assert!(text.contains(from), "{field}: {text}");
                detail["approval"][field] = text.replacen(from, to, 1).into();
            })
        };
        let other = Phone::new(site).answer;
        let other = authx_core::wire::phone::Base64Url::new(*other.point());
        let forged = [
            json!({ "by": "push" }),
            json!({ "by": "push", "approval": {} }),
            changed(&|detail| detail["approval"] = Value::Null),
            replace("body", NUMBER, "000000"),
            replace("body", "approve", "deny"),
            replace("path", "answers", "codes"),
            replace("authority", "phone", "other"),
            replace("method", "POST", "PUT"),
            changed(&|detail| detail["approval"]["key"] = json!(other)),
            changed(&|detail| detail["approval"]["phone"] = json!(Phone::new(site).id)),
            // The key of a credential that confirmed nothing.
            changed(&|detail| detail["credential"] = json!(other)),
        ];
        let expected = forged.len();
        for detail in forged {
            forge(site, id, detail).await;
        }
        // What the phone did sign, of another login; and at another application.
        forge(site, site.new_id(), genuine.clone()).await;
        let found = findings(site).await;
        let unsigned =
            found.iter().filter(|it| matches!(it, Finding::ApprovalUnsigned { .. })).count();
        assert_eq!((unsigned, found.len()), (expected + 1, expected + 1), "{found:?}");
        // The genuine one, once more, is a repetition that a login cannot have had; by its
        // signature nothing is wrong with it.
        forge(site, id, genuine).await;
        let again = findings(site).await;
        assert_eq!(again.len(), found.len(), "{again:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_in_the_record_only_with_the_approval_that_it_made() {
    on_each_engine(async |site| {
        let phone = site.phone().await;
        let id = site.asked(&push()).await;
        site.receipt(&phone, "live", &[id]).await;
        site.approve(&phone, id, "736251").await;
        let before = format!("{:?}", site.record(1_000).await);
        assert!(!before.contains(NUMBER) && !before.contains("736251"), "{before}");
        site.approve(&phone, id, NUMBER).await;
        let after = site.record(1_000).await;
        let holding: Vec<_> = after
            .iter()
            .filter(|entry| format!("{entry:?}").contains(NUMBER))
            .map(|entry| entry.event.as_str())
            .collect();
        assert_eq!(holding, ["login_allowed"]);
    })
    .await;
}
