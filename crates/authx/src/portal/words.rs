//! Times, figures and lengths as people read them.

use askama::filters::HtmlSafe;
use authx_core::Millis;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Span, Timestamp, ZonedDateTime};
use std::borrow::Borrow;
use std::fmt;

/// A time zone, and its name for people. The list of them is in the program.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone of an IANA name such as `Europe/Berlin`; `None` for an unknown one.
    pub fn named(name: &str) -> Option<Self> {
        TimeZoneDatabase::bundled().get(name).ok().map(Self)
    }

    /// Universal time.
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The moment of a date and a time in this zone, such as `2026-11-30T08:15`. `None`: it is none.
    pub fn moment(&self, text: &str) -> Option<Millis> {
        let local: DateTime = text.trim().parse().ok()?;
        let at = local.to_zoned_datetime(self.0.clone()).ok()?.timestamp().as_millisecond();
        u64::try_from(at).ok().map(Millis)
    }

    /// The names there are, for a list to choose from.
    pub fn names() -> Vec<String> {
        let all = TimeZoneDatabase::bundled();
        let places = all.available().map(|name| name.to_string());
        let mut names: Vec<_> = places.filter(|name| name.contains('/') || name == "UTC").collect();
        names.sort();
        names
    }
}

/// Says times as seen from a moment and a zone. It takes references too: templates have them.
#[derive(Clone, Debug)]
pub struct Times {
    now: ZonedDateTime,
}

impl Times {
    /// From now on, for readers in this zone.
    pub fn new(now: Millis, zone: &Zone) -> Self {
        Self { now: timestamp(now).to_zoned_datetime(zone.0.clone()) }
    }

    /// The zone's name.
    pub fn zone(&self) -> &str {
        self.now.time_zone().iana_name().unwrap_or("UTC")
    }

    /// *today, 14:32 · Tuesday, 08:12 · 3 August · 4 May 2025*.
    pub fn when(&self, at: impl Borrow<Millis>) -> When {
        self.said(at, |at| self.near(at))
    }

    /// As [`Self::when`], or `otherwise` where it never was.
    pub fn when_or(&self, at: impl Borrow<Option<Millis>>, otherwise: &'static str) -> When {
        at.borrow()
            .map_or_else(|| When { moment: None, words: otherwise.to_owned() }, |at| self.when(at))
    }

    /// *now · 2 minutes ago*, and after an hour as [`Self::when`].
    pub fn ago(&self, at: impl Borrow<Millis>) -> When {
        self.said(at, |at| {
            let seconds = self.now.timestamp().as_second() - at.timestamp().as_second();
            match seconds {
                0..60 => "now".to_owned(),
                60..3_600 => format!("{} ago", plural(whole(seconds / 60), "minute", "minutes")),
                _ => self.near(at),
            }
        })
    }

    /// *14:32:19*, for logs; other days say which.
    pub fn clock(&self, at: impl Borrow<Millis>) -> When {
        self.said(at, |at| {
            let clock = at.strftime("%H:%M:%S");
            if at.date() == self.now.date() {
                clock.to_string()
            } else {
                format!("{}, {clock}", self.day_words(at.date()))
            }
        })
    }

    /// *3 August*, *4 May 2025*, or *today*.
    pub fn day(&self, at: impl Borrow<Millis>) -> When {
        self.said(at, |at| self.day_words(at.date()))
    }

    /// When a day such as `2026-11-26` begins here, or the one `later` days after. `None`: it is none.
    pub fn day_begins(&self, text: &str, later: i64) -> Option<Millis> {
        let day: Date = text.parse().ok()?;
        let day = day.checked_add(Span::new().days(later)).ok()?;
        let at = day.to_zoned_datetime(self.now.time_zone().clone()).ok()?;
        u64::try_from(at.timestamp().as_millisecond()).ok().map(Millis)
    }

    /// Now, as the page sees it.
    pub fn now(&self) -> Millis {
        Millis(u64::try_from(self.now.timestamp().as_millisecond()).unwrap_or_default())
    }

    /// *14:00*, for an axis.
    pub fn hour(&self, at: Millis) -> String {
        timestamp(at).to_zoned_datetime(self.now.time_zone().clone()).strftime("%H:%M").to_string()
    }

    fn said(&self, at: impl Borrow<Millis>, words: impl Fn(&ZonedDateTime) -> String) -> When {
        let at = timestamp(*at.borrow()).to_zoned_datetime(self.now.time_zone().clone());
        When { words: words(&at), moment: Some(at) }
    }

    fn near(&self, at: &ZonedDateTime) -> String {
        let days = self.days_to(at.date());
        let day = self.day_words(at.date());
        if days.unsigned_abs() < 7 { format!("{day}, {}", at.strftime("%H:%M")) } else { day }
    }

    fn day_words(&self, day: Date) -> String {
        match self.days_to(day) {
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            -1 => "yesterday".to_owned(),
            -6..7 => weekday(day.weekday()).to_owned(),
            _ if day.year() == self.now.year() => day.strftime("%-d %B").to_string(),
            _ => day.strftime("%-d %B %Y").to_string(),
        }
    }

    fn days_to(&self, day: Date) -> i64 {
        let span = day.duration_since(self.now.date());
        span.as_hours() / 24
    }
}

/// A moment in words. In a template it is a `<time>` with the whole moment in its title.
#[derive(Clone, Debug)]
pub struct When {
    moment: Option<ZonedDateTime>,
    words: String,
}

impl When {
    /// The words alone, for a sentence outside a page.
    pub fn words(&self) -> &str {
        &self.words
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(at) = &self.moment else { return f.write_str(&self.words) };
        let zone = at.time_zone().iana_name().unwrap_or("UTC");
        write!(
            f,
            r#"<time datetime="{}" title="{}, {zone}">{}</time>"#,
            at.timestamp(),
            at.strftime("%A, %-d %B %Y, %H:%M:%S"),
            self.words
        )
    }
}

/// Nothing in it comes from outside: figures, names of days, and names of zones.
impl HtmlSafe for When {}

fn timestamp(at: Millis) -> Timestamp {
    let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// *1,305*.
pub fn count(figure: u64) -> String {
    let digits = figure.to_string();
    let first = digits.len() % 3;
    let mut words = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// *1 user*, *1,305 users*.
pub fn plural(figure: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(figure), if figure == 1 { one } else { many })
}

/// How long something took, as tables say it: *46 ms · 2.1 s · 120 s*.
pub fn took(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..100_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} s", count(millis / 1_000)),
    }
}

/// A length in a sentence: *5 minutes*, *1 hour*, *30 days*. Rounded down, and at least a second.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => plural(seconds.max(1), "second", "seconds"),
        60..3_600 => plural(seconds / 60, "minute", "minutes"),
        3_600..172_800 => plural(seconds / 3_600, "hour", "hours"),
        _ => plural(seconds / 86_400, "day", "days"),
    }
}

/// *512 bytes · 17.8 kB · 2.1 MB*.
pub fn bytes(size: u64) -> String {
    match size {
        0..1_000 => plural(size, "byte", "bytes"),
        1_000..1_000_000 => format!("{}.{} kB", size / 1_000, size % 1_000 / 100),
        _ => format!("{}.{} MB", count(size / 1_000_000), size % 1_000_000 / 100_000),
    }
}

/// A support code letter by letter, for screen readers: *K 7 Q F 2 M*.
pub fn spelled(code: &str) -> String {
    let letters: Vec<_> = code.chars().map(String::from).collect();
    letters.join(" ")
}

/// Digits in groups of three: *418 906*.
pub fn threes(digits: &str) -> String {
    let digits: Vec<char> = digits.chars().collect();
    let groups: Vec<String> = digits.chunks(3).map(|group| group.iter().collect()).collect();
    groups.join(" ")
}

fn whole(figure: i64) -> u64 {
    u64::try_from(figure).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thursday, 26 November 2026, 14:33 in Berlin.
    const NOW: Millis = Millis(1_795_699_980_000);
    const MINUTE: u64 = 60_000;
    const DAY: u64 = 1_440 * MINUTE;

    fn berlin() -> Times {
        Times::new(NOW, &Zone::named("Europe/Berlin").unwrap())
    }

    fn back(millis: u64) -> Millis {
        Millis(NOW.0 - millis)
    }

    #[test]
    fn a_time_is_said_as_one_says_it() {
        let times = berlin();
        let said = |at| times.when(at).words().to_owned();
        assert_eq!(said(NOW), "today, 14:33");
        assert_eq!(said(back(14 * 60 * MINUTE)), "today, 00:33");
        assert_eq!(said(back(15 * 60 * MINUTE)), "yesterday, 23:33");
        assert_eq!(said(back(2 * DAY)), "Tuesday, 14:33");
        assert_eq!(said(back(6 * DAY)), "Friday, 14:33");
        assert_eq!(said(back(7 * DAY)), "19 November");
        assert_eq!(said(back(400 * DAY)), "22 October 2025");
        assert_eq!(said(Millis(NOW.0 + DAY)), "tomorrow, 14:33");
        assert_eq!(said(Millis(NOW.0 + 3 * DAY)), "Sunday, 14:33");
        assert_eq!(said(Millis(NOW.0 + 7 * DAY)), "3 December");
        assert_eq!(times.when_or(None, "never").to_string(), "never");
        assert_eq!(times.day(NOW).words(), "today");
    }

    #[test]
    fn summer_and_winter_are_the_zones() {
        // 3 August 2026, 12:00 UTC.
        let summer = Millis(1_785_758_400_000);
        assert_eq!(
            berlin().when(summer).to_string(),
            "<time datetime=\"2026-08-03T12:00:00Z\" title=\"Monday, 3 August 2026, 14:00:00, \
             Europe/Berlin\">3 August</time>"
        );
        let utc = Times::new(NOW, &Zone::utc());
        assert_eq!(utc.when(NOW).words(), "today, 13:33");
        assert_eq!((utc.zone(), berlin().zone()), ("UTC", "Europe/Berlin"));
    }

    #[test]
    fn what_has_just_been_is_counted_back() {
        let times = berlin();
        let said = |millis| times.ago(back(millis)).words().to_owned();
        assert_eq!(said(0), "now");
        assert_eq!(said(61_000), "1 minute ago");
        assert_eq!(said(59 * MINUTE), "59 minutes ago");
        assert_eq!(said(60 * MINUTE), "today, 13:33");
        assert_eq!(times.ago(Millis(NOW.0 + MINUTE)).words(), "today, 14:34");
        assert_eq!(times.clock(back(19_000)).words(), "14:32:41");
        assert_eq!(times.clock(back(DAY)).words(), "yesterday, 14:33:00");
    }

    #[test]
    fn zones_are_in_the_program() {
        assert!(Zone::named("Mars/Olympus").is_none());
        let names = Zone::names();
        assert!(names.iter().any(|name| name == "Europe/Berlin"));
        assert!(names.len() > 300, "{}", names.len());
        for name in names {
            assert!(Zone::named(&name).is_some(), "{name}");
        }
    }

    #[test]
    fn figures_can_be_read() {
        assert_eq!(["0", "999", "1,000", "100,000"], [0, 999, 1_000, 100_000].map(count));
        assert_eq!(plural(1, "user", "users"), "1 user");
        assert_eq!(plural(1_305, "user", "users"), "1,305 users");
        assert_eq!(["46 ms", "2.1 s", "120 s"], [46, 2_199, 120_000].map(took));
        let spans = ["1 second", "5 minutes", "1 hour", "24 hours", "30 days"];
        assert_eq!(spans, [0, 300, 3_600, 86_400, 2_592_000].map(span));
        assert_eq!(["1 byte", "17.8 kB", "2.1 MB"], [1, 17_800, 2_140_000].map(bytes));
        assert_eq!(threes("418906"), "418 906");
        assert_eq!(spelled("K7QF2M"), "K 7 Q F 2 M");
    }
}
