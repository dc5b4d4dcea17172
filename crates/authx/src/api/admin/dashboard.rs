//! Figures of the last days, and what needs a person.

use super::{
    AdminApi,
    caller::Caller,
    listing::{Asked, Listed},
    routes::{Route, route},
};
use crate::{
    admin::reports::{
        self, ApplicationFigures, Approvals, Dashboard, LostPhone, Notice, Period, RefusedUser,
        Slot, WordCount,
    },
    api::error::ApiError,
};
use authx_core::{
    ApplicationId, PhoneId, UserId, role::Permission::DashboardRead, wire::login::Rfc3339,
};
use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

pub(super) fn routes() -> Vec<Option<Route>> {
    vec![route(&[DashboardRead], routes!(get)), route(&[DashboardRead], routes!(notices))]
}

/// Figures of a period.
#[derive(Serialize, ToSchema)]
struct Figures {
    /// Since when.
    since: Rfc3339,
    /// Logins that were let in.
    granted: u64,
    /// Logins that were refused.
    refused: u64,
    /// Logins that nobody finished, or that were given up.
    unfinished: u64,
    /// Logins under way.
    waiting: u64,
    /// Logins that were refused in the period before, of the same length.
    refused_before: u64,
    /// Hours, or days of the company, without a gap.
    slots: Vec<FigureSlot>,
    /// Let in, by factor; the most first.
    by_factor: Vec<FigureOfWord>,
    /// Refused, by reason; the most first.
    by_reason: Vec<FigureOfWord>,
    /// By application.
    by_application: Vec<FigureOfApplication>,
    /// How long approvals on phones took; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    approvals: Option<Approvals>,
    /// Phones there are now.
    phones: u64,
    /// Phones that cannot be reached now.
    phones_unreachable: u64,
    /// Those of them that could be reached longest ago.
    longest_unreachable: Vec<UnreachablePhone>,
    /// Users who may sign in.
    users: u64,
    /// Users who may sign in and have no factor.
    users_without_factor: u64,
    /// Users who were refused most.
    most_refused: Vec<FigureOfUser>,
}

/// An hour or a day.
#[derive(Serialize, ToSchema)]
struct FigureSlot {
    from: Rfc3339,
    until: Rfc3339,
    granted: u64,
    refused: u64,
    unfinished: u64,
}

/// Logins under a word.
#[derive(Serialize, ToSchema)]
struct FigureOfWord {
    /// The word; empty for none.
    word: String,
    count: u64,
}

/// Logins at an application.
#[derive(Serialize, ToSchema)]
struct FigureOfApplication {
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<ApplicationId>,
    /// What it is called now; gone with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    granted: u64,
    refused: u64,
}

/// A phone that cannot be reached.
#[derive(Serialize, ToSchema)]
struct UnreachablePhone {
    phone_id: PhoneId,
    phone: String,
    user_id: UserId,
    user: String,
    since: Rfc3339,
}

/// A user who was refused.
#[derive(Serialize, ToSchema)]
struct FigureOfUser {
    user_id: UserId,
    /// What the user is called now; gone with the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    count: u64,
}

/// The figures of the last 24 hours, 7 or 30 days.
#[utoipa::path(
    get, path = "/admin/v1/dashboard", tag = "dashboard",
    params(("period" = Option<String>, Query, description = "`24h`, `7d` or `30d`; `24h` without")),
    responses((status = 200, body = Figures)),
)]
async fn get(
    State(api): State<AdminApi>,
    by: Caller,
    RawQuery(query): RawQuery,
) -> Result<Json<Figures>, ApiError> {
    let asked = Asked::words(query.as_deref(), &["period"])?;
    let periods: Vec<(&str, Period)> =
        Period::ALL.iter().map(|period| (period.word(), *period)).collect();
    let period = asked.one_of("period", &periods)?.unwrap_or(Period::Day);
    let app = api.app();
    let found = reports::dashboard(app, by.tenant(), period, app.clock.clock().now()).await?;
    Ok(Json(found.into()))
}

/// Everything that needs a person now, the most urgent first. A wish for a bypass is there for those
/// who may decide on it, and not for who asked.
#[utoipa::path(
    get, path = "/admin/v1/notices", tag = "dashboard",
    responses((status = 200, body = Listed<Notice>)),
)]
async fn notices(
    State(api): State<AdminApi>,
    by: Caller,
) -> Result<Json<Listed<Notice>>, ApiError> {
    let app = api.app();
    let items = reports::notices(app, &by.actor(), by.tenant(), app.clock.clock().now()).await?;
    Ok(Json(Listed { items, next_cursor: None }))
}

impl From<Dashboard> for Figures {
    fn from(found: Dashboard) -> Self {
        let word = |WordCount { word, count }: WordCount| FigureOfWord { word, count };
        Self {
            since: Rfc3339(found.since),
            granted: found.granted,
            refused: found.refused,
            unfinished: found.unfinished,
            waiting: found.waiting,
            refused_before: found.refused_before,
            slots: found.slots.into_iter().map(FigureSlot::from).collect(),
            by_factor: found.by_factor.into_iter().map(word).collect(),
            by_reason: found.by_reason.into_iter().map(word).collect(),
            by_application: found.by_application.into_iter().map(Into::into).collect(),
            approvals: found.approvals,
            phones: found.phones,
            phones_unreachable: found.lost,
            longest_unreachable: found.longest_lost.into_iter().map(Into::into).collect(),
            users: found.users,
            users_without_factor: found.without_factor,
            most_refused: found.most_refused.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Slot> for FigureSlot {
    fn from(slot: Slot) -> Self {
        let Slot { from, until, granted, refused, unfinished } = slot;
        Self { from: Rfc3339(from), until: Rfc3339(until), granted, refused, unfinished }
    }
}

impl From<ApplicationFigures> for FigureOfApplication {
    fn from(figures: ApplicationFigures) -> Self {
        let ApplicationFigures { application, name, granted, refused } = figures;
        Self { application_id: application, application: name, granted, refused }
    }
}

impl From<LostPhone> for UnreachablePhone {
    fn from(lost: LostPhone) -> Self {
        let LostPhone { phone, name, user, user_name, since } = lost;
        Self { phone_id: phone, phone: name, user_id: user, user: user_name, since: Rfc3339(since) }
    }
}

impl From<RefusedUser> for FigureOfUser {
    fn from(refused: RefusedUser) -> Self {
        let RefusedUser { user, name, count } = refused;
        Self { user_id: user, user: name, count }
    }
}
