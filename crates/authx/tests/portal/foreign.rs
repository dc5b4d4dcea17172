//! What belongs to another company is not there, whoever asks for it and however.

use crate::{
    company::{Company, filled},
    found::{self, borrowed},
    world::{Browser, Page, World, on_each_engine},
};
use authx::portal::{Route, routes};
use authx_core::TenantId;
use axum::http::{Method, StatusCode};
use std::collections::BTreeMap;

/// What a company has, row by row.
pub(crate) async fn rows(world: &World, tenant: TenantId) -> Vec<String> {
    let all = world.app.store.snapshot().rest().await.unwrap();
    let tenant: authx::store::Value = tenant.into();
    let own = all.into_iter().filter(|(table, row)| {
        let place = table.place("tenant").or((table.name == "tenant").then_some(0));
        place.is_some_and(|place| row[place] == tenant)
    });
    own.map(|(table, row)| format!("{}: {row:?}", table.name)).collect()
}

/// The id of a thing of that kind that nobody has.
fn nobodys(id: &str) -> String {
    format!("{}zzzzzz", &id[..id.len() - 6])
}

/// How the things of a route may be mixed: each alone of somebody else, and all of them.
fn mixes(route: &Route) -> Vec<Vec<bool>> {
    let many = route.path.matches('{').count();
    let mut mixes: Vec<Vec<bool>> =
        (0..many).map(|other| (0..many).map(|at| at == other).collect()).collect();
    if many > 1 {
        mixes.push(vec![true; many]);
    }
    mixes
}

async fn ask(
    world: &World,
    browser: &mut Browser,
    route: &Route,
    path: &str,
    fields: &[(String, String)],
) -> Page {
    if route.method == Method::GET {
        return browser.get(world, path).await;
    }
    browser.post(world, path, &borrowed(fields)).await
}

/// Every route with an id in its path, asked for by an owner with the ids of another company: not
/// there, word for word as if nobody had it, and nothing changes. That the very same form does
/// something with one's own ids is tried behind it.
#[tokio::test]
async fn another_companys_id_is_not_there_on_any_route() {
    on_each_engine(async |world| {
        let mine = Company::new(world, "Mine").await;
        let theirs = Company::new(world, "Theirs").await;
        let forms = forms_of(world, &mine).await;
        let mut browser = mine.browser(world).await;
        let before = rows(world, theirs.tenant).await;
        assert!(before.len() > 40, "{}", before.len());
        let mut asked = 0;
        for route in routes() {
            if !route.path.contains('{') {
                continue;
            }
            let fields = forms.get(route.path).cloned().unwrap_or_default();
            for mix in mixes(&route) {
                let path = |other: &dyn Fn(&str) -> String| {
                    let mut mix = mix.iter();
                    filled(&route, |thing| {
                        let foreign = *mix.next().unwrap();
                        if foreign { other(thing) } else { mine.id(thing).to_owned() }
                    })
                };
                let foreign = path(&|thing| theirs.id(thing).to_owned());
                let nobodys = path(&|thing| nobodys(theirs.id(thing)));
                let theirs = ask(world, &mut browser, &route, &foreign, &fields).await;
                let absent = ask(world, &mut browser, &route, &nobodys, &fields).await;
                assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{route:?} {foreign}");
                assert_eq!(absent.status, StatusCode::NOT_FOUND, "{route:?} {nobodys}");
                assert_eq!(theirs.text, absent.text, "{route:?}");
                asked += 1;
            }
            if route.method != Method::GET {
                assert_eq!(rows(world, theirs.tenant).await, before, "{route:?}");
            }
        }
        assert!(asked > 70, "{asked}");
    })
    .await;
}

/// What forms of a company's pages send, by their route; the largest of several.
async fn forms_of(
    world: &World,
    company: &Company,
) -> BTreeMap<&'static str, Vec<(String, String)>> {
    let mut forms = BTreeMap::new();
    for found in found::all(world, company).await {
        let fields = found.values(world, company).await;
        let known: &mut Vec<_> = forms.entry(found.route.path).or_default();
        if known.len() <= fields.len() {
            *known = fields;
        }
    }
    forms
}

/// One's own ids are there: with the same forms, every route does what it is for.
#[tokio::test]
async fn ones_own_id_is_there_on_every_route() {
    on_each_engine(async |world| {
        let mine = Company::new(world, "Mine").await;
        let mut browser = mine.browser(world).await;
        for route in routes() {
            // This server was shipped with nothing to hand out.
            let bare = route.path.ends_with("/package");
            if route.method == Method::GET && route.path.contains('{') && !bare {
                let path = mine.path(&route);
                assert_eq!(browser.get(world, &path).await.status, StatusCode::OK, "{path}");
            }
        }
        for (number, found) in found::all(world, &mine).await.iter().enumerate() {
            let route = found.route.clone();
            if !route.path.contains('{') || route.path.ends_with("/package") {
                continue;
            }
            // The last one may be gone by what it did.
            let company = Company::new(world, &format!("Own {number}")).await;
            let mut found = found.fresh(world, &mine, &company).await;
            let fields = found.values(world, &company).await;
            let page = found.browser.post(world, &found.form.action, &borrowed(&fields)).await;
            let good = page.status == StatusCode::OK || page.status == StatusCode::SEE_OTHER;
            assert!(good, "{route:?} {fields:?} {}: {}", page.status, page.main());
        }
    })
    .await;
}

/// An id in a form is no way around: what is another company's reads as what is
/// nobody's.
#[tokio::test]
async fn another_companys_id_is_nothing_in_a_form() {
    on_each_engine(async |world| {
        let mine = Company::new(world, "Mine").await;
        let theirs = Company::new(world, "Theirs").await;
        let mut browser = mine.browser(world).await;
        let before = rows(world, theirs.tenant).await;
        let [application, group, user] =
            ["application", "group", "user"].map(|thing| mine.id(thing).to_owned());
        let audience = format!("/applications/{application}/audience");
        let (members, bypass) =
            (format!("/groups/{group}/members"), format!("/users/{user}/bypass"));
        let wish = [("leave", "agreed"), ("reason", "phone lost"), ("secs", "3600")];
        for (path, others, field, thing) in [
            (&*audience, &[("who", "groups")][..], "gate", "group"),
            (&audience, &[("asked", "pilot")], "pilot", "group"),
            (&bypass, &wish, "approval", "agreed approval"),
            (&members, &[], "names", "user"),
            ("/users/bulk", &[("deed", "remove")], "user", "user"),
            ("/users/bulk", &[("deed", "disable")], "user", "administrator"),
        ] {
            let id = theirs.id(thing);
            let mut said = vec![];
            for id in [id.to_owned(), nobodys(id)] {
                let fields = [others, &[(field, &*id)]].concat();
                let mut page = browser.post(world, path, &fields).await;
                if page.status == StatusCode::SEE_OTHER {
                    let to = page.to().to_owned();
                    page = browser.get(world, &to).await;
                }
                said.push((page.status, page.text.replace(&id, "ID")));
            }
            assert_eq!(said[0], said[1], "{field} of {path}");
            assert_eq!(rows(world, theirs.tenant).await, before, "{field} of {path}");
        }
    })
    .await;
}

/// Nor is one in an address.
#[tokio::test]
async fn another_companys_id_is_nothing_in_an_address() {
    on_each_engine(async |world| {
        let mine = Company::new(world, "Mine").await;
        let theirs = Company::new(world, "Theirs").await;
        let mut browser = mine.browser(world).await;
        let group = format!("/groups/{}", mine.id("group"));
        for (path, names, thing) in [
            ("/users", &["group", "after", "before", "q"][..], "group"),
            ("/users", &["after", "before", "q"], "user"),
            ("/users/export.csv", &["group", "q"], "group"),
            ("/groups", &["after", "before", "q"], "group"),
            (&group, &["after", "before", "q"], "user"),
            ("/applications", &["after", "before", "q"], "application"),
            ("/policies", &["application"], "application"),
            ("/policies", &["group"], "group"),
            ("/policies", &["user"], "user"),
            ("/logins", &["user", "q", "after"], "user"),
            ("/logins", &["application"], "application"),
            ("/logins", &["open", "q", "after"], "login"),
            ("/logins/export", &["user"], "user"),
            ("/logins/export", &["application"], "application"),
            ("/record", &["user", "by"], "user"),
            ("/record", &["application"], "application"),
            ("/record/export", &["user", "by"], "user"),
        ] {
            for name in names {
                let mut said = vec![];
                for id in [theirs.id(thing).to_owned(), nobodys(theirs.id(thing))] {
                    let page = browser.get(world, &format!("{path}?{name}={id}")).await;
                    said.push((page.status, page.text.replace(&id, "ID")));
                }
                assert_eq!(said[0], said[1], "{path}?{name}= of a {thing}");
            }
        }
    })
    .await;
}
