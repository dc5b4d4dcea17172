//! An account as its phone sees it.

use super::{PhoneError, look::named_tenant};
use crate::{
    admin::{AdminError, policies},
    app::App,
    phones::{self, KnownPhone},
    store::{applications as stored, phones::PhoneRow},
};
use authx_core::{
    GroupId,
    policy::{AppLock, Document, Effective, Layers, MatchNumber, Policy, UserVerification},
    wire::phone::{Account, AccountPolicy, NamedApplication, NamedUser, Seed},
};
use serde::{Deserialize, Serialize};

/// How a phone came to be: kept with it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Made {
    /// The four words.
    pub(super) words: Vec<String>,
    /// The seed as it travelled, for a phone that asks again because the answer did not arrive.
    /// Until the phone's first good use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<Seed>,
}

impl Made {
    pub(super) fn read(row: &PhoneRow) -> Result<Self, PhoneError> {
        serde_json::from_str(&row.enrolment).map_err(|error| PhoneError::damaged(&error))
    }

    pub(super) fn text(&self) -> Result<String, PhoneError> {
        serde_json::to_string(self).map_err(|error| PhoneError::damaged(&error))
    }
}

/// The account of a phone: what its tenant and user are called, what it is for, and what is
/// demanded of it.
///
/// # Errors
///
/// [`PhoneError::Admin`].
pub async fn account(app: &App, phone: &KnownPhone) -> Result<Account, PhoneError> {
    let rows = stored::applications(&app.store, phone.tenant()).await?;
    let (own, groups) =
        policies::of_user(app, phone.tenant(), &phone.document, phone.account()).await?;
    let groups: Vec<(GroupId, &Document)> =
        groups.iter().map(|(id, document)| (*id, document)).collect();
    let mut policy = demands(&own.policy);
    for row in &rows {
        // Of an application's document only its own words count here: what it leaves out is the
        // tenant's.
        let document = Document::from_json(&row.policy)
            .map_err(|error| AdminError::Damaged(error.to_string()))?;
        let layers = Layers { tenant: &phone.document, application: &document, groups: &groups };
        policy = stricter(policy, demands(&Effective::from(layers).policy));
    }
    let row = &phone.row;
    Ok(Account {
        phone: row.id,
        name: row.name.clone(),
        state: phone.state(),
        class: phones::class(row),
        tenant: named_tenant(row.tenant, phone.tenant_name.clone()),
        user: NamedUser { id: row.account, name: phone.account_name.clone() },
        applications: rows
            .into_iter()
            .map(|row| NamedApplication { id: row.id, name: row.name })
            .collect(),
        policy,
        credential: row.credential.is_some(),
        reach: phones::reach(row),
        subscribed: row.subscription.is_some(),
    })
}

fn demands(policy: &Policy) -> AccountPolicy {
    AccountPolicy {
        match_number: policy.match_number,
        user_verification: policy.user_verification,
        app_lock: policy.app_lock,
    }
}

/// A phone prepares for the strictest of what its applications demand.
fn stricter(one: AccountPolicy, other: AccountPolicy) -> AccountPolicy {
    AccountPolicy {
        match_number: match (one.match_number, other.match_number) {
            (MatchNumber::Required, _) | (_, MatchNumber::Required) => MatchNumber::Required,
            (MatchNumber::WhereShown, _) | (_, MatchNumber::WhereShown) => MatchNumber::WhereShown,
            (MatchNumber::Off, MatchNumber::Off) => MatchNumber::Off,
        },
        user_verification: match (one.user_verification, other.user_verification) {
            (UserVerification::Off, UserVerification::Off) => UserVerification::Off,
            (UserVerification::Required, _) | (_, UserVerification::Required) => {
                UserVerification::Required
            }
        },
        app_lock: match (one.app_lock, other.app_lock) {
            (AppLock::Optional, AppLock::Optional) => AppLock::Optional,
            (AppLock::Required, _) | (_, AppLock::Required) => AppLock::Required,
        },
    }
}
