//! Where the hours and days of a period begin: days from midnight to midnight of the company, both
//! on whole hours of universal time, as figures are kept.

use super::Period;
use authx_core::Millis;
use jiff::{
    Span, Timestamp, ZonedDateTime,
    tz::{TimeZone, TimeZoneDatabase},
};

/// The beginnings of a period's hours or days and the end of the last one, which is this one.
pub(super) fn bounds(period: Period, now: Millis, time_zone: &str) -> Vec<Millis> {
    match period {
        Period::Day => hours(period.slots(), now),
        Period::Month | Period::Week => days(period.slots(), &seen_from(now, time_zone)),
    }
}

fn seen_from(now: Millis, time_zone: &str) -> ZonedDateTime {
    let zone = TimeZoneDatabase::bundled().get(time_zone).unwrap_or(TimeZone::UTC);
    let millis = i64::try_from(now.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_zoned_datetime(zone)
}

fn hours(many: usize, now: Millis) -> Vec<Millis> {
    let end = (now.0 / HOUR_MILLIS).saturating_add(1).saturating_mul(HOUR_MILLIS);
    let back = |hours: usize| u64::try_from(hours).unwrap_or_default() * HOUR_MILLIS;
    (0..=many).rev().map(|hours| Millis(end.saturating_sub(back(hours)))).collect()
}

fn days(many: usize, now: &ZonedDateTime) -> Vec<Millis> {
    let midnight = |days: i64| {
        let day = now.checked_add(Span::new().days(days)).ok()?;
        let at = day.start_of_day().ok()?.timestamp().as_millisecond();
        let at = u64::try_from(at).ok()?;
        Some(Millis(at - at % HOUR_MILLIS))
    };
    let many = i64::try_from(many).unwrap_or(1);
    (1 - many..=1).filter_map(midnight).collect()
}

const HOUR_MILLIS: u64 = 3_600_000;

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday 26 November 2026, 13:33 in Berlin.
    const NOW: Millis = Millis(1_795_696_380_000);
    const DAY_MILLIS: u64 = 24 * HOUR_MILLIS;

    #[test]
    fn days_begin_at_midnight_there_and_hours_are_whole() {
        let days = bounds(Period::Week, NOW, "Europe/Berlin");
        assert_eq!(days.len(), 8);
        // Today's midnight is 23:00 in universal time.
        let today = NOW.0 - NOW.0 % HOUR_MILLIS - 13 * HOUR_MILLIS;
        assert_eq!(days[6..], [today, today + DAY_MILLIS].map(Millis));
        let hours = bounds(Period::Day, NOW, "Mars/Base");
        let last = NOW.0 - NOW.0 % HOUR_MILLIS + HOUR_MILLIS;
        assert_eq!(hours.len(), 25);
        assert_eq!(hours[23..], [last - HOUR_MILLIS, last].map(Millis));
    }
}
