//! What a script sends: ids in the path, JSON in the body.

use super::{AdminApi, problem::missing};
use crate::api::{error::ApiError, signed::unread};
use axum::{
    body::to_bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;

/// The ids of a path. What is no id is not there, like an id of another company.
pub(super) struct At<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<AdminApi> for At<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &AdminApi) -> Result<Self, ApiError> {
        let path = Path::<T>::from_request_parts(parts, api).await;
        path.map(|Path(ids)| Self(ids)).map_err(|_| missing())
    }
}

/// A body in JSON, wholly understood: `T` denies unknown fields.
pub(super) struct Sent<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<AdminApi> for Sent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &AdminApi) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        is_json(&parts.headers)?;
        let most = api.0.body_bytes;
        let body = to_bytes(body, most).await.map_err(|error| unread(&error, most))?;
        understood(&body).map(Self)
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    if kind.trim().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "the body has to be JSON, with “Content-Type: application/json”";
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail))
}

fn understood<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        let field = field(&path, &inner.to_string());
        let error = ApiError::from(inner);
        match field {
            Some(field) if error.status == StatusCode::UNPROCESSABLE_ENTITY => error.at(field),
            Some(_) | None => error,
        }
    })?;
    json.end()?;
    Ok(read)
}

/// Where it is; of a field too many or too few the name is in what is said.
fn field(path: &str, said: &str) -> Option<String> {
    let named = ["missing field `", "unknown field `", "duplicate field `"];
    let name = named.iter().find_map(|start| said.strip_prefix(start));
    let name = name.and_then(|rest| rest.split_once('`')).map(|(name, _)| name);
    let inside = Some(path).filter(|path| *path != "." && !path.is_empty());
    match (inside, name) {
        (None, name) => name.map(str::to_owned),
        (Some(path), Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            Some(format!("{path}.{name}"))
        }
        (Some(path), _) => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use authx_core::{GroupId, name::Name};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Outer {
        name: Name,
        #[serde(default)]
        groups: Vec<GroupId>,
        #[serde(default)]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is only read")]
    struct Inner {
        days: u32,
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (body, status, code, field, said) in [
            ("{", 400, "not_json", None, "the body is not JSON"),
            ("", 400, "not_json", None, "the body is not JSON"),
            (r#"{"name":"a"} x"#, 400, "not_json", None, "the body is not JSON"),
            ("{}", 422, "invalid_request", Some("name"), "missing field `name`"),
            (r#"{"name":""}"#, 422, "invalid_request", Some("name"), "at least one visible"),
            (r#"{"name":"a","b":1}"#, 422, "invalid_request", Some("b"), "unknown field `b`"),
            (r#"{"name":"a","name":"b"}"#, 422, "invalid_request", Some("name"), "duplicate"),
            (r#"{"name":"a","groups":["x"]}"#, 422, "invalid_request", Some("groups[0]"), "grp_"),
            (
                r#"{"name":"a","inner":{"days":"hunter2"}}"#,
                422,
                "invalid_request",
                Some("inner.days"),
                "not of the kind",
            ),
            (
                r#"{"name":"a","inner":{"d":1}}"#,
                422,
                "invalid_request",
                Some("inner.d"),
                "unknown field `d`",
            ),
            (
                r#"{"name":"a","inner":{}}"#,
                422,
                "invalid_request",
                Some("inner.days"),
                "missing field `days`",
            ),
        ] {
            let problem = understood::<Outer>(body.as_bytes()).unwrap_err().problem(None);
            assert_eq!((problem.status, &*problem.code), (status, code), "{body}");
            assert_eq!(problem.field.as_deref(), field, "{body}: {}", problem.detail);
            assert!(problem.detail.contains(said), "{body}: {}", problem.detail);
            assert!(!problem.detail.contains("hunter2"), "{body}: {}", problem.detail);
        }
        assert!(understood::<Outer>(br#"{"name":"a","inner":{"days":3}} "#).is_ok());
    }
}
