//! The only list of the routes for scripts: each says which scopes it needs, and the guard is put
//! around it here and nowhere else. What the API's document says of a route is part of it, so that
//! there is none without.

use super::{AdminApi, guard};
use crate::api::error::ApiError;
use authx_core::{role::Permission, wire::problem::Problem};
use axum::{
    Router,
    http::{Method, StatusCode},
    middleware::from_fn_with_state,
    routing::MethodRouter,
};
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Components, Content, HttpMethod, OpenApi, Ref, RefOr, Response, Schema,
        path::{Operation, Parameter, ParameterIn, PathItem},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
        tag::Tag,
    },
};
use utoipa_axum::router::UtoipaMethodRouter;

/// One way in.
#[derive(Clone)]
pub struct Route {
    /// What is done with it.
    pub method: Method,
    /// As axum and OpenAPI write it.
    pub path: String,
    /// The scopes that a token has to have, all of them; none where any token will do.
    pub needs: &'static [Permission],
    /// What the document says of it.
    pub operation: Operation,
    /// What that refers to, by name.
    pub schemas: Vec<(String, RefOr<Schema>)>,
    handler: MethodRouter<AdminApi>,
}

/// A route as `utoipa_axum::routes!` describes one handler. Its tag is the file that it is in.
pub(super) fn route(
    needs: &'static [Permission],
    (schemas, paths, handler): UtoipaMethodRouter<AdminApi>,
) -> Option<Route> {
    let (path, item) = paths.paths.into_iter().next()?;
    let (method, operation) = operation(item)?;
    let operation = said(operation, &path, needs);
    Some(Route { method, path, needs, operation, schemas, handler })
}

/// Every route for scripts.
pub fn routes() -> Vec<Route> {
    ROOMS.iter().flat_map(|room| room()).flatten().collect()
}

/// The API for scripts, guarded.
pub fn router(api: &AdminApi) -> Router {
    let mut paths: BTreeMap<String, MethodRouter<AdminApi>> = BTreeMap::new();
    for Route { path, needs, handler, .. } in routes() {
        let guarded = handler.layer(from_fn_with_state((api.clone(), needs), guard::guard));
        let known = paths.remove(&path).unwrap_or_default();
        paths.insert(path, known.merge(guarded));
    }
    let router = paths
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(&path, methods));
    router
        .method_not_allowed_fallback(|| async {
            let detail = "this resource has no such method";
            ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .with_state(api.clone())
}

/// Puts the routes into the API's document.
pub(in crate::api) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("axt_…");
    let bearer = bearer.description(Some(TOKENS)).build();
    components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer));
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let mut tags: Vec<String> = vec![];
    for Route { method, path, operation, schemas, .. } in routes() {
        components.schemas.extend(schemas);
        tags.extend(operation.tags.iter().flatten().cloned());
        document.paths.add_path_operation(path, vec![http(&method)], operation);
    }
    let known = document.tags.get_or_insert_default();
    for tag in tags {
        if known.iter().all(|known| known.name != tag) {
            known.push(Tag::new(tag));
        }
    }
}

/// The one operation of an item that describes one.
fn operation(item: PathItem) -> Option<(Method, Operation)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [
        (Method::GET, get),
        (Method::PUT, put),
        (Method::POST, post),
        (Method::DELETE, delete),
        (Method::PATCH, patch),
    ];
    all.into_iter().find_map(|(method, operation)| Some((method, operation?)))
}

fn http(method: &Method) -> HttpMethod {
    match method.as_str() {
        "PUT" => HttpMethod::Put,
        "POST" => HttpMethod::Post,
        "DELETE" => HttpMethod::Delete,
        "PATCH" => HttpMethod::Patch,
        _ => HttpMethod::Get,
    }
}

/// Adds what is the same of every route: its scopes, and how it may be refused.
fn said(mut operation: Operation, path: &str, needs: &[Permission]) -> Operation {
    let scopes: Vec<&str> = needs.iter().map(|scope| scope.word()).collect();
    let tag = operation.tags.iter().flatten().next().cloned().unwrap_or_default();
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("admin_{tag}_{name}"));
    let needed = match scopes.as_slice() {
        [] => "Any token will do.".to_owned(),
        [one] => format!("Needs the scope `{one}`."),
        all => format!("Needs the scopes `{}`.", all.join("`, `")),
    };
    let description = operation.description.take();
    let described = description.map(|text| format!("{}\n\n{needed}", text.trim()));
    operation.description = Some(described.unwrap_or(needed));
    operation.security = Some(vec![SecurityRequirement::new(SCHEME, scopes)]);
    let asks =
        operation.request_body.is_some() || operation.parameters.iter().flatten().any(is_query);
    let mut known = refusals(path, needs, asks, operation.request_body.is_some());
    for (status, response) in std::mem::take(&mut operation.responses.responses) {
        let said = match response {
            RefOr::T(response) if status.starts_with('4') => {
                RefOr::T(refused(response.description))
            }
            RefOr::T(mut response) if response.description.is_empty() => {
                "What was asked for".clone_into(&mut response.description);
                RefOr::T(response)
            }
            RefOr::T(_) | RefOr::Ref(_) => response,
        };
        known.insert(status, said);
    }
    operation.responses.responses = known;
    operation
}

fn is_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. }))
}

fn refusals(
    path: &str,
    needs: &[Permission],
    asks: bool,
    body: bool,
) -> BTreeMap<String, RefOr<Response>> {
    let mut all = vec![("401", "No token that counts"), ("503", "Not now; try again")];
    if !needs.is_empty() {
        all.push(("403", "The token's scopes, or its owner's role or rank, do not allow it"));
    }
    if path.contains('{') {
        all.push(("404", "Not there, or another company's"));
    }
    if asks {
        all.push(("400", "The query or the body is not understood"));
    }
    if body {
        all.extend([
            ("413", "The body is too long"),
            ("415", "The body is of another kind"),
            ("422", "A value cannot be meant: `field` and `detail` say which, and why"),
        ]);
    }
    let refused = |(status, said): (&str, &str)| (status.to_owned(), RefOr::T(refused(said)));
    all.into_iter().map(refused).collect()
}

fn refused(said: impl Into<String>) -> Response {
    let body = Content::new(Some(Ref::from_schema_name(Problem::name())));
    let mut response = Response::new(said);
    response.content.insert("application/problem+json".to_owned(), body.into());
    response
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {:?}", self.method, self.path, self.needs)
    }
}

/// What the document calls the way tokens are shown.
const SCHEME: &str = "admin_token";
const TOKENS: &str = "A token made in the portal under Settings, API tokens. What it may do is what \
                      its scopes and its owner's present role both allow.";

/// A resource's routes; `None` is one that its handler does not describe, which a test finds.
pub(super) type Room = fn() -> Vec<Option<Route>>;

/// Whoever has routes, one a line.
const ROOMS: &[Room] = &[
    super::administrators::routes,
    super::applications::routes,
    super::bypass::routes,
    super::company::routes,
    super::dashboard::routes,
    super::deliveries::routes,
    super::drafts::routes,
    super::groups::routes,
    super::imports::routes,
    super::keys::routes,
    super::logins::routes,
    super::package::routes,
    super::policies::routes,
    super::record::routes,
    super::tokens::routes,
    super::users::routes,
    super::what_if::routes,
];
