//! Wishes that another administrator agrees to, or does not.

use super::{BypassError, Kind, Wish, helped};
use crate::{
    admin::{
        Actor, AdminError, Change, accounts, administrators, change, detail,
        letters::{self, Letter},
    },
    app::{About, App},
    store::{
        Batch,
        approvals::{self as stored, ApprovalRow},
    },
};
use authx_core::{
    ApprovalId, TenantId, UserId, audit::EventKind, role::Permission, wire::login::Rfc3339,
};
use serde::Serialize;

/// A wish, as administrators see it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = BypassWish)]
pub struct Asked {
    /// Which.
    #[serde(rename = "approval_id")]
    pub id: ApprovalId,
    /// For whom.
    pub user_id: UserId,
    /// What they are called.
    pub user: String,
    /// How.
    pub kind: Kind,
    /// Whether somebody agreed.
    pub agreed: bool,
    /// Why.
    pub reason: String,
    /// For how long.
    pub secs: u64,
    /// Who asked.
    pub asked_by: UserId,
    /// What they are called.
    pub asked_name: String,
    /// Who agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When it is over.
    pub expires: Rfc3339,
}

/// Asks for somebody's leave. It waits for an hour; those who may give it are written to.
///
/// # Errors
///
/// [`BypassError`].
pub async fn ask(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    wish: &Wish,
) -> Result<ApprovalId, BypassError> {
    let asked_by = by.user().ok_or(BypassError::NeedsLeave)?;
    change(app, by, tenant, move |tenant, now| async move {
        let row = helped(app, by, tenant.id, wish).await?;
        let id = app.decide(now, ApprovalId::new);
        let approval = ApprovalRow {
            id,
            account: wish.user,
            name: row.name.clone(),
            role: row.role,
            kind: wish.kind.word().to_owned(),
            state: "open".to_owned(),
            reason: wish.reason.trim().to_owned(),
            secs: wish.secs,
            asked_by,
            asked_name: by.as_str().to_owned(),
            decided_by: None,
            decided_name: None,
            created: now,
            expires: now.plus_secs(WAITS_SECS),
        };
        let letter = Letter::BypassWished {
            user: row.name.clone(),
            kind: wish.kind,
            reason: approval.reason.clone(),
            by: approval.asked_name.clone(),
            until: approval.expires,
            at: now,
        };
        let deed = Permission::BypassApprove;
        let readers = administrators::who_may(app, tenant.id, deed, row.role, asked_by).await?;
        let told = letters::notify_all(app, now, tenant.id, &readers, &letter).await?;
        Ok(Change {
            batch: Batch::default().insert_approval(tenant.id, &approval).and(told),
            kind: EventKind::BypassAsked,
            about: About { user: Some(wish.user), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("approval_id", id.to_string().into()),
                ("bypass", wish.kind.word().into()),
                ("bypass_reason", approval.reason.into()),
                ("secs", wish.secs.into()),
            ]),
            outcome: id,
        })
    })
    .await
}

/// Agrees to a wish, or does not. Another administrator than who asked, who stands above the user
/// and may agree to such; whoever asked takes it back. No token agrees: it is the second pair of
/// eyes.
///
/// # Errors
///
/// [`BypassError::Unknown`], [`BypassError::NotYours`], [`BypassError::NotForScripts`],
/// [`BypassError::OwnWish`], [`BypassError::Over`], [`BypassError::Account`],
/// [`BypassError::Admin`].
pub async fn decide(
    app: &App,
    by: &Actor,
    tenant: TenantId,
    id: ApprovalId,
    agreed: bool,
) -> Result<UserId, BypassError> {
    change(app, by, tenant, move |tenant, now| async move {
        let found = stored::approval(&app.store, tenant.id, id).await.map_err(AdminError::from)?;
        let found = found.ok_or(BypassError::Unknown)?;
        let open = Some(found).filter(|row| row.state == "open" && row.expires > now);
        let wish = open.ok_or(BypassError::Over)?;
        let row = accounts::row(app, tenant.id, wish.account).await?;
        by.check_outranks(row.role)?;
        if agreed && !by.is_person() {
            return Err(BypassError::NotForScripts);
        }
        // To say no to one's own is to take it back.
        let own = by.user() == Some(wish.asked_by);
        if agreed && own {
            return Err(BypassError::OwnWish);
        }
        if !own && !by.may(Permission::BypassApprove) {
            return Err(BypassError::NotYours);
        }
        Ok(Change {
            batch: Batch::default().decide_approval(id, agreed, by.user(), by.as_str()),
            kind: if agreed { EventKind::BypassAgreed } else { EventKind::BypassDeclined },
            about: About { user: Some(wish.account), ..About::default() },
            detail: detail([
                ("name", row.name.into()),
                ("approval_id", id.to_string().into()),
                ("bypass", wish.kind.into()),
                ("bypass_reason", wish.reason.into()),
                ("asked_by", wish.asked_name.into()),
            ]),
            outcome: wish.account,
        })
    })
    .await
}

/// One wish, however it stands.
///
/// # Errors
///
/// [`BypassError::Unknown`], [`BypassError::Admin`].
pub async fn wish(app: &App, tenant: TenantId, id: ApprovalId) -> Result<Asked, BypassError> {
    let row = stored::approval(&app.store, tenant, id).await.map_err(AdminError::from)?;
    row.map(asked).ok_or(BypassError::Unknown)
}

/// The wishes that wait, or were agreed to and not used.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn open(app: &App, tenant: TenantId) -> Result<Vec<Asked>, AdminError> {
    let rows = stored::approvals(&app.store, tenant, app.now()?).await?;
    Ok(rows.into_iter().map(asked).collect())
}

/// The wishes of others that wait, and to which this administrator may agree.
///
/// # Errors
///
/// [`AdminError::Store`].
pub async fn waiting(app: &App, by: &Actor, tenant: TenantId) -> Result<Vec<Asked>, AdminError> {
    if !by.may(Permission::BypassApprove) {
        return Ok(vec![]);
    }
    // What is only shown goes by the clock as it is.
    let now = app.clock.clock().now();
    let mut rows = stored::approvals(&app.store, tenant, now).await?;
    rows.retain(|row| {
        let own = by.user() == Some(row.asked_by);
        row.state == "open" && !own && by.check_outranks(row.role).is_ok()
    });
    Ok(rows.into_iter().map(asked).collect())
}

fn asked(row: ApprovalRow) -> Asked {
    Asked {
        id: row.id,
        user_id: row.account,
        user: row.name,
        kind: Kind::from_word(&row.kind),
        agreed: row.state == "agreed",
        reason: row.reason,
        secs: row.secs,
        asked_by: row.asked_by,
        asked_name: row.asked_name,
        decided_by: row.decided_name,
        expires: Rfc3339(row.expires),
    }
}

const WAITS_SECS: u64 = 3_600;
