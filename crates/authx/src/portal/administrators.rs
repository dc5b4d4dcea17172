//! Who looks after a company, and as what.

use super::{
    Access, Portal,
    badge::Badge,
    error::PortalError,
    fields::Fields,
    form::Form,
    listing::{self, Listing, SIZE, Spec, Total},
    nav::Place,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    settings::{Tab, done, tabs},
    sign_in::{capitalised, sentence},
    undo::{Seen, Undo},
    who::Who,
};
use crate::{
    admin::{
        accounts::{self, AccountError},
        administrators::{self, Factors, Given, InviteError, Invited, NewAdministrator, RoleError},
        sign_up::{self, LinkError},
    },
    store::portal::AdministratorRow,
};
use askama::Template;
use authx_core::{
    TenantId, UserId,
    name::Name,
    role::{Permission, Role},
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    use Permission::{RolesRead, RolesWrite};
    vec![
        get("/settings/administrators", Access::May(RolesRead), list),
        post("/settings/administrators", Access::StepUp(RolesWrite), invite),
        post("/settings/administrators/{user}/role", Access::StepUp(RolesWrite), set_role),
        post("/settings/administrators/{user}/link", Access::StepUp(RolesWrite), link),
    ]
}

#[derive(Template)]
#[template(path = "portal/administrators.html")]
struct List {
    chrome: Chrome,
    form: Form,
    listing: Listing,
    page: listing::Page<Row>,
    roles: Vec<(&'static str, &'static str)>,
    /// For the filter: each there is.
    all_roles: Vec<(&'static str, &'static str)>,
    may_write: bool,
    link: Option<Shown>,
    tabs: Vec<Tab>,
}

const ADMINISTRATORS: Spec = Spec {
    path: "/settings/administrators",
    sorts: &["role", "name", "-seen"],
    filters: &["role", "state"],
    size: SIZE,
};

/// Those whom a list wants, in its order; they come with the highest role first.
fn wanted(mut all: Vec<AdministratorRow>, listing: &Listing) -> Vec<AdministratorRow> {
    let folded = |text: &str| authx_core::name::fold(text);
    let search = folded(listing.search().trim());
    all.retain(|one| {
        let texts = [Some(&one.name), one.display.as_ref(), one.mail.as_ref()];
        let found = texts.into_iter().flatten().any(|text| folded(text).contains(&search));
        let role = listing.filter("role");
        let state = listing.filter("state");
        found
            && (role.is_empty() || role == one.role.word())
            && (state.is_empty() || state == state_word(one))
    });
    match listing.sort() {
        "name" => all.sort_by_cached_key(|one| (folded(&one.name), one.id)),
        "seen" => all.sort_by_key(|one| (one.seen, one.id)),
        _ => {}
    }
    if listing.is_descending() {
        all.reverse();
    }
    all
}

fn state_word(one: &AdministratorRow) -> &'static str {
    match (one.active, one.ready) {
        (false, _) => "disabled",
        (true, false) => "pending",
        (true, true) => "active",
    }
}

/// A link that is shown this once.
struct Shown {
    name: String,
    address: Zeroizing<String>,
    /// Where it went by mail too.
    sent: Option<String>,
    /// Whose page it is on what they have.
    id: UserId,
    /// What is done with it.
    leads: String,
}

impl Shown {
    async fn of(portal: &Portal, tenant: TenantId, made: Invited) -> Result<Self, PortalError> {
        let means = sign_up::means(portal.app(), tenant, made.id).await?;
        Ok(Self {
            address: made.link.address(portal.app()),
            name: made.name,
            sent: made.posted.map(|posted| posted.to),
            id: made.id,
            leads: super::users::leads(&means),
        })
    }
}

struct Row {
    id: UserId,
    called: String,
    name: String,
    role: Role,
    state: Badge,
    seen: Option<authx_core::Millis>,
    may_change: bool,
    own: bool,
}

impl List {
    async fn of(
        portal: &Portal,
        who: &Who,
        form: Form,
        link: Option<Shown>,
    ) -> Result<Self, PortalError> {
        Self::at(portal, who, "", form, link).await
    }

    async fn at(
        portal: &Portal,
        who: &Who,
        query: &str,
        form: Form,
        link: Option<Shown>,
    ) -> Result<Self, PortalError> {
        let listing = Listing::new(ADMINISTRATORS, query);
        let found = wanted(administrators::list(portal.app(), who.tenant()).await?, &listing);
        let total = Total::Exactly(u64::try_from(found.len()).unwrap_or(u64::MAX));
        let found = listing.cut(found, |one| one.id.to_string());
        let may_write = who.may(Permission::RolesWrite);
        let row = |one: AdministratorRow| Row {
            may_change: may_write && who.role().is_some_and(|own| own.outranks(Some(one.role))),
            own: one.id == who.visit.account,
            state: match state_word(&one) {
                "disabled" => Badge::disabled(),
                "pending" => Badge::pending(),
                _ => Badge::active(),
            },
            called: one.display.unwrap_or_else(|| one.name.clone()),
            id: one.id,
            name: one.name,
            role: one.role,
            seen: one.seen,
        };
        Ok(Self {
            chrome: who.chrome(portal, "Administrators", Place::Settings),
            form,
            page: listing.page(
                found.into_iter().map(row).collect(),
                |row: &Row| row.id.to_string(),
                total,
            ),
            listing,
            all_roles: std::iter::once(("", "Any role"))
                .chain(Role::ALL.iter().rev().map(|role| (role.word(), role.title())))
                .collect(),
            roles: roles(who.role()),
            may_write,
            link,
            tabs: tabs(who, "/settings/administrators"),
        })
    }
}

/// The form for another one. Whoever makes an owner of somebody has to say so.
fn invitation() -> Form {
    Form::new().with("role", Role::Administrator.word())
}

/// The roles that a role may give, the highest first.
fn roles(own: Option<Role>) -> Vec<(&'static str, &'static str)> {
    let may =
        |role: &&Role| own.is_some_and(|own| own.outranks(Some(**role)) || (own, **role) == OWNERS);
    let given = Role::ALL.iter().rev().filter(may);
    given.map(|role| (role.word(), role.title())).collect()
}

const OWNERS: (Role, Role) = (Role::Owner, Role::Owner);
/// The field for the generation as of which a role is given back.
const AT: &str = "at";
const CHANGED_SINCE: &str = "something else was changed in the company since, perhaps about this \
    account, so nothing was undone; choose the role again";

async fn list(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let query = query.unwrap_or_default();
    let page = List::at(&portal, &who, &query, invitation(), None).await?;
    Ok(render(&page).into_response())
}

/// Makes an account with a role, and shows the link by which it comes in.
async fn invite(
    State(portal): State<Portal>,
    who: Who,
    fields: Fields,
) -> Result<Response, PortalError> {
    let mut form = Form::sent(&fields);
    let invited = invited(&portal, &who, &fields, &mut form).await?;
    let Some(link) = invited else {
        let page = List::of(&portal, &who, form, None).await?;
        return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    };
    let page = List::of(&portal, &who, invitation(), Some(link)).await?;
    Ok(render(&page).into_response())
}

async fn invited(
    portal: &Portal,
    who: &Who,
    fields: &Fields,
    form: &mut Form,
) -> Result<Option<Shown>, PortalError> {
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let Some(role) = Role::from_word(fields.text("role")) else {
        form.refuse("role", "Choose one of the roles.");
        return Ok(None);
    };
    let display = match fields.text("display") {
        "" => None,
        text => match Name::new(text) {
            Ok(name) => Some(name),
            Err(error) => {
                form.refuse("display", sentence(&error));
                return Ok(None);
            }
        },
    };
    let new = NewAdministrator { mail: fields.text("mail"), display, role };
    match administrators::invite(app, by, tenant, new).await {
        Ok(made) => return Ok(Some(Shown::of(portal, tenant, made).await?)),
        Err(InviteError::Account(AccountError::NameTaken { name, .. })) => {
            form.refuse(
                "mail",
                format!("“{name}” is somebody's name already: find them under Users."),
            );
        }
        Err(InviteError::Mail(said)) => form.refuse("mail", format!("{}.", capitalised(&said))),
        Err(InviteError::Name(error)) => form.refuse("mail", sentence(&error)),
        Err(InviteError::Role(error @ RoleError::TooHigh(_))) => {
            form.refuse("role", sentence(&error));
        }
        Err(error) => return Err(trouble(error)),
    }
    Ok(None)
}

/// What no form of these pages can lead to.
fn trouble(error: InviteError) -> PortalError {
    match error {
        InviteError::Account(error) => error.into(),
        InviteError::Admin(error) => error.into(),
        InviteError::Link(error) => error.into(),
        InviteError::Role(error) => error.into(),
        InviteError::Mail(_) | InviteError::Name(_) => PortalError::NotFound,
    }
}

async fn set_role(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let id: UserId = user.parse().map_err(|_| PortalError::NotFound)?;
    let seen = Seen::of(&portal, &who, &fields).await?;
    let (app, by, tenant) = (portal.app(), &seen.by, who.tenant());
    let role = Role::from_word(fields.text("role"));
    if role.is_none() && fields.text("role") != "none" {
        // Nobody learns by a bad word who is there.
        accounts::row(app, tenant, id).await?;
        let mut form = invitation();
        form.fault = Some("Choose one of the roles. Nothing was changed.".to_owned());
        let page = List::of(&portal, &who, form, None).await?;
        return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
    }
    let row = accounts::row(app, tenant, id).await?;
    let called = row.display.unwrap_or(row.name);
    seen.check(&called, &row.role)?;
    let kept = fields.text("keep") == "yes";
    // Taken back is only what nobody could have prepared anything for since: what is kept would rise.
    if !seen.is_at(fields.text(AT)) {
        return Err(PortalError::Refused(CHANGED_SINCE.to_owned()));
    }
    let factors = if kept { Factors::Kept } else { Factors::Removed };
    match administrators::set_role(app, by, tenant, id, role, factors).await {
        Ok(Given { before, generation }) => {
            let undo = Undo::at(format!("/settings/administrators/{id}/role"))
                .with("role", before.map_or("none", Role::word))
                .with("keep", "yes")
                .with(AT, generation.to_string())
                .while_it_is(&role);
            // Nobody takes back what lifted somebody to where they stand themselves.
            let may = before != role && by.check_outranks(role).is_ok();
            let (mut text, to) = (given(&called, role), "/settings/administrators");
            if !kept && role.is_some_and(|role| role.rises_from(before)) {
                text.push_str(" They come in by a new link: make it here.");
            }
            done(&portal, &who, &headers, &text, may.then_some(undo), to).await
        }
        Err(error @ (RoleError::LastOwner | RoleError::TooHigh(_))) => {
            let mut form = invitation();
            form.fault = Some(sentence(&error));
            let page = List::of(&portal, &who, form, None).await?;
            Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// What a role brings with it.
fn given(called: &str, role: Option<Role>) -> String {
    match role {
        Some(role) => {
            format!("“{called}” is {} now, and signed out. Open links are dead.", role.title())
        }
        None => format!("“{called}” has no role any more. API tokens of theirs are over."),
    }
}

/// Another link for somebody who has not come in, or forgot the password.
async fn link(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let id: UserId = user.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let made = match administrators::link(app, by, tenant, id).await {
        Ok(made) => made,
        Err(InviteError::Link(error @ LinkError::Disabled(_))) => {
            let mut form = Form::new();
            form.fault = Some(sentence(&error));
            let page = List::of(&portal, &who, form, None).await?;
            return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
        }
        Err(error) => return Err(trouble(error)),
    };
    let link = Shown::of(&portal, tenant, made).await?;
    let page = List::of(&portal, &who, invitation(), Some(link)).await?;
    Ok(render(&page).into_response())
}
