//! Times in mail: whole, as nobody knows when it is read.

use authx_core::Millis;
use jiff::{
    Timestamp,
    tz::{TimeZone, TimeZoneDatabase},
};
use serde::Deserialize;

/// Says times in a company's zone.
pub(super) struct Times(TimeZone);

impl Times {
    /// By the settings of a company; universal time where they name no zone.
    pub(super) fn of(settings: &str) -> Self {
        #[derive(Deserialize)]
        struct Zoned {
            time_zone: Option<String>,
        }
        let named = serde_json::from_str::<Zoned>(settings).ok().and_then(|it| it.time_zone);
        let zone = named.and_then(|name| TimeZoneDatabase::bundled().get(&name).ok());
        Self(zone.unwrap_or(TimeZone::UTC))
    }

    /// *Tuesday 24 November 2026, 10:00 (Europe/Berlin)*.
    pub(super) fn said(&self, at: Millis) -> String {
        let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
        let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
        let at = at.to_zoned_datetime(self.0.clone());
        let zone = self.0.iana_name().unwrap_or("UTC");
        format!("{} ({zone})", at.strftime("%A %-d %B %Y, %H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_names_its_zone() {
        let at = Millis(1_780_000_000_000);
        let said = |settings| Times::of(settings).said(at);
        assert_eq!(said("{}"), "Thursday 28 May 2026, 20:26 (UTC)");
        let berlin = r#"{"time_zone":"Europe/Berlin","hue":3}"#;
        assert_eq!(said(berlin), "Thursday 28 May 2026, 22:26 (Europe/Berlin)");
        assert_eq!(said(r#"{"time_zone":"Mars/Base"}"#), said("{}"));
    }
}
