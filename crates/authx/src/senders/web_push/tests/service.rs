//! A push service and a proxy on this machine.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri},
    response::Response,
};
use futures_util::stream;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// What the service answers.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A body without end.
    Endless(u16),
    /// Nothing.
    Hang,
    /// A status, a header, a body.
    Say(u16, &'static str, &'static str, &'static str),
    /// A status.
    Status(u16),
}

/// A message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A push service that answers by a script, then 201.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) authority: Vec<u8>,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    sent_bytes: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Service {
    pub(crate) async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let shared = Arc::new(Shared {
            script: Mutex::new(answers.into_iter().collect()),
            seen: Mutex::default(),
            connections: AtomicUsize::new(0),
            sent_bytes: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            most_open: AtomicUsize::new(0),
        });
        let (config, authority) = tls();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(shared.clone());
        let counted = shared.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.connections.fetch_add(1, Ordering::SeqCst);
                let (acceptor, router) = (acceptor.clone(), router.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let service = TowerToHyperService::new(router);
                    let _ = Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, authority, shared }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn sent_bytes(&self) -> usize {
        self.shared.sent_bytes.load(Ordering::SeqCst)
    }

    /// Most messages that were under way at once.
    pub(crate) fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let open = shared.open.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_open.fetch_max(open, Ordering::SeqCst);
    let _guard = Guard(shared.clone());
    let path = uri.path().to_owned();
    shared.seen.lock().unwrap().push(Seen { method, path, headers, body });
    let next = shared.script.lock().unwrap().pop_front().unwrap_or(Answer::Status(201));
    let status = |status| Response::builder().status(StatusCode::from_u16(status).unwrap());
    match next {
        Answer::Endless(code) => {
            let counted = shared.clone();
            let chunks = stream::repeat_with(move || {
                counted.sent_bytes.fetch_add(CHUNK.len(), Ordering::SeqCst);
                Ok::<_, std::io::Error>(Bytes::from_static(&CHUNK))
            });
            status(code).body(Body::from_stream(chunks)).unwrap()
        }
        Answer::Hang => {
            sleep(Duration::from_mins(1)).await;
            status(201).body(Body::empty()).unwrap()
        }
        Answer::Say(code, name, value, body) => {
            status(code).header(name, value).body(Body::from(body)).unwrap()
        }
        Answer::Status(code) => status(code).body(Body::empty()).unwrap(),
    }
}

/// A message that is no longer under way, also when its sender hung up.
struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A certificate for the hosts of the tests, by an authority of its own.
fn tls() -> (ServerConfig, Vec<u8>) {
    let mut params = CertificateParams::new([]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let names = [super::HOST, "push.authx-test.dev", "fcm.googleapis.com"].map(str::to_owned);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let chain = vec![CertificateDer::from(leaf.der().to_vec())];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let mut config = config.unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (config, authority.der().to_vec())
}

/// A proxy that leads every CONNECT to one place.
pub(crate) struct Proxy {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn start(to: SocketAddr) -> Self {
        Self::answering(to, "HTTP/1.1 200 OK\r\n\r\n").await
    }

    pub(crate) async fn answering(to: SocketAddr, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(vec![]));
        let noted = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let noted = noted.clone();
                tokio::spawn(async move {
                    let mut head = vec![];
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    noted.lock().unwrap().push(String::from_utf8(head).unwrap());
                    stream.write_all(answer.as_bytes()).await.unwrap();
                    if !answer.contains(" 200 ") {
                        return;
                    }
                    let mut service = TcpStream::connect(to).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut service).await;
                });
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The heads of what was asked.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

static CHUNK: [u8; 16_384] = [b'x'; 16_384];
