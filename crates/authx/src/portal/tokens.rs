//! Tokens with which scripts administer.

use super::{
    Access, Portal,
    badge::Badge,
    error::PortalError,
    fields::Fields,
    form::Form,
    guard::redirect,
    listing::{self, Listing, SIZE, Spec, Total},
    nav::Place,
    once::{self, NewlyMade, SHOWN_SECS},
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    settings::{Tab, tabs},
    sign_in::sentence,
    undo::Undo,
    who::Who,
};
use crate::admin::tokens::{self, MOST, Token, TokenError, USUAL_SECS, Wish};
use askama::Template;
use authx_core::{
    Millis, TokenId,
    name::{Name, fold},
    role::Permission,
};
use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};

pub(super) fn routes() -> Vec<Route> {
    let with_tokens = Access::StepUp(Permission::TokensWrite);
    vec![
        get(PATH, Access::May(Permission::TokensWrite), page),
        post(PATH, with_tokens, create),
        post("/settings/tokens/{token}/restore", with_tokens, restore),
        post("/settings/tokens/{token}/revoke", with_tokens, revoke),
    ]
}

#[derive(Template)]
#[template(path = "portal/tokens.html")]
struct Page {
    chrome: Chrome,
    tabs: Vec<Tab>,
    form: Form,
    /// At most as many as there may be at a time.
    counting: Vec<Row>,
    listing: Listing,
    /// Those that count no longer; they are forgotten after a month.
    ended: listing::Page<Row>,
    any_ended: bool,
    scopes: Vec<Scope>,
    lives: &'static [(&'static str, &'static str)],
    made: Option<NewlyMade>,
    seconds: u64,
    most: usize,
}

struct Row {
    id: TokenId,
    name: String,
    owner: String,
    state: Badge,
    scopes: Vec<&'static str>,
    expires: Millis,
    last: Option<Millis>,
    address: String,
    may_change: bool,
    restorable: bool,
}

/// Something that a token may be allowed.
struct Scope {
    word: &'static str,
    about: &'static str,
    chosen: bool,
}

impl Page {
    async fn of(
        portal: &Portal,
        who: &Who,
        query: &str,
        form: Form,
        chosen: &[Permission],
        made: Option<NewlyMade>,
    ) -> Result<Self, PortalError> {
        let all = tokens::list(portal.app(), who.tenant()).await?;
        let (counting, ended): (Vec<Token>, Vec<Token>) =
            all.into_iter().partition(|token| token.counts);
        let rows = |tokens: Vec<Token>| tokens.into_iter().map(|one| row(who, one)).collect();
        let listing = Listing::new(ENDED, query);
        let any_ended = !ended.is_empty();
        let ended = wanted(ended, &listing);
        let total = Total::Exactly(u64::try_from(ended.len()).unwrap_or(u64::MAX));
        let ended = rows(listing.cut(ended, |token| token.id.to_string()));
        let own = Permission::ALL.iter().filter(|scope| who.may(**scope));
        let scope = |scope: &Permission| Scope {
            word: scope.word(),
            about: scope.about(),
            chosen: chosen.contains(scope),
        };
        Ok(Self {
            chrome: who.chrome(portal, "API tokens", Place::Settings),
            tabs: tabs(who, PATH),
            form,
            counting: rows(counting),
            ended: listing.page(ended, |row: &Row| row.id.to_string(), total),
            any_ended,
            listing,
            scopes: own.map(scope).collect(),
            lives: LIVES,
            made,
            seconds: SHOWN_SECS,
            most: MOST,
        })
    }
}

const ENDED: Spec = Spec { path: PATH, sorts: &["-made", "name"], filters: &[], size: SIZE };

/// Those whom a list wants, in its order.
fn wanted(mut all: Vec<Token>, listing: &Listing) -> Vec<Token> {
    let search = fold(listing.search().trim());
    let found = |text: &str| fold(text).contains(&search);
    all.retain(|token| found(&token.name) || found(&token.user));
    match listing.sort() {
        "name" => all.sort_by_cached_key(|token| (fold(&token.name), token.id)),
        _ => all.sort_by_key(|token| token.id),
    }
    if listing.is_descending() {
        all.reverse();
    }
    all
}

fn row(who: &Who, token: Token) -> Row {
    let state = match (token.counts, token.revoked, token.last_used) {
        (true, _, Some(_)) => Badge::good("Used"),
        (true, _, None) => Badge::plain("Not used yet"),
        (false, Some(_), _) => Badge::plain("Revoked"),
        (false, None, _) => Badge::plain("Over"),
    };
    let by = who.actor();
    Row {
        id: token.id,
        state,
        may_change: by.check_self_or_outranks(token.user_id, token.role).is_ok(),
        restorable: token.restorable_until.is_some(),
        scopes: token.scopes.into_iter().map(Permission::word).collect(),
        expires: token.expires.0,
        last: token.last_used.map(|last| last.0),
        address: token.last_address.unwrap_or_default(),
        name: token.name,
        owner: token.user,
    }
}

async fn page(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let made = once::take(&portal, &who, &headers, PATH).await?;
    let form = Form::new().with("life", (USUAL_SECS / DAY_SECS).to_string());
    Ok(render(&Page::of(&portal, &who, &query.unwrap_or_default(), form, &[], made).await?)
        .into_response())
}

async fn create(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let mut form = Form::sent(&fields);
    let chosen: Vec<Permission> = fields.all("scope").filter_map(Permission::from_word).collect();
    let days: Option<u64> = LIVES
        .iter()
        .find(|(days, _)| *days == fields.text("life"))
        .and_then(|(days, _)| days.parse().ok());
    if days.is_none() {
        form.refuse("life", "Choose how long it counts.");
    }
    let name = Name::new(fields.text("name"));
    if let Err(error) = &name {
        form.refuse("name", sentence(error));
    }
    if let (Ok(name), Some(days)) = (name, days) {
        let lifetime_secs = days.saturating_mul(DAY_SECS);
        let wish = Wish { name: &name, scopes: &chosen, lifetime_secs };
        match tokens::create(portal.app(), &who.actor(), who.tenant(), wish).await {
            Ok(made) => {
                once::keep(&portal, &who, PATH, name.as_str(), &made.text).await?;
                return Ok(redirect(&headers, PATH));
            }
            Err(TokenError::Admin(error)) => return Err(error.into()),
            Err(error @ (TokenError::NoScope | TokenError::ScopeTooWide(_))) => {
                form.refuse("scope", sentence(&error));
            }
            Err(error) => form.refuse("name", sentence(&error)),
        }
    }
    let page = Page::of(&portal, &who, "", form, &chosen, None).await?;
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

async fn revoke(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, PortalError> {
    let id: TokenId = token.parse().map_err(|_| PortalError::NotFound)?;
    match tokens::revoke(portal.app(), &who.actor(), who.tenant(), id).await {
        Ok(name) => {
            let undo = Undo::at(format!("{PATH}/{id}/restore"));
            who.say(&portal, format!("Token “{name}” revoked."), Some(undo)).await?;
        }
        // Pressed twice: it is as it was wished.
        Err(TokenError::Unknown) if is_known(&portal, &who, id).await? => {}
        Err(error) => return Err(trouble(error)),
    }
    Ok(redirect(&headers, PATH))
}

async fn restore(
    State(portal): State<Portal>,
    who: Who,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, PortalError> {
    let id: TokenId = token.parse().map_err(|_| PortalError::NotFound)?;
    match tokens::restore(portal.app(), &who.actor(), who.tenant(), id).await {
        Ok(name) => {
            let undo = Undo::at(format!("{PATH}/{id}/revoke"));
            who.say(&portal, format!("Token “{name}” counts again."), Some(undo)).await?;
        }
        Err(
            error @ (TokenError::NameTaken(_) | TokenError::NotRestorable | TokenError::TooMany),
        ) => {
            let mut form = Form::new();
            form.fault = Some(sentence(&error));
            let page = Page::of(&portal, &who, "", form, &[], None).await?;
            return Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response());
        }
        Err(error) => return Err(trouble(error)),
    }
    Ok(redirect(&headers, PATH))
}

async fn is_known(portal: &Portal, who: &Who, id: TokenId) -> Result<bool, PortalError> {
    let all = tokens::list(portal.app(), who.tenant()).await?;
    Ok(all.iter().any(|token| token.id == id))
}

/// What no form of this page can lead to: the token itself is not there.
fn trouble(error: TokenError) -> PortalError {
    match error {
        TokenError::Admin(error) => error.into(),
        TokenError::Lifetime
        | TokenError::NameTaken(_)
        | TokenError::NoScope
        | TokenError::NotForScripts
        | TokenError::NotRestorable
        | TokenError::ScopeTooWide(_)
        | TokenError::TooMany
        | TokenError::Unknown => PortalError::NotFound,
    }
}

const PATH: &str = "/settings/tokens";
const DAY_SECS: u64 = 86_400;
/// How long a token may count, in days.
const LIVES: &[(&str, &str)] =
    &[("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")];
