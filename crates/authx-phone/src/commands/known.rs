//! The accounts that a command is about, with the way to their servers.

use crate::{
    phone::{Keys, Phone},
    server::{CallError, Server},
    store::{KeptAccount, Selection, Store, StoreError},
};
use anyhow::Context as _;
use authx_core::wire::phone::AccountState;
use authx_program::config::Origin;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::collections::{HashMap, hash_map::Entry};

/// An account and the way to its server.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) kept: KeptAccount,
    pub(super) phone: Phone,
}

impl Known {
    /// What to tell when a call for this account failed.
    pub(super) fn failed(&self, error: CallError) -> anyhow::Error {
        let title = self.kept.title();
        if error.code() == Some("phone_gone") {
            let phone = self.phone.id();
            return anyhow::anyhow!(
                "{title}: {error}; forget it here with `authx-phone remove {phone}`"
            );
        }
        anyhow::Error::new(error).context(title)
    }
}

/// Which accounts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// Those that may be asked something: confirmed, and meant where one is named.
    Active(Option<&'a str>),
    /// All, or those that are meant.
    Any(Option<&'a str>),
}

/// The accounts that are wanted; at least one.
pub(super) fn all(store: &Store, wanted: Wanted<'_>) -> anyhow::Result<Vec<Known>> {
    let accounts = store.accounts()?;
    if accounts.is_empty() {
        return Err(StoreError::NoAccounts.into());
    }
    let (active, meant) = match wanted {
        Wanted::Active(meant) => (true, meant),
        Wanted::Any(meant) => (false, meant),
    };
    let chosen = match meant {
        Some(meant) => Selection(meant).all(&accounts),
        None => accounts.iter().collect(),
    };
    if let (true, Some(meant)) = (chosen.is_empty(), meant) {
        return Err(StoreError::NoSuchAccount(meant.to_owned()).into());
    }
    let usable = |account: &&&KeptAccount| !active || account.state == AccountState::Active;
    let chosen: Vec<KeptAccount> = chosen.iter().filter(usable).copied().cloned().collect();
    anyhow::ensure!(
        !chosen.is_empty(),
        "no account counts yet: finish its enrolment with `authx-phone confirm`"
    );
    open(chosen)
}

/// The one account that is meant; without a name the only one there is.
pub(super) fn one(store: &Store, meant: Option<&str>) -> anyhow::Result<Known> {
    let accounts = store.accounts()?;
    let chosen = match (meant, accounts.as_slice()) {
        (_, []) => return Err(StoreError::NoAccounts.into()),
        (Some(meant), accounts) => Selection(meant).one(accounts)?,
        (None, [account]) => account,
        (None, _) => anyhow::bail!("say which account: `authx-phone list` names them"),
    };
    open(vec![chosen.clone()])?.pop().context("an account was chosen")
}

/// Accounts at one server share connections.
fn open(accounts: Vec<KeptAccount>) -> anyhow::Result<Vec<Known>> {
    let (mut servers, mut known) = (HashMap::<(String, Option<String>), Server>::new(), vec![]);
    for kept in accounts {
        let place = (kept.server.clone(), kept.authorities.clone());
        let server = match servers.entry(place) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(place) => place.insert(server(&kept)?).clone(),
        };
        let phone = Phone::new(server, kept.phone, Keys::try_from(&kept.keys)?);
        known.push(Known { kept, phone });
    }
    Ok(known)
}

fn server(kept: &KeptAccount) -> anyhow::Result<Server> {
    let origin: Origin = kept.server.parse().context("the kept address is damaged")?;
    let authorities = certificates(kept.authorities.as_deref().unwrap_or_default())?;
    Ok(Server::new(origin, &authorities)?)
}

/// Certificates in PEM.
pub(super) fn certificates(pem: &str) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>();
    read.context("a certificate in PEM cannot be read")
}
