//! How pages with forms are come to, and what only the world knows.

use crate::{
    desk::{Desk, OWNER},
    people::Beside,
    rows::Way,
    things::{Things, user},
};
use authx::{
    admin::{Actor, accounts, bypass, sign_up},
    store::{Batch, Value},
};
use authx_core::{Millis, otp::Totp, role::Role};
use authx_e2e::{
    PASSWORD,
    browser::{Target, label, role},
    now,
};
use std::sync::atomic::{AtomicU32, Ordering};

/// A desk in a company with one of everything.
pub(crate) struct Ways<'a> {
    pub(crate) desk: &'a Desk,
    beside: &'a Beside<'a>,
    things: Things,
    own: Totp,
    hugo: Totp,
    number: AtomicU32,
}

impl<'a> Ways<'a> {
    /// The owner sits at the desk.
    pub(crate) async fn new(desk: &'a Desk, beside: &'a Beside<'a>) -> Self {
        let things = Box::pin(beside.things()).await;
        let own = beside.authenticator(OWNER).await;
        beside.authenticator("anna").await;
        beside.newcomer("hugo").await;
        let hugo = beside.authenticator("hugo").await;
        desk.browser.without_offers().await;
        Self { desk, beside, things, own, hugo, number: AtomicU32::new(0) }
    }

    /// Comes to a page anew.
    pub(crate) async fn open(&self, way: Way) {
        let desk = self.desk;
        let helps = matches!(way, Way::Help(_) | Way::HelpCalled | Way::HelpChecked);
        self.works_as(if helps { Role::HelpDesk } else { Role::Owner }).await;
        match way {
            Way::Get(path) | Way::Help(path) => {
                self.proved(now()).await;
                if path == "/me/passkey" {
                    // What the sensor keeps already it makes no second time.
                    desk.browser.clear_credentials().await;
                }
                desk.open(&self.filled(path).await).await;
            }
            Way::Nobody(path) => {
                self.nobody().await;
                desk.open(path).await;
            }
            Way::Called | Way::HelpCalled | Way::HelpChecked => {
                self.called(way).await;
                desk.open(&self.filled("/users/{anna}/bypass").await).await;
            }
            Way::Draft => self.draft().await,
            Way::Old | Way::OldAsked => {
                self.proved(Millis(now().0 - OLD)).await;
                desk.open("/confirm").await;
                let ask = role("button", "Use my phone or a code");
                // What was asked for stays open.
                if way == Way::OldAsked && desk.browser.sees(&ask).await {
                    desk.browser.submit(&ask).await;
                }
            }
            Way::CompanyLink => self.by_link("{company link}").await,
            Way::AccountLink => self.by_link("{account link}").await,
            Way::HalfSetUp => {
                self.by_link("{account link}").await;
                desk.fill("Password", PASSWORD).await;
                desk.browser.submit(&role("button", "Set the password")).await;
            }
            Way::HalfWithApp => self.half("hugo").await,
            Way::HalfWithPasskey => self.half(OWNER).await,
        }
    }

    /// A text in which something of the world stands in braces.
    pub(crate) async fn filled(&self, text: &str) -> String {
        let Some((before, rest)) = text.split_once('{') else { return text.to_owned() };
        let (name, after) = rest.split_once('}').unwrap();
        let (app, by, tenant) = (&self.beside.app, &self.beside.by, self.beside.tenant);
        let value = match name {
            "account link" => {
                let called = format!("new{}", self.number.fetch_add(1, Ordering::Relaxed));
                let id = self.beside.newcomer(&called).await;
                let link = sign_up::invite_account(app, by, tenant, id).await.unwrap();
                link.token.to_string()
            }
            "app code" => {
                let secret = self.desk.browser.text(&Target::css("p.mono")).await;
                let secret: String = secret.split_whitespace().collect();
                let uri = format!("otpauth://totp/AuthX?secret={secret}");
                Totp::from_uri(&uri).unwrap().code(now().secs() / 30)
            }
            "code" => self.hugo.code(now().secs() / 30),
            "company link" => sign_up::invite_company(app).await.unwrap().token.to_string(),
            "digits" => {
                let anna = user(&self.things, "anna");
                let shown = bypass::shown_to(app, tenant, anna).await.unwrap();
                shown.unwrap().caller_reads
            }
            "own code" => self.own.code(now().secs() / 30),
            "password" => PASSWORD.to_owned(),
            thing => self.things[thing].clone(),
        };
        let after = Box::pin(self.filled(after)).await;
        format!("{before}{value}{after}")
    }

    /// Has the server know no session any more; called again, all of them. Not by their time: what
    /// is over is forgotten for good every now and then.
    pub(crate) async fn turn_sessions(&self) {
        let store = &self.beside.app.store;
        let mut batch = Batch::default();
        for row in store.query("SELECT digest FROM portal_session", []).await.unwrap() {
            let digest: [u8; 32] = row.array(0).unwrap();
            let values = [digest.into(), digest.map(|byte| !byte).into()];
            batch = batch.run("UPDATE portal_session SET digest = $2 WHERE digest = $1", values);
        }
        store.commit(batch).await.unwrap();
    }

    /// Every second factor was given at that moment.
    async fn proved(&self, at: Millis) {
        let sql = "UPDATE portal_session SET proved = $1 WHERE proved IS NOT NULL";
        self.sessions(sql, [at.into()]).await;
    }

    /// Nobody is signed in.
    async fn nobody(&self) {
        self.sessions("DELETE FROM portal_session", []).await;
    }

    async fn sessions<const N: usize>(&self, sql: &'static str, values: [Value; N]) {
        let batch = Batch::default().run(sql, values);
        self.beside.app.store.commit(batch).await.unwrap();
    }

    /// Whoever sits at the desk is that. A new role would end the sessions.
    async fn works_as(&self, role: Role) {
        let (app, tenant) = (&self.beside.app, self.beside.tenant);
        let own = accounts::find(app, tenant, OWNER).await.unwrap().id;
        let sql = "UPDATE account SET role = $1 WHERE id = $2";
        self.sessions(sql, [role.word().to_owned().into(), own.into()]).await;
    }

    /// Somebody has begun to check who calls, or is through with it.
    async fn called(&self, way: Way) {
        let (app, tenant) = (&self.beside.app, self.beside.tenant);
        let owner = accounts::find(app, tenant, OWNER).await.unwrap().id;
        let role = if way == Way::Called { Role::Owner } else { Role::HelpDesk };
        let agent = Actor::account(owner, Some(role), OWNER);
        // Six wrong ones of a day are too many; the walk types more.
        self.sessions("UPDATE caller_check SET created = 0", []).await;
        let anna = user(&self.things, "anna");
        bypass::begin(app, &agent, tenant, anna).await.unwrap();
        if way == Way::HelpChecked {
            let digits = self.filled("{digits}").await;
            bypass::answer(app, &agent, tenant, anna, &digits).await.unwrap();
        }
    }

    async fn draft(&self) {
        self.proved(now()).await;
        self.desk.open("/policies/edit/global").await;
        let help = format!("Call {}", self.number.fetch_add(1, Ordering::Relaxed));
        self.desk.fill("Help after a refusal", &help).await;
        self.desk.browser.submit(&role("button", "Review the draft")).await;
    }

    async fn by_link(&self, link: &str) {
        self.nobody().await;
        self.desk.open("/set-up").await;
        let link = self.filled(link).await;
        self.desk.browser.fill(&label("Link"), &link).await;
        self.desk.browser.submit(&role("button", "Continue")).await;
    }

    async fn half(&self, called: &str) {
        self.nobody().await;
        self.desk.open("/sign-in").await;
        self.desk.fill("E-mail or user name", called).await;
        self.desk.fill("Password", PASSWORD).await;
        let button = Target::css("form[action='/sign-in'] button");
        self.desk.browser.submit(&button).await;
    }
}

/// After so many milliseconds a second factor is asked for again.
const OLD: u64 = 400_000;
