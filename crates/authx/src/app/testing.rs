//! The server's parts as tests use them: a clock that stands still, chance from a seed.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "only tests use this, and a test without an installation has failed"
)]

use super::App;
use crate::{
    admin::imports::Room,
    certificate,
    clock::{ClockGuard, ManualClock},
    contacts::Contacts,
    directory::Directory,
    keys::Keys,
    lines,
    passwords::Passwords,
    random::{Random, SeededRandom},
    rings::Rings,
    seals::LatestSeals,
    store::{Store, lines as stored},
    throttle::Throttle,
    waiters::Waiters,
};
use authx_core::{Cx, Millis, audit::AuditKey, seal::MasterKey};
use std::{sync::Arc, time::Duration};

/// An installation at `https://mfa.example.com` and `https://phone.mfa.example.com` that pushes
/// and mails nothing and hashes passwords cheaply, and the clock that it goes by.
pub fn app(store: Store) -> (App, Arc<ManualClock>) {
    let random: Arc<dyn Random> = Arc::new(SeededRandom::new(7));
    let clock = Arc::new(ManualClock::new(Millis(1_767_225_600_000)));
    let mut fill = |out: &mut [u8]| random.fill(out);
    let mut cx = Cx { now: Millis(0), random: &mut fill };
    let keys = Keys { audit: AuditKey::generate(&mut cx), master: MasterKey::generate(&mut cx) };
    let app = App {
        store,
        keys,
        clock: Arc::new(ClockGuard::new(clock.clone(), false)),
        random,
        passwords: Passwords::cheap_for_tests().expect("cheap hashes"),
        waiters: Waiters::new(),
        rings: Rings::new(),
        push: None,
        mail: None,
        directory: Directory::default(),
        contacts: Contacts::default(),
        seals: LatestSeals::default(),
        certificate: certificate::Watched::default(),
        taken_names: Throttle::default(),
        imports: Room::default(),
        portal: crate::config::Portal::default(),
        packages_directory: "/nowhere".into(),
        public_url: "https://mfa.example.com".parse().expect("an origin"),
        phone_url: "https://phone.mfa.example.com".parse().expect("an origin"),
    };
    (app, clock)
}

/// Another process with the same configuration, on its own connections to the same database.
pub fn beside(app: &App, store: Store) -> App {
    App {
        store,
        keys: app.keys.clone(),
        clock: app.clock.clone(),
        random: app.random.clone(),
        passwords: Passwords::cheap_for_tests().expect("cheap hashes"),
        waiters: Waiters::new(),
        rings: Rings::new(),
        push: None,
        mail: app.mail.clone(),
        directory: Directory::default(),
        contacts: Contacts::default(),
        seals: LatestSeals::default(),
        certificate: certificate::Watched::default(),
        taken_names: Throttle::default(),
        imports: Room::default(),
        portal: app.portal,
        packages_directory: app.packages_directory.clone(),
        public_url: app.public_url.clone(),
        phone_url: app.phone_url.clone(),
    }
}

/// Reads the record to its end, also what PostgreSQL does not call settled yet.
pub async fn read_all(app: &App) {
    let newest = "SELECT COALESCE(MAX(seq), 0) FROM event";
    let newest = app.store.query_one(newest, []).await.expect("an answer").expect("a row");
    let newest = newest.int(0).expect("a number");
    loop {
        lines::read_on(app).await.expect("the record");
        let read = stored::position(&app.store).await.expect("an answer");
        if read.is_some_and(|read| read.seq >= newest) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}
