use super::*;
use crate::clock::ManualClock;
use crate::init::{Wish, prepare};
use crate::random::SeededRandom;
use authx_core::Millis;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: Millis = Millis(1_800_000_000_000);

async fn installation() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let wish = Wish {
        directory: directory.path().to_owned(),
        public_url: "https://localhost:8443".parse().unwrap(),
        phone_url: None,
        database: None,
        tls: None,
        push_contact: None,
    };
    let prepared = prepare(&wish, &ManualClock::new(NOW), &SeededRandom::new(1)).await.unwrap();
    let file = prepared.config_file.clone();
    prepared.finish().await.unwrap();
    let free = fs::read_to_string(&file).unwrap().replace("127.0.0.1:8443", "127.0.0.1:0");
    fs::write(&file, free).unwrap();
    (directory, file)
}

async fn failures(file: &Path, now: Millis) -> Vec<(&'static str, String)> {
    let checks = examine(file, Arc::new(ManualClock::new(now))).await;
    let failed = checks.into_iter().filter(|check| check.state == State::Fail);
    failed.map(|check| (check.name, check.found)).collect()
}

#[tokio::test]
async fn a_fresh_installation_is_fine() {
    let (_directory, file) = installation().await;
    assert_eq!(failures(&file, NOW).await, []);
}

#[tokio::test]
async fn what_is_broken_is_named() {
    let (directory, file) = installation().await;
    let path = |name: &str| directory.path().join(name);
    fs::set_permissions(path("master.key"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(path("audit.key"), "axd_short").unwrap();
    fs::write(path("certificate.pem"), "none").unwrap();
    let found = failures(&file, NOW).await;
    let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["master key", "audit key", "certificate"], "{found:?}");
    assert!(found[0].1.contains("chmod 0600"));

    fs::remove_file(path("authx.db")).unwrap();
    assert!(failures(&file, NOW).await.iter().any(|(_, found)| found.contains("is not there")));
    fs::write(&file, "x = 1").unwrap();
    assert_eq!(failures(&file, NOW).await.len(), 1);
    fs::remove_file(&file).unwrap();
    assert_eq!(failures(&file, NOW).await[0].0, "configuration");
}

#[tokio::test]
async fn a_certificate_has_its_time_and_its_names() {
    let (_directory, file) = installation().await;
    let year = 400 * 86_400;
    let late = failures(&file, NOW.plus_secs(year)).await;
    assert!(late[0].1.contains("valid no more"), "{late:?}");
    let early = failures(&file, Millis(NOW.0 - 3 * 86_400_000)).await;
    assert!(early[0].1.contains("valid only from"), "{early:?}");

    let renamed = fs::read_to_string(&file).unwrap();
    let renamed = renamed.replace("phone.localhost", "other.localhost");
    fs::write(&file, renamed).unwrap();
    let found = failures(&file, NOW).await;
    assert_eq!(found, [("certificate", "is not for other.localhost".to_owned())]);
}
