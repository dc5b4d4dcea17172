//! One account as it is kept.

use super::StoreError;
use crate::phone::{Codes, KeptKeys};
use authx_core::{
    PhoneId,
    wire::phone::{Account, AccountState, NamedTenant, NamedUser},
};
use serde::{Deserialize, Serialize};

/// One account as it is kept, with all that stands for its user.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct KeptAccount {
    /// The id under which the server knows this machine for this account.
    pub phone: PhoneId,
    /// The origin of phones.
    pub server: String,
    /// Certificates that are trusted besides the machine's, in PEM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorities: Option<String>,
    /// Whether it counts, as far as is known here.
    pub state: AccountState,
    /// What its owner calls this machine.
    pub name: String,
    /// The company.
    pub tenant: NamedTenant,
    /// Who signs in.
    pub user: NamedUser,
    /// Four words, until they were compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Its private keys.
    pub keys: KeptKeys,
    /// Makes its codes.
    pub codes: Codes,
}

/// What a user types to mean an account: its id, the user's or the company's name or id, or
/// `USER@COMPANY`.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a>(pub &'a str);

impl KeptAccount {
    /// Takes over what the server says now.
    pub fn refresh(&mut self, account: &Account) {
        let Account { name, state, tenant, user, .. } = account;
        self.name.clone_from(name);
        self.state = *state;
        self.tenant = tenant.clone();
        self.user = user.clone();
        if *state == AccountState::Active {
            self.words.clear();
        }
    }

    /// As people name it.
    pub fn title(&self) -> String {
        authx_program::output::visible(&format!("{} at {}", self.user.name, self.tenant.name))
    }
}

impl Selection<'_> {
    /// The accounts that are meant.
    pub fn all<'k>(&self, accounts: &'k [KeptAccount]) -> Vec<&'k KeptAccount> {
        accounts.iter().filter(|account| self.means(account)).collect()
    }

    /// The one account that is meant.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchAccount`], [`StoreError::Several`].
    pub fn one<'k>(&self, accounts: &'k [KeptAccount]) -> Result<&'k KeptAccount, StoreError> {
        match self.all(accounts).as_slice() {
            [] => Err(StoreError::NoSuchAccount(self.0.to_owned())),
            [account] => Ok(account),
            several => {
                let ids: Vec<_> = several.iter().map(|account| account.phone.to_string()).collect();
                Err(StoreError::Several(self.0.to_owned(), ids.join(", ")))
            }
        }
    }

    fn means(&self, account: &KeptAccount) -> bool {
        let KeptAccount { phone, tenant, user, .. } = account;
        let same = |name: &str| name.to_lowercase() == self.0.to_lowercase();
        same(&phone.to_string())
            || same(&user.name)
            || same(&user.id.to_string())
            || same(&tenant.name)
            || same(&tenant.id.to_string())
            || same(&format!("{}@{}", user.name, tenant.name))
    }
}
