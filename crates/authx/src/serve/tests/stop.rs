use super::*;
use std::time::Duration;
use tokio::time::{Instant, sleep};

#[tokio::test]
async fn a_waiting_caller_is_answered_and_no_one_else_is_let_in() {
    let server = Running::proxied().await;
    let idle = server.connect().await;
    let stream = server.connect().await;
    let waiting =
        tokio::spawn(async { talk(stream, "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n").await });
    sleep(Duration::from_millis(200)).await;
    let began = Instant::now();
    server.stop.stop();
    let answer = waiting.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("unchanged"), "{answer}");
    server.ended.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "an idle connection holds nothing up");
    assert!(TcpStream::connect(server.address.unwrap()).await.is_err());
    drop(idle);
}
