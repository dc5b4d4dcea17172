//! Every deed brings with it the form that takes it back, or it is said here why there is none.

use crate::{
    company::Company,
    found::{self, Found, borrowed},
    html::{HtmlForm, forms},
    world::{Browser, Page, World, name, on_each_engine},
};
use authx::{
    admin::{Actor, accounts, administrators, applications, company, groups, retention},
    enrol,
    portal::routes,
    store::Value,
};
use authx_core::{ApplicationId, GroupId, UserId, otp::Totp, role::Role};
use axum::http::{Method, StatusCode};

/// How a deed is taken back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Way {
    /// Everything is then as it was.
    Back,
    /// What was made is put away; what was there before is as it was.
    Away,
    /// Not at all, and why.
    Never(&'static str),
}

/// What no form takes back. Whatever is not listed is taken back wholly.
const OTHERWISE: &[(&str, Way)] = &[
    ("/applications/protect", Way::Never(SHOWN)),
    ("/applications/{id}/delete", Way::Never(ASKED)),
    ("/applications/{id}/keys", Way::Never(SHOWN)),
    ("/applications/{id}/package", Way::Never(SHOWN)),
    ("/approvals/{approval}/agree", Way::Never("may be used the moment after")),
    (
        "/approvals/{approval}/decline",
        Way::Never("a yes takes a step-up; whoever asked asks again"),
    ),
    ("/confirm", Way::Never(COMING)),
    ("/confirm/begin", Way::Never(COMING)),
    ("/confirm/cancel", Way::Never(COMING)),
    ("/confirm/done", Way::Never(COMING)),
    ("/confirm/passkey", Way::Never(COMING)),
    ("/enrol/passkey", Way::Never(COMING)),
    ("/enrol/phone", Way::Never(COMING)),
    ("/forgot", Way::Never(MAILED)),
    ("/groups", Way::Away),
    ("/me/app", Way::Never(NOTHING)),
    ("/me/app/confirm", Way::Never("is removed beside its name")),
    ("/me/app/remove", Way::Never(KEYS)),
    ("/me/logins/{login}/not-me", Way::Never("what the login opened has ended; others were told")),
    ("/me/passkey", Way::Never("is removed beside its name")),
    ("/me/passkeys/{passkey}/remove", Way::Never(KEYS)),
    ("/me/password", Way::Never("the one before is not kept")),
    ("/me/phone", Way::Never(SHOWN)),
    ("/me/phones/{phone}/remove", Way::Never(KEYS)),
    ("/me/recovery", Way::Never(SHOWN)),
    ("/me/sessions/{session}/end", Way::Never("nobody is signed in by another")),
    ("/policies/edit/{target}/review", Way::Never(NOTHING)),
    ("/reset", Way::Never("the password before is not kept")),
    ("/set-up", Way::Never(COMING)),
    ("/set-up/account", Way::Never(COMING)),
    ("/settings/administrators", Way::Never(SHOWN)),
    ("/settings/administrators/{user}/link", Way::Never(SHOWN)),
    ("/settings/tokens", Way::Never(SHOWN)),
    ("/sign-in", Way::Never(COMING)),
    ("/sign-in/cancel", Way::Never(COMING)),
    ("/sign-in/confirm", Way::Never(COMING)),
    ("/sign-in/confirm/passkey", Way::Never(COMING)),
    ("/sign-in/passkey", Way::Never(COMING)),
    ("/sign-out", Way::Never(COMING)),
    ("/sign-up", Way::Never(COMING)),
    ("/users/{user}/app/remove", Way::Never(KEYS)),
    // What was asked for is withdrawn, and says so.
    ("/users/{user}/bypass", Way::Away),
    ("/users/{user}/bypass/end", Way::Never("letting somebody in takes two, each time anew")),
    ("/users/{user}/caller", Way::Never(SHOWN)),
    ("/users/{user}/caller/answer", Way::Never("digits that were read are known")),
    ("/users/{user}/invite", Way::Never(MAILED)),
    ("/users/{user}/passkeys/{passkey}/remove", Way::Never(KEYS)),
    ("/users/{user}/phones/{phone}/remove", Way::Never(KEYS)),
    ("/users/{user}/portal", Way::Never(MAILED)),
    ("/users/{user}/recovery", Way::Never(SHOWN)),
    ("/users/{user}/unlock", Way::Never("wrong answers that are forgotten are not known any more")),
    ("/users/import", Way::Never(NOTHING)),
    ("/users/import/{import}/run", Way::Never("the page of the import has the button, for good")),
    ("/users/import/{import}/undo", Way::Never("the same file does it once more")),
    ("/users/new", Way::Away),
];

const ASKED: &str = "is asked about first, and its name is typed";
const COMING: &str = "coming in and going is no deed";
const KEYS: &str = "its keys are dead; it is asked about first";
const MAILED: &str = "a mail that was sent, or a link that was shown, is on its way";
const NOTHING: &str = "nothing is changed yet";
const SHOWN: &str = "a secret was shown; what it is for is revoked in its own place";

fn way(path: &str) -> Way {
    OTHERWISE.iter().find(|(known, _)| *known == path).map_or(Way::Back, |(_, way)| *way)
}

/// Every form of every page: with what it brings, everything is as before.
#[tokio::test]
async fn whatever_is_done_is_taken_back_or_it_is_said_why_not() {
    let posts: Vec<&str> = routes()
        .into_iter()
        .filter(|route| route.method == Method::POST)
        .map(|route| route.path)
        .collect();
    for (path, _) in OTHERWISE {
        assert!(posts.contains(path), "{path} is no form of the portal");
    }
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let (mut faults, mut done) = (vec![], 0);
        for (number, found) in found::all(world, &company).await.iter().enumerate() {
            let way = way(found.route.path);
            if matches!(way, Way::Never(_)) {
                continue;
            }
            let own = Company::new(world, &format!("Beta {number}")).await;
            let found = found.fresh(world, &company, &own).await;
            let fields = found.values(world, &own).await;
            if fields.iter().any(|(name, value)| (name.as_str(), value.as_str()) == AGREED) {
                continue;
            }
            done += 1;
            faults.extend(tried(world, &own, found, way).await);
        }
        assert!(done > 20, "{done}");
        assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
    })
    .await;
}

async fn tried(world: &World, own: &Company, mut found: Found, way: Way) -> Option<String> {
    let path = found.route.path;
    prepared(world, own, path).await;
    let fields = changed(own, path, found.values(world, own).await);
    let before = standing(world, own).await;
    let browser = &mut found.browser;
    let page = sent(world, browser, &found.form.action, &fields).await;
    let Some(undo) = undo_of(&page) else {
        return Some(format!("{path} {fields:?} brings no undo: {} {}", page.status, page.main()));
    };
    let after = standing(world, own).await;
    if before == after {
        return Some(format!("{path} {fields:?} does nothing"));
    }
    let fields: Vec<(String, String)> = undo
        .fields
        .iter()
        .map(|field| (field.name.clone(), field.value.clone().unwrap_or_default()))
        .collect();
    // What does not stand as it did is left alone.
    if fields.iter().any(|(name, _)| SEEN.contains(&name.as_str())) {
        let mut other = fields.clone();
        for (_, value) in other.iter_mut().filter(|(name, _)| SEEN.contains(&name.as_str())) {
            "x".clone_into(value);
        }
        let page = browser.clone().post(world, &undo.action, &borrowed(&other)).await;
        if !page.status.is_client_error() || standing(world, own).await != after {
            return Some(format!("{path}: undone though it was changed since: {}", page.main()));
        }
    }
    let page = sent(world, browser, &undo.action, &fields).await;
    let restored = standing(world, own).await;
    let same = match way {
        Way::Back => before == restored,
        Way::Away => before.iter().all(|row| restored.contains(row)),
        Way::Never(_) => true,
    };
    let missing: Vec<_> = before.iter().filter(|row| !restored.contains(row)).collect();
    let new: Vec<_> = restored.iter().filter(|row| !before.contains(row)).collect();
    (!same || page.status != StatusCode::OK).then(|| {
        let (status, said) = (page.status, page.main());
        format!("{path} {fields:?} {status}:\n  was {missing:#?}\n  is {new:#?}\n{said}")
    })
}

/// What two agreed on is given at once, and the code for it is shown.
const AGREED: (&str, &str) = ("leave", "agreed");

/// Fields that say how a thing stood.
const SEEN: [&str; 2] = ["revision", "seen"];

/// Sends a form, and gives the page that the browser shows then.
async fn sent(
    world: &World,
    browser: &mut Browser,
    action: &str,
    fields: &[(String, String)],
) -> Page {
    let page = browser.post(world, action, &borrowed(fields)).await;
    match page.headers.get("location") {
        Some(to) => browser.get(world, to.to_str().unwrap()).await,
        None => page,
    }
}

/// The form of the button *Undo*.
fn undo_of(page: &Page) -> Option<HtmlForm> {
    let (before, _) = page.text.split_once(">Undo</button>")?;
    let form = &before[before.rfind("<form")?..];
    forms(&format!("{form}></form>")).into_iter().next()
}

/// What a company has, but for what only counts: the record of what was done, who is signed in, and
/// the numbers by which one change is told from the next.
async fn standing(world: &World, own: &Company) -> Vec<String> {
    let passing = ["delivery", "event", "portal_browser", "portal_session", "seal"];
    let tenant: Value = own.tenant.into();
    let mut standing = vec![];
    for (table, mut row) in world.app.store.snapshot().rest().await.unwrap() {
        let place = table.place("tenant").or((table.name == "tenant").then_some(0));
        if passing.contains(&table.name) || place.is_none_or(|place| row[place] != tenant) {
            continue;
        }
        for column in ["changes", "generation", "stands_since", "version"] {
            if let Some(place) = table.place(column) {
                row[place] = Value::Null;
            }
        }
        // Settings as they are by themselves are settings as well.
        if let (Some(place), "tenant") = (table.place("settings"), table.name) {
            row[place] = Value::Null;
        }
        standing.push(format!("{}: {row:?}", table.name));
    }
    let company = company::get(&world.app, own.tenant).await.unwrap();
    let kept = retention::standing(&world.app, own.tenant).await.unwrap();
    standing.push(format!("{company:?} {:?}", kept.retention));
    standing.sort();
    standing
}

/// What has to be so for a deed to do anything.
async fn prepared(world: &World, own: &Company, path: &str) {
    let (app, by, tenant) = (&world.app, &world.by, own.tenant);
    let group: GroupId = own.id("group").parse().unwrap();
    let user: UserId = own.id("user").parse().unwrap();
    match path {
        "/groups/{group}/members/{user}/add" => {
            let member = own.id("member").parse().unwrap();
            groups::remove(app, by, tenant, group, &[member]).await.unwrap();
        }
        "/groups/{group}/place" => {
            groups::create(app, by, tenant, &name("Interns")).await.unwrap();
        }
        "/users/{user}/enable" => {
            accounts::disable(app, by, tenant, user).await.unwrap();
        }
        _ => {}
    }
}

/// What is typed where a form as it stands would change nothing.
fn changed(own: &Company, path: &str, fields: Vec<(String, String)>) -> Vec<(String, String)> {
    let group = own.id("group");
    let typed: &[(&str, &str)] = match path {
        "/applications/{id}/audience" => &[("who", "groups"), ("gate", group)],
        "/applications/{id}/keys/{key}/rename" => &[("name", "vpn9")],
        "/applications/{id}/settings" => {
            &[("name", "Intranet"), ("domain_suffix", "corp.example"), ("switched_off", "on")]
        }
        "/groups/{group}/name" => &[("name", "Crew")],
        "/groups/{group}/place" => &[("place", "2")],
        "/me/phones/{phone}/rename" => &[("name", "Old one")],
        "/settings" => &[("company", "Owls"), ("time_zone", "Asia/Tokyo"), ("hue", "7")],
        "/settings/administrators/{user}/role" => &[("role", "help_desk")],
        "/settings/record" => &[("logins_days", "400"), ("hold", "on")],
        "/users/{user}/edit" => {
            &[("name", "anne"), ("display", "Anne Arnold"), ("mail", "anne@example.com")]
        }
        _ => &[],
    };
    let kept = fields.into_iter().filter(|(name, _)| typed.iter().all(|(known, _)| known != name));
    let typed = typed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let company = format!("Owls {}", own.called);
    kept.chain(typed)
        .map(
            |(name, value)| if name == "company" { (name, company.clone()) } else { (name, value) },
        )
        .collect()
}

/// Somebody else's later word stands.
#[tokio::test]
async fn nobody_elses_later_word_is_undone() {
    on_each_engine(async |world| {
        let own = Company::new(world, "Alpha").await;
        let mut olga = own.browser(world).await;
        let application = own.id("application");
        let at = format!("/applications/{application}/settings");
        let off = [("name", "Berlin VPN"), ("domain_suffix", ""), ("switched_off", "on")];
        let page = sent(world, &mut olga, &at, &off.map(owned)).await;
        assert!(page.shown().contains("“Berlin VPN” is switched off: nobody signs in there."));
        let undo = undo_of(&page).unwrap();
        let mut adam = world.browser_of(own.tenant, own.id("administrator").parse().unwrap()).await;
        let renamed = [("name", "Munich VPN"), ("domain_suffix", ""), ("switched_off", "on")];
        let page = sent(world, &mut adam, &at, &renamed.map(owned)).await;
        assert!(page.shown().contains("“Berlin VPN” is called “Munich VPN” now."));
        let fields: Vec<(String, String)> = undo
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.value.clone().unwrap_or_default()))
            .collect();
        let page = sent(world, &mut olga, &undo.action, &fields).await;
        let told = "“Munich VPN” was changed again since, so nothing was undone.";
        assert!(page.refused().contains(told), "{}", page.main());
        let id: ApplicationId = application.parse().unwrap();
        let found = applications::get(&world.app, own.tenant, id).await.unwrap();
        assert_eq!(
            (found.name.as_str(), found.state),
            ("Munich VPN", applications::State::SwitchedOff)
        );
    })
    .await;
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// What is kept when a role is given back would rise with it, so nobody has prepared any of it since.
#[tokio::test]
async fn a_role_comes_back_only_while_nothing_was_prepared() {
    on_each_engine(async |world| {
        let own = Company::new(world, "Alpha").await;
        let adam: UserId = own.id("administrator").parse().unwrap();
        let at = format!("/settings/administrators/{adam}/role");
        let mut olga = own.browser(world).await;
        let page = sent(world, &mut olga, &at, &[owned(("role", "none"))]).await;
        let undo = undo_of(&page).unwrap();
        let fields: Vec<(String, String)> = undo
            .fields
            .iter()
            .map(|field| (field.name.clone(), field.value.clone().unwrap_or_default()))
            .collect();
        assert!(fields.contains(&owned(("keep", "yes"))), "{fields:?}");

        // Somebody lower makes a factor of their own for the account, which is a user's now.
        let noah = world.account(own.tenant, "noah", Some(Role::UserManager)).await;
        let noah = Actor::account(noah, Some(Role::UserManager), "noah");
        let (app, tenant) = (&world.app, own.tenant);
        let offered = enrol::code::offer(app, &noah, tenant, adam, None).await.unwrap();
        let totp = Totp::from_uri(&offered.uri).unwrap();
        let code = totp.code(app.now().unwrap().secs() / 30);
        enrol::code::confirm(app, &noah, tenant, adam, &code).await.unwrap();

        let mut olga = own.browser(world).await;
        let page = sent(world, &mut olga, &undo.action, &fields).await;
        assert!(page.refused().contains("so nothing was undone"), "{}", page.main());
        let found = administrators::list(app, tenant).await.unwrap();
        assert!(found.iter().all(|one| one.id != adam), "{found:?}");
    })
    .await;
}

/// An owner who made another one cannot unmake them, so there is no button that says so.
#[tokio::test]
async fn what_cannot_be_taken_back_has_no_undo() {
    on_each_engine(async |world| {
        let own = Company::new(world, "Alpha").await;
        let mut olga = own.browser(world).await;
        let at = format!("/settings/administrators/{}/role", own.id("administrator"));
        let page = sent(world, &mut olga, &at, &[owned(("role", Role::Owner.word()))]).await;
        assert!(page.shown().contains("“adam” is Owner now"), "{}", page.main());
        assert!(undo_of(&page).is_none());
    })
    .await;
}
