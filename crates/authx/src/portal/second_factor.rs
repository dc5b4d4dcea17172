//! The portal's own logins: as at a VPN, with the portal as the application.

use super::{Portal, error::PortalError};
use crate::{
    admin::{
        self, AdminError,
        passkeys::{Opened, PasskeyError},
        sessions::From,
    },
    directory::Protected,
    logins::{self, LoginError, Versioned},
    serve::to_the_end,
};
use authx_core::{
    LoginId, TenantId,
    name::Name,
    wire::{
        login::{AnswerLogin, BeginLogin, Can, Client, FirstFactor, ProvedBy, Server},
        text::{Label, Typed},
    },
};
use std::sync::Arc;

/// Begins a login with a password. A wrong one counts, also for a browser that does not wait.
pub(super) async fn with_password(
    portal: &Portal,
    tenant: TenantId,
    user: Name,
    password: Typed,
    from: &From,
) -> Result<Versioned, PortalError> {
    let first = FirstFactor::Password { password, appended: false };
    begin(portal, tenant, user, first, from).await
}

/// Begins a login of somebody whom the portal vouches for.
pub(super) async fn vouched(
    portal: &Portal,
    tenant: TenantId,
    user: Name,
    from: &From,
) -> Result<Versioned, PortalError> {
    begin(portal, tenant, user, BY_PORTAL, from).await
}

/// Lets in whoever's passkey answered, with a login of its own. What the passkey opens is stored with
/// it.
pub(super) async fn by_passkey(
    portal: &Portal,
    opened: Opened,
    from: &From,
) -> Result<Versioned, PortalError> {
    let app = portal.app();
    let id = app.decide(app.now()?, LoginId::new);
    let (tenant, opened) = (opened.tenant, Arc::new(opened));
    let request = Arc::new(request(opened.name.clone(), BY_PORTAL, from));
    let act = |caller: Arc<Protected>| {
        let (portal, request, opened) = (portal.clone(), request.clone(), opened.clone());
        async move { logins::begin_by_passkey(portal.app(), &caller, id, &request, &opened).await }
    };
    by_caller(portal, tenant, act).await.map_err(taken)
}

/// Ends an open login by its user's passkey; whether it did. What the passkey opens is stored with
/// it.
pub(super) async fn pass(
    portal: &Portal,
    id: LoginId,
    opened: Opened,
) -> Result<bool, PortalError> {
    let (tenant, opened) = (opened.tenant, Arc::new(opened));
    let act = |caller: Arc<Protected>| {
        let (portal, opened) = (portal.clone(), opened.clone());
        async move { logins::pass(portal.app(), &caller, id, &opened).await }
    };
    by_caller(portal, tenant, act).await.map_err(taken)
}

/// Notes that a passkey was given that does not open the account.
pub(super) async fn decline_passkey(
    portal: &Portal,
    tenant: TenantId,
    id: LoginId,
) -> Result<Versioned, PortalError> {
    let act = |caller: Arc<Protected>| {
        let portal = portal.clone();
        async move { logins::decline_passkey(portal.app(), &caller, id).await }
    };
    by_caller(portal, tenant, act).await
}

/// What a passkey opens is stored once: whoever finds it stored sent it twice.
#[expect(clippy::wildcard_enum_match_arm, reason = "only a conflict is another thing here")]
fn taken(error: PortalError) -> PortalError {
    match error {
        PortalError::Login(LoginError::Busy) => PasskeyError::Over.into(),
        other => other,
    }
}

async fn begin(
    portal: &Portal,
    tenant: TenantId,
    user: Name,
    first_factor: FirstFactor,
    from: &From,
) -> Result<Versioned, PortalError> {
    let app = portal.app();
    let id = app.decide(app.now()?, LoginId::new);
    let request = Arc::new(request(user, first_factor, from));
    // The id is new, so no other request can have it: its own digest has nothing to tell apart.
    let act = |caller: Arc<Protected>| {
        let (portal, request) = (portal.clone(), request.clone());
        async move {
            let body = id.to_string();
            logins::begin(portal.app(), &caller, id, &request, body.as_bytes()).await
        }
    };
    by_caller(portal, tenant, act).await
}

fn request(user: Name, first_factor: FirstFactor, from: &From) -> BeginLogin {
    let address = from.address.as_deref().and_then(|address| address.parse().ok());
    let program = Some(Label::from(browser(&from.browser).to_owned()));
    BeginLogin {
        user,
        first_factor,
        answer: None,
        certificate: None,
        method: None,
        autologin: false,
        match_number: None,
        client: Client { address, program, ..Client::default() },
        server: Server::default(),
        can: Can { text: true, several: true, ..Can::default() },
        session: None,
        support_code: None,
        language: None,
    }
}

/// Answers the open question of a login.
pub(super) async fn answer(
    portal: &Portal,
    tenant: TenantId,
    id: LoginId,
    seq: u32,
    text: Typed,
) -> Result<Versioned, PortalError> {
    let answer = Arc::new(AnswerLogin { seq, text, challenge: None });
    let act = |caller: Arc<Protected>| {
        let (portal, answer) = (portal.clone(), answer.clone());
        async move { logins::answer(portal.app(), &caller, id, &answer).await }
    };
    by_caller(portal, tenant, act).await
}

/// How a login stands.
pub(super) async fn read(
    portal: &Portal,
    tenant: TenantId,
    id: LoginId,
) -> Result<Versioned, PortalError> {
    let act = |caller: Arc<Protected>| {
        let portal = portal.clone();
        async move { logins::read(portal.app(), &caller, id).await }
    };
    by_caller(portal, tenant, act).await
}

/// Gives a login up, so that nothing of it stays on a phone.
pub(super) async fn cancel(
    portal: &Portal,
    tenant: TenantId,
    id: LoginId,
) -> Result<Versioned, PortalError> {
    let act = |caller: Arc<Protected>| {
        let portal = portal.clone();
        async move { logins::cancel(portal.app(), &caller, id).await }
    };
    by_caller(portal, tenant, act).await
}

/// Acts as the portal's application, read anew when somebody administered meanwhile.
async fn by_caller<Acted, Acting>(
    portal: &Portal,
    tenant: TenantId,
    act: impl Fn(Arc<Protected>) -> Acting,
) -> Result<Acted, PortalError>
where
    Acted: Send + 'static,
    Acting: Future<Output = Result<Acted, LoginError>> + Send + 'static,
{
    let app = portal.app();
    let id = admin::portal::application(app, tenant).await?;
    for _ in 0..TRIES {
        let caller = app.directory.current(app, id).await.map_err(LoginError::from)?;
        match to_the_end(act(caller.ok_or(PortalError::NotFound)?)).await {
            Err(LoginError::Stale) => {
                app.directory.reload(app, id).await.map_err(LoginError::from)?;
            }
            other => return Ok(other?),
        }
    }
    Err(AdminError::Busy.into())
}

/// What people call a browser, from what it says of itself: for a phone's screen and for lists.
pub(super) fn browser(agent: &str) -> &'static str {
    // Each names those before it too.
    let known = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    known.iter().find(|(mark, _)| agent.contains(mark)).map_or("A browser", |(_, name)| name)
}

const BY_PORTAL: FirstFactor = FirstFactor::Proved { by: ProvedBy::Portal };
const TRIES: u8 = 5;
