//! Past the second factor: who asks for it, who agrees, and who the caller is.

use super::{
    Back, account, called, done,
    may::May,
    one::{Secret, failed},
};
use crate::{
    admin::{
        AdminError,
        accounts::Account,
        bypass::{self, Asked, BypassError, Check, Kind, Leave, Shown, Wish},
    },
    portal::{
        Access, Portal,
        badge::Badge,
        error::PortalError,
        fields::Fields,
        form::Form,
        listing::{Listing, Page, SIZE, Spec, Total},
        nav::Place,
        page::{Chrome, render, render_as},
        routes::{Route, get, post},
        undo::Undo,
        who::Who,
        words::span,
    },
};
use askama::Template;
use authx_core::{
    ApprovalId,
    role::{Permission, Role},
    wire::login::Rfc3339,
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    use Permission::{BypassApprove, BypassWrite};
    vec![
        get("/users/{user}/bypass", Access::May(BypassWrite), page),
        post("/users/{user}/bypass", Access::StepUp(BypassWrite), give),
        post("/users/{user}/bypass/end", Access::May(BypassWrite), end),
        post("/users/{user}/caller", Access::May(BypassWrite), begin),
        post("/users/{user}/caller/answer", Access::May(BypassWrite), answer),
        get("/approvals", Access::May(BypassWrite), approvals),
        post("/approvals/{approval}/agree", Access::StepUp(BypassApprove), agree),
        post("/approvals/{approval}/decline", Access::May(BypassWrite), decline),
        get("/me/caller", Access::Own, caller),
    ]
}

#[derive(Template)]
#[template(path = "portal/users/bypass.html")]
struct Bypass {
    chrome: Chrome,
    way: Back,
    account: Account,
    form: Form,
    matched: bool,
    check: Option<Check>,
    agreed: Option<Asked>,
    waiting: Vec<Asked>,
    lengths: Vec<(&'static str, &'static str)>,
}

impl Bypass {
    /// Whether what the caller reads can be typed.
    fn has_digits(&self) -> bool {
        self.check.as_ref().is_some_and(|check| !check.matched && !check.failed)
    }
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    if !May::of(&who, &account).bypass {
        return Err(AdminError::Outranked.into());
    }
    let form = Form::new().with("kind", "code").with("secs", "86400");
    Ok(render(&of(&portal, &who, account, form).await?).into_response())
}

async fn of(
    portal: &Portal,
    who: &Who,
    account: Account,
    form: Form,
) -> Result<Bypass, PortalError> {
    if account.role == Some(Role::Owner) || account.state == "removed" {
        return Err(PortalError::NotFound);
    }
    let (app, by, tenant) = (portal.app(), who.actor(), who.tenant());
    let check = bypass::now_of(app, &by, tenant, account.id).await?;
    let asked = bypass::open(app, tenant).await?;
    let mine = asked.into_iter().filter(|it| it.user_id == account.id);
    let mine = mine.filter(|it| Some(it.asked_by) == by.user());
    let (agreed, waiting): (Vec<_>, Vec<_>) = mine.partition(|it| it.agreed);
    let title = format!("Let {} in without a phone", called(&account));
    Ok(Bypass {
        chrome: who.chrome(portal, &title, Place::Users),
        way: Back::of(&account),
        account,
        form,
        matched: check.as_ref().is_some_and(|check| check.matched),
        check,
        agreed: agreed.into_iter().next(),
        waiting,
        lengths: LENGTHS.to_vec(),
    })
}

async fn give(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let kind = if fields.text("kind") == "bypass" { Kind::Bypass } else { Kind::Code };
    let secs = fields.text("secs").parse().unwrap_or(0);
    let wish = Wish { user: account.id, kind, reason: fields.text("reason").to_owned(), secs };
    let here = format!("/users/{}", account.id);
    let outcome = match fields.text("leave") {
        "ask" => match bypass::ask(app, by, tenant, &wish).await {
            Ok(id) => {
                let text = "Asked. Those who may agree are told; it waits for an hour.";
                let to = format!("{here}/bypass");
                // To say no to one's own wish is to take it back.
                let undo = Some(Undo::at(format!("/approvals/{id}/decline")));
                return done(&portal, &who, &headers, text, undo, &to).await;
            }
            Err(error) => Err(error),
        },
        "agreed" => {
            let id = fields.text("approval").parse().map_err(|_| PortalError::NotFound)?;
            bypass::give(app, by, tenant, &wish, Some(Leave::Agreed(id))).await
        }
        _ => bypass::give(app, by, tenant, &wish, Some(Leave::Checked)).await,
    };
    match outcome {
        Ok(given) => {
            let chrome = who.chrome(&portal, "Bypass code", Place::Users);
            let until = chrome.when(given.until).words().to_owned();
            let Some(code) = given.code else {
                let text = format!("“{}” needs no second factor until {until}.", called(&account));
                let undo = Some(Undo::at(format!("{here}/bypass/end")));
                return done(&portal, &who, &headers, &text, undo, &here).await;
            };
            let text = format!("Good for one sign-in until {until}. The user is told by mail.");
            let secrets = vec![("Bypass code", code, "bypass-code.txt")];
            Ok(render(&Secret { chrome, way: Back::of(&account), secrets, text }).into_response())
        }
        Err(error) => {
            let mut form = Form::sent(&fields);
            let field = match &error {
                BypassError::Reason => "reason",
                BypassError::Time => "secs",
                BypassError::Account(_)
                | BypassError::Admin(_)
                | BypassError::Denied
                | BypassError::Digits { .. }
                | BypassError::Guessed
                | BypassError::NeedsLeave
                | BypassError::NotForScripts
                | BypassError::NotYours
                | BypassError::Owner
                | BypassError::OwnWish
                | BypassError::Over
                | BypassError::Unknown => "leave",
            };
            form.refuse(field, failed(error)?);
            Ok(unprocessable(&of(&portal, &who, account, form).await?))
        }
    }
}

fn unprocessable(page: &Bypass) -> Response {
    render_as(StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

async fn end(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let ended = bypass::end(portal.app(), &who.actor(), who.tenant(), account.id).await;
    let text = match ended {
        Ok(()) => format!(
            "“{}” is asked for a second factor again. Letting them in once more takes another \
             reason, and somebody to agree or the caller's digits.",
            called(&account)
        ),
        Err(error) => failed(error)?,
    };
    done(&portal, &who, &headers, &text, None, &format!("/users/{}", account.id)).await
}

async fn begin(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let begun = bypass::begin(portal.app(), &who.actor(), who.tenant(), account.id).await;
    let text = match begun {
        Ok(_) => "Read the three digits to the caller.".to_owned(),
        Err(error) => failed(error)?,
    };
    let to = format!("/users/{}/bypass", account.id);
    done(&portal, &who, &headers, &text, None, &to).await
}

async fn answer(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let account = account(&portal, &who, &user).await?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    match bypass::answer(app, by, tenant, account.id, fields.text("digits")).await {
        Ok(()) => {
            let text = format!("The caller is {}.", called(&account));
            let to = format!("/users/{}/bypass", account.id);
            done(&portal, &who, &headers, &text, None, &to).await
        }
        Err(error) => {
            let mut form = Form::new().with("kind", "code").with("secs", "86400");
            form.refuse("digits", failed(error)?);
            Ok(unprocessable(&of(&portal, &who, account, form).await?))
        }
    }
}

#[derive(Template)]
#[template(path = "portal/users/approvals.html")]
struct Approvals {
    chrome: Chrome,
    listing: Listing,
    page: Page<Row>,
    first_visit: bool,
}

const APPROVALS: Spec = Spec {
    path: "/approvals",
    sorts: &["-asked", "user", "by"],
    filters: &["kind", "state"],
    size: SIZE,
};

struct Row {
    asked: Asked,
    length: String,
    what: &'static str,
    own: bool,
    may_agree: bool,
    expires: authx_core::Millis,
}

/// The wishes that a list wants, in its order.
fn wanted(mut all: Vec<Asked>, listing: &Listing) -> Vec<Asked> {
    let folded = |text: &str| authx_core::name::fold(text);
    let search = folded(listing.search().trim());
    all.retain(|one| {
        let found =
            folded(&one.user).contains(&search) || folded(&one.asked_name).contains(&search);
        let kind = listing.filter("kind");
        let state = if one.agreed { "agreed" } else { "open" };
        found
            && (kind.is_empty() || kind == one.kind.word())
            && (listing.filter("state").is_empty() || listing.filter("state") == state)
    });
    match listing.sort() {
        "user" => all.sort_by_cached_key(|one| (folded(&one.user), one.id)),
        "by" => all.sort_by_cached_key(|one| (folded(&one.asked_name), one.id)),
        _ => all.sort_by_key(|one| one.id),
    }
    if listing.is_descending() {
        all.reverse();
    }
    all
}

async fn approvals(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let listing = Listing::new(APPROVALS, query.as_deref().unwrap_or_default());
    let (app, by, tenant) = (portal.app(), who.actor(), who.tenant());
    let asked = bypass::open(app, tenant).await?;
    let mine = bypass::waiting(app, &by, tenant).await?;
    let first_visit = asked.is_empty();
    let asked = wanted(asked, &listing);
    let total = Total::Exactly(u64::try_from(asked.len()).unwrap_or(u64::MAX));
    let me = by.user();
    let row = |asked: Asked| {
        let own = Some(asked.asked_by) == me;
        let Rfc3339(expires) = asked.expires;
        Row {
            length: span(asked.secs),
            what: match asked.kind {
                Kind::Code => "A code, good once",
                Kind::Bypass => "No second factor",
            },
            own,
            may_agree: mine.iter().any(|wish| wish.id == asked.id),
            expires,
            asked,
        }
    };
    let rows = listing.cut(asked, |one| one.id.to_string()).into_iter().map(row).collect();
    let page = listing.page(rows, |row: &Row| row.asked.id.to_string(), total);
    let chrome = who.chrome(&portal, "Waiting for somebody", Place::Users);
    Ok(render(&Approvals { chrome, listing, page, first_visit }).into_response())
}

async fn agree(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(approval): Path<String>,
) -> Result<Response, PortalError> {
    decide(&portal, &who, &headers, &approval, true).await
}

async fn decline(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(approval): Path<String>,
) -> Result<Response, PortalError> {
    decide(&portal, &who, &headers, &approval, false).await
}

async fn decide(
    portal: &Portal,
    who: &Who,
    headers: &HeaderMap,
    approval: &str,
    agreed: bool,
) -> Result<Response, PortalError> {
    let id: ApprovalId = approval.parse().map_err(|_| PortalError::NotFound)?;
    let (app, by, tenant) = (portal.app(), &who.actor(), who.tenant());
    let asked = bypass::open(app, tenant).await?.into_iter().find(|asked| asked.id == id);
    let asked = asked.ok_or(PortalError::NotFound)?;
    let text = match bypass::decide(app, by, tenant, id, agreed).await {
        Ok(_) if agreed => format!("Agreed. {} can go on.", asked.asked_name),
        Ok(_) => "Declined.".to_owned(),
        Err(BypassError::NotYours) => return Err(PortalError::NotAllowed(who.role())),
        Err(error) => failed(error)?,
    };
    done(portal, who, headers, &text, None, "/approvals").await
}

#[derive(Template)]
#[template(path = "portal/users/caller.html")]
struct Caller {
    chrome: Chrome,
    shown: Option<Shown>,
}

async fn caller(State(portal): State<Portal>, who: Who) -> Result<Response, PortalError> {
    let shown = bypass::shown_to(portal.app(), who.tenant(), who.visit.account).await?;
    let chrome = who.alone(&portal, "Who is on the telephone?");
    Ok(render(&Caller { chrome, shown }).into_response())
}

const LENGTHS: [(&str, &str); 5] = [
    ("3600", "1 hour"),
    ("28800", "8 hours"),
    ("86400", "1 day"),
    ("259200", "3 days"),
    ("604800", "7 days"),
];
