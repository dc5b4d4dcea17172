//! What is stored of tokens and codes.

use crate::app::App;
use authx_core::{
    Cx,
    seal::DataKey,
    wire::phone::{ShortCode, Token},
};
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// Of 256 random bits a plain digest tells nothing; a short code could be guessed from one, so its
/// is keyed, with the key of the installation: nobody knows whose code it is before it is found.
pub(super) fn of_token(app: &App, token: &Token) -> [u8; 32] {
    match token {
        Token::Activation(bytes) => plain(b"authx activation\0", bytes),
        Token::Invitation(bytes) => plain(b"authx invitation\0", bytes),
        Token::Short(code) => app.keys.master.fingerprint("short code", code.expose().as_bytes()),
    }
}

/// Of eight digits, keyed with the tenant's key.
pub(super) fn of_proof(key: &DataKey, digits: &str) -> [u8; 32] {
    key.fingerprint("invitation proof", digits.as_bytes())
}

/// A new token's bytes.
pub(super) fn draw(cx: &mut Cx<'_>) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(cx.bytes())
}

/// A new short code, and what is stored of it.
pub(super) fn draw_short(app: &App, cx: &mut Cx<'_>) -> (ShortCode, [u8; 32]) {
    let code = ShortCode::draw(cx);
    let stored = of_token(app, &Token::Short(code.clone()));
    (code, stored)
}

fn plain(label: &[u8], bytes: &[u8; 32]) -> [u8; 32] {
    let digest = digest(&SHA256, &[label, bytes].concat());
    // SHA-256 always has 32 bytes, so the default is never taken.
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}
