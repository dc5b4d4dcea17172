//! The portal as an application of its own: whoever signs in to it gives a second factor by an
//! ordinary login, with the same questions, limits and records as at a VPN.

use super::{Actor, AdminError, Change, change, detail};
use crate::{
    app::{About, App},
    store::{Batch, applications, portal as stored},
};
use authx_core::{
    ApplicationId, TenantId,
    audit::EventKind,
    name::Name,
    policy::{Autologin, Document, FirstFactorKind, Lifetimes, MatchNumber, SecondFactor},
};

/// The portal's application of a tenant, made when it is first needed.
///
/// # Errors
///
/// [`AdminError`].
pub async fn application(app: &App, tenant: TenantId) -> Result<ApplicationId, AdminError> {
    if let Some(id) = stored::application(&app.store, tenant).await? {
        return Ok(id);
    }
    let by = &Actor::new("AuthX");
    change(app, by, tenant, move |tenant, now| async move {
        // Somebody else may have been faster.
        if let Some(id) = stored::application(&app.store, tenant.id).await? {
            return Ok(Change {
                batch: Batch::default(),
                kind: EventKind::ApplicationCreated,
                about: About { application: Some(id), ..About::default() },
                detail: detail([("name", NAME.into()), ("again", true.into())]),
                outcome: id,
            });
        }
        let name = free_name(app, tenant.id).await?;
        let id = app.decide(now, ApplicationId::new);
        let policy = serde_json::to_string(&policy())
            .map_err(|error| AdminError::Damaged(error.to_string()))?;
        Ok(Change {
            batch: Batch::default().insert_application(tenant.id, id, &name, KIND, policy, now),
            kind: EventKind::ApplicationCreated,
            about: About { application: Some(id), ..About::default() },
            detail: detail([("name", name.as_str().into()), ("type", KIND.into())]),
            outcome: id,
        })
    })
    .await
}

/// A name that no operator has taken for something else.
async fn free_name(app: &App, tenant: TenantId) -> Result<Name, AdminError> {
    let damaged = |error: authx_core::name::InvalidName| AdminError::Damaged(error.to_string());
    let mut name = Name::new(NAME).map_err(damaged)?;
    for number in 2..MOST_TRIES {
        if applications::application_named(&app.store, tenant, &name).await?.is_none() {
            break;
        }
        name = Name::new(&format!("{NAME} {number}")).map_err(damaged)?;
    }
    Ok(name)
}

/// What the portal demands: nothing that a company's policy says for its VPNs makes it weaker.
fn policy() -> Document {
    Document {
        first_factors: Some(vec![FirstFactorKind::Password, FirstFactorKind::Portal]),
        second_factor: Some(SecondFactor::Required),
        match_number: Some(MatchNumber::Required),
        autologin: Some(Autologin::Refuse),
        lifetimes: Lifetimes { session_secs: Some(0), ..Lifetimes::default() },
        ..Document::default()
    }
}

/// The word for the kind of this application.
pub const KIND: &str = "portal";
const NAME: &str = "AuthX portal";
const MOST_TRIES: u8 = 100;
