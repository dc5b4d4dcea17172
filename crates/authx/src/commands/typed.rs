//! Secrets that people type or programs pipe in.

use anyhow::bail;
use authx_program::typed::answer;
use std::io::{self, IsTerminal as _};
use zeroize::Zeroizing;

/// A new password: asked for twice at a terminal, without showing it; else the first line of
/// standard input.
pub(super) async fn new_password() -> anyhow::Result<Zeroizing<String>> {
    let first = secret("password", "New password: ").await?;
    if io::stdin().is_terminal() && first != secret("password", "The same again: ").await? {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(first)
}

/// The recovery key, in the same way.
pub(super) async fn recovery_key() -> anyhow::Result<Zeroizing<String>> {
    secret("recovery key", "Recovery key: ").await
}

async fn secret(what: &str, question: &str) -> anyhow::Result<Zeroizing<String>> {
    match answer(question, true).await?.filter(|text| !text.is_empty()) {
        Some(text) => Ok(text),
        None => bail!("no {what} was given: type it, or pipe it in as one line"),
    }
}
