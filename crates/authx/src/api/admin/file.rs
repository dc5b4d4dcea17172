//! Answers that are files: sent as they are made, so that little of one is in memory.

use crate::{
    admin::{
        AdminError,
        record::export::{Export, Format},
    },
    api::error::ApiError,
    app::App,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::Response,
};
use futures_util::{Stream, stream::try_unfold};
use std::sync::Arc;

/// A file that is sent as it comes. One that ends with a fault is cut off, which a client notices.
pub(super) fn file<T: Into<Bytes> + 'static>(
    parts: impl Stream<Item = Result<T, AdminError>> + Send + 'static,
    kind: &'static str,
    name: &str,
) -> Response {
    let mut response = Response::new(Body::from_stream(parts));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// A part of the record as a file.
pub(super) fn record(app: Arc<App>, export: Export, what: &str, format: Format) -> Response {
    let parts = try_unfold((app, export), |(app, mut export)| async move {
        let part = export.next(&app).await?;
        Ok::<_, AdminError>(part.map(|part| (part, (app, export))))
    });
    file(parts, format.media_type(), &format!("authx-{what}.{}", format.ending()))
}

/// The format that a query names.
pub(super) fn format(asked: &super::listing::Asked) -> Result<Format, ApiError> {
    Ok(asked.one_of("format", FORMATS)?.unwrap_or(Format::Csv))
}

/// What is sent of a CSV file.
pub(super) const CSV: &str = "text/csv; charset=utf-8";
const FORMATS: &[(&str, Format)] = &[("csv", Format::Csv), ("json", Format::Json)];
