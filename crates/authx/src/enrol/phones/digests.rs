//! What is stored of tokens and codes.

use crate::app::App;
use authx_core::{
    Cx, Millis,
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

/// The short code of an invitation or activation, and what is stored of it. It follows from the
/// token: who has that can be shown the code too, though neither is stored.
pub(super) fn short_of(app: &App, token: &[u8; 32]) -> (ShortCode, [u8; 32]) {
    let mut block = app.keys.master.fingerprint("short code of a token", token);
    let mut rest = block.to_vec();
    let mut next = |out: &mut [u8]| {
        for byte in out {
            if rest.is_empty() {
                block = app.keys.master.fingerprint("short code of a token", &block);
                rest = block.to_vec();
            }
            *byte = rest.pop().unwrap_or_default();
        }
    };
    let code = ShortCode::draw(&mut Cx { now: Millis(0), random: &mut next });
    let stored = of_token(app, &Token::Short(code.clone()));
    (code, stored)
}

fn plain(label: &[u8], bytes: &[u8; 32]) -> [u8; 32] {
    let digest = digest(&SHA256, &[label, bytes].concat());
    // SHA-256 always has 32 bytes, so the default is never taken.
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}
