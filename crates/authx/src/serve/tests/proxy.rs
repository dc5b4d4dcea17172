use super::*;
use std::os::unix::fs::PermissionsExt;
use tokio::net::UnixStream;

#[tokio::test]
async fn only_a_listed_proxy_names_the_client_and_the_request() {
    let more = "X-Forwarded-For: 203.0.113.9\r\nX-Request-Id: from-proxy\r\n";
    let request = get_request("/client", "localhost", more);

    let unlisted = Running::proxied().await.exchange(&request).await;
    assert!(unlisted.ends_with("127.0.0.1"), "{unlisted}");
    assert!(!unlisted.contains("from-proxy"));

    let trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let listed = Running::start(Listen { trusted_proxies, ..listen(Tls::Proxy) }, LIMITS).await;
    let answer = listed.exchange(&request).await;
    assert!(answer.ends_with("203.0.113.9"), "{answer}");
    assert!(answer.contains("x-request-id: from-proxy"));
}

#[tokio::test]
async fn the_host_tells_the_sites_apart() {
    let server = Running::proxied().await;
    for (host, site) in [
        ("phone.localhost", "phone"),
        ("PHONE.localhost:8443", "phone"),
        ("localhost", "public"),
        ("127.0.0.1:80", "public"),
        ("xphone.localhost", "public"),
    ] {
        let answer = server.exchange(&get_request("/", host, "")).await;
        assert!(answer.ends_with(site), "{host}: {answer}");
    }
    let absolute = get_request("http://phone.localhost/", "localhost", "");
    assert!(server.exchange(&absolute).await.ends_with("phone"));
}

#[tokio::test]
async fn every_answer_says_that_browsers_come_back_by_tls_only() {
    let server = Running::proxied().await;
    for (host, path) in [
        ("localhost", "/"),
        ("localhost", "/nowhere"),
        ("localhost", "/panic"),
        ("phone.localhost", "/"),
    ] {
        let answer = server.exchange(&get_request(path, host, "")).await;
        assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    }
}

/// What is no page is not kept, sniffed or run either; what a handler says itself stays.
#[tokio::test]
async fn every_answer_is_for_this_once_and_for_what_it_is() {
    let server = Running::proxied().await;
    let defaults = [
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    ];
    for (host, path) in [
        ("localhost", "/"),
        ("localhost", "/nowhere"),
        ("localhost", "/panic"),
        ("phone.localhost", "/"),
    ] {
        let answer = server.exchange(&get_request(path, host, "")).await;
        for line in defaults {
            assert!(answer.contains(line), "{path}: {answer}");
        }
    }
    let answer = server.exchange(&get_request("/kept", "localhost", "")).await;
    assert!(answer.contains("cache-control: max-age=60"), "{answer}");
    assert!(answer.contains("nosniff") && !answer.contains("no-store"), "{answer}");
}

#[tokio::test]
async fn the_unix_socket_is_for_its_owner_and_group_and_replaces_a_dead_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("api.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let unix_only =
        || Listen { address: None, unix_socket: Some(path.clone()), ..listen(Tls::Proxy) };
    let server = Running::start(unix_only(), LIMITS).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
    let stream = UnixStream::connect(&path).await.unwrap();
    let answer = talk(stream, &get_request("/client", "localhost", "")).await;
    assert!(answer.ends_with("unix"), "{answer}");

    assert!(Server::bind(unix_only(), LIMITS).await.is_err(), "another server is there");
    server.stop.stop();
    server.ended.await.unwrap();
    assert!(!path.exists());

    fs::write(&path, "someone's file").unwrap();
    assert!(Server::bind(unix_only(), LIMITS).await.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "someone's file");
}
