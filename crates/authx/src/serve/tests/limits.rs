use super::*;
use std::time::Duration;
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn a_long_body_is_refused_whether_announced_or_not() {
    let server = Running::proxied().await;
    let head = "POST /length HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
    let fits = format!("{head}Content-Length: 4096\r\n\r\n{}", "a".repeat(4_096));
    assert!(server.exchange(&fits).await.ends_with("4096"));
    let announced = format!("{head}Content-Length: 4097\r\n\r\n{}", "a".repeat(4_097));
    assert!(server.exchange(&announced).await.starts_with("HTTP/1.1 4"));
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(4_096));
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    assert!(server.exchange(&chunked).await.starts_with("HTTP/1.1 4"));
    // What is made for files takes more.
    let upload = chunked.replace("/length", "/upload");
    assert!(server.exchange(&upload).await.ends_with("8192"));
}

#[tokio::test]
async fn long_headers_are_refused() {
    let server = Running::proxied().await;
    let long = format!("X-Long: {}\r\n", "a".repeat(40_000));
    let answer = server.exchange(&get_request("/", "localhost", &long)).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let many = "X-Many: 1\r\n".repeat(200);
    let answer = server.exchange(&get_request("/", "localhost", &many)).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
}

#[tokio::test]
async fn bytes_that_are_no_request_end_the_connection_only() {
    let server = Running::proxied().await;
    for noise in
        ["\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "\x16\x03\x01\x02\x00\r\n\r\n"]
    {
        let answer = server.exchange(noise).await;
        assert!(!answer.contains("200"), "{answer}");
    }
    assert!(server.exchange(&get_request("/", "localhost", "")).await.ends_with("public"));
}

/// The clock of these runs stands still, and jumps to the next deadline when nothing else happens.
#[tokio::test(start_paused = true)]
async fn silence_slow_headers_and_slow_bodies_are_cut() {
    let server = Running::proxied().await;
    let head = "POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345";
    for (sent, most_secs) in [
        ("", 11),
        ("PRI * HTTP/2", 11),
        ("GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", 61),
        (head, 80),
    ] {
        let began = Instant::now();
        let ended = timeout(Duration::from_mins(10), server.exchange(sent)).await;
        assert!(ended.is_ok(), "never cut: {sent}");
        assert!(began.elapsed() < Duration::from_secs(most_secs), "{sent}: {:?}", began.elapsed());
    }
}

#[tokio::test]
async fn more_connections_wait_for_a_place() {
    let limits = Limits { connections: 1, ..LIMITS };
    let server = Running::start(listen(Tls::Proxy), limits).await;
    let first = server.connect().await;
    let second = get_request("/", "localhost", "");
    let mut second = Box::pin(server.exchange(&second));
    assert!(timeout(Duration::from_millis(300), &mut second).await.is_err());
    drop(first);
    assert!(second.await.ends_with("public"));
}

#[tokio::test]
async fn a_fault_in_a_handler_is_an_answer() {
    let server = Running::proxied().await;
    let answer = server.exchange(&get_request("/panic", "localhost", "")).await;
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(answer.contains("application/problem+json"));
}
