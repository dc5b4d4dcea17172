//! `xtask bare`: the HTTP stack alone. It reads the same requests and answers as many bytes.

use axum::{
    Router,
    body::Bytes,
    http::{HeaderValue, header},
    routing::put,
};
use std::net::SocketAddr;

/// Serves until killed.
pub(crate) fn serve(address: SocketAddr, answer_bytes: usize) -> anyhow::Result<()> {
    let answer = Bytes::from(vec![b' '; answer_bytes]);
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    let respond = |_: Bytes| async move { (kind, answer) };
    let router = Router::new().route("/api/v1/logins/{id}", put(respond));
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await?;
        Ok(axum::serve(axum::serve::ListenerExt::tap_io(listener, nodelay), router).await?)
    })
}

fn nodelay(stream: &mut tokio::net::TcpStream) {
    // As the server does it; one that refuses is about to fail anyway.
    let _set = stream.set_nodelay(true);
}
