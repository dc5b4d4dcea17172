//! One group: who is in it, where it stands, and what its policy says.

use super::{done, named, trouble, weigh};
use crate::{
    admin::{
        Actor,
        groups::{self, Decides, Group, GroupError, Leave, Member, MembersWanted},
    },
    portal::{
        Portal,
        error::PortalError,
        fields::Fields,
        form::Form,
        listing::{Listing, Page, SIZE, Spec, Total},
        nav::Place,
        page::{Chrome, render_as},
        policies::{Line, set_values},
        sign_in::sentence,
        undo::{Seen, Undo},
        who::Who,
        words::{count, plural},
    },
};
use askama::Template;
use authx_core::{GroupId, UserId, name::Name, role::Permission};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

#[derive(Template)]
#[template(path = "portal/groups/group.html")]
struct One {
    chrome: Chrome,
    group: Group,
    facts: String,
    writes: bool,
    leave: Leave,
    orders: bool,
    by: Actor,
    form: Form,
    name: Form,
    places: Vec<(usize, String, bool)>,
    policy: Vec<Line>,
    listing: Listing,
    count: u64,
    page: Page<Member>,
}

impl One {
    /// Whether this member is one whom the reader may take out.
    fn may_take_out(&self, member: &Member) -> bool {
        self.writes
            && self.leave.members
            && groups::check_moves(&self.by, member.id, member.role).is_ok()
    }
}

const MEMBERS: Spec = Spec { path: "/groups", sorts: &["name"], filters: &[], size: SIZE };

/// The forms of the page, as they stand.
#[derive(Default)]
pub(super) struct Forms {
    pub(super) add: Form,
    pub(super) name: Option<Form>,
}

pub(super) async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let group = named(&portal, &who, &id).await?;
    let query = query.unwrap_or_default();
    show(&portal, &who, group, &query, Forms::default(), StatusCode::OK).await
}

/// The page, also with a form that cannot be taken.
pub(super) async fn show(
    portal: &Portal,
    who: &Who,
    group: Group,
    query: &str,
    forms: Forms,
    status: StatusCode,
) -> Result<Response, PortalError> {
    let listing = Listing::below(MEMBERS, format!("/groups/{}", group.id), query);
    let (app, tenant) = (portal.app(), who.tenant());
    let wanted = wanted(&listing);
    let members = groups::members(app, tenant, group.id, &wanted).await.map_err(trouble)?;
    let total = if listing.is_narrowed() { Total::Unknown } else { Total::Exactly(members.count) };
    let all = groups::list(app, tenant).await?;
    let places = all
        .iter()
        .map(|other| {
            let before = if other.id == group.id { "as now" } else { other.name.as_str() };
            (other.place, format!("{} · {before}", other.place), other.id == group.id)
        })
        .collect();
    let page = listing.page(members.page, key, total);
    let name = forms.name.unwrap_or_else(|| Form::new().with("name", group.name.as_str()));
    let facts = format!(
        "{} · place {} of {}",
        plural(members.count, "member", "members"),
        group.place,
        count(u64::try_from(all.len()).unwrap_or(u64::MAX))
    );
    let page = One {
        chrome: who.chrome(portal, &group.name, Place::Groups),
        facts,
        writes: who.may(Permission::GroupsWrite),
        leave: groups::leave(app, &who.actor(), tenant, &group).await?,
        orders: who.may(Permission::PoliciesWrite),
        by: who.actor(),
        form: forms.add,
        name,
        places,
        policy: set_values(&group.policy),
        listing,
        count: members.count,
        page,
        group,
    };
    Ok(render_as(status, &page).into_response())
}

fn wanted(listing: &Listing) -> MembersWanted {
    let prefix = Name::new(listing.search()).map(|name| name.folded()).unwrap_or_default();
    let mut wanted = MembersWanted { prefix, most: listing.limit(), ..MembersWanted::default() };
    let (key, up) = listing.way();
    match key.and_then(row_of) {
        Some(row) if up => wanted.after = Some(row),
        Some(row) => wanted.before = Some(row),
        None => wanted.from_last = listing.is_descending(),
    }
    wanted
}

fn key(member: &Member) -> String {
    format!("{} {}", member.id, member.folded)
}

fn row_of(key: &str) -> Option<(String, UserId)> {
    let (id, folded) = key.split_once(' ')?;
    Some((folded.to_owned(), id.parse().ok()?))
}

pub(super) async fn rename(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let seen = Seen::of(&portal, &who, &fields).await?;
    let group = named(&portal, &who, &id).await?;
    seen.check(&group.name, &group.name)?;
    let (app, by, tenant) = (portal.app(), &seen.by, who.tenant());
    let renamed = match Name::new(fields.text("name")) {
        Ok(name) => groups::rename(app, by, tenant, group.id, &name).await,
        Err(error) => Err(error.into()),
    };
    match renamed {
        Ok(()) => {
            let now = groups::get(app, tenant, group.id).await.map_err(trouble)?.name;
            let text = format!("“{}” is called “{now}” now.", group.name);
            let to = format!("/groups/{}", group.id);
            let undo =
                Undo::at(format!("{to}/name")).with("name", group.name.as_str()).while_it_is(&now);
            let undo = (group.name != now).then_some(undo);
            done(&portal, &who, &headers, &to, text, undo).await
        }
        Err(error @ (GroupError::Name(_) | GroupError::NameTaken(_))) => {
            let mut name = Form::sent(&fields);
            name.refuse("name", sentence(&error));
            let forms = Forms { name: Some(name), ..Forms::default() };
            show(&portal, &who, group, "", forms, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) => Err(trouble(error)),
    }
}

pub(super) async fn place(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let seen = Seen::of(&portal, &who, &fields).await?;
    let group = named(&portal, &who, &id).await?;
    seen.check(&group.name, &group.place)?;
    let wanted = fields.text("place");
    let Some(place) = wanted.parse().ok().filter(|place| *place > 0) else {
        return Err(PortalError::Refused(format!("“{wanted}” is no place: the first one is 1")));
    };
    let (app, by, tenant) = (portal.app(), &seen.by, who.tenant());
    groups::place(app, by, tenant, group.id, place).await.map_err(trouble)?;
    let now = groups::get(app, tenant, group.id).await.map_err(trouble)?.place;
    let text = format!("“{}” stands at place {now}.", group.name);
    let to = format!("/groups/{}", group.id);
    let undo =
        Undo::at(format!("{to}/place")).with("place", group.place.to_string()).while_it_is(&now);
    let undo = (now != group.place).then_some(undo);
    done(&portal, &who, &headers, &to, text, undo).await
}

pub(super) async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let group = named(&portal, &who, &id).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    weigh(&portal, &who, group.id, Decides::ByPolicy).await?;
    let removed = groups::delete(app, by, tenant, group.id).await.map_err(trouble)?;
    let text = format!("“{}” removed.", removed.name);
    let undo = Some(Undo::at(format!("/groups/{}/put-back", group.id)));
    done(&portal, &who, &headers, "/groups", text, undo).await
}

pub(super) async fn put_back(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let id: GroupId = id.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    weigh(&portal, &who, id, Decides::ByPolicy).await?;
    let name = groups::put_back(app, by, tenant, id).await.map_err(trouble)?;
    let text = format!("“{name}” is there again, behind all others.");
    let to = format!("/groups/{id}");
    let undo = Some(Undo::at(format!("{to}/remove")));
    done(&portal, &who, &headers, &to, text, undo).await
}
