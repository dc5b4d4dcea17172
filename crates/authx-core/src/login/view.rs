//! How a login begins from a request, and how its caller sees it.

use super::{Login, Stage};
use crate::{
    ApplicationId, Cx, LoginId, UserId,
    factor::FactorKind,
    policy::{DynamicChallenge, FirstFactorKind, MatchNumber as MatchNumberPolicy, Policy},
    wire::{
        login::{
            BeginLogin, Can, FirstFactor, LoginState, LoginView, Offer, Prompt, ProvedBy,
            ReasonView, Rfc3339, SessionView,
        },
        text::{MatchNumber, SupportCode},
    },
};

impl Login {
    /// A login as it is before anything was looked at.
    pub fn new(
        cx: &mut Cx<'_>,
        id: LoginId,
        application: ApplicationId,
        request: &BeginLogin,
        request_digest: String,
        policy: &Policy,
    ) -> Self {
        let drawn = (policy.match_number != MatchNumberPolicy::Off)
            .then(|| request.match_number.clone().unwrap_or_else(|| MatchNumber::draw(cx)));
        let support_code = request.support_code.clone();
        let can = if request.autologin { Can::default() } else { request.can };
        let by_challenge = can.reconnect && policy.dynamic_challenge == DynamicChallenge::On;
        // Whoever can be asked again is shown the number with the next question.
        let told = request.match_number.is_some() && !request.autologin;
        let shown = told || can.text && can.several;
        let open_secs = if by_challenge { CHALLENGE_SECS } else { policy.login_secs };
        Self {
            id,
            application,
            name: request.user.clone(),
            user: None,
            groups: vec![],
            // Until `start` decides, it lets nobody in.
            stage: Stage::Expired,
            first_factor: request.first_factor.kind(),
            certificate: request.certificate.clone(),
            client: request.client.clone(),
            server: request.server.clone(),
            can,
            autologin: request.autologin,
            method: request.method.clone(),
            challenges: by_challenge.then_some(0),
            language: request.language.clone(),
            support_code: support_code.unwrap_or_else(|| SupportCode::draw(cx)),
            number_shown: drawn.is_some() && shown,
            match_number: drawn,
            offers: vec![],
            answers_left: policy.answers_per_login,
            idle: 0,
            seq: 0,
            password_digest: None,
            request_digest,
            answer_digest: String::new(),
            created: cx.now,
            expires: cx.now.plus_secs(open_secs),
        }
    }

    /// The same login, of a known user.
    #[must_use]
    pub fn of(self, user: Option<UserId>) -> Self {
        Self { user, ..self }
    }

    /// What its caller sees, but for the secret of a challenge.
    pub fn view(&self, version: u64) -> LoginView {
        let mut view = LoginView {
            id: self.id,
            version,
            state: LoginState::AwaitingInput,
            user: self.name.clone(),
            prompt: None,
            challenge: None,
            match_number: self.match_number.clone(),
            factor: None,
            delivery: None,
            reason: None,
            support_code: self.support_code.clone(),
            session: None,
            expires_at: Rfc3339(self.expires),
            seal: None,
        };
        match &self.stage {
            Stage::Allowed { factor, session } => {
                view.state = LoginState::Allowed;
                view.factor = *factor;
                view.session = session.map(|(id, until)| SessionView { id, until: Rfc3339(until) });
            }
            Stage::AwaitingInput { prompt } => {
                let (text, offers) =
                    (prompt.clone(), self.offers.iter().copied().map(Offer::from).collect());
                view.prompt = Some(Prompt { text, echo: true, offers });
            }
            Stage::AwaitingPhone(ringing) => {
                view.state = LoginState::AwaitingPhone;
                view.factor = Some(FactorKind::Push);
                view.delivery = Some(ringing.delivery());
                let offers = self.offers.iter().copied().map(Offer::from).collect();
                view.prompt = Some(Prompt { text: ringing.prompt.clone(), echo: true, offers });
            }
            Stage::Cancelled => view.state = LoginState::Cancelled,
            Stage::Expired => view.state = LoginState::Expired,
            Stage::Refused { reason, text } => {
                view.state = LoginState::Refused;
                let code = reason.public().to_owned();
                view.reason = Some(ReasonView { code, text: text.clone() });
            }
        }
        view
    }
}

impl FirstFactor {
    /// Which kind the caller claims.
    pub fn kind(&self) -> FirstFactorKind {
        match self {
            Self::Password { .. } => FirstFactorKind::Password,
            Self::Proved { by: ProvedBy::AccessServer } => FirstFactorKind::AccessServer,
            Self::Proved { by: ProvedBy::Certificate } => FirstFactorKind::Certificate,
            Self::Proved { by: ProvedBy::Pam } => FirstFactorKind::Pam,
            Self::Proved { by: ProvedBy::Portal } => FirstFactorKind::Portal,
        }
    }
}

impl From<FactorKind> for Offer {
    fn from(factor: FactorKind) -> Self {
        let description = factor.description();
        Self { word: description.word.to_owned(), factor, hint: description.hint.to_owned() }
    }
}

/// How long a login stays open whose user has to connect again for each answer.
const CHALLENGE_SECS: u64 = 300;
