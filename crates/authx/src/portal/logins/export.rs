//! A list as a file.

use super::{
    super::{Portal, error::PortalError, listing::Listing, nav::Place, page::protect, who::Who},
    LOGINS, filter,
};
use crate::{
    admin::{
        AdminError,
        record::export::{Export, Format, What, export},
    },
    app::App,
};
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use futures_util::stream::try_unfold;
use std::sync::Arc;

pub(super) async fn file(
    State(portal): State<Portal>,
    who: Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PortalError> {
    let query = query.unwrap_or_default();
    let listing = Listing::new(LOGINS, &query);
    let times = who.chrome(&portal, "", Place::Logins).times;
    let asked = filter::asked(portal.app(), who.tenant(), &listing, &times).await?;
    answer(&portal, &who, What::Logins(asked.filter), &query).await
}

/// The file, sent as it is written: whatever its size, little of it is in memory.
pub(in super::super) async fn answer(
    portal: &Portal,
    who: &Who,
    what: What,
    query: &str,
) -> Result<Response, PortalError> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let wanted = pairs.find(|(name, _)| name == "format").map(|(_, value)| value.into_owned());
    let format = wanted.and_then(|word| Format::from_word(&word)).unwrap_or(Format::Csv);
    let name = format!("attachment; filename=\"authx-{}.{}\"", what.word(), format.ending());
    let export = export(portal.app(), &who.actor(), who.tenant(), what, format).await?;
    let begun = (portal.shared_app(), export);
    let pieces = try_unfold(begun, |(app, mut export): (Arc<App>, Export)| async move {
        let piece = export.next(&app).await?;
        Ok::<_, AdminError>(piece.map(|piece| (piece, (app, export))))
    });
    let mut headers = HeaderMap::new();
    protect(&mut headers);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok((headers, Body::from_stream(pieces)).into_response())
}
