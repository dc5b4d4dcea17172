//! A chart as SVG, drawn here: classes only, granted up and refused down from one line.

use super::super::words::{Times, count};
use crate::admin::reports::{Period, Slot};
use authx_core::{Millis, wire::login::Rfc3339};

/// A chart with its table.
#[derive(Debug)]
pub(super) struct Chart {
    /// What it shows: *Logins an hour*.
    pub(super) title: &'static str,
    /// What a column of the table is: *Hour*.
    pub(super) slot: &'static str,
    /// The finding in a sentence, for whoever does not see it.
    pub(super) label: String,
    /// How much larger refused logins are drawn.
    pub(super) zoom: u64,
    /// The line from which bars go up and down.
    pub(super) base: u64,
    /// Its width: 40 for each slot.
    pub(super) width: u64,
    /// Lines across, with what they stand for.
    pub(super) ticks: Vec<Tick>,
    /// The bars.
    pub(super) columns: Vec<Column>,
    /// Words below it.
    pub(super) axis: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Tick {
    pub(super) y: u64,
    pub(super) text_y: u64,
    pub(super) words: String,
}

/// An hour or a day.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) x: u64,
    pub(super) up_y: u64,
    pub(super) up: u64,
    pub(super) down: u64,
    pub(super) words: String,
    pub(super) link: String,
    pub(super) granted: String,
    pub(super) refused: String,
}

/// One line of a list of figures.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) words: String,
    pub(super) link: String,
    /// Of a hundred.
    pub(super) width: u64,
    pub(super) count: String,
}

/// Draws logins by hour or day.
pub(super) fn chart(slots: &[Slot], period: Period, times: &Times) -> Chart {
    let most = slots.iter().map(|slot| slot.granted).max().unwrap_or(0);
    let most_refused = slots.iter().map(|slot| slot.refused).max().unwrap_or(0);
    let step = step(most);
    let top = most.max(step * 3);
    let (scale, zoom) = scale(top, most_refused);
    let words = |at: Millis| match period {
        Period::Day => times.hour(at),
        Period::Month | Period::Week => times.day(at).words().to_owned(),
    };
    let height = |figure: u64| figure * scale / UNIT;
    let base = MARGIN + height(top);
    let column = |(at, slot): (usize, &Slot)| {
        let up = height(slot.granted).max(u64::from(slot.granted > 0));
        Column {
            x: u64::try_from(at).unwrap_or(0) * 40 + 6,
            up_y: base - up,
            up,
            down: (height(slot.refused * zoom)).max(u64::from(slot.refused > 0) * 2),
            words: words(slot.from),
            link: format!("/logins?from={}&until={}", moment(slot.from), moment(slot.until)),
            granted: count(slot.granted),
            refused: count(slot.refused),
        }
    };
    let columns: Vec<Column> = slots.iter().enumerate().map(column).collect();
    let tick = |at: u64| {
        let y = base - height(step * at);
        Tick { y, text_y: y + 4, words: count(step * at) }
    };
    let every = if slots.len() > 7 { slots.len().div_ceil(8) } else { 1 };
    Chart {
        title: if period == Period::Day { "Logins an hour" } else { "Logins a day" },
        slot: if period == Period::Day { "Hour" } else { "Day" },
        label: label(slots, &words),
        zoom,
        base,
        width: u64::try_from(slots.len()).unwrap_or(1) * 40,
        ticks: (0..=3).map(tick).collect(),
        axis: columns.iter().step_by(every).map(|column| column.words.clone()).collect(),
        columns,
    }
}

/// The finding: how many, and when most.
fn label(slots: &[Slot], words: &dyn Fn(Millis) -> String) -> String {
    let granted: u64 = slots.iter().map(|slot| slot.granted).sum();
    let refused: u64 = slots.iter().map(|slot| slot.refused).sum();
    let busiest = slots.iter().max_by_key(|slot| slot.granted + slot.refused);
    let most = match busiest.filter(|slot| slot.granted + slot.refused > 0) {
        Some(slot) => format!("; most at {}", words(slot.from)),
        None => String::new(),
    };
    format!(
        "{} granted, {} refused{most}. The table below has every figure.",
        count(granted),
        count(refused)
    )
}

/// A third of the greatest figure, as a number that people count in.
fn step(most: u64) -> u64 {
    let third = most / 3;
    let mut step = 1;
    let mut unit = 1;
    while unit <= third {
        for digit in [1, 2, 5] {
            if unit * digit <= third {
                step = unit * digit;
            }
        }
        unit = unit.saturating_mul(10);
    }
    step
}

/// Thousandths of a pixel for each login, and how much larger refused ones are drawn.
fn scale(most: u64, most_refused: u64) -> (u64, u64) {
    let up = ABOVE * UNIT / most.max(1);
    let fits = |zoom: u64, scale: u64| most_refused * zoom * scale / UNIT <= BELOW;
    if !fits(1, up) {
        // Both share the height, so that neither leaves a band of nothing.
        return ((ABOVE + BELOW) * UNIT / (most + most_refused), 1);
    }
    let zoom = [8, 4, 2].into_iter().find(|&zoom| fits(zoom, up)).unwrap_or(1);
    (up, if most_refused == 0 { 1 } else { zoom })
}

/// A moment in an address.
pub(super) fn moment(at: Millis) -> String {
    String::from(Rfc3339(at))
}

const MARGIN: u64 = 8;
const ABOVE: u64 = 164;
const BELOW: u64 = 32;
const UNIT: u64 = 100_000;

#[cfg(test)]
mod tests {
    use super::super::super::words::Zone;
    use super::*;

    fn slots(figures: &[(u64, u64)]) -> Vec<Slot> {
        let slot = |(at, &(granted, refused)): (usize, &(u64, u64))| {
            let from = Millis(1_795_694_400_000 + u64::try_from(at).unwrap() * 3_600_000);
            let until = Millis(from.0 + 3_600_000);
            Slot { from, until, granted, refused, unfinished: 0 }
        };
        figures.iter().enumerate().map(slot).collect()
    }

    fn drawn(figures: &[(u64, u64)]) -> Chart {
        let times = Times::new(Millis(1_795_699_980_000), &Zone::utc());
        chart(&slots(figures), Period::Day, &times)
    }

    #[test]
    fn bars_stay_inside_whatever_the_figures_are() {
        for figures in [
            &[(0, 0), (0, 0)][..],
            &[(1, 0)],
            &[(164, 7), (3, 1)],
            &[(5, 100_000)],
            &[(1_000_000, 1), (0, 3)],
            &[(0, 9)],
        ] {
            let chart = drawn(figures);
            for column in &chart.columns {
                let (up_y, base) = (column.up_y, chart.base);
                assert!(up_y >= MARGIN - 1 && column.up + up_y == base, "{column:?}");
                assert!(base + 2 + column.down <= 208, "{column:?}");
            }
            let lowest = chart.columns.iter().map(|column| column.down).max().unwrap();
            let nothing = 208 - (chart.base + 2 + lowest);
            assert!(lowest <= BELOW || nothing < 6, "{chart:?}");
            assert!(chart.ticks.iter().all(|tick| tick.y >= 7), "{chart:?}");
        }
        assert_eq!(drawn(&[(164, 7)]).zoom, 4);
        assert_eq!(drawn(&[(3, 9)]).zoom, 1);
    }

    #[test]
    fn steps_are_what_people_count_in() {
        let steps = [0, 3, 10, 47, 164, 1_305, 999_999].map(step);
        assert_eq!(steps, [1, 1, 2, 10, 50, 200, 200_000]);
    }

    #[test]
    fn the_finding_is_said() {
        let label = drawn(&[(1, 0), (1_261, 44)]).label;
        let said = "1,262 granted, 44 refused; most at 13:00. The table below has every figure.";
        assert_eq!(label, said);
    }
}
