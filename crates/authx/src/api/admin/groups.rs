//! Groups: who belongs together, with a policy of their own.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Counted, Listed, Order},
    problem::invalid,
    request::{At, Sent},
    routes::{Route, route},
};
use crate::{
    admin::groups::{self, Group, GroupError, Member, MembersWanted},
    api::error::ApiError,
};
use authx_core::{
    GroupId, UserId,
    name::Name,
    policy::Document,
    role::Permission::{GroupsRead, GroupsWrite, PoliciesWrite},
    wire::login::Rfc3339,
};
use axum::{
    Json,
    extract::{RawQuery, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![
        route(&[GroupsRead], routes!(list)),
        route(&[GroupsWrite], routes!(create)),
        route(&[GroupsRead], routes!(get)),
        route(&[GroupsWrite], routes!(rename)),
        // The order decides whose policy counts.
        route(&[PoliciesWrite], routes!(place)),
        route(&[GroupsWrite], routes!(remove)),
        route(&[GroupsWrite], routes!(restore)),
        route(&[GroupsRead], routes!(members)),
        route(&[GroupsWrite], routes!(add_members)),
        route(&[GroupsWrite], routes!(remove_members)),
        route(&[GroupsWrite], routes!(remove_member)),
    ]
}

/// A group, and how many are in it.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupView {
    group_id: GroupId,
    name: String,
    /// Where it stands, from 1: of two groups of a user, the smaller number goes first.
    place: usize,
    /// How many are in it.
    members: u64,
    /// Its own policy: what it sets, and nothing else.
    policy: Document,
    created: Rfc3339,
}

async fn view(api: &AdminApi, by: &Caller, group: Group) -> Result<GroupView, ApiError> {
    let Group { id, name, place, policy, created } = group;
    let members = groups::count(api.app(), by.tenant(), id).await?;
    Ok(GroupView { group_id: id, name, place, members, policy, created })
}

async fn now(api: &AdminApi, by: &Caller, id: GroupId) -> Result<Json<GroupView>, ApiError> {
    let group = groups::get(api.app(), by.tenant(), id).await?;
    view(api, by, group).await.map(Json)
}

/// The groups in their order.
#[utoipa::path(
    get, path = "/admin/v1/groups", tag = "groups",
    params(
        ("q" = Option<String>, Query, description = "A part of the name"),
        ("sort" = Option<String>, Query, description = "`place`, `-place`, `name`, `-name`"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses((status = 200, body = Listed<GroupView>)),
)]
async fn list(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Listed<GroupView>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["q", "sort"])?;
    let (by_name, descending) = asked.one_of("sort", SORTS)?.unwrap_or_default();
    let search = asked.word("q").unwrap_or_default();
    let wanted = groups::Wanted { search, by_name, descending };
    let all = groups::found(api.app(), by.tenant(), wanted).await?;
    let Listed { items, next_cursor } = asked.cut(all, |group| group.id.to_string())?;
    let mut views = vec![];
    for group in items {
        views.push(view(&api, &by, group).await?);
    }
    Ok(Json(Listed { items: views, next_cursor }))
}

/// What to call a group.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupName {
    name: Name,
}

/// Makes a group without members or a policy, which goes after all others.
#[utoipa::path(
    post, path = "/admin/v1/groups", tag = "groups",
    request_body(content = GroupName, example = json!({ "name": "Contractors" })),
    responses(
        (status = 201, body = GroupView),
        (status = 409, description = "Another group has the name"),
    ),
)]
async fn create(
    State(api): State<AdminApi>,
    by: Caller,
    Sent(GroupName { name }): Sent<GroupName>,
) -> Result<(StatusCode, Json<GroupView>), ApiError> {
    let made = groups::create(api.app(), &by.actor(), by.tenant(), &name).await;
    let id = made.map_err(placed)?;
    Ok((StatusCode::CREATED, now(&api, &by, id).await?))
}

/// One group.
#[utoipa::path(
    get, path = "/admin/v1/groups/{group}", tag = "groups",
    params(("group" = GroupId, Path)),
    responses(
        (status = 200, body = GroupView),
    ),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
) -> Result<Json<GroupView>, ApiError> {
    now(&api, &by, id).await
}

/// Calls a group otherwise.
#[utoipa::path(
    patch, path = "/admin/v1/groups/{group}", tag = "groups",
    params(("group" = GroupId, Path)),
    request_body(content = GroupName, example = json!({ "name": "Partners" })),
    responses(
        (status = 200, body = GroupView, description = "As it is now"),
        (status = 409, description = "Another group has the name"),
    ),
)]
async fn rename(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
    Sent(GroupName { name }): Sent<GroupName>,
) -> Result<Json<GroupView>, ApiError> {
    let done = groups::rename(api.app(), &by.actor(), by.tenant(), id, &name).await;
    done.map_err(placed)?;
    now(&api, &by, id).await
}

/// Where a group is to stand.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupPlace {
    /// From 1; a number beyond the last one is the last.
    #[schema(minimum = 1)]
    place: usize,
}

/// Puts a group at a place in the order, which decides whose policy counts first.
#[utoipa::path(
    put, path = "/admin/v1/groups/{group}/place", tag = "groups",
    params(("group" = GroupId, Path)),
    request_body(content = GroupPlace, example = json!({ "place": 1 })),
    responses(
        (status = 200, body = GroupView, description = "As it is now"),
    ),
)]
async fn place(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
    Sent(GroupPlace { place }): Sent<GroupPlace>,
) -> Result<Json<GroupView>, ApiError> {
    if place == 0 {
        return Err(invalid("place", "0 is no place: the first one is 1"));
    }
    groups::place(api.app(), &by.actor(), by.tenant(), id, place).await?;
    now(&api, &by, id).await
}

/// Removes a group: its policy counts for nobody any more. For 30 days it can be put back.
#[utoipa::path(
    delete, path = "/admin/v1/groups/{group}", tag = "groups",
    params(("group" = GroupId, Path)),
    responses(
        (status = 204, description = "It is removed"),
    ),
)]
async fn remove(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
) -> Result<StatusCode, ApiError> {
    groups::delete(api.app(), &by.actor(), by.tenant(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Puts a removed group back, with its members and its policy, behind all others.
#[utoipa::path(
    post, path = "/admin/v1/groups/{group}/restore", tag = "groups",
    params(("group" = GroupId, Path)),
    responses(
        (status = 200, body = GroupView, description = "As it is now"),
        (status = 404, description = "Not there, or removed too long ago"),
        (status = 409, description = "Another group has its name by now"),
        (status = 422, description = "It is not removed, or there are as many groups as there may be"),
    ),
)]
async fn restore(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
) -> Result<Json<GroupView>, ApiError> {
    groups::put_back(api.app(), &by.actor(), by.tenant(), id).await?;
    now(&api, &by, id).await
}

/// Who is in a group, by name, from either end.
#[utoipa::path(
    get, path = "/admin/v1/groups/{group}/members", tag = "groups",
    params(
        ("group" = GroupId, Path),
        ("q" = Option<String>, Query, description = "The beginning of the name"),
        ("sort" = Option<String>, Query, description = "`name`, or `-name`, the last first"),
        ("limit" = Option<u32>, Query, description = "Entries at most, 1 to 200; 50 without"),
        ("cursor" = Option<String>, Query, description = "The `next_cursor` of the part before"),
    ),
    responses(
        (status = 200, body = Counted<Member>, description = "The total is that of the whole group"),
    ),
)]
async fn members(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
    RawQuery(query): RawQuery,
) -> Result<Json<Counted<Member>>, ApiError> {
    let asked = Asked::parse(query.as_deref(), &["q", "sort"])?;
    let prefix = asked.word("q").map(Name::new).transpose();
    let prefix = prefix.map_err(|error| invalid("q", error.to_string()))?;
    let place = asked.behind::<Place>()?.map(|Place(folded, id)| (folded, id));
    let ascends = asked.ascends("name", Order::Up)?;
    let (after, before) = if ascends { (place, None) } else { (None, place) };
    let wanted = MembersWanted {
        prefix: prefix.map(|name| name.folded()).unwrap_or_default(),
        from_last: !ascends && before.is_none(),
        after,
        before,
        most: asked.rows(),
    };
    let found = groups::members(api.app(), by.tenant(), id, &wanted).await?;
    let part = asked.part(found.page, |member| format!("{} {}", member.id, member.folded));
    Ok(Json(Counted::exactly(part, found.count)))
}

/// Where a list of members goes on.
struct Place(String, UserId);

impl std::str::FromStr for Place {
    type Err = ();

    fn from_str(key: &str) -> Result<Self, ()> {
        let (id, folded) = key.split_once(' ').ok_or(())?;
        Ok(Self(folded.to_owned(), id.parse().map_err(|_| ())?))
    }
}

/// Who is meant.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GroupUsers {
    /// Ids, names or aliases, at most 500.
    users: Vec<String>,
}

/// Who was moved.
#[derive(Serialize, ToSchema)]
struct GroupMoved {
    /// The names of those who came or left; whoever was where they belong is not among them.
    moved: Vec<String>,
}

/// Puts users into a group: all of them, or none where one is not there.
#[utoipa::path(
    post, path = "/admin/v1/groups/{group}/members", tag = "groups",
    params(("group" = GroupId, Path)),
    request_body(content = GroupUsers, example = json!({ "users": ["anna", "CORP\\ben"] })),
    responses(
        (status = 200, body = GroupMoved),
    ),
)]
async fn add_members(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
    Sent(GroupUsers { users }): Sent<GroupUsers>,
) -> Result<Json<GroupMoved>, ApiError> {
    groups::get(api.app(), by.tenant(), id).await?;
    let users = found(&api, &by, &users).await?;
    let moved = groups::add(api.app(), &by.actor(), by.tenant(), id, &users).await?;
    Ok(Json(GroupMoved { moved }))
}

/// Takes users out of a group: all of them, or none where one is not there.
#[utoipa::path(
    post, path = "/admin/v1/groups/{group}/members/remove", tag = "groups",
    params(("group" = GroupId, Path)),
    request_body(content = GroupUsers, example = json!({ "users": ["anna"] })),
    responses(
        (status = 200, body = GroupMoved),
    ),
)]
async fn remove_members(
    State(api): State<AdminApi>,
    by: Caller,
    At(id): At<GroupId>,
    Sent(GroupUsers { users }): Sent<GroupUsers>,
) -> Result<Json<GroupMoved>, ApiError> {
    groups::get(api.app(), by.tenant(), id).await?;
    let users = found(&api, &by, &users).await?;
    let moved = groups::remove(api.app(), &by.actor(), by.tenant(), id, &users).await?;
    Ok(Json(GroupMoved { moved }))
}

/// Takes a user out of a group; whoever is not in it stays so.
#[utoipa::path(
    delete, path = "/admin/v1/groups/{group}/members/{user}", tag = "groups",
    params(("group" = GroupId, Path), ("user" = UserId, Path)),
    responses(
        (status = 204, description = "They are not in it"),
    ),
)]
async fn remove_member(
    State(api): State<AdminApi>,
    by: Caller,
    At((id, user)): At<(GroupId, UserId)>,
) -> Result<StatusCode, ApiError> {
    groups::remove(api.app(), &by.actor(), by.tenant(), id, &[user]).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn found(api: &AdminApi, by: &Caller, users: &[String]) -> Result<Vec<UserId>, ApiError> {
    let names: Vec<&str> = users.iter().map(String::as_str).collect();
    let found = groups::find_all(api.app(), by.tenant(), &names).await;
    let (found, missing) = found.map_err(placed)?;
    match missing.first() {
        None => Ok(found),
        Some(first) => {
            let others = missing.len().saturating_sub(1);
            let more = if others == 0 { String::new() } else { format!(", and {others} more") };
            let detail = format!("nobody was moved: there is no user “{first}”{more}");
            Err(invalid("users", detail))
        }
    }
}

/// With the field that is to blame.
fn placed(error: GroupError) -> ApiError {
    let field = match &error {
        GroupError::NameTaken(_) | GroupError::Name(_) => Some("name"),
        GroupError::TooManyAtOnce(_) => Some("users"),
        GroupError::Account(_)
        | GroupError::Admin(_)
        | GroupError::DecidesFactor(_)
        | GroupError::NotRemoved(_)
        | GroupError::PolicyInForce(_)
        | GroupError::TooMany
        | GroupError::TooManyOfUser(_)
        | GroupError::Unknown(_) => None,
    };
    let error = ApiError::from(error);
    match field {
        Some(field) => error.at(field),
        None => error,
    }
}

const SORTS: &[(&str, (bool, bool))] = &[
    ("place", (false, false)),
    ("-place", (false, true)),
    ("name", (true, false)),
    ("-name", (true, true)),
];
