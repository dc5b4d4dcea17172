//! The certificate: readable, valid today and for some time, made for both names.

use super::Check;
use crate::config::{Config, Origin};
use crate::serve::tls;
use authx_core::Millis;
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;
use x509_cert::Certificate;
use x509_cert::der::Decode;

pub(super) fn check(file: &Path, key: &Path, config: &Config, now: Millis) -> Vec<Check> {
    let pair = match tls::load(file, key) {
        Ok(pair) => pair,
        Err(error) => return vec![Check::error(NAME, &error)],
    };
    let Some(leaf) = pair.cert.first() else { return vec![] };
    let mut checks = vec![validity(leaf, now)];
    checks.extend(permissions(key));
    checks.extend(names(leaf, config));
    checks
}

/// Whether it is for both hosts.
pub(super) fn names(leaf: &CertificateDer<'_>, config: &Config) -> Vec<Check> {
    let parsed = ParsedCertificate::try_from(leaf);
    let name = |origin: &Origin| {
        let matches = parsed.as_ref().is_ok_and(|parsed| is_for(parsed, origin));
        let host = origin.host();
        if matches {
            Check::ok(NAME, format!("is for {host}"))
        } else {
            let advice = "get one that names the hosts of public_url and phone_url";
            Check::fail(NAME, format!("is not for {host}"), advice)
        }
    };
    [&config.public_url, &config.phone_url].map(name).into()
}

fn validity(leaf: &[u8], now: Millis) -> Check {
    let Ok(certificate) = Certificate::from_der(leaf) else {
        let advice = "get another; this one could not be read";
        return Check::fail(NAME, "the time of its validity cannot be read", advice);
    };
    let validity = certificate.tbs_certificate.validity;
    let (from, until) = (validity.not_before, validity.not_after);
    let now = Duration::from_millis(now.0);
    let left = until.to_unix_duration().checked_sub(now);
    if from.to_unix_duration() > now {
        let advice = "wait, or set the clock right";
        return Check::fail(NAME, format!("is valid only from {from}"), advice);
    }
    match left {
        None => Check::fail(NAME, format!("is valid no more since {until}"), RENEW),
        Some(left) if left < SOON => Check::warn(NAME, format!("is valid until {until}"), RENEW),
        Some(_) => Check::ok(NAME, format!("is valid until {until}")),
    }
}

fn permissions(key: &Path) -> Option<Check> {
    let mode = std::fs::metadata(key).ok()?.permissions().mode();
    let found = format!("everyone can read its key {}", key.display());
    (mode & 0o007 != 0).then(|| Check::warn(NAME, found, "chmod o= it"))
}

fn is_for(certificate: &ParsedCertificate<'_>, origin: &Origin) -> bool {
    let bare = origin.host().trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare).is_ok_and(|name| verify_server_name(certificate, &name).is_ok())
}

pub(super) const NAME: &str = "certificate";
const RENEW: &str = "renew it; the server takes a new one by itself";
/// Renewal by ACME happens 30 days before the end: later means that it does not work.
const SOON: Duration = Duration::from_hours(20 * 24);
