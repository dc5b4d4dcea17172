use super::*;
use crate::serve::tls::{Certificate, Look, TlsError};
use reqwest::{Client, Version};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// A client that trusts one certificate, and reuses no connection.
fn client(certificate: &str, address: SocketAddr) -> Client {
    let trusted = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    Client::builder()
        .tls_certs_only([trusted])
        .resolve("localhost", address)
        .resolve("phone.localhost", address)
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_given_pair_is_served_with_http_2_and_told_apart_by_host() {
    let directory = tempfile::tempdir().unwrap();
    let certificate = write_pair(directory.path());
    let server = Running::start(listen(files(&directory)), LIMITS).await;
    let address = server.address.unwrap();
    let client = client(&certificate, address);
    for (host, site) in [("localhost", "public"), ("phone.localhost", "phone")] {
        let url = format!("https://{host}:{}/", address.port());
        let answer = client.get(url).send().await.unwrap();
        assert_eq!(answer.version(), Version::HTTP_2);
        assert!(answer.headers().contains_key("x-request-id"));
        assert_eq!(answer.text().await.unwrap(), site);
    }
}

#[tokio::test]
async fn a_changed_pair_is_served_and_a_broken_one_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let first = write_pair(directory.path());
    let server = Running::start(listen(files(&directory)), LIMITS).await;
    let address = server.address.unwrap();
    let url = format!("https://localhost:{}/", address.port());
    let works =
        async |certificate: &str| client(certificate, address).get(&url).send().await.is_ok();
    assert!(works(&first).await);

    let second = write_pair(directory.path());
    let began = Instant::now();
    while !works(&second).await {
        assert!(began.elapsed() < Duration::from_secs(20), "the new pair is never served");
        sleep(Duration::from_millis(100)).await;
    }
    assert!(!works(&first).await);
}

#[test]
fn a_broken_pair_keeps_the_old_one() {
    let directory = tempfile::tempdir().unwrap();
    write_pair(directory.path());
    let pair = Certificate::load(&files(&directory)).unwrap().unwrap();
    assert!(matches!(pair.look(false), Look::Same));

    fs::write(directory.path().join("certificate"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    assert!(matches!(pair.look(false), Look::Broken(TlsError::Strange { .. })));
    assert!(matches!(pair.look(false), Look::Same), "said once");

    let key = fs::read(directory.path().join("key")).unwrap();
    write_pair(directory.path());
    fs::write(directory.path().join("key"), key).unwrap();
    assert!(matches!(pair.look(false), Look::Broken(TlsError::Mismatch { .. })));

    fs::remove_file(directory.path().join("key")).unwrap();
    assert!(matches!(pair.look(false), Look::Broken(TlsError::Unreadable { .. })));

    write_pair(directory.path());
    assert!(matches!(pair.look(false), Look::Renewed));
    assert!(matches!(pair.look(true), Look::Renewed), "asked by a signal");
}

#[tokio::test]
async fn a_server_does_not_start_without_its_pair() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Server::bind(listen(files(&directory)), LIMITS).await.is_err());
    write_pair(directory.path());
    fs::write(directory.path().join("key"), [0xff; 100]).unwrap();
    assert!(Server::bind(listen(files(&directory)), LIMITS).await.is_err());
}
