//! What the stand-in knows: one tenant, one user, and what happens to them.

use authx_core::{
    ApplicationId, LoginId, Millis, PhoneId, TenantId, UserId,
    otp::{Algorithm, Digits, Totp},
    wire::{
        login::{Rfc3339, Server},
        phone::{
            Account, AccountPolicy, AccountState, AppLock, AskedUser, Entry, MatchNumber,
            NamedApplication, NamedTenant, NamedUser, PhoneClass, PhoneKeys, Reach, ReachState,
            Receipts, Request, RequestClient, RequestKind, RequestMatch, Statement,
            UserVerification,
        },
        text::SupportCode,
    },
};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

/// Everything there is.
pub(super) struct World {
    /// Seconds by which this server's clock is ahead.
    pub(super) ahead_secs: i64,
    pub(super) classes: Vec<PhoneClass>,
    pub(super) phones: BTreeMap<PhoneId, Enrolled>,
    pub(super) version: u64,
    pub(super) requests: Vec<Request>,
    pub(super) history: Vec<Entry>,
    pub(super) receipts: Vec<Receipts>,
    pub(super) statements: Vec<Statement>,
    pub(super) ended: Vec<LoginId>,
    /// Method, path and the word of the key that signed each call.
    pub(super) calls: Vec<(String, &'static str)>,
    pub(super) wrong_proofs: u8,
    /// Nobody answers on this path.
    pub(super) without_stream: bool,
}

/// A phone.
pub(super) struct Enrolled {
    pub(super) name: String,
    pub(super) state: AccountState,
    pub(super) class: PhoneClass,
    pub(super) keys: PhoneKeys,
    pub(super) secret: [u8; 32],
    pub(super) moves: Option<PhoneId>,
    /// An activation for another phone is out.
    pub(super) moving: bool,
}

pub(super) const PASSWORD: &str = "correct horse battery staple";
pub(super) const NUMBER: &str = "482913";

impl World {
    pub(super) fn new() -> Self {
        Self {
            ahead_secs: 0,
            classes: vec![PhoneClass::Software],
            phones: BTreeMap::new(),
            version: 1,
            requests: vec![],
            history: vec![],
            receipts: vec![],
            statements: vec![],
            ended: vec![],
            calls: vec![],
            wrong_proofs: 0,
            without_stream: false,
        }
    }

    #[expect(clippy::disallowed_methods, reason = "the program under test has the real time too")]
    pub(super) fn now(&self) -> Millis {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        Millis(u64::try_from(since).unwrap().saturating_add_signed(self.ahead_secs * 1_000))
    }

    pub(super) fn account(&self, id: PhoneId) -> Account {
        let phone = &self.phones[&id];
        Account {
            phone: id,
            name: phone.name.clone(),
            state: phone.state,
            class: phone.class,
            tenant: tenant(),
            user: user(),
            applications: vec![application()],
            policy: AccountPolicy {
                match_number: MatchNumber::Required,
                user_verification: UserVerification::Off,
                app_lock: AppLock::Optional,
            },
            credential: false,
            reach: Reach { state: ReachState::Unknown, by: None, at: None, since: None },
            subscribed: false,
        }
    }

    /// The code of a phone's seed, now.
    pub(super) fn code(&self, id: PhoneId) -> String {
        self.code_at(id, 0)
    }

    /// The code of the half minute before.
    pub(super) fn code_before(&self, id: PhoneId) -> String {
        self.code_at(id, 1)
    }

    fn code_at(&self, id: PhoneId, back: u64) -> String {
        let secret = authx_core::Secret::new(self.phones[&id].secret.to_vec());
        let totp = Totp::new(secret, Algorithm::Sha256, Digits::Six, 30);
        totp.code(self.now().secs() / 30 - back)
    }

    /// Somebody tries to sign in.
    pub(super) fn ask(&mut self, number: u8, kind: RequestKind) -> LoginId {
        let id = LoginId::from_bytes([number; 16]);
        let now = self.now();
        self.requests.push(Request {
            id,
            kind,
            application: application(),
            tenant: tenant(),
            user: AskedUser { name: "anna".to_owned() },
            client: RequestClient {
                address: Some("203.0.113.24".parse().unwrap()),
                program: Some("OpenVPN 2.6\u{1b}[2J".to_owned().into()),
                new_network: true,
                ..RequestClient::default()
            },
            server: Server { name: Some("office".to_owned().into()) },
            support_code: support(number),
            asked_at: Rfc3339(now),
            expires_at: Rfc3339(now.plus_secs(120)),
            tries_left: 2,
            match_number: RequestMatch::Required,
            user_verification: false,
            replaces: None,
        });
        self.version += 1;
        id
    }
}

pub(super) fn support(number: u8) -> SupportCode {
    format!("K7QF2{number}").try_into().unwrap()
}

pub(super) fn tenant() -> NamedTenant {
    NamedTenant { id: TenantId::from_bytes([2; 16]), name: "Example".to_owned(), hue: 3 }
}

pub(super) fn user() -> NamedUser {
    NamedUser { id: UserId::from_bytes([3; 16]), name: "anna".to_owned() }
}

pub(super) fn application() -> NamedApplication {
    NamedApplication { id: ApplicationId::from_bytes([4; 16]), name: "VPN".to_owned() }
}
