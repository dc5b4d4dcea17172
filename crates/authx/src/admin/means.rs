//! What somebody can give as a second factor at the portal.

use super::AdminError;
use crate::{
    app::App,
    store::{
        accounts::{self as stored, AccountRow},
        passkeys,
    },
};
use authx_core::{TenantId, factor::FactorKind};

/// What an account has that counts as a second factor at the portal.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Means {
    /// What its passkeys are called.
    pub passkeys: Vec<String>,
    /// How many phones count.
    pub phones: u64,
    /// An authenticator app counts.
    pub app: bool,
    /// Recovery codes were made. They stand for a factor that is lost, and are none of their own.
    pub recovery: bool,
}

impl Means {
    /// How many there are.
    pub fn all(&self) -> u64 {
        let passkeys = u64::try_from(self.passkeys.len()).unwrap_or(u64::MAX);
        passkeys.saturating_add(self.phones).saturating_add(self.app.into())
    }

    /// Whether there is none.
    pub fn is_none(&self) -> bool {
        self.all() == 0
    }

    /// Each in words.
    pub fn listed(&self) -> Vec<String> {
        let mut words: Vec<String> =
            self.passkeys.iter().map(|name| format!("the passkey “{name}”")).collect();
        match self.phones {
            0 => {}
            1 => words.push("a phone".to_owned()),
            many => words.push(format!("{many} phones")),
        }
        if self.app {
            words.push("an authenticator app".to_owned());
        }
        words
    }

    /// In the words of a sentence; empty where there is none.
    pub fn words(&self) -> String {
        match self.listed().split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// What an account has.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn of(app: &App, tenant: TenantId, account: &AccountRow) -> Result<Means, AdminError> {
    let passkeys = passkeys::passkeys_of(&app.store, tenant, account.id).await?;
    let factors = stored::factors_of(&app.store, tenant, account.id).await?;
    let has = |kind: FactorKind| {
        factors.iter().any(|one| one.active && !one.of_phone && one.kind == kind.word())
    };
    Ok(Means {
        passkeys: passkeys.into_iter().map(|row| row.name).collect(),
        phones: account.phones,
        app: has(FactorKind::Code),
        recovery: has(FactorKind::Recovery),
    })
}
