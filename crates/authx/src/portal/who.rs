//! Who asks: what the guard found out, for handlers.

use super::{
    Portal,
    error::PortalError,
    nav::{Place, nav},
    page::{Chrome, Person, Tenant, Theme, Toast},
    second_factor,
    undo::Undo,
    words::{Times, Zone},
};
use crate::admin::{
    Actor,
    sessions::{self, From, Visit},
};
use authx_core::{
    TenantId, UserId,
    role::{Permission, Role},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::sync::Arc;

/// Somebody who is signed in. The guard lets only those through whom the route is for, so a
/// handler of a route with a permission need not ask again; it asks [`may`](Self::may) for what it
/// shows besides.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The session with its account and tenant.
    pub(crate) visit: Arc<Visit>,
    /// What forms carry.
    pub(crate) csrf: Arc<str>,
}

/// Somebody who may be signed in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// The session, half or whole.
    pub(crate) visit: Option<Arc<Visit>>,
    /// What forms carry.
    pub(crate) csrf: Arc<str>,
}

impl Who {
    /// Who acts, for use cases.
    pub(crate) fn actor(&self) -> Actor {
        self.visit.actor()
    }

    /// Whose company.
    pub(crate) fn tenant(&self) -> TenantId {
        self.visit.tenant
    }

    /// What it is.
    pub(crate) fn role(&self) -> Option<Role> {
        self.visit.role
    }

    /// What stands around a page of the portal.
    pub(crate) fn chrome(&self, portal: &Portal, title: &str, place: Place) -> Chrome {
        let nav = self.role().map(|role| nav(role, place, self.visit.wishes)).unwrap_or_default();
        Chrome { nav, ..self.alone(portal, title) }
    }

    /// What stands around a page about oneself: the side bar for whoever has a role.
    pub(crate) fn alone(&self, portal: &Portal, title: &str) -> Chrome {
        let visitor = Visitor { visit: Some(self.visit.clone()), csrf: self.csrf.clone() };
        Chrome { title: title.to_owned(), ..visitor.inside(portal) }
    }

    /// Says on the next page what was done, and how that is undone.
    pub(crate) async fn say(
        &self,
        portal: &Portal,
        text: impl Into<String>,
        undo: Option<Undo>,
    ) -> Result<(), PortalError> {
        let (undo, fields) = undo.map(Undo::into_parts).unzip();
        let fields = fields.unwrap_or_default();
        let toast = sessions::Toast { text: text.into(), undo, fields };
        Ok(sessions::set_toast(portal.app(), &self.visit, Some(&toast)).await?)
    }

    /// Fails where the second factor is older than five minutes: for a deed of which the handler
    /// alone knows that it takes a fresh one. Its route says so by `weighing`.
    pub(crate) fn check_fresh(&self, portal: &Portal) -> Result<(), PortalError> {
        if self.visit.is_fresh(portal.app().now()?) { Ok(()) } else { Err(PortalError::Stale) }
    }

    /// Whether the matrix lets it do something.
    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.visit.role.is_some_and(|role| role.may(permission))
    }
}

impl Visitor {
    /// What stands around a page for whoever it is: nothing of the company for who is not wholly
    /// signed in.
    pub(crate) fn chrome(&self, portal: &Portal, title: &str) -> Chrome {
        let app = portal.app();
        let visit = self.visit.as_deref().filter(|visit| visit.proved.is_some());
        let zone = visit.and_then(|visit| Zone::named(&visit.settings.time_zone));
        // Where the clock cannot be trusted nothing is decided, and a page may still say so.
        let now = app.clock.clock().now();
        Chrome {
            title: title.to_owned(),
            tenant: visit
                .map(|visit| Tenant { name: visit.tenant_name.clone(), hue: visit.settings.hue }),
            who: visit.map(|visit| Person {
                name: visit.called().to_owned(),
                title: visit.role.map_or("", Role::title),
            }),
            nav: Vec::new(),
            csrf: self.csrf.to_string(),
            toast: visit.and_then(|visit| visit.toast.clone()).map(|toast| {
                let sessions::Toast { text, undo, fields } = toast;
                Toast { text, undo, fields }
            }),
            times: Times::new(now, &zone.unwrap_or_else(Zone::utc)),
            theme: Theme::System,
            host: app.public_url.host().to_owned(),
        }
    }

    /// Notes that somebody came in with this browser.
    pub(super) async fn arrived(
        &self,
        portal: &Portal,
        (tenant, account): (TenantId, UserId),
        from: &From,
    ) {
        let called = second_factor::browser(&from.browser);
        sessions::arrived(portal.app(), (tenant, account), from, &self.csrf, called).await;
    }

    /// The same around what is said in place of a page: with the menu, so that there is a way on.
    pub(super) fn inside(&self, portal: &Portal) -> Chrome {
        let chrome = self.chrome(portal, "");
        let visit = self.visit.as_deref().filter(|visit| visit.proved.is_some());
        let nav = visit
            .and_then(|visit| visit.role.map(|role| nav(role, Place::Elsewhere, visit.wishes)));
        let nav = nav.unwrap_or_default();
        Chrome { nav, ..chrome }
    }
}

impl FromRequestParts<Portal> for Visitor {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, _: &Portal) -> Result<Self, PortalError> {
        parts.extensions.get::<Self>().cloned().ok_or(PortalError::Unguarded)
    }
}

impl FromRequestParts<Portal> for Who {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, PortalError> {
        let Visitor { visit, csrf } = Visitor::from_request_parts(parts, portal).await?;
        Ok(Self { visit: visit.ok_or(PortalError::Unguarded)?, csrf })
    }
}
