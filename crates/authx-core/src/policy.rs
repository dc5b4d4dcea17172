//! Who may use what: documents written by people, and the one policy that follows from them.

mod asked;
mod deciding;
mod document;
pub mod draft;
mod layers;
#[cfg(feature = "openapi")]
mod schema;
mod settings;
mod words;

pub use deciding::decided_by;
pub use document::{
    AppLock, Autologin, AutomaticPush, CertificateName, Document, DynamicChallenge, InvalidPolicy,
    LONGEST_SESSION_SECS, Lifetimes, Limits, MatchNumber, Messages, PhoneClass, UserVerification,
};
pub use layers::{Layers, Origin, Source};
pub use settings::{SETTINGS, Setting, Shape, Unit, Word};

use crate::factor::FactorKind;
use layers::Picking;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a first factor was proved.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FirstFactorKind {
    /// OpenVPN Access Server's primary authentication.
    AccessServer,
    /// A client certificate that OpenVPN verified.
    Certificate,
    /// The VPN host's PAM stack.
    Pam,
    /// A password that AuthX keeps and checks.
    Password,
    /// AuthX's own portal, for whoever is signed in there. Of no use in a policy but its own.
    Portal,
}

impl FirstFactorKind {
    /// All that operators choose from.
    pub const ALL: &'static [Self] =
        &[Self::AccessServer, Self::Certificate, Self::Pam, Self::Password];

    /// The word for it in policies, requests and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::AccessServer => "access_server",
            Self::Certificate => "certificate",
            Self::Pam => "pam",
            Self::Password => "password",
            Self::Portal => "portal",
        }
    }
}

/// Whether a second factor is asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondFactor {
    /// The first factor is enough. Every such login says so in the record.
    Off,
    /// Always, unless a session is remembered.
    Required,
}

/// The policy in force: at one application, for one user.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Policy {
    /// Factors that may be used, in the order of the registry.
    pub factors: Vec<FactorKind>,
    /// Kinds of first factor that callers may claim.
    pub first_factors: Vec<FirstFactorKind>,
    /// Whether a second factor is asked for.
    pub second_factor: SecondFactor,
    /// Answers in one login, 1 to 10.
    pub answers_per_login: u8,
    /// Wrong answers in a row that stop a factor, 5 to 50.
    pub lock_after: u32,
    /// Seconds that a login stays open, 30 to 300.
    pub login_secs: u64,
    /// Seconds that a sign-in stays remembered, 0 (never) to 30 days.
    pub session_secs: u64,
    /// Seconds that a request on a phone stays open, 30 to 300.
    pub push_secs: u64,
    /// Seconds for which no phone is asked after "not me", ten minutes to 30 days.
    pub fraud_lock_secs: u64,
    /// Phones of one user, 1 to 10.
    pub phones_per_user: u8,
    /// Whether an approval on a phone needs the digits of the VPN prompt.
    pub match_number: MatchNumber,
    /// Whether a phone is asked before the user types anything.
    pub automatic_push: AutomaticPush,
    /// What becomes of a client that signs in by itself.
    pub autologin: Autologin,
    /// Whether an approval has to carry the phone's own user verification.
    pub user_verification: UserVerification,
    /// Whether the authenticator shows codes only behind the phone's lock.
    pub app_lock: AppLock,
    /// Kinds of authenticator that may be enrolled.
    pub phone_classes: Vec<PhoneClass>,
    /// Whether the name in a client's certificate has to be the user's.
    pub certificate_name: CertificateName,
    /// Whether questions may be asked by a dynamic challenge.
    pub dynamic_challenge: DynamicChallenge,
    /// The first question; `None` for the factor's own words.
    pub prompt: Option<String>,
    /// What a refused user is told to do; `None` for the reason's own words.
    pub help: Option<String>,
}

/// The policy in force, and where each value comes from by its path in the document.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The values.
    pub policy: Policy,
    /// Their origins.
    pub origins: BTreeMap<&'static str, Origin>,
}

impl Effective {
    /// Lays an application's document over its tenant's, over the defaults.
    pub fn of(tenant: &Document, application: &Document) -> Self {
        Self::from(Layers::of(tenant, application))
    }

    /// The whole policy as a document, every value written out.
    pub fn document(&self) -> Document {
        let policy = self.policy.clone();
        Document {
            factors: Some(policy.factors),
            first_factors: Some(policy.first_factors),
            second_factor: Some(policy.second_factor),
            match_number: Some(policy.match_number),
            certificate_name: Some(policy.certificate_name),
            dynamic_challenge: Some(policy.dynamic_challenge),
            automatic_push: Some(policy.automatic_push),
            autologin: Some(policy.autologin),
            user_verification: Some(policy.user_verification),
            app_lock: Some(policy.app_lock),
            phone_classes: Some(policy.phone_classes),
            limits: Limits {
                answers_per_login: Some(policy.answers_per_login),
                lock_after: Some(policy.lock_after),
                phones_per_user: Some(policy.phones_per_user),
            },
            lifetimes: Lifetimes {
                login_secs: Some(policy.login_secs),
                session_secs: Some(policy.session_secs),
                push_secs: Some(policy.push_secs),
                fraud_lock_secs: Some(policy.fraud_lock_secs),
            },
            messages: Messages { prompt: policy.prompt, help: policy.help },
        }
    }
}

impl From<Layers<'_>> for Effective {
    fn from(layers: Layers<'_>) -> Self {
        let mut layers = Picking { layers, origins: BTreeMap::new() };
        let mut factors =
            layers.pick("factors", |d| d.factors.clone(), FactorKind::CHOICES.to_vec());
        factors.sort_unstable();
        factors.dedup();
        let phones = Phones::of(&mut layers);
        let policy = Policy {
            factors,
            first_factors: layers.pick(
                "first_factors",
                |d| d.first_factors.clone(),
                vec![FirstFactorKind::Password],
            ),
            second_factor: layers.pick(
                "second_factor",
                |d| d.second_factor,
                SecondFactor::Required,
            ),
            answers_per_login: layers.pick(
                "limits.answers_per_login",
                |d| d.limits.answers_per_login,
                3,
            ),
            lock_after: layers.pick("limits.lock_after", |d| d.limits.lock_after, 50),
            login_secs: layers.pick("lifetimes.login_secs", |d| d.lifetimes.login_secs, 120),
            session_secs: layers.pick(
                "lifetimes.session_secs",
                |d| d.lifetimes.session_secs,
                43_200,
            ),
            push_secs: phones.push_secs,
            fraud_lock_secs: phones.fraud_lock_secs,
            phones_per_user: phones.per_user,
            match_number: phones.match_number,
            automatic_push: phones.automatic_push,
            autologin: layers.pick("autologin", |d| d.autologin, Autologin::Refuse),
            user_verification: phones.user_verification,
            app_lock: phones.app_lock,
            phone_classes: phones.classes,
            certificate_name: layers.pick(
                "certificate_name",
                |d| d.certificate_name,
                CertificateName::MustMatch,
            ),
            dynamic_challenge: layers.pick(
                "dynamic_challenge",
                |d| d.dynamic_challenge,
                DynamicChallenge::Off,
            ),
            prompt: layers.pick("messages.prompt", |d| d.messages.prompt.clone().map(Some), None),
            help: layers.pick("messages.help", |d| d.messages.help.clone().map(Some), None),
        };
        Self { policy, origins: layers.origins }
    }
}

impl Default for Effective {
    fn default() -> Self {
        Self::of(&Document::default(), &Document::default())
    }
}

/// What a policy says of phones.
struct Phones {
    push_secs: u64,
    fraud_lock_secs: u64,
    per_user: u8,
    match_number: MatchNumber,
    automatic_push: AutomaticPush,
    user_verification: UserVerification,
    app_lock: AppLock,
    classes: Vec<PhoneClass>,
}

impl Phones {
    fn of(layers: &mut Picking<'_>) -> Self {
        Self {
            push_secs: layers.pick("lifetimes.push_secs", |d| d.lifetimes.push_secs, 120),
            fraud_lock_secs: layers.pick(
                "lifetimes.fraud_lock_secs",
                |d| d.lifetimes.fraud_lock_secs,
                86_400,
            ),
            per_user: layers.pick("limits.phones_per_user", |d| d.limits.phones_per_user, 5),
            match_number: layers.pick("match_number", |d| d.match_number, MatchNumber::Required),
            automatic_push: layers.pick("automatic_push", |d| d.automatic_push, AutomaticPush::Off),
            user_verification: layers.pick(
                "user_verification",
                |d| d.user_verification,
                UserVerification::Off,
            ),
            app_lock: layers.pick("app_lock", |d| d.app_lock, AppLock::Optional),
            classes: layers.pick(
                "phone_classes",
                |d| d.phone_classes.clone(),
                vec![PhoneClass::Web],
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_goes_before_the_tenant_before_the_default() {
        let tenant = Document::from_json(r#"{"limits":{"answers_per_login":5,"lock_after":20}}"#);
        let application = Document::from_json(r#"{"limits":{"answers_per_login":1}}"#);
        let effective = Effective::of(&tenant.unwrap(), &application.unwrap());
        assert_eq!(effective.policy.answers_per_login, 1);
        assert_eq!(effective.policy.lock_after, 20);
        assert_eq!(effective.policy.login_secs, 120);
        assert_eq!(effective.origins["limits.answers_per_login"], Origin::Application);
        assert_eq!(effective.origins["limits.lock_after"], Origin::Tenant);
        assert_eq!(effective.origins["lifetimes.login_secs"], Origin::Default);
    }

    #[test]
    fn the_whole_document_says_the_same_again() {
        let effective = Effective::default();
        let again = Effective::of(&effective.document(), &Document::default());
        assert_eq!(again.policy, effective.policy);
    }
}
