//! What a browser keeps of a session.

use crate::app::App;
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What a browser keeps in its cookie: 256 random bits.
#[derive(Clone)]
pub struct Cookie(Zeroizing<[u8; 32]>);

impl Cookie {
    /// A new one.
    pub fn draw(app: &App) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        app.random.fill(bytes.as_mut());
        Self(bytes)
    }

    /// From what a browser sent; `None` for what no cookie of ours looks like.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        Some(Self(Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).ok()?)))
    }

    /// As it travels.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_ref()))
    }

    /// Of 256 random bits a plain digest tells nothing.
    pub(super) fn digest(&self) -> [u8; 32] {
        let digest = digest(&SHA256, &[b"authx portal session\0", self.0.as_ref()].concat());
        digest.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie(…)")
    }
}
