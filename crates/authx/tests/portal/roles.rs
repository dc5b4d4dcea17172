//! What each role finds on the pages that it may see: nothing that would be refused.

use crate::{
    company::Company,
    found::route_of,
    html::forms,
    world::{World, on_each_engine},
};
use authx::portal::Access;
use authx_core::role::{Permission, Role};
use axum::http::{Method, StatusCode};
use std::collections::{BTreeMap, BTreeSet};

/// Follows every link, as every role, from the two pages where people begin: each page is shown,
/// and each form on it is one that the role may send.
#[tokio::test]
async fn no_page_has_a_link_or_a_button_that_is_refused() {
    on_each_engine(async |world| {
        let company = Company::new(world, "Alpha").await;
        let roles: Vec<Option<Role>> = Role::ALL.iter().copied().map(Some).chain([None]).collect();
        let mut faults = vec![];
        let mut seen_by = vec![];
        for role in roles {
            let (seen, found) = walk(world, &company, role).await;
            faults.extend(found);
            seen_by.push((role, seen));
        }
        faults.sort();
        faults.dedup();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        // Whoever may more sees more; who has no role, only what is their own.
        for (role, seen) in &seen_by {
            let users = seen.contains("/users");
            assert_eq!(users, role.is_some(), "{role:?} {seen:?}");
            let record = role.is_some_and(|role| role.may(Permission::RecordRead));
            assert_eq!(seen.contains("/record"), record, "{role:?}");
        }
    })
    .await;
}

async fn walk(
    world: &World,
    company: &Company,
    role: Option<Role>,
) -> (BTreeSet<String>, Vec<String>) {
    let called = role.map_or("nobody", Role::word);
    let account = world.account(company.tenant, called, role).await;
    let mut browser = world.browser_of(company.tenant, account).await;
    let begin = if role.is_some() { "/dashboard" } else { "/me" };
    let mut to_see = vec![begin.to_owned(), "/me".to_owned()];
    let (mut seen, mut kinds, mut faults) = (BTreeSet::new(), BTreeMap::new(), vec![]);
    while let Some(address) = to_see.pop() {
        let path = address.split('?').next().unwrap_or_default().to_owned();
        let Some(route) = route_of(&Method::GET, &address) else {
            faults.push(format!("{called}: nothing is at {address}"));
            continue;
        };
        // Some of each kind tell all.
        let kind = kinds.entry((route.path, address.contains('?'))).or_insert(0);
        if *kind == MOST_OF_A_KIND || seen.contains(&address) {
            continue;
        }
        *kind += 1;
        let page = browser.get(world, &address).await;
        let shown = page.status == StatusCode::OK || page.status == StatusCode::SEE_OTHER;
        // This server was shipped with nothing to hand out.
        if !shown && !path.ends_with("/package") {
            faults.push(format!("{called}: {address} is answered by {}", page.status));
        }
        seen.extend([path, address.clone()]);
        for form in forms(&page.text).into_iter().filter(|form| form.is_sent) {
            let route = route_of(&Method::POST, &form.action);
            let access = route.as_ref().map(|route| route.access);
            let may = match access {
                Some(Access::May(needed) | Access::StepUp(needed)) => {
                    role.is_some_and(|role| role.may(needed))
                }
                other => other.is_some(),
            };
            if !may {
                faults.push(format!("{called}: {address} has a form for {}", form.action));
            }
        }
        to_see.extend(links(&page.text));
    }
    (seen, faults)
}

fn links(page: &str) -> Vec<String> {
    let links = page.split("<a ").skip(1).filter_map(|tag| {
        let (_, rest) = tag.split('>').next()?.split_once("href=\"/")?;
        Some(format!("/{}", rest.split('"').next()?.replace("&#38;", "&")))
    });
    links.filter(|link| link != "/" && !link.starts_with("/assets/")).collect()
}

const MOST_OF_A_KIND: u8 = 4;
