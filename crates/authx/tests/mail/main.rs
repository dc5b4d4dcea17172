//! Mail, through a real mail server: Debian's `chasquid`, in a directory of its own, with STARTTLS,
//! sign-in and delivery into a Maildir. What arrives is read by Python's `email`. `scripts/setup`
//! fetches the server; without it the tests say SKIPPED.
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "this is how a test fails, also in what tests share"
)]

mod arriving;
mod between;
mod forgotten;
mod giving_up;
#[path = "../portal/world.rs"]
#[expect(dead_code, reason = "the portal's own tests use more of it")]
mod portal;
mod refusals;
mod server;
mod together;
mod told;
mod world;

use authx::admin::accounts::{self, Details, Mail};
use authx_core::{UserId, role::Role};
use serde_json::Value;
use server::Server;
use world::World;

/// Runs a test in a portal on each engine that mails by a server which runs.
async fn on_each_portal(test: impl AsyncFn(&Portal)) {
    let Some(program) = server::programs() else { return };
    authx::store::testing::on_each_engine(async |database| {
        let mut server = Server::new(program);
        server.start().await;
        let directory = tempfile::tempdir().unwrap();
        let (ca_file, tls) = (server.ca_file(), authx::mail::Security::StartTls);
        let (at, password) = (server.submission(), server::PASSWORD);
        let post = world::post(directory.path(), &ca_file, at, tls, password);
        let with_mail = |app: &mut authx::app::App| app.mail = Some(post);
        let store = database.store().await;
        let world = Box::pin(portal::World::with(store, with_mail)).await;
        Box::pin(test(&Portal { world, server })).await;
    })
    .await;
}

/// A portal, and the mail server that it writes by.
struct Portal {
    world: portal::World,
    server: Server,
}

impl Portal {
    /// An account that is written to at a mailbox of its name, with a password.
    async fn person(&self, called: &str, role: Option<Role>) -> UserId {
        let Self { world, .. } = self;
        let id = world.account(world.tenant, called, role).await;
        let mail = Some(Mail::new(&format!("{called}@example.com")).unwrap());
        let details = Details { display: None, mail };
        let (app, by) = (&world.app, &world.by);
        accounts::edit(app, by, world.tenant, id, &portal::name(called), &details).await.unwrap();
        world.password(world.tenant, id, portal::PASSWORD).await;
        id
    }

    /// Sends what waits, once something does, and gives the mails of somebody so far: as many as
    /// there are to be, the newest last.
    async fn mails(&self, called: &str, count: usize) -> Vec<Value> {
        let mut sent = 0;
        server::until("a mail waits", async || {
            let more = self.sends().await;
            sent += more;
            sent > 0 && more == 0
        })
        .await;
        self.server.mails(called, count).await
    }

    /// Sends what waits.
    async fn sends(&self) -> usize {
        let (_stop, stopping) = authx::serve::stopping();
        let app = &self.world.app;
        authx::mail::send_due(app, app.mail.as_ref().unwrap(), &stopping).await.unwrap()
    }

    /// The kinds of all letters so far, by name.
    async fn letters(&self) -> Vec<String> {
        let all = authx::store::deliveries::Filter::default();
        let (app, tenant) = (&self.world.app, self.world.tenant);
        let page = authx::admin::letters::deliveries(app, tenant, &all, None, 100).await.unwrap();
        let mut kinds: Vec<String> = page.deliveries.into_iter().map(|it| it.kind).collect();
        kinds.sort_unstable();
        kinds
    }
}

/// The link in a mail.
fn link<'a>(mail: &'a Value, begins: &str) -> &'a str {
    let text = mail["text"].as_str().unwrap();
    text.lines().find(|line| line.starts_with(begins)).unwrap_or_else(|| panic!("{text}"))
}

/// Runs a test in an installation of its own on each engine, with a mail server that runs.
async fn on_each_engine(test: impl AsyncFn(&World, &mut Server)) {
    let Some(program) = server::programs() else { return };
    authx::store::testing::on_each_engine(async |database| {
        let mut server = Server::new(program);
        server.start().await;
        let world = Box::pin(World::on(database.store().await, &server)).await;
        Box::pin(test(&world, &mut server)).await;
    })
    .await;
}
