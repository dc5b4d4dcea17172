//! What is installed on a host, to be downloaded.

use super::{Portal, PortalError, Shown, Who, key_trouble, keys, sentence, trouble};
use crate::{
    admin::{
        keys::KeyError,
        packages::{self, HandOutError, HandedOut},
    },
    packages::{PackageError, file_name},
    portal::{fields::Fields, form::Form},
};
use authx_core::{ApplicationId, name::Name};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;

/// Without a key: it says no more than the application's page.
pub(super) async fn without_key(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/install").await?;
    let id = shown.application.id;
    let made = packages::hand_out(portal.app(), &who.actor(), who.tenant(), id, None, None).await;
    match made {
        Ok(made) => Ok(download(made, &shown.application.name)),
        Err(HandOutError::Package(error)) => Err(missing(&error)),
        Err(error) => Err(unmade(error)),
    }
}

/// With a new key in it, which is nowhere else.
pub(super) async fn with_new_key(
    State(portal): State<Portal>,
    who: Who,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, PortalError> {
    let shown = Shown::of(&portal, &who, &id, "/keys").await?;
    let id = shown.application.id;
    let mut form = Form::sent(&fields);
    let key = match Name::new(fields.text("package_key")) {
        Ok(key) => key,
        Err(error) => {
            form.refuse("package_key", sentence(&error));
            return keys::again(&portal, &who, shown, form).await;
        }
    };
    match hand_out(&portal, &who, id, &key).await {
        Ok(made) => Ok(download(made, &shown.application.name)),
        Err(HandOutError::Key(error @ (KeyError::NameTaken(_) | KeyError::TooMany))) => {
            form.refuse("package_key", sentence(&error));
            keys::again(&portal, &who, shown, form).await
        }
        Err(HandOutError::Package(error)) => {
            form.refuse("package_key", sentence(&error));
            keys::again(&portal, &who, shown, form).await
        }
        Err(error) => Err(unmade(error)),
    }
}

async fn hand_out(
    portal: &Portal,
    who: &Who,
    id: ApplicationId,
    key: &Name,
) -> Result<HandedOut, HandOutError> {
    packages::hand_out(portal.app(), &who.actor(), who.tenant(), id, None, Some(key)).await
}

/// The bytes are overwritten when they were sent.
fn download(made: HandedOut, application: &str) -> Response {
    let mut response = Body::from(Bytes::from_owner(made.package.bytes)).into_response();
    let named = format!("attachment; filename=\"{}.zip\"", file_name(application));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    if let Ok(named) = HeaderValue::from_str(&named) {
        headers.insert(header::CONTENT_DISPOSITION, named);
    }
    response
}

fn missing(error: &PackageError) -> PortalError {
    tracing::warn!(%error, "no package");
    PortalError::NotFound
}

fn unmade(error: HandOutError) -> PortalError {
    match error {
        HandOutError::Application(error) => trouble(error),
        HandOutError::Key(error) => key_trouble(error),
        HandOutError::None(_) => PortalError::NotFound,
        HandOutError::Package(error) => missing(&error),
    }
}
