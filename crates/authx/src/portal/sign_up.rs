//! Making a company, and coming in by a link.

use super::{
    Access, Portal,
    error::PortalError,
    fields::Fields,
    form::Form,
    guard,
    page::{Chrome, render, render_as},
    routes::{Route, get, post},
    sign_in::{sentence, with_cookie},
    who::Visitor,
};
use crate::{
    admin::{
        passwords::PasswordRuleError,
        sessions::From,
        sign_up::{self, NewCompany, Purpose, SignUpError},
    },
    config::SignUp,
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use zeroize::Zeroizing;

pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/sign-up", Access::Public, page),
        post("/sign-up", Access::Public, company),
        get("/set-up", Access::Public, link),
        post("/set-up", Access::Public, opened),
        post("/set-up/account", Access::Public, account),
    ]
}

/// A company to be made; with a link's token where that is needed.
#[derive(Template)]
#[template(path = "portal/sign_up.html")]
struct Company {
    chrome: Chrome,
    form: Form,
    token: String,
    open: bool,
    invited: bool,
}

/// Where a link leads: a script puts what stands behind its `#` into the field.
#[derive(Template)]
#[template(path = "portal/set_up.html")]
struct LinkPage {
    chrome: Chrome,
    form: Form,
}

/// A password for an account that was made by somebody else.
#[derive(Template)]
#[template(path = "portal/set_up_account.html")]
struct Account {
    chrome: Chrome,
    form: Form,
    token: String,
    company: String,
    name: String,
}

impl Company {
    fn of(portal: &Portal, visitor: &Visitor, form: Form, token: &str) -> Self {
        let sign_up = portal.app().portal.sign_up;
        let open = !token.is_empty() || sign_up == SignUp::Open;
        let title = match sign_up {
            SignUp::Closed if !open => "No further company",
            SignUp::Invited if !open => "By invitation",
            SignUp::Closed | SignUp::Invited | SignUp::Open => "Create an account",
        };
        let chrome = visitor.chrome(portal, title);
        Self { chrome, form, token: token.to_owned(), open, invited: sign_up == SignUp::Invited }
    }
}

async fn page(State(portal): State<Portal>, visitor: Visitor) -> Response {
    render(&Company::of(&portal, &visitor, Form::new(), "")).into_response()
}

async fn link(State(portal): State<Portal>, visitor: Visitor) -> Response {
    let chrome = visitor.chrome(&portal, "Set up");
    render(&LinkPage { chrome, form: Form::new() }).into_response()
}

/// What the link is for. It is looked at by a POST, so that it stands in no log; that spends
/// nothing.
async fn opened(
    State(portal): State<Portal>,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, PortalError> {
    let token = fields.text("link");
    match sign_up::look(portal.app(), token).await {
        Ok(Purpose::Company) => {
            let page = Company::of(&portal, &visitor, Form::new(), token);
            Ok(render(&page).into_response())
        }
        Ok(Purpose::Account { tenant_name, name, .. }) => {
            let chrome = visitor.chrome(&portal, "Choose a password");
            let token = token.to_owned();
            let form = Form::new();
            let page = Account { chrome, form, token, company: tenant_name, name };
            Ok(render(&page).into_response())
        }
        Err(error @ (SignUpError::Closed | SignUpError::Link | SignUpError::Slip(_))) => {
            Ok(not_open(&portal, &visitor, &error))
        }
        Err(error) => Err(error.into()),
    }
}

fn not_open(portal: &Portal, visitor: &Visitor, error: &SignUpError) -> Response {
    let mut form = Form::new();
    form.refuse("link", sentence(&error));
    let chrome = visitor.chrome(portal, "Set up");
    render_as(StatusCode::UNPROCESSABLE_ENTITY, &LinkPage { chrome, form }).into_response()
}

async fn company(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let token = fields.text("set_up_token");
    let (now, source) = (portal.app().now()?, from.source());
    // Who has a link was let in by somebody, and one that is none costs no more than a look.
    let stranger = token.is_empty();
    let wait = portal.signing_up().wait_millis(now, &source);
    if stranger && wait > 0 {
        let mut form = Form::sent(&fields);
        let secs = wait.div_ceil(1_000);
        form.fault =
            Some(format!("Many signed up from this network. Wait {secs} s, then try again."));
        let page = Company::of(&portal, &visitor, form, token);
        return Ok(render_as(StatusCode::TOO_MANY_REQUESTS, &page).into_response());
    }
    if stranger {
        // Before the work, which takes a core for a while.
        portal.signing_up().count(now, &source);
    }
    let wish = NewCompany {
        company: fields.text("company").to_owned(),
        display: fields.text("display").to_owned(),
        mail: fields.text("mail").to_owned(),
        password: Zeroizing::new(fields.raw("password").to_owned()),
    };
    let link = (!token.is_empty()).then_some(token);
    let error = match sign_up::company(portal.app(), &from, link, wish).await {
        Ok(cookie) => return Ok(with_cookie(&headers, &cookie, "/enrol")),
        Err(error) => error,
    };
    let mut form = Form::sent(&fields);
    let text = sentence(&error);
    match error {
        SignUpError::Company(_) => form.refuse("company", text),
        SignUpError::Display(_) => form.refuse("display", text),
        SignUpError::Mail(_) => form.refuse("mail", text),
        SignUpError::Password(PasswordRuleError::Refused(_)) => form.refuse("password", text),
        SignUpError::Closed if !token.is_empty() => {
            return Ok(not_open(&portal, &visitor, &error));
        }
        SignUpError::Closed | SignUpError::Uninvited => form.fault = Some(text),
        SignUpError::Link | SignUpError::Slip(_) => {
            return Ok(not_open(&portal, &visitor, &error));
        }
        SignUpError::Admin(_) | SignUpError::Password(PasswordRuleError::Admin(_)) => {
            return Err(error.into());
        }
    }
    let page = Company::of(&portal, &visitor, form, token);
    Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else went wrong is the page's own trouble"
)]
async fn account(
    State(portal): State<Portal>,
    visitor: Visitor,
    from: From,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, PortalError> {
    let token = fields.text("set_up_token").to_owned();
    let password = Zeroizing::new(fields.raw("password").to_owned());
    let error = match sign_up::account(portal.app(), &from, &token, password).await {
        Ok(Some(cookie)) => return Ok(with_cookie(&headers, &cookie, "/enrol")),
        Ok(None) => return Ok(guard::redirect(&headers, "/sign-in")),
        Err(error) => error,
    };
    match error {
        SignUpError::Password(PasswordRuleError::Refused(ref refused)) => {
            let mut form = Form::new();
            form.refuse("password", sentence(&refused));
            let look = sign_up::look(portal.app(), &token).await?;
            let Purpose::Account { tenant_name, name, .. } = look else {
                return Err(PortalError::NotFound);
            };
            let chrome = visitor.chrome(&portal, "Choose a password");
            let page = Account { chrome, form, token, company: tenant_name, name };
            Ok(render_as(StatusCode::UNPROCESSABLE_ENTITY, &page).into_response())
        }
        SignUpError::Link | SignUpError::Slip(_) => Ok(not_open(&portal, &visitor, &error)),
        error => Err(error.into()),
    }
}
