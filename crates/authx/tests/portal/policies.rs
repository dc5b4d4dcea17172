//! Policies, as their administrators see them.

use crate::world::{Browser, Page, World, between, name, on_each_engine};
use authx::admin::{
    applications::{self, ApplicationKind},
    groups,
    policies::{self, Target},
};
use authx_core::{ApplicationId, GroupId, policy::Document, role::Role};
use axum::http::StatusCode;

async fn owner(world: &World) -> Browser {
    world.signed_in("olga", Some(Role::Owner)).await
}

async fn application(world: &World) -> ApplicationId {
    let kind = ApplicationKind::Openvpn;
    let (vpn, key) = (name("Berlin VPN"), name("key"));
    let (app, by) = (&world.app, &world.by);
    applications::create(app, by, world.tenant, &vpn, kind, &key).await.unwrap().id
}

async fn group(world: &World) -> GroupId {
    groups::create(&world.app, &world.by, world.tenant, &name("Staff")).await.unwrap()
}

async fn set(world: &World, target: Target, json: &str) {
    let document = Document::from_json(json).unwrap();
    policies::set(&world.app, &world.by, world.tenant, target, document).await.unwrap();
}

async fn document(world: &World, target: Target) -> String {
    let shown = policies::show(&world.app, world.tenant, target).await.unwrap();
    serde_json::to_string(&shown.document).unwrap()
}

/// What a page's form with this button would send: its hidden fields.
fn hidden(page: &Page, button: &str) -> Vec<(String, String)> {
    let (before, _) = page.text.split_once(button).unwrap_or_else(|| panic!("{button}"));
    let (_, form) = before.rsplit_once("<form").unwrap();
    let mut fields = vec![];
    for input in form.split("<input type=\"hidden\"").skip(1) {
        let name = between(input, "name=\"", "\"").unwrap();
        let value = between(input, "value=\"", "\"").unwrap();
        let value = value.replace("&#34;", "\"").replace("&#38;", "&").replace("&quot;", "\"");
        if !name.contains("csrf") {
            fields.push((name.to_owned(), value));
        }
    }
    fields
}

async fn press(
    browser: &mut Browser,
    world: &World,
    page: &Page,
    path: &str,
    button: &str,
) -> Page {
    let fields = hidden(page, button);
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post(world, path, &fields).await
}

fn revision(page: &Page) -> String {
    page.between("name=\"revision\" value=\"", "\"").to_owned()
}

const GLOBAL: &str = "/policies/edit/global";
const REVIEW: &str = "/policies/edit/global/review";

#[tokio::test]
async fn a_value_is_changed_reviewed_and_put_into_force() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let page = browser.get(world, "/policies").await;
        assert!(page.shown().contains("What everybody meets"));
        assert!(page.text.contains("Built in"));
        let form = browser.get(world, GLOBAL).await;
        assert!(form.shown().contains("12 hours, built in"));
        let revision = revision(&form);
        let draft = [
            ("revision", revision.as_str()),
            ("lifetimes.session_secs", "4 hours"),
            ("limits.lock_after", "9"),
            ("app_lock", "required"),
            ("factors:set", "on"),
            ("factors:push", "on"),
            ("factors:code", "on"),
            ("messages.help", "Call 1234."),
        ];
        let review = browser.post(world, REVIEW, &draft).await;
        assert!(
            review.shown().contains("4 hours") && review.text.contains("Not set here: 12 hours")
        );
        assert!(review.text.contains("No login of the last 30 days would have ended otherwise"));
        assert!(review.text.contains("The log does not tell"));
        assert_eq!(document(world, Target::Tenant).await, "{}", "nothing is in force yet");
        let saved = press(&mut browser, world, &review, GLOBAL, "Put it into force").await;
        assert_eq!(saved.to(), GLOBAL);
        let again = press(&mut browser, world, &review, GLOBAL, "Put it into force").await;
        assert_eq!(again.to(), GLOBAL, "a double click");
        let now = document(world, Target::Tenant).await;
        assert!(
            now.contains(r#""session_secs":14400"#) && now.contains(r#""factors":["code","push"]"#),
            "{now}"
        );
        let form = browser.get(world, GLOBAL).await;
        assert!(
            form.shown().contains("is in force already.")
                && form.text.contains("value=\"4 hours\"")
        );
        let page = browser.get(world, "/policies").await;
        assert!(page.shown().contains("overrides Built in: 12 hours"));
    })
    .await;
}

#[tokio::test]
async fn bad_values_are_named_and_what_was_typed_stays() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        browser.get(world, GLOBAL).await;
        for (field, typed, told) in [
            ("lifetimes.login_secs", "301", "“301” is out of range: 30 s to 5 minutes."),
            ("lifetimes.push_secs", "soon", "“soon” is no such number: 30 s to 5 minutes."),
            ("lifetimes.session_secs", "31 days", "“31 days” is out of range"),
            ("lifetimes.fraud_lock_secs", "9 minutes", "“9 minutes” is out of range"),
            ("limits.answers_per_login", "0", "“0” is out of range: 1 to 10."),
            ("limits.lock_after", "4", "5 to 50."),
            ("limits.phones_per_user", "<b>11</b>", "is no such number: 1 to 10."),
            ("limits.phones_per_user", "-1", "is no such number"),
            ("second_factor", "sometimes", "unknown word `sometimes`"),
            ("match_number", "'; DROP TABLE tenant; --", "unknown word"),
            ("messages.help", &"x".repeat(61), "This has 61 characters. Shorten it to 60."),
            ("messages.prompt", &"x".repeat(101), "Shorten it to 100."),
            ("messages.prompt", "a\u{7}b", "a character that cannot be seen"),
            ("factors:set", "on", "Tick at least one."),
            ("phone_classes:set", "on", "Tick at least one."),
            ("first_factors:set", "on", "Tick at least one."),
        ] {
            let page = browser.post(world, REVIEW, &[(field, typed)]).await;
            let told = told.replace('<', "&#60;");
            assert!(page.refused().contains(&told), "{field}: {}", page.text);
            assert!(page.text.contains("Nothing was changed."), "{field}");
            assert!(!page.text.contains("<b>11"), "{field}");
        }
        let page = browser.post(world, REVIEW, &[("lifetimes.login_secs", "9999")]).await;
        assert!(page.refused().contains("value=\"9999\""));
        assert_eq!(document(world, Target::Tenant).await, "{}");
        for body in ["", "{", "[]", r#"{"factor":["code"]}"#, r#"{"limits":{"lock_after":99}}"#] {
            for path in [REVIEW, GLOBAL] {
                let page = browser.post(world, path, &[("document", body)]).await;
                page.refused();
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_group_and_an_application_have_documents_of_their_own() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let (vpn, staff) = (application(world).await, group(world).await);
        set(world, Target::Application(vpn), r#"{"limits":{"lock_after":7}}"#).await;
        let at = format!("/policies/edit/{staff}");
        let form = browser.get(world, &at).await;
        assert!(
            form.shown().contains("Not for groups: it counts before AuthX knows who signs in.")
        );
        let first = [("first_factors:set", "on"), ("first_factors:pam", "on")];
        let page = browser.post(world, &format!("{at}/review"), &first).await;
        page.refused();
        let seen = revision(&form);
        let draft = [("revision", seen.as_str()), ("limits.lock_after", "9")];
        let review = browser.post(world, &format!("{at}/review"), &draft).await;
        press(&mut browser, world, &review, &at, "Put it into force").await.to();
        let page = browser.get(world, &format!("/policies?application={vpn}&group={staff}")).await;
        assert!(page.shown().contains("What Staff meets at Berlin VPN"));
        assert!(page.text.contains("9 wrong answers"));
        assert!(
            page.text
                .contains("overrides Berlin VPN: 7 wrong answers · Built in: 50 wrong answers")
        );
        let group = browser.get(world, &format!("/groups/{staff}")).await;
        assert!(group.shown().contains("9 wrong answers"));

        let alice = world.account(world.tenant, "alice", None).await;
        groups::add(&world.app, &world.by, world.tenant, staff, &[alice]).await.unwrap();
        let of = browser.get(world, &format!("/policies?application={vpn}&user=ALICE")).await;
        assert!(of.shown().contains("What alice meets at Berlin VPN"));
        assert!(of.text.contains("9 wrong answers"));
        let nobody = browser.get(world, "/policies?user=carol%3Cb%3E").await;
        assert!(nobody.refused().contains("Nobody is called “carol&#60;b&#62;”"));
    })
    .await;
}

#[tokio::test]
async fn of_two_tabs_the_slower_one_sees_both() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let seen = revision(&browser.get(world, GLOBAL).await);
        let draft = |value| [("revision", seen.clone()), ("limits.lock_after", value)];
        let first = draft("7".to_owned());
        let second = draft("8".to_owned());
        let sent =
            |draft: &[(&'static str, String); 2]| draft.clone().map(|(name, value)| (name, value));
        let (first, second) = (sent(&first), sent(&second));
        let fields = |draft: &[(&'static str, String); 2]| {
            draft.iter().map(|(name, value)| (*name, value.clone())).collect::<Vec<_>>()
        };
        let mut reviews = vec![];
        for draft in [&first, &second] {
            let owned = fields(draft);
            let pairs: Vec<(&str, &str)> =
                owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let page = browser.post(world, REVIEW, &pairs).await;
            page.shown();
            reviews.push(page);
        }
        press(&mut browser, world, &reviews[0], GLOBAL, "Put it into force").await.to();
        let late = press(&mut browser, world, &reviews[1], GLOBAL, "Put it into force").await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.text.contains("7 wrong answers") && late.text.contains("8 wrong answers"));
        assert!(document(world, Target::Tenant).await.contains(":7"));
        // Reviewing a form that is out of date says so too.
        let owned = fields(&second);
        let pairs: Vec<(&str, &str)> =
            owned.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let stale = browser.post(world, REVIEW, &pairs).await;
        assert_eq!(stale.status, StatusCode::CONFLICT);
        let mine = press(&mut browser, world, &late, REVIEW, "Review mine").await;
        assert!(mine.shown().contains("8 wrong answers"));
        press(&mut browser, world, &mine, GLOBAL, "Put it into force").await.to();
        assert!(document(world, Target::Tenant).await.contains(":8"));
    })
    .await;
}

#[tokio::test]
async fn an_earlier_version_is_looked_at_and_restored() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let at = "/policies/history/global";
        assert!(
            browser.get(world, at).await.shown().contains("Nobody has changed this policy yet")
        );
        for after in 10..22 {
            set(world, Target::Tenant, &format!(r#"{{"limits":{{"lock_after":{after}}}}}"#)).await;
        }
        let page = browser.get(world, at).await;
        assert!(page.shown().contains("21 wrong answers") && page.text.contains("In force"));
        let (before, _) = page.text.split_once("rel=\"next\"").unwrap();
        let older = before.rsplit_once("href=\"").unwrap().1.split_once('"').unwrap().0;
        let older = browser.get(world, older).await;
        assert!(older.shown().contains("10 wrong answers"));
        let review = press(&mut browser, world, &older, REVIEW, "Restore").await;
        assert!(review.shown().contains("11 wrong answers"));
        press(&mut browser, world, &review, GLOBAL, "Put it into force").await.to();
        assert!(document(world, Target::Tenant).await.contains(":11"));
        let newest = browser.get(world, at).await;
        assert!(newest.shown().contains("an earlier version again, by olga"));
    })
    .await;
}

#[tokio::test]
async fn another_companys_policy_is_not_there() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let (app, by) = (&world.app, &world.by);
        let theirs = authx::admin::tenants::create(app, by, &name("Theirs")).await.unwrap().id;
        let kind = ApplicationKind::Openvpn;
        let made = applications::create(app, by, theirs, &name("vpn"), kind, &name("key")).await;
        let group = groups::create(app, by, theirs, &name("Staff")).await.unwrap();
        for id in [made.unwrap().id.to_string(), group.to_string(), "nonsense".to_owned()] {
            for path in [
                format!("/policies/edit/{id}"),
                format!("/policies/history/{id}"),
                format!("/policies?application={id}"),
                format!("/policies?group={id}"),
            ] {
                let page = browser.get(world, &path).await;
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            }
            for path in [format!("/policies/edit/{id}"), format!("/policies/edit/{id}/review")] {
                let page = browser.post(world, &path, &[("document", "{}")]).await;
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn who_only_reads_sees_no_way_to_change() {
    on_each_engine(async |world| {
        let mut reader = world.signed_in("ria", Some(Role::ReadOnly)).await;
        set(world, Target::Tenant, r#"{"app_lock":"required"}"#).await;
        let page = reader.get(world, "/policies").await;
        assert!(!page.shown().contains("/policies/edit/global#"));
        let form = reader.get(world, GLOBAL).await;
        assert!(!form.shown().contains("Review the draft") && form.text.contains("disabled"));
        assert!(!reader.get(world, "/policies/history/global").await.shown().contains("Restore"));
        // Every page is light: nothing inline, and well under its limit.
        for path in ["/policies", GLOBAL, "/policies/history/global"] {
            let page = reader.get(world, path).await;
            assert!(page.shown().len() < 60_000, "{path}: {}", page.text.len());
            assert!(!page.text.contains("style="), "{path}");
        }
    })
    .await;
}

/// Of very many applications the first ones are offered, and the one that is looked at.
#[tokio::test]
async fn very_many_applications_keep_these_pages_light() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let (app, by, kind) = (&world.app, &world.by, ApplicationKind::Openvpn);
        let mut last = None;
        for number in 0..=200 {
            let (vpn, key) = (name(&format!("VPN {number:03}")), name("key"));
            let made = applications::create(app, by, world.tenant, &vpn, kind, &key).await;
            last = Some(made.unwrap().id);
        }
        let last = last.unwrap();
        for path in ["/policies", "/policies/what-if"] {
            let page = browser.get(world, path).await;
            let page = page.shown();
            assert!(page.contains("The first 200 of 201 applications are offered here."), "{page}");
            assert!(page.contains("VPN 199") && !page.contains("VPN 200"), "{page}");
            let page = browser.get(world, &format!("{path}?application={last}")).await;
            let chosen = format!("value=\"{last}\" selected>VPN 200</option>");
            assert!(page.shown().contains(&chosen), "{}", page.text);
        }
    })
    .await;
}
