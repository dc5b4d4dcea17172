use authx::random::{Random, SeededRandom};
use authx_e2e::{Call, Engine, Installation, PASSWORD, Server, new_id, typed};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_the_socket_ends_its_connection_and_nothing_else() {
    let installation = Installation::new(Engine::Sqlite).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let random = SeededRandom::new(20_261_125);
    for length in 0..300 {
        let mut bytes = vec![0; length];
        random.fill(&mut bytes);
        if length % 3 == 0 {
            bytes.splice(0..0, *b"PUT /api/v1/logins/");
        }
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        // Whether it is read, answered or cut off is the server's to choose.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        let mut answer = vec![];
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!answer.starts_with(b"HTTP/1.1 5"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(client.ready().await.0, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_is_too_long_is_refused_over_http_too() {
    let installation = Installation::new(Engine::Sqlite).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    for (length, outcome) in [(65_536, "refused:wrong_credentials"), (65_537, "too_large")] {
        let mut call = Call::put(new_id(), &typed("nobody", PASSWORD, None));
        call.body.push_str(&" ".repeat(length - call.body.len()));
        assert_eq!(client.send(&call).await.expect("an answer").outcome(), outcome);
    }
    server.stop().await;
}
