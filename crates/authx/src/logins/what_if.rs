//! What would become of a login, by the very rules that decide one: nothing is stored, and nobody is
//! asked.

use super::{
    Has, LoginError,
    admission::{self, admit},
    begin::waived,
};
use crate::{app::App, directory::Protected, store::logins as stored};
use authx_core::{
    LoginId, Millis, UserId,
    factor::Enrolment,
    guard::Source,
    login::{Cause, Effect, FirstFactor, Login, Start, start},
    name::Name,
    policy::FirstFactorKind,
    reason::Reason,
    wire::{
        login::{BeginLogin, Can, Client, FirstFactor as Claimed, LoginView, ProvedBy, Server},
        text::Typed,
    },
};
use std::net::IpAddr;

/// A login that nobody has begun.
#[derive(Clone, Copy, Debug)]
pub struct WhatIf<'a> {
    /// Who signs in, with a first factor that is right.
    pub user: &'a Name,
    /// From where.
    pub address: Option<IpAddr>,
    /// When.
    pub at: Millis,
    /// The client signs in by itself.
    pub autologin: bool,
}

/// How it would go on.
#[derive(Clone, Debug)]
pub struct Foreseen {
    /// As its caller would see it.
    pub view: LoginView,
    /// What lets the user in where nothing is asked: the word of the record.
    pub by: Option<String>,
    /// Why it would be refused, as the record has it: its user may read less.
    pub refused: Option<Reason>,
    /// Whether a phone would ring at once.
    pub rings: bool,
    /// Whether the user was let in from that network before; `None` where no phone knows it.
    pub known_network: Option<bool>,
    /// Whose it would be.
    pub account: UserId,
    /// By which first factor it would come.
    pub first_factor: FirstFactorKind,
}

/// Lets the rules begin a login, and looks at what they say. `None`: nobody goes by that name.
///
/// # Errors
///
/// [`LoginError`].
pub async fn what_if(
    app: &App,
    caller: &Protected,
    wish: &WhatIf<'_>,
) -> Result<Option<Foreseen>, LoginError> {
    let source = Source::of(wish.address);
    let names = admission::names(caller, wish.user);
    let sought = stored::Sought { name: names.clone(), certificate: names };
    let visitor = stored::visitor(&app.store, caller.tenant, caller.id, sought, &source).await?;
    let Some(account) = visitor.account.as_ref() else { return Ok(None) };
    let groups = caller.known_groups(&visitor.groups);
    let policy = caller.policy_of(&groups);
    let first_factor = policy.first_factors.first().copied().unwrap_or(FirstFactorKind::Password);
    let request = request(wish, first_factor);
    let proved = if account.active {
        FirstFactor::Proved
    } else {
        FirstFactor::Failed(Cause::AccountDisabled)
    };
    let (proved, spared) = admit(caller, &groups, proved);
    let mut has = Has::of(app, caller, &policy, Some(account.id), &visitor.factors).await?;
    let knows = has.enrolled.iter().find_map(|one| match &one.enrolment {
        Enrolment::Push(push) => Some(push.knows(&source)),
        Enrolment::Bypass(_) | Enrolment::Code(_) | Enrolment::Recovery(_) => None,
    });
    let (login, effects) = app.decide(wish.at, |cx| {
        let id = LoginId::new(cx);
        let login = Login::new(cx, id, caller.id, &request, String::new(), &policy);
        let login = Login { groups, ..login.of(Some(account.id)) };
        let waived = waived(account).filter(|_| !caller.is_portal);
        let certificate = visitor.certificate;
        let begun = Start {
            login,
            first_factor: proved,
            spared,
            certificate,
            answer: None,
            session: None,
            waived,
            passkey: false,
        };
        start(cx, begun, &policy, &mut has.means())
    });
    let said = |key: &str| {
        effects.iter().find_map(|effect| {
            let Effect::Record(_, detail) = effect else { return None };
            Some(detail.get(key)?.as_str()?.to_owned())
        })
    };
    let by = said("by");
    let code = said("reason");
    let refused = Reason::ALL.iter().copied().find(|one| Some(one.entry().code) == code.as_deref());
    let rings = effects.iter().any(|effect| matches!(effect, Effect::AskPhone { .. }));
    let known_network = knows.filter(|_| wish.address.is_some());
    let (view, account) = (login.view(0), account.id);
    Ok(Some(Foreseen { view, by, refused, rings, known_network, account, first_factor }))
}

/// As a VPN host would ask that can show questions.
fn request(wish: &WhatIf<'_>, first_factor: FirstFactorKind) -> BeginLogin {
    let proved = |by| Claimed::Proved { by };
    let first = match first_factor {
        FirstFactorKind::AccessServer => proved(ProvedBy::AccessServer),
        FirstFactorKind::Certificate => proved(ProvedBy::Certificate),
        FirstFactorKind::Pam => proved(ProvedBy::Pam),
        FirstFactorKind::Portal => proved(ProvedBy::Portal),
        // It is taken to be right.
        FirstFactorKind::Password => match Typed::try_from(String::new()) {
            Ok(password) => Claimed::Password { password, appended: false },
            Err(_) => proved(ProvedBy::Pam),
        },
    };
    BeginLogin {
        user: wish.user.clone(),
        first_factor: first,
        answer: None,
        certificate: Some(wish.user.clone()),
        method: None,
        autologin: wish.autologin,
        match_number: None,
        client: Client { address: wish.address, ..Client::default() },
        server: Server::default(),
        can: Can { text: true, several: true, ..Can::default() },
        session: None,
        support_code: None,
        language: None,
    }
}
