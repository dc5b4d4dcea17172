//! Who comes into a group, and who leaves it.

use super::{
    done, named,
    one::{Forms, show},
    trouble, weigh,
};
use crate::{
    admin::groups::{self, Decides, GroupError},
    portal::{
        Portal, error::PortalError, fields::Fields, form::Form, sign_in::capitalised, undo::Undo,
        who::Who, words::plural,
    },
};
use authx_core::{UserId, name::Name};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};

/// Several at once: a name in each line. They come, or they leave again.
pub(super) async fn add(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let group = named(&portal, &who, &id).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let lines = fields.raw("names").lines().map(str::trim).filter(|line| !line.is_empty());
    let names: Vec<&str> = lines.collect();
    let leave = fields.has("remove");
    weigh(&portal, &who, group.id, Decides::ByMembers).await?;
    let found = groups::find_all(app, tenant, &names).await;
    let fault = match found {
        Ok((users, missing)) if missing.is_empty() && !users.is_empty() => {
            let moved = if leave {
                groups::remove(app, by, tenant, group.id, &users).await
            } else {
                groups::add(app, by, tenant, group.id, &users).await
            };
            match moved {
                Ok(moved) => {
                    let text = if leave {
                        left(&moved, &group.name)
                    } else {
                        told(&moved, users.len(), &group.name)
                    };
                    let to = format!("/groups/{}", group.id);
                    let undo = back(&to, &moved, !leave);
                    return done(&portal, &who, &headers, &to, text, undo).await;
                }
                Err(error @ GroupError::TooManyOfUser(_)) => capitalised(&error.to_string()),
                Err(error) => return Err(trouble(error)),
            }
        }
        Ok((_, missing)) if missing.is_empty() => "Type a user's name or alias".to_owned(),
        Ok((_, missing)) => not_found(&missing),
        Err(error @ GroupError::TooManyAtOnce(_)) => capitalised(&error.to_string()),
        Err(error) => return Err(trouble(error)),
    };
    let mut form = Form::sent(&fields);
    form.refuse("names", format!("{fault}."));
    let forms = Forms { add: form, ..Forms::default() };
    show(&portal, &who, group, "", forms, StatusCode::UNPROCESSABLE_ENTITY).await
}

fn not_found(missing: &[String]) -> String {
    let shown = missing.iter().take(5).map(|name| format!("“{}”", beginning(name)));
    let shown: Vec<String> = shown.collect();
    let more = missing.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("Nobody was added: there is no user {}{more}", shown.join(", "))
}

/// Of a line that is longer than any name: what was pasted was perhaps no list.
fn beginning(line: &str) -> String {
    match line.char_indices().nth(Name::MAX_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    }
}

fn told(came: &[String], asked: usize, group: &str) -> String {
    let already = asked.saturating_sub(came.len());
    let number = |figure: usize| u64::try_from(figure).unwrap_or(u64::MAX);
    match (came, already) {
        ([], _) => format!("Nobody was added: they were in “{group}” already."),
        ([one], 0) => format!("“{one}” is in “{group}” now."),
        (some, 0) => {
            format!("{} came into “{group}”.", plural(number(some.len()), "user", "users"))
        }
        (some, already) => format!(
            "{} came into “{group}”; {already} were in it already.",
            plural(number(some.len()), "user", "users")
        ),
    }
}

fn left(gone: &[String], group: &str) -> String {
    match gone {
        [] => "Nobody left: the user was not in it any more.".to_owned(),
        [one] => format!("“{one}” left “{group}”."),
        some => {
            let many = u64::try_from(some.len()).unwrap_or(u64::MAX);
            format!("{} left “{group}”.", plural(many, "user", "users"))
        }
    }
}

/// The same form the other way round, for those who were moved and nobody else.
fn back(to: &str, moved: &[String], came: bool) -> Option<Undo> {
    let undo = Undo::at(format!("{to}/members")).with("names", moved.join("\n"));
    let undo = undo.with_all("remove", came.then_some("yes"));
    (!moved.is_empty()).then_some(undo)
}

pub(super) async fn remove(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path((id, user)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let group = named(&portal, &who, &id).await?;
    let user: UserId = user.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    weigh(&portal, &who, group.id, Decides::ByMembers).await?;
    let gone = groups::remove(app, by, tenant, group.id, &[user]).await.map_err(trouble)?;
    let to = format!("/groups/{}", group.id);
    let undo = gone.first().map(|_| Undo::at(format!("{to}/members/{user}/add")));
    done(&portal, &who, &headers, &to, left(&gone, &group.name), undo).await
}

pub(super) async fn put_back(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path((id, user)): Path<(String, String)>,
) -> Result<Response, PortalError> {
    let group = named(&portal, &who, &id).await?;
    let user: UserId = user.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    weigh(&portal, &who, group.id, Decides::ByMembers).await?;
    let came = groups::add(app, by, tenant, group.id, &[user]).await.map_err(trouble)?;
    let text = told(&came, 1, &group.name);
    let to = format!("/groups/{}", group.id);
    let undo = came.first().map(|_| Undo::at(format!("{to}/members/{user}/remove")));
    done(&portal, &who, &headers, &to, text, undo).await
}
