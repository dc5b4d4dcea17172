//! Passkeys: WebAuthn credentials, which only a browser can be asked for, so they count at the portal
//! alone. Nothing of them is typed, and nothing of them is kept among the factors.

use super::Description;

/// What names this factor.
pub(super) const DESCRIPTION: Description =
    Description { word: "passkey", hint: "your passkey", prompt: "Use your passkey." };
