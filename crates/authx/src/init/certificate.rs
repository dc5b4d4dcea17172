//! A certificate for a machine that serves only itself. Elsewhere callers would have to be told to
//! trust it, and would learn to trust anything.

use crate::config::Origin;
use authx_core::Millis;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use std::time::{Duration, UNIX_EPOCH};
use zeroize::Zeroizing;

/// A new key, in PEM.
pub(super) fn new_key() -> Result<Zeroizing<String>, rcgen::Error> {
    KeyPair::generate().map(|key| Zeroizing::new(key.serialize_pem()))
}

/// A certificate of that key, signed by itself, for both origins and the loopback addresses.
pub(super) fn self_signed(
    key: &str,
    origins: [&Origin; 2],
    now: Millis,
) -> Result<String, rcgen::Error> {
    let key = KeyPair::from_pem(key)?;
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let mut names: Vec<String> = origins.iter().map(|origin| bare(origin.host())).collect();
    names.extend(["localhost", "127.0.0.1", "::1"].map(ToOwned::to_owned));
    names.sort();
    names.dedup();
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "AuthX on this machine");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let now = UNIX_EPOCH + Duration::from_millis(now.0);
    params.not_before = (now - DAY).into();
    params.not_after = (now + DAY * DAYS).into();
    Ok(params.self_signed(&key)?.pem())
}

const DAY: Duration = Duration::from_hours(24);
/// The longest that browsers accept.
const DAYS: u32 = 397;
