use super::{
    NAMES, free_port,
    pebble::Place,
    server::Installation,
    until,
    visitor::{look, visit},
};
use authx::clock::{Clock as _, SystemClock};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use std::{
    fs,
    time::{Duration, UNIX_EPOCH},
};
use x509_cert::{
    Certificate,
    der::Decode as _,
    ext::pkix::{SubjectAltName, name::GeneralName},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_nobody_vouches_for_gets_no_order_and_a_good_one_does() {
    let installation = Installation::new();
    let Some(place) = Place::new(installation.port) else { return };
    installation.order_from(&place);
    let pebble = place.start().await;
    let root = pebble.root().await;

    let server = installation.start();
    server.until("the order fails", |health| code(health) == Some("unreachable")).await;
    let health = server.health().unwrap();
    assert_eq!(health["ready"], false);
    assert_eq!(health["problems"][0]["code"], "certificate");
    assert!(visit(&root, NAMES[0], installation.port).await.is_err(), "there is no certificate");
    assert!(installation.log().contains("nobody can connect until the authority has given one"));
    let doctor = installation.doctor();
    assert!(doctor.contains("FAIL  certificate: none from https://localhost:"), "{doctor}");
    assert!(doctor.contains("1 order(s) failed since"), "{doctor}");
    assert!(!pebble.log().contains("POST"), "{}", pebble.log());
    server.stop();

    installation.trust(&place);
    let server = installation.start();
    server.until("it serves", |health| code(health) == Some("unreachable")).await;
    // Not at once: whoever restarts a server again and again must not order again and again.
    until("a certificate comes", async || {
        server.reload();
        server.health().is_some_and(|health| health["ready"] == true)
    })
    .await;
    let shown = visit(&root, NAMES[0], installation.port).await.unwrap().certificate();
    assert_eq!(names(&shown), NAMES, "and no other");
    for name in NAMES {
        let mut visit = visit(&root, name, installation.port).await.unwrap();
        assert_eq!(visit.certificate(), shown);
        assert_eq!(visit.ask(NAMES[0]).await, "HTTP/1.1 200 OK");
        assert!(look(&root, name, installation.port).await.is_err(), "no question is open");
    }
    let health = server.health().unwrap();
    assert!(health["certificate"]["valid_until"].is_string(), "{health}");
    assert_eq!(code(&health), None);
    let doctor = installation.doctor();
    assert!(doctor.contains("ok    certificate: is valid until"), "{doctor}");
    assert!(doctor.contains("ok    certificate: is for phone.mfa.authx.test"), "{doctor}");
    installation.assert_private();
    server.stop();

    // A restart orders nothing: with the authority gone, all is as before.
    drop(pebble);
    let server = installation.start();
    server.until("it serves", |health| health["ready"] == true).await;
    assert_eq!(visit(&root, NAMES[1], installation.port).await.unwrap().certificate(), shown);
    assert_eq!(code(&server.health().unwrap()), None);
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_fails_keeps_the_old_one_and_one_that_works_cuts_nobody() {
    let installation = Installation::new();
    let Some(place) = Place::new(installation.port) else { return };
    installation.order_from(&place);
    installation.trust(&place);
    // An account and a certificate of an authority that then forgets all of it.
    let pebble = place.start().await;
    let server = installation.start();
    server.until("a certificate", |health| health["ready"] == true).await;
    server.stop();
    drop(pebble);
    let old_root = nearly_over(&installation, &place);

    let server = installation.start();
    server.until("the renewal fails", |health| code(health) == Some("unreachable")).await;
    assert_eq!(server.health().unwrap()["ready"], true, "the old one is good for ten days");
    let mut open = visit(&old_root, NAMES[0], installation.port).await.unwrap();
    assert_eq!(open.ask(NAMES[0]).await, "HTTP/1.1 200 OK");
    let doctor = installation.doctor();
    assert!(doctor.contains("warn  certificate: is valid until"), "{doctor}");

    let pebble = place.start().await;
    let root = pebble.root().await;
    until("the new one is shown", async || {
        server.reload();
        visit(&root, NAMES[1], installation.port).await.is_ok()
    })
    .await;
    assert!(visit(&old_root, NAMES[0], installation.port).await.is_err());
    assert_eq!(open.ask(NAMES[0]).await, "HTTP/1.1 200 OK", "on the connection of before");
    assert_eq!(code(&server.health().unwrap()), None);
    assert!(installation.log().contains("the authority has forgotten the account"));
    server.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_authority_did_not_like_is_told() {
    let installation = Installation::new();
    // It comes to a port where nobody answers, as with a firewall in between.
    let Some(place) = Place::new(free_port()) else { return };
    installation.order_from(&place);
    installation.trust(&place);
    let _pebble = place.start().await;
    let server = installation.start();
    server.until("the order fails", |health| code(health) == Some("unauthorized")).await;
    let log = installation.log();
    let told = "mfa.authx.test unproved: Failed to connect to 127.0.0.1:";
    assert!(log.contains(told), "{log}");
    let doctor = installation.doctor();
    assert!(doctor.contains(told), "{doctor}");
    server.stop();
}

/// The authority's word of `/health/ready` for the last order, if it failed.
fn code(health: &Value) -> Option<&str> {
    health.pointer("/certificate/failed_order/code").and_then(Value::as_str)
}

fn names(certificate: &[u8]) -> Vec<String> {
    let certificate = Certificate::from_der(certificate).unwrap();
    let (_, names) = certificate.tbs_certificate.get::<SubjectAltName>().unwrap().unwrap();
    let text = |name: &GeneralName| match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        GeneralName::DirectoryName(_)
        | GeneralName::EdiPartyName(_)
        | GeneralName::IpAddress(_)
        | GeneralName::OtherName(_)
        | GeneralName::RegisteredId(_)
        | GeneralName::Rfc822Name(_)
        | GeneralName::UniformResourceIdentifier(_) => None,
    };
    let mut names: Vec<_> = names.0.iter().map(|name| text(name).expect("a name")).collect();
    names.sort();
    names
}

/// Puts a certificate in place that should have been renewed ten days ago, as if it came from the
/// configured authority, and gives the root that vouches for it.
fn nearly_over(installation: &Installation, place: &Place) -> String {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(NAMES.map(ToOwned::to_owned)).unwrap();
    let now = UNIX_EPOCH + Duration::from_millis(SystemClock.now().0);
    params.not_before = (now - 50 * DAY).into();
    params.not_after = (now + 10 * DAY).into();
    let certificate = params.signed_by(&key, &authority).unwrap();
    let both = format!("{}{}", key.serialize_pem(), certificate.pem());
    fs::write(installation.kept("certificate.pem"), both).unwrap();
    let progress = serde_json::json!({ "directory": place.url() });
    fs::write(installation.kept("progress.json"), progress.to_string()).unwrap();
    authority.pem()
}

const DAY: Duration = Duration::from_hours(24);
