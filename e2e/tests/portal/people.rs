//! People and their sign-ins, made past the portal where a test is about something else.

use crate::house::House;
use authx::{
    admin::{
        Actor,
        accounts::{self, NewAccount},
        administrators,
        applications::{self, ApplicationKind},
        tenants,
    },
    app::App,
    config::Config,
    enrol,
};
use authx_core::{TenantId, UserId, name::Name, otp::Totp, role::Role, wire::signature::AppKey};
use authx_e2e::{Caller, Client, PASSWORD, now, typed};
use zeroize::Zeroizing;

/// The installation of a house, beside its server.
pub(crate) struct Beside<'a> {
    pub(crate) house: &'a House,
    pub(crate) app: App,
    pub(crate) by: Actor,
    pub(crate) tenant: TenantId,
}

impl House {
    /// Its only company.
    pub(crate) async fn beside(&self) -> Beside<'_> {
        let app = App::open(&Config::load(self.config()).unwrap()).await.unwrap();
        let tenant = tenants::list(&app).await.unwrap().pop().unwrap().id;
        Beside { house: self, app, by: Actor::new("root"), tenant }
    }
}

impl Beside<'_> {
    /// A user with a password and nothing else.
    pub(crate) async fn newcomer(&self, called: &str) -> UserId {
        let name = Name::new(called).unwrap();
        let password = Some(Zeroizing::new(PASSWORD.to_owned()));
        let new = NewAccount { name: &name, aliases: &[], password };
        accounts::create(&self.app, &self.by, self.tenant, new).await.unwrap()
    }

    /// Somebody who looks after others, with an authenticator app.
    pub(crate) async fn administrator(&self, called: &str, role: Role) -> Totp {
        let id = self.newcomer(called).await;
        let Self { app, by, tenant, .. } = self;
        let kept = administrators::Factors::Kept;
        administrators::set_role(app, by, *tenant, id, Some(role), kept).await.unwrap();
        self.authenticator(called).await
    }

    /// An authenticator app of somebody, whose present code and the next one stay for the test.
    pub(crate) async fn authenticator(&self, user: &str) -> Totp {
        let Self { app, by, tenant, .. } = self;
        let id = accounts::find(app, *tenant, user).await.unwrap().id;
        let offered = enrol::code::offer(app, by, *tenant, id, None).await.unwrap();
        let totp = Totp::from_uri(&offered.uri).unwrap();
        // Between two steps the code is too old by the time it is looked at.
        let confirm = async || {
            let code = totp.code(now().secs() / 30 - 1);
            enrol::code::confirm(app, by, *tenant, id, &code).await
        };
        if confirm().await.is_err() {
            confirm().await.unwrap();
        }
        totp
    }

    /// An application, and a host with its key.
    pub(crate) async fn application(&self, called: &str) -> Client {
        let [name, key] = [called, "vpn1.example.com"].map(|text| Name::new(text).unwrap());
        let kind = ApplicationKind::Openvpn;
        let made = applications::create(&self.app, &self.by, self.tenant, &name, kind, &key).await;
        let made = made.unwrap();
        let key_text = made.key.text.to_string();
        let host = Caller { id: made.id, key: AppKey::parse(&key_text).unwrap(), key_text };
        Client::over_socket(&self.house.socket(), &self.house.sites.public, &host)
    }

    /// A VPN with some people, of whom one gets in, one has no second factor and one mistypes.
    pub(crate) async fn a_morning(&self) {
        let vpn = self.application("Berlin VPN").await;
        for name in ["alice", "bob", "carol.von-und-zu-lange-doppelnamen@example.com", "dave"] {
            self.newcomer(name).await;
        }
        let phone = self.authenticator("alice").await;
        let code = phone.code(now().secs() / 30);
        let tries = [
            ("alice", PASSWORD, Some(code.as_str()), "allowed"),
            ("bob", "nine purple cows", None, "refused:wrong_credentials"),
            ("dave", PASSWORD, Some("123456"), "refused:not_enrolled"),
        ];
        for (user, password, code, outcome) in tries {
            let reply = vpn.login(&typed(user, password, code)).await;
            assert_eq!(reply.outcome(), outcome, "{:?}", reply.json);
        }
    }
}
