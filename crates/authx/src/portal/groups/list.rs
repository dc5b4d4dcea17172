//! The groups there are, and another one.

use super::{done, trouble};
use crate::{
    admin::groups::{self, Group, GroupError},
    portal::{
        Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        listing::{Listing, Page, SIZE, Spec, Total},
        nav::Place,
        page::{Chrome, render, render_as},
        sign_in::sentence,
        undo::Undo,
        who::Who,
        words::count,
    },
};
use askama::Template;
use authx_core::{name::Name, policy::Document, role::Permission};
use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/groups/list.html")]
struct List {
    chrome: Chrome,
    first_visit: bool,
    writes: bool,
    listing: Listing,
    page: Page<Row>,
}

struct Row {
    group: Group,
    members: String,
    own_policy: bool,
}

#[derive(Template)]
#[template(path = "portal/groups/new.html")]
struct New {
    chrome: Chrome,
    form: Form,
}

const GROUPS: Spec = Spec { path: "/groups", sorts: &["place", "name"], filters: &[], size: SIZE };

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(GROUPS, query.as_deref().unwrap_or_default());
    let wanted = groups::Wanted {
        search: listing.search(),
        by_name: listing.sort() == "name",
        descending: listing.is_descending(),
    };
    let all = groups::found(portal.app(), who.tenant(), wanted).await?;
    let first_visit = all.is_empty() && !listing.is_narrowed();
    let total = Total::Exactly(u64::try_from(all.len()).unwrap_or(u64::MAX));
    let mut rows = vec![];
    for group in listing.cut(all, |group| group.id.to_string()) {
        let members = count(groups::count(portal.app(), who.tenant(), group.id).await?);
        let own_policy = group.policy != Document::default();
        rows.push(Row { group, members, own_policy });
    }
    let page = listing.page(rows, |row| row.group.id.to_string(), total);
    let chrome = who.chrome(&portal, "Groups", Place::Groups);
    let writes = who.may(Permission::GroupsWrite);
    Ok(render(&List { chrome, first_visit, writes, listing, page }).into_response())
}

pub(super) async fn new(State(portal): State<Portal>, who: Who) -> Response {
    let chrome = who.chrome(&portal, "New group", Place::Groups);
    render(&New { chrome, form: Form::new() }).into_response()
}

pub(super) async fn create(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let made = match Name::new(fields.text("name")) {
        Ok(name) => groups::create(portal.app(), &who.actor(), who.tenant(), &name).await,
        Err(error) => Err(error.into()),
    };
    match made {
        Ok(id) => {
            let text = format!("“{}” is made. Add its members.", fields.text("name"));
            let to = format!("/groups/{id}");
            let undo = Some(Undo::at(format!("{to}/remove")));
            done(&portal, &who, &headers, &to, text, undo).await
        }
        Err(error @ (GroupError::Name(_) | GroupError::NameTaken(_) | GroupError::TooMany)) => {
            let mut form = Form::sent(&fields);
            form.refuse("name", sentence(&error));
            let chrome = who.chrome(&portal, "New group", Place::Groups);
            let page = New { chrome, form };
            Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
        }
        Err(error) => Err(trouble(error)),
    }
}
