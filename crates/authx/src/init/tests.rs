use super::*;
use crate::clock::ManualClock;
use crate::random::SeededRandom;
use authx_core::Millis;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

struct Place {
    directory: TempDir,
    random: SeededRandom,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), random: SeededRandom::new(1) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("authx").join(name)
    }

    async fn prepare(&self, public_url: &str) -> Result<Prepared, InitError> {
        self.prepare_with(public_url, None).await
    }

    async fn prepare_with(
        &self,
        public_url: &str,
        push_contact: Option<&str>,
    ) -> Result<Prepared, InitError> {
        let wish = Wish {
            directory: self.path(""),
            public_url: public_url.parse().unwrap(),
            phone_url: None,
            database: None,
            tls: None,
            push_contact: push_contact.map(|contact| contact.parse().unwrap()),
        };
        prepare(&wish, &ManualClock::new(Millis(1_800_000_000_000)), &self.random).await
    }

    async fn init(&self) -> Vec<PathBuf> {
        let prepared = self.prepare(OWN).await.unwrap();
        let made = prepared.made.clone();
        prepared.finish().await.unwrap();
        made
    }

    fn contents(&self) -> Vec<Vec<u8>> {
        FILES.iter().map(|name| fs::read(self.path(name)).unwrap()).collect()
    }
}

const OWN: &str = "https://localhost:8443";
const FILES: [&str; 5] =
    ["authx.toml", "master.key", "audit.key", "certificate.key", "certificate.pem"];

#[tokio::test]
async fn a_second_run_changes_nothing_and_shows_no_key() {
    let place = Place::new();
    let first = place.prepare(OWN).await.unwrap();
    assert_eq!(first.made.len(), 6);
    assert!(first.recovery.is_some() && !first.lacks_certificate);
    first.finish().await.unwrap();
    let before = place.contents();
    for name in FILES.iter().chain(&["authx.db"]) {
        let mode = fs::metadata(place.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }

    let second = place.prepare(OWN).await.unwrap();
    assert_eq!(second.made, [""; 0].map(PathBuf::from));
    assert!(second.recovery.is_none());
    second.finish().await.unwrap();
    assert_eq!(place.contents(), before);
}

#[tokio::test]
async fn a_half_done_run_is_completed() {
    for gone in ["certificate.pem", "authx.toml"] {
        let place = Place::new();
        place.init().await;
        let before = place.contents();
        fs::remove_file(place.path(gone)).unwrap();
        assert_eq!(place.init().await, [place.path(gone)]);
        let keys = |contents: Vec<Vec<u8>>| contents[1..4].to_vec();
        assert_eq!(keys(place.contents()), keys(before), "{gone}");
    }
    // Killed before the database was marked: the keys on disk are taken.
    let place = Place::new();
    place.init().await;
    fs::remove_file(place.path("authx.db")).unwrap();
    let _ = fs::remove_file(place.path("authx.db-wal"));
    let _ = fs::remove_file(place.path("authx.db-shm"));
    fs::remove_file(place.path("audit.key")).unwrap();
    assert_eq!(place.init().await, [place.path("authx.db"), place.path("audit.key")]);
}

#[tokio::test]
async fn a_recovery_key_that_was_not_confirmed_is_made_anew() {
    let place = Place::new();
    drop(place.prepare(OWN).await.unwrap());
    let (one, two) = (place.prepare(OWN).await.unwrap(), place.prepare(OWN).await.unwrap());
    assert!(one.recovery.is_some());
    one.finish().await.unwrap();
    assert!(matches!(two.finish().await, Err(StoreError::Conflict)), "only one key counts");
}

#[tokio::test]
async fn a_lost_or_foreign_key_is_not_replaced() {
    for name in ["master.key", "audit.key"] {
        let (place, other) = (Place::new(), Place::new());
        place.init().await;
        fs::remove_file(place.path(name)).unwrap();
        let lost = place.prepare(OWN).await;
        assert!(matches!(lost, Err(InitError::KeyLost { .. })), "{lost:?}");

        other.random.fill(&mut [0; 1_000]);
        other.init().await;
        fs::copy(other.path(name), place.path(name)).unwrap();
        let foreign = place.prepare(OWN).await;
        assert!(
            matches!(foreign, Err(InitError::Keys(KeysError::Foreign { .. }))),
            "{name}: {foreign:?}"
        );
    }
    let place = Place::new();
    place.init().await;
    fs::remove_file(place.path("certificate.key")).unwrap();
    assert!(matches!(place.prepare(OWN).await, Err(InitError::CertificateAlone { .. })));
}

#[tokio::test]
async fn another_url_is_another_installation() {
    let place = Place::new();
    place.init().await;
    let other = place.prepare("https://localhost:9443").await;
    assert!(matches!(other, Err(InitError::Other { .. })));
}

#[tokio::test]
async fn a_real_host_brings_its_own_certificate() {
    let place = Place::new();
    let prepared = place.prepare("https://mfa.example.com").await.unwrap();
    assert!(prepared.lacks_certificate);
    assert_eq!(prepared.config.phone_url.to_string(), "https://phone.mfa.example.com");
    let nameless = Place::new().prepare("https://192.0.2.1").await;
    assert!(matches!(nameless, Err(InitError::NoPhoneUrl { .. })));
}

#[tokio::test]
async fn a_contact_is_written_and_not_changed_later() {
    let (own, other) = ("mailto:ops@authx-test.dev", "mailto:it@authx-test.dev");
    let place = Place::new();
    let prepared = place.prepare_with(OWN, Some(own)).await.unwrap();
    assert_eq!(prepared.config.push.contact, Some(own.parse().unwrap()));
    prepared.finish().await.unwrap();
    place.prepare_with(OWN, None).await.unwrap();
    place.prepare_with(OWN, Some(own)).await.unwrap();
    let other = place.prepare_with(OWN, Some(other)).await;
    assert!(matches!(other, Err(InitError::OtherContact { .. })), "{other:?}");

    let place = Place::new();
    assert_eq!(place.prepare(OWN).await.unwrap().config.push.contact, None);
}
