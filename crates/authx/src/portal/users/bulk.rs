//! One deed for many users, and what became of each.

use super::done;
use crate::{
    admin::{
        accounts::{self, Deed},
        groups::Decides,
    },
    portal::{
        Access, Portal,
        error::PortalError,
        fields::Fields,
        groups::weigh,
        nav::Place,
        page::{Chrome, render},
        routes::{Route, post},
        who::Who,
        words::plural,
    },
};
use askama::Template;
use authx_core::{
    UserId,
    role::Permission::{GroupsWrite, UsersInvite, UsersWrite},
};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Response},
};
use std::fmt::Write as _;
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![post("/users/bulk", Access::May(UsersWrite), bulk).weighing()]
}

#[derive(Template)]
#[template(path = "portal/users/bulk.html")]
struct Outcome {
    chrome: Chrome,
    /// For whom nothing had to be done.
    same: String,
    refused: Vec<(String, String)>,
    /// Digits that have to reach these another way than the mail with the link.
    codes: Zeroizing<String>,
    undo: Option<Undo>,
}

/// What takes back what was done.
struct Undo {
    deed: &'static str,
    group: String,
    users: Vec<UserId>,
}

async fn bulk(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let ids: Vec<UserId> = fields.all("user").filter_map(|id| id.parse().ok()).collect();
    let deed = match read(&who, &fields)? {
        Ok(_) if ids.is_empty() => Err("Nobody was chosen."),
        Ok(_) if ids.len() > accounts::MOST_AT_ONCE => {
            Err("At most 200 users at once: choose fewer.")
        }
        other => other,
    };
    let deed = match deed {
        Ok(deed) => deed,
        Err(text) => return done(&portal, &who, &headers, text, None, "/users").await,
    };
    if let Deed::Join(group) | Deed::Leave(group) = deed {
        weigh(&portal, &who, group, Decides::ByMembers).await?;
    }
    let outcome = accounts::bulk(portal.app(), &who.actor(), who.tenant(), deed, &ids).await?;
    let count = |many: usize| u64::try_from(many).unwrap_or(u64::MAX);
    let users: Vec<UserId> = outcome.iter().filter(|one| one.changed).map(|one| one.id).collect();
    let all = outcome.len();
    let (mut refused, mut codes) = (vec![], Zeroizing::new(String::new()));
    for one in outcome {
        let name = one.name.unwrap_or_else(|| "One who is gone".to_owned());
        if let Some(why) = one.refused {
            refused.push((name, why));
        } else if let Some(code) = one.mailed.and_then(|mailed| mailed.code) {
            // A line for each, to copy, save or print.
            let _ = writeln!(codes, "{}  {name}", *code);
        }
    }
    let many = plural(count(users.len()), "user", "users");
    let title = if users.len() == all {
        format!("{many} {}", past(deed))
    } else {
        format!("{} of {} {}", users.len(), plural(count(all), "user", "users"), past(deed))
    };
    let same = match all.saturating_sub(users.len() + refused.len()) {
        0 => String::new(),
        same => format!("{} so already.", plural(count(same), "user was", "users were")),
    };
    let undo = deed.undone_by().filter(|_| !users.is_empty());
    let undo = undo.map(|deed| Undo { deed: word(deed), group: group(deed), users });
    let chrome = who.chrome(&portal, &title, Place::Users);
    Ok(render(&Outcome { chrome, same, refused, codes, undo }).into_response())
}

/// What is to be done; else what to say.
fn read(who: &Who, fields: &Fields) -> Result<Result<Deed, &'static str>, PortalError> {
    let group = || fields.text("group").parse();
    let (deed, needed) = match fields.text("deed") {
        "disable" => (Deed::Disable, UsersWrite),
        "enable" => (Deed::Enable, UsersWrite),
        "invite" => (Deed::Invite, UsersInvite),
        "remove" => (Deed::Remove, UsersWrite),
        "restore" => (Deed::Restore, UsersWrite),
        "join" | "leave" => match group() {
            Ok(id) if fields.text("deed") == "join" => (Deed::Join(id), GroupsWrite),
            Ok(id) => (Deed::Leave(id), GroupsWrite),
            Err(_) => return Ok(Err("Choose the group beside the button.")),
        },
        _ => return Ok(Err("Choose what is to be done.")),
    };
    if who.may(needed) { Ok(Ok(deed)) } else { Err(PortalError::NotAllowed(who.role())) }
}

fn word(deed: Deed) -> &'static str {
    match deed {
        Deed::Disable => "disable",
        Deed::Enable => "enable",
        Deed::Invite => "invite",
        Deed::Join(_) => "join",
        Deed::Leave(_) => "leave",
        Deed::Remove => "remove",
        Deed::Restore => "restore",
    }
}

fn past(deed: Deed) -> &'static str {
    match deed {
        Deed::Disable => "disabled",
        Deed::Enable => "enabled",
        Deed::Invite => "invited",
        Deed::Join(_) => "added to the group",
        Deed::Leave(_) => "taken out of the group",
        Deed::Remove => "removed",
        Deed::Restore => "restored",
    }
}

fn group(deed: Deed) -> String {
    match deed {
        Deed::Join(group) | Deed::Leave(group) => group.to_string(),
        Deed::Disable | Deed::Enable | Deed::Invite | Deed::Remove | Deed::Restore => String::new(),
    }
}
