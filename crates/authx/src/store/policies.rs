//! What the record says of policies: their versions, and the logins that another one might have
//! ended otherwise.

use super::{Flow, Store, StoreError};
use authx_core::{ApplicationId, LoginId, Millis, TenantId, UserId};

/// An entry about a policy that was set.
#[derive(Clone, Debug)]
pub struct PolicyRow {
    /// Its ordinal.
    pub seq: i64,
    /// When.
    pub at: Millis,
    /// Of which application, where it is one's.
    pub application: Option<ApplicationId>,
    /// What was set, JSON.
    pub detail: String,
}

/// An entry about a step of a login.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// When.
    pub at: Millis,
    /// What, as stored.
    pub kind: String,
    /// Whose, where the name was found.
    pub user: Option<UserId>,
    /// At what.
    pub application: Option<ApplicationId>,
    /// Of which login.
    pub login: Option<LoginId>,
    /// What finds it.
    pub support_code: Option<String>,
    /// More, JSON.
    pub detail: String,
}

/// Policies that were set before an ordinal, the newest first.
pub struct PoliciesSet(Flow<super::Row>);

/// Steps of logins, the newest first.
pub struct Steps(Flow<super::Row>);

/// Every policy of a tenant that was set before the entry of this ordinal, the newest first.
pub fn policies_set(store: &Store, tenant: TenantId, before: i64) -> PoliciesSet {
    PoliciesSet(store.scan(
        "SELECT seq, at, application, detail FROM event
         WHERE tenant = $1 AND seq < $2 AND kind = 'policy_set' ORDER BY seq DESC",
        [tenant.into(), before.into()],
    ))
}

/// The steps of a tenant's logins by which it can be told how they ended, the newest first.
pub fn login_steps(store: &Store, tenant: TenantId, application: Option<ApplicationId>) -> Steps {
    Steps(store.scan(
        "SELECT at, kind, account, application, login, support_code, detail FROM event
         WHERE tenant = $1 AND (application = $2 OR $2 IS NULL)
           AND kind IN ('login_allowed', 'login_answered', 'login_cancelled', 'login_expired',
                        'login_refused', 'phone_asked')
         ORDER BY seq DESC",
        [tenant.into(), application.into()],
    ))
}

impl PoliciesSet {
    /// The next older one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`]: the database gave no answer.
    pub async fn next(&mut self) -> Result<Option<PolicyRow>, StoreError> {
        let Some(row) = self.0.next().await? else { return Ok(None) };
        Ok(Some(PolicyRow {
            seq: row.int(0)?,
            at: row.millis(1)?,
            application: row.opt_application(2)?,
            detail: row.text(3)?.to_owned(),
        }))
    }
}

impl Steps {
    /// The next older one.
    ///
    /// # Errors
    ///
    /// As [`PoliciesSet::next`].
    pub async fn next(&mut self) -> Result<Option<StepRow>, StoreError> {
        let Some(row) = self.0.next().await? else { return Ok(None) };
        Ok(Some(StepRow {
            at: row.millis(0)?,
            kind: row.text(1)?.to_owned(),
            user: row.opt_user(2)?,
            application: row.opt_application(3)?,
            login: row.opt_login(4)?,
            support_code: row.opt_text(5)?.map(str::to_owned),
            detail: row.text(6)?.to_owned(),
        }))
    }
}

impl std::fmt::Debug for PoliciesSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PoliciesSet")
    }
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Steps")
    }
}
