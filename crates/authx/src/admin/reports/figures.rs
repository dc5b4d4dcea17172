//! What a dashboard shows: counted beside the logins, so that no number of them makes it slow.

use super::{
    super::{AdminError, settings::Settings},
    bounds::bounds,
};
use crate::{
    app::App,
    store::{
        reports::{self as stored, HourCount},
        tenants,
    },
};
use authx_core::{
    ApplicationId, Millis, TenantId,
    audit::{Delay, LoginOutcome},
};
use serde::Serialize;
use std::collections::BTreeMap;

use stored::{LostPhone, RefusedUser, WordCount};

/// How far back figures look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Period {
    /// 24 hours, this one and those before.
    Day,
    /// 30 days, today and those before.
    Month,
    /// 7 days, today and those before.
    Week,
}

/// Figures of a period.
#[derive(Clone, Debug)]
pub struct Dashboard {
    /// Since when.
    pub since: Millis,
    /// Logins that were let in.
    pub granted: u64,
    /// Logins that were refused.
    pub refused: u64,
    /// Logins that nobody finished, or that were given up.
    pub unfinished: u64,
    /// Logins under way.
    pub waiting: u64,
    /// Logins that were refused in the period before, of the same length.
    pub refused_before: u64,
    /// Hours or days, without a gap.
    pub slots: Vec<Slot>,
    /// Let in, by factor; the most first.
    pub by_factor: Vec<WordCount>,
    /// Refused, by reason; the most first.
    pub by_reason: Vec<WordCount>,
    /// By application, by name.
    pub by_application: Vec<ApplicationFigures>,
    /// How long approvals took; `None` without any.
    pub approvals: Option<Approvals>,
    /// Phones there are.
    pub phones: u64,
    /// Phones that cannot be reached now.
    pub lost: u64,
    /// Those of them that could be reached longest ago.
    pub longest_lost: Vec<LostPhone>,
    /// Users who may sign in.
    pub users: u64,
    /// Users who may sign in and have no factor.
    pub without_factor: u64,
    /// Users who were refused most.
    pub most_refused: Vec<RefusedUser>,
}

/// An hour or a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Slot {
    /// When it begins.
    pub from: Millis,
    /// When it ends.
    pub until: Millis,
    /// Logins that were let in.
    pub granted: u64,
    /// Logins that were refused.
    pub refused: u64,
    /// Logins that nobody finished.
    pub unfinished: u64,
}

/// Figures of an application.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ApplicationFigures {
    /// Which.
    pub application: Option<ApplicationId>,
    /// What it is called now; gone with it.
    pub name: Option<String>,
    /// Logins that were let in.
    pub granted: u64,
    /// Logins that were refused.
    pub refused: u64,
}

/// How long approvals took.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Approvals {
    /// How many there were.
    pub count: u64,
    /// Half of them were faster.
    pub median_ms: u64,
    /// 95 of 100 were faster.
    pub p95_ms: u64,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: &'static [Self] = &[Self::Day, Self::Week, Self::Month];

    /// As in addresses of pages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// The period of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|period| period.word() == word).copied()
    }

    /// How many hours or days it has.
    pub fn slots(self) -> usize {
        match self {
            Self::Day => 24,
            Self::Week => 7,
            Self::Month => 30,
        }
    }
}

/// The figures of a period, by hours or by the days of the company.
///
/// # Errors
///
/// [`AdminError::Store`], [`AdminError::Damaged`].
pub async fn dashboard(
    app: &App,
    tenant: TenantId,
    period: Period,
    now: Millis,
) -> Result<Dashboard, AdminError> {
    let store = &app.store;
    let found = tenants::tenant(store, tenant).await?.ok_or(AdminError::UnknownTenant)?;
    let zone = Settings::from_json(&found.settings)?.time_zone;
    let bounds = &bounds(period, now, &zone);
    let since = bounds.first().copied().unwrap_or(now);
    let until = bounds.last().copied().unwrap_or(now);
    let before = Millis(since.0.saturating_sub(until.since(since)));
    let (earlier, hours): (Vec<_>, Vec<_>) = stored::by_hour(store, tenant, before)
        .await?
        .into_iter()
        .partition(|count| count.hour < since);
    let total = |hours: &[HourCount], wanted: fn(LoginOutcome) -> bool| {
        hours.iter().filter(|count| wanted(count.outcome)).map(|count| count.count).sum()
    };
    let (phones, lost) =
        (stored::phones(store, tenant).await?, stored::lost_phones(store, tenant).await?);
    let (users, without_factor) = stored::users(store, tenant).await?;
    let hour_ago = Millis(now.0.saturating_sub(HOUR_MILLIS));
    Ok(Dashboard {
        since,
        granted: total(&hours, |outcome| outcome == LoginOutcome::Granted),
        refused: total(&hours, |outcome| outcome == LoginOutcome::Refused),
        unfinished: total(&hours, is_unfinished),
        waiting: stored::waiting(store, tenant, hour_ago).await?,
        refused_before: total(&earlier, |outcome| outcome == LoginOutcome::Refused),
        slots: slots(bounds, &hours),
        by_factor: stored::by_factor(store, tenant, since).await?,
        by_reason: stored::by_reason(store, tenant, since).await?,
        by_application: by_application(stored::by_application(store, tenant, since).await?),
        approvals: approvals(&stored::approvals(store, tenant, since).await?),
        phones,
        lost,
        longest_lost: stored::longest_lost(store, tenant, MOST_NAMED).await?,
        users,
        without_factor,
        most_refused: stored::most_refused(store, tenant, since, MOST_NAMED).await?,
    })
}

fn is_unfinished(outcome: LoginOutcome) -> bool {
    matches!(outcome, LoginOutcome::Cancelled | LoginOutcome::Expired)
}

fn slots(bounds: &[Millis], hours: &[HourCount]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = bounds
        .iter()
        .zip(bounds.iter().skip(1))
        .map(|(&from, &until)| Slot { from, until, granted: 0, refused: 0, unfinished: 0 })
        .collect();
    for count in hours {
        let at = slots.partition_point(|slot| slot.until <= count.hour);
        let Some(slot) = slots.get_mut(at) else { continue };
        match count.outcome {
            LoginOutcome::Granted => slot.granted += count.count,
            LoginOutcome::Refused => slot.refused += count.count,
            LoginOutcome::Cancelled | LoginOutcome::Expired => slot.unfinished += count.count,
            LoginOutcome::Waiting => {}
        }
    }
    slots
}

fn by_application(counts: Vec<stored::ApplicationCount>) -> Vec<ApplicationFigures> {
    let mut found: BTreeMap<(Option<String>, Option<ApplicationId>), ApplicationFigures> =
        BTreeMap::new();
    for count in counts {
        let figures = found.entry((count.name.clone(), count.application)).or_insert_with(|| {
            ApplicationFigures {
                application: count.application,
                name: count.name,
                granted: 0,
                refused: 0,
            }
        });
        match count.outcome {
            LoginOutcome::Granted => figures.granted += count.count,
            LoginOutcome::Refused => figures.refused += count.count,
            LoginOutcome::Cancelled | LoginOutcome::Expired | LoginOutcome::Waiting => {}
        }
    }
    found.into_values().collect()
}

fn approvals(classes: &[(Delay, u64)]) -> Option<Approvals> {
    let count: u64 = classes.iter().map(|(_, count)| count).sum();
    let below = |part: u64| {
        let wanted = (count * part).div_ceil(100);
        let mut seen = 0;
        classes.iter().find_map(|(delay, some)| {
            seen += some;
            (seen >= wanted).then(|| delay.millis())
        })
    };
    (count > 0).then(|| Approvals {
        count,
        median_ms: below(50).unwrap_or_default(),
        p95_ms: below(95).unwrap_or_default(),
    })
}

const MOST_NAMED: i64 = 5;
const HOUR_MILLIS: u64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_approvals_are_faster_than_the_median() {
        let class = |millis: u64| Delay::of(millis);
        assert_eq!(approvals(&[]), None);
        let some = [(class(1_000), 9), (class(2_000), 2), (class(60_000), 1)];
        let found = approvals(&some).unwrap();
        assert_eq!(found.count, 12);
        assert!(found.median_ms.abs_diff(1_000) < 80 && found.p95_ms.abs_diff(60_000) < 4_000);
        let one = approvals(&[(class(5_000), 1)]).unwrap();
        assert_eq!(one.median_ms, one.p95_ms);
    }

    #[test]
    fn hours_fall_into_their_slots() {
        let bounds = [Millis(0), Millis(24 * HOUR_MILLIS), Millis(47 * HOUR_MILLIS)];
        let at =
            |hour: u64, outcome| HourCount { hour: Millis(hour * HOUR_MILLIS), outcome, count: 2 };
        let hours = [
            at(0, LoginOutcome::Granted),
            at(23, LoginOutcome::Granted),
            at(24, LoginOutcome::Refused),
            at(46, LoginOutcome::Expired),
            at(47, LoginOutcome::Granted),
        ];
        let slots = slots(&bounds, &hours);
        let counts: Vec<_> = slots.iter().map(|s| (s.granted, s.refused, s.unfinished)).collect();
        assert_eq!(counts, [(4, 0, 0), (0, 2, 2)]);
    }
}
