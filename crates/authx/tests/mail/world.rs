//! An installation with one tenant, and anna who has a mail address.

use crate::server::{PASSWORD, Server};
use authx::{
    admin::{
        Actor,
        accounts::{self, Details, Mail, NewAccount},
        letters::{self, Deed, Delivery, Letter, Posted},
        record::{Entry, Filter, newest},
        tenants,
    },
    app::{App, testing},
    clock::ManualClock,
    config::{Help, Login, Mail as Configured, Place, SecretFile},
    mail::{Post, Security, send_due},
    serve::stopping,
    store::{Store, deliveries::Filter as Which},
};
use authx_core::{TenantId, UserId, name::Name};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) by: Actor,
    pub(crate) tenant: TenantId,
    pub(crate) anna: UserId,
    directory: TempDir,
    ca_file: PathBuf,
}

impl World {
    pub(crate) async fn on(store: Store, server: &Server) -> Self {
        let (app, clock) = testing::app(store);
        let by = Actor::new("root");
        let tenant = tenants::create(&app, &by, &name("Example Corp")).await.unwrap().id;
        let directory = tempfile::tempdir().unwrap();
        let ca_file = server.ca_file();
        let mut world =
            Self { app, clock, by, tenant, anna: UserId::from_bytes([0; 16]), directory, ca_file };
        world.anna = world.user("anna", "Änna “A” Arnold", Some("anna@example.com")).await;
        world.app.mail = Some(world.post(server.submission(), Security::StartTls, PASSWORD));
        world
    }

    pub(crate) async fn user(&self, account: &str, display: &str, mail: Option<&str>) -> UserId {
        let (app, by, tenant) = (&self.app, &self.by, self.tenant);
        let account = name(account);
        let new = NewAccount { name: &account, aliases: &[], password: None };
        let id = accounts::create(app, by, tenant, new).await.unwrap();
        let mail = mail.map(|mail| Mail::new(mail).unwrap());
        let details = Details { display: Some(name(display)), mail };
        accounts::edit(app, by, tenant, id, &account, &details).await.unwrap();
        id
    }

    /// What sends to a port of this machine, and waits a second for an answer.
    pub(crate) fn post(&self, port: u16, security: Security, password: &str) -> Post {
        self.post_by(&self.ca_file, port, security, password)
    }

    pub(crate) fn post_by(
        &self,
        ca_file: &Path,
        port: u16,
        security: Security,
        password: &str,
    ) -> Post {
        post(self.directory.path(), ca_file, port, security, password)
    }

    /// Tells somebody of a new phone.
    pub(crate) async fn tell(&self, user: UserId) -> Posted {
        let now = self.app.now().unwrap();
        let deed = Deed::own(now);
        let letter =
            Letter::PhoneAdded { phone: "Pixel".to_owned(), platform: "Android".to_owned(), deed };
        let (batch, posted) =
            letters::post(&self.app, now, self.tenant, user, &letter).await.unwrap();
        self.app.store.commit(batch).await.unwrap();
        posted
    }

    /// One round of what sends.
    pub(crate) async fn send(&self) -> usize {
        self.send_by(self.app.mail.as_ref().unwrap()).await
    }

    pub(crate) async fn send_by(&self, post: &Post) -> usize {
        let (_stop, stopping) = stopping();
        send_due(&self.app, post, &stopping).await.unwrap()
    }

    /// Every delivery, newest first.
    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        let all = Which::default();
        letters::deliveries(&self.app, self.tenant, &all, None, 100).await.unwrap().deliveries
    }

    /// How the newest delivery stands: state, tries, what went wrong last.
    pub(crate) async fn last(&self) -> (&'static str, u64, String) {
        let last = self.deliveries().await.swap_remove(0);
        (last.state, last.tries, last.error.unwrap_or_default())
    }

    /// The entries of the record about mail.
    pub(crate) async fn recorded(&self) -> Vec<Entry> {
        let all = newest(&self.app, self.tenant, &Filter::default(), 100).await.unwrap();
        all.into_iter().filter(|entry| entry.event.starts_with("mail_")).collect()
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.clock.advance_secs(time.as_secs());
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// What sends to a port of this machine; the password is kept in a directory.
pub(crate) fn post(
    directory: &Path,
    ca_file: &Path,
    port: u16,
    security: Security,
    password: &str,
) -> Post {
    let password_file = directory.join("password");
    fs::write(&password_file, password).unwrap();
    fs::set_permissions(&password_file, fs::Permissions::from_mode(0o600)).unwrap();
    let password_file = SecretFile::Path(password_file);
    let mail = Configured {
        from: "AuthX <authx@example.com>".parse().unwrap(),
        server: Place { host: "localhost".to_owned(), port },
        security,
        login: Some(Login { user: "authx@example.com".to_owned(), password_file }),
        ca_file: Some(ca_file.to_owned()),
        help: "helpdesk@example.com".parse::<Help>().ok(),
    };
    Post::open(Some(&mail)).unwrap().unwrap()
}
