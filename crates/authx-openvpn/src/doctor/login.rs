//! A sign-in for trial, as the agent would do it.

use crate::authx::{Authx, CallError};
use crate::config::{Config, FirstFactor};
use crate::conversation::with_number;
use crate::cx;
use crate::pam::{Pam, Proof};
use authx_core::LoginId;
use authx_core::name::Name;
use authx_core::wire::login::{
    AnswerLogin, BeginLogin, Can, Client, FirstFactor as Proved, LoginState, LoginView, ProvedBy,
    Server,
};
use authx_core::wire::text::{Label, MatchNumber, SupportCode, Typed};
use serde::Serialize;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Who types.
pub trait Asker {
    /// Asks one question.
    ///
    /// # Errors
    ///
    /// When nobody can be asked.
    fn ask(
        &self,
        question: &str,
        hidden: bool,
    ) -> impl Future<Output = anyhow::Result<zeroize::Zeroizing<String>>>;

    /// Says what there is to wait for.
    fn tell(&self, text: &str);
}

/// How a sign-in for trial ended.
#[derive(Clone, Debug, Serialize)]
pub struct Tried {
    /// Who was tried.
    pub user: String,
    /// Whether they would have a tunnel now.
    pub allowed: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Finds it in both logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub support_code: Option<String>,
}

/// Signs a user in as a server's settings say. AuthX counts and records it as any other sign-in.
///
/// # Errors
///
/// When it cannot be tried at all: nothing was typed, or AuthX gives no answer.
pub async fn attempt(
    config: &Config,
    server_conf: &str,
    user: &str,
    asker: &impl Asker,
) -> anyhow::Result<Tried> {
    let settings = config.server(server_conf);
    let name: Name = user.parse().map_err(|error| anyhow::anyhow!("{user}: {error}"))?;
    let (first_factor, certificate) = match settings.first_factor {
        FirstFactor::Authx => {
            let password = typed(&asker.ask("Password: ", true).await?)?;
            (Proved::Password { password, appended: false }, None)
        }
        // There is none to show here; whoever can run this could answer for it anyway.
        FirstFactor::Certificate => {
            (Proved::Proved { by: ProvedBy::Certificate }, Some(name.clone()))
        }
        FirstFactor::Pam => {
            let password = asker.ask("Password: ", true).await?;
            if let Some(reason) = refused_by_pam(config, user, &password).await? {
                let user = user.to_owned();
                return Ok(Tried {
                    user,
                    allowed: false,
                    reason: Some(reason),
                    support_code: None,
                });
            }
            (Proved::Proved { by: ProvedBy::Pam }, None)
        }
    };
    let authx = Authx::new(&config.authx)?;
    let asks = authx.check().await?.asks;
    let number = asks.match_number.then(|| cx::draw(MatchNumber::draw));
    let mut answer = None;
    if !asks.prompt.is_empty() {
        let question = with_number(asks.prompt, number.as_ref());
        let question = authx_program::output::visible(&question);
        let text = asker.ask(&format!("{question} (may be empty) "), false).await?;
        answer = if text.is_empty() { None } else { Some(typed(&text)?) };
    }
    let (id, support_code) = cx::draw(|cx| (LoginId::new(cx), SupportCode::draw(cx)));
    let begin = BeginLogin {
        user: name,
        first_factor,
        answer,
        certificate,
        method: None,
        autologin: false,
        match_number: number,
        client: Client { program: Some(Label::from(PROGRAM.to_owned())), ..Client::default() },
        server: Server { name: Some(settings.name) },
        can: Can { text: true, several: true, ..Can::default() },
        session: None,
        support_code: Some(support_code),
        language: None,
    };
    let ended = conclude(&authx, id, authx.begin(id, &begin).await?, asker).await;
    if ended.is_err() {
        // What is wrong is told already; without this the login ends by itself.
        let _ = authx.cancel(id).await;
    }
    Ok(tried(user, &ended?))
}

async fn conclude(
    authx: &Authx,
    id: LoginId,
    mut view: LoginView,
    asker: &impl Asker,
) -> anyhow::Result<LoginView> {
    let mut seq = 0;
    let mut told = String::new();
    loop {
        if let Some(delivery) = view.delivery.as_ref().filter(|delivery| delivery.text != told) {
            told.clone_from(&delivery.text);
            asker.tell(&authx_program::output::visible(&told));
        }
        view = match view.state {
            LoginState::Allowed
            | LoginState::Refused
            | LoginState::Expired
            | LoginState::Cancelled => return Ok(view),
            LoginState::AwaitingInput | LoginState::AwaitingCode => {
                seq += 1;
                let question = view.prompt.as_ref().map_or("Code: ", |prompt| &prompt.text);
                let question = format!("{} ", authx_program::output::visible(question).trim_end());
                let text = typed(&asker.ask(&question, false).await?)?;
                authx.answer(id, &AnswerLogin { seq, text, challenge: None }).await?
            }
            LoginState::AwaitingPhone | LoginState::Delivering => {
                wait(authx, id, view.version).await?
            }
        };
    }
}

async fn wait(authx: &Authx, id: LoginId, version: u64) -> Result<LoginView, CallError> {
    authx.wait(id, version, WAIT_SECS).await
}

async fn refused_by_pam(
    config: &Config,
    user: &str,
    password: &str,
) -> anyhow::Result<Option<String>> {
    let patience = Duration::from_secs(config.pam.timeout_secs);
    let pam = Pam::new(config.pam.service.as_str(), config.pam.socket.clone(), patience)?;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    Ok(match pam.prove(user, password, here).await {
        Proof::Proved => None,
        Proof::Refused { detail } => Some(format!("PAM refuses: {detail}")),
        Proof::Unavailable { detail } => Some(format!("PAM cannot be asked: {detail}")),
    })
}

fn tried(user: &str, view: &LoginView) -> Tried {
    let allowed = view.state == LoginState::Allowed;
    let reason = view.reason.as_ref().map(|reason| format!("{} ({})", reason.text, reason.code));
    let support_code = Some(view.support_code.as_str().to_owned());
    Tried { user: user.to_owned(), allowed, reason, support_code }
}

fn typed(text: &str) -> anyhow::Result<Typed> {
    Typed::try_from(text.to_owned()).map_err(anyhow::Error::msg)
}

const PROGRAM: &str = "authx-openvpn doctor";
const WAIT_SECS: u64 = 25;
