use super::*;
use std::os::unix::net::UnixListener as StdListener;
use tempfile::TempDir;
use tokio::net::UnixListener;

const PATIENCE: Duration = Duration::from_secs(5);

/// A socket in the place of systemd's.
struct Host {
    directory: TempDir,
    listener: UnixListener,
}

impl Host {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("pam.sock")).unwrap();
        Self { directory, listener }
    }

    fn pam(&self, patience: Duration) -> Pam {
        Pam::new("openvpn", Some(self.directory.path().join("pam.sock")), patience).unwrap()
    }

    async fn asked(&self) -> (UnixStream, Vec<u8>) {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        let mut question = vec![0; 8192];
        let len = stream.read(&mut question).await.unwrap();
        question.truncate(len);
        (stream, question)
    }
}

async fn prove(pam: &Pam) -> Proof {
    pam.prove("alice", "correct horse", "192.0.2.7".parse().unwrap()).await
}

fn unavailable(proof: Proof) -> String {
    let Proof::Unavailable { detail } = proof else { panic!("{proof:?}") };
    detail
}

#[tokio::test]
async fn the_answer_of_the_check_is_the_proof() {
    let host = Host::new();
    let pam = host.pam(PATIENCE);
    for (line, expected) in [
        ("proved\n", Proof::Proved),
        ("refused no\n", Proof::Refused { detail: "no".into() }),
        ("unavailable away\n", Proof::Unavailable { detail: "away".into() }),
    ] {
        let answer = async {
            let (mut stream, question) = host.asked().await;
            assert!(question.starts_with(b"1\0openvpn\0alice\0correct horse\x00192.0.2.7\0"));
            stream.write_all(line.as_bytes()).await.unwrap();
        };
        assert_eq!(tokio::join!(prove(&pam), answer).0, expected);
    }
}

#[tokio::test]
async fn what_is_no_answer_is_no_proof() {
    let host = Host::new();
    let pam = host.pam(PATIENCE);
    for line in [&b""[..], b"proved", b"proved\nproved\n", b"\xff\n", &vec![b'x'; 100_000]] {
        let answer = async {
            let (mut stream, _) = host.asked().await;
            // The agent may have hung up on what is too long.
            let _ = stream.write_all(line).await;
        };
        let detail = unavailable(tokio::join!(prove(&pam), answer).0);
        assert!(detail.contains("without an answer"), "{detail}");
    }
}

#[tokio::test]
async fn a_check_that_is_silent_is_hung_up_on() {
    let host = Host::new();
    let pam = host.pam(Duration::from_millis(50));
    let silent = async {
        let (mut stream, _) = host.asked().await;
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0, "the agent hangs up");
    };
    let detail = unavailable(tokio::join!(prove(&pam), silent).0);
    assert_eq!(detail, "a module of service openvpn gave no answer within 0.05 s");
}

#[tokio::test]
async fn a_caller_who_leaves_ends_the_check() {
    let host = Host::new();
    let pam = host.pam(PATIENCE);
    let waiting = tokio::spawn(async move { prove(&pam).await });
    let (mut stream, _) = host.asked().await;
    waiting.abort();
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn only_so_many_run_at_once_and_the_rest_waits() {
    let host = Host::new();
    let pam = host.pam(PATIENCE).with_places(4);
    let callers: Vec<_> = (0..6)
        .map(|_| {
            let pam = pam.clone();
            tokio::spawn(async move { prove(&pam).await })
        })
        .collect();
    for _ in 0..3 {
        let (mut first, _) = host.asked().await;
        let (mut second, _) = host.asked().await;
        let third = tokio::time::timeout(Duration::from_millis(20), host.asked()).await;
        assert!(third.is_err(), "three at once");
        first.write_all(b"proved\n").await.unwrap();
        second.write_all(b"proved\n").await.unwrap();
    }
    for caller in callers {
        assert_eq!(caller.await.unwrap(), Proof::Proved);
    }
}

#[tokio::test]
async fn the_queue_has_an_end() {
    let host = Host::new();
    let pam = host.pam(Duration::from_millis(50)).with_places(1);
    let _held = pam.queue.place("192.0.2.8".parse().unwrap()).await.unwrap();
    assert!(unavailable(prove(&pam).await).contains("the checks before this one"));
}

#[tokio::test]
async fn a_socket_nobody_listens_to_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pam.sock");
    let pam = Pam::new("openvpn", Some(path.clone()), PATIENCE).unwrap();
    let told = |detail: String| detail.contains("pam.sock") && detail.contains(".socket started?");
    assert!(told(unavailable(prove(&pam).await)));
    drop(StdListener::bind(&path).unwrap());
    assert!(told(unavailable(prove(&pam).await)), "a socket that was left behind");
}

#[tokio::test]
async fn a_program_that_is_missing_or_another_is_no_proof() {
    let pam = Pam::new("openvpn", None, PATIENCE).unwrap();
    let missing = pam.clone().with_program("/nonexistent".into());
    assert!(unavailable(prove(&missing).await).contains("could not be started"));
    let another = pam.with_program("/bin/true".into());
    assert!(unavailable(prove(&another).await).contains("exit status: 0"));
}

#[tokio::test]
async fn what_no_module_should_see_is_refused_without_a_check() {
    let pam = Pam::new("openvpn", Some("/nonexistent".into()), PATIENCE).unwrap();
    for (user, password) in [("", "x"), ("../root", "x"), ("alice", ""), ("alice", "a\0b")] {
        let proof = pam.prove(user, password, "192.0.2.7".parse().unwrap()).await;
        assert!(matches!(proof, Proof::Refused { .. }), "{user:?}: {proof:?}");
    }
}

#[test]
fn a_service_that_cannot_be_is_an_error_at_once() {
    for service in ["", "../shadow", "a/b"] {
        assert!(Pam::new(service, None, PATIENCE).is_err(), "{service}");
    }
}
