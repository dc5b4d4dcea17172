//! The report: tables to be read beside those of other days, and the goals.

use crate::{
    AT_ONCE, Extent, PENDING,
    figures::{Figures, millis},
    pings::Pings,
    sides::{First, Side, Who},
    ways::{Rate, Took, Way},
};
use std::io::{self, Write};

/// Everything that was measured.
pub(crate) struct Report {
    extent: Extent,
    times: Vec<Times>,
    rates: Vec<Rates>,
    pub(crate) pings: [Pings; PENDING.len()],
}

struct Times {
    who: Who,
    first: First,
    wake: bool,
    name: String,
    way: Way,
    all: Figures,
    after_answer: Figures,
    after_verdict: Figures,
    /// From the answer to the verdict: what is not OpenVPN's own.
    beyond: Figures,
}

struct Rates {
    who: Who,
    first: First,
    name: String,
    columns: [Column; AT_ONCE.len()],
}

#[derive(Default)]
struct Column {
    per_second: Figures,
    median: Figures,
    openvpn: Figures,
    agent: Figures,
    authx: Figures,
}

impl Report {
    pub(crate) fn new(extent: Extent) -> Self {
        Self { extent, times: vec![], rates: vec![], pings: Default::default() }
    }

    /// Adds a sign-in.
    pub(crate) fn took(&mut self, side: &Side, way: Way, took: Took) {
        let name = side.name();
        let known = self.times.iter().position(|times| times.name == name && times.way == way);
        let at = known.unwrap_or_else(|| {
            let (who, first, wake) = (side.who, side.first, side.wake);
            let [all, after_answer, after_verdict, beyond] = <[Figures; 4]>::default();
            self.times.push(Times {
                who,
                first,
                wake,
                name,
                way,
                all,
                after_answer,
                after_verdict,
                beyond,
            });
            self.times.len() - 1
        });
        self.times[at].all.add(millis(took.all));
        if let Some(after) = took.after_answer {
            self.times[at].after_answer.add(millis(after));
        }
        if let Some(after) = took.after_verdict {
            self.times[at].after_verdict.add(millis(after));
        }
        if let Some((answer, verdict)) = took.after_answer.zip(took.after_verdict) {
            self.times[at].beyond.add(millis(answer.saturating_sub(verdict)));
        }
    }

    /// Adds a rate.
    pub(crate) fn rated(&mut self, side: &Side, column: usize, rate: Rate) {
        let name = side.name();
        let known = self.rates.iter().position(|rates| rates.name == name);
        let at = known.unwrap_or_else(|| {
            let (who, first) = (side.who, side.first);
            self.rates.push(Rates { who, first, name, columns: Default::default() });
            self.rates.len() - 1
        });
        let column = &mut self.rates[at].columns[column];
        column.per_second.add(rate.per_second);
        column.median.add(millis(rate.median));
        column.openvpn.add(millis(rate.cpu.openvpn));
        column.agent.add(millis(rate.cpu.agent));
        column.authx.add(millis(rate.cpu.authx));
    }

    /// What is known before the pings, which take a while.
    pub(crate) fn begin(&self, out: &mut impl Write) -> io::Result<()> {
        let Extent { rounds, each, .. } = self.extent;
        writeln!(out, "OPENVPN: {rounds} rounds of {each} sign-ins each way, medians")?;
        self.write_times(out)?;
        self.write_approvals(out)?;
        self.write_rates(out)?;
        out.flush()
    }

    /// The rest.
    pub(crate) fn finish(&self, out: &mut impl Write) -> io::Result<()> {
        let pings = self.extent.pings;
        writeln!(
            out,
            "\nPING IN A TUNNEL, {pings} A ROUND          p50              p99 ms   lost"
        )?;
        for ((many, on_phones), found) in PENDING.into_iter().zip(&self.pings) {
            let (p50, p99) = (found.median.shown(3), found.p99.shown(3));
            let whom = if on_phones { ", on phones" } else { "" };
            let name = format!("{many} pending sign-ins{whom}");
            writeln!(out, "{name:<36}{p50:>8}{p99:>17}{:>10}", found.lost)?;
        }
        self.write_goals(out)
    }

    fn write_times(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\nMILLISECONDS OF A SIGN-IN                            all      added   after answer  after verdict"
        )?;
        for times in &self.times {
            let Times { name, way, all, after_answer, after_verdict, .. } = times;
            let name = format!("{name}, {}", way.word());
            let added = self.bare_time(times.first).zip(all.median());
            let added = added.map_or_else(String::new, |(bare, all)| format!("{:.1}", all - bare));
            let (all, after) = (all.shown(1), after_answer.shown(1));
            let verdict = after_verdict.shown(1);
            writeln!(out, "{name:<46}{all:>10}{added:>11}{after:>15}{verdict:>15}")?;
        }
        Ok(())
    }

    fn write_approvals(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(
            out,
            "\nMILLISECONDS FROM A PHONE'S APPROVAL          to verdict p50    p95   to connected p50    p95"
        )?;
        for wake in [false, true] {
            let Some(Times { name, after_answer, beyond, .. }) = self.pushed(wake) else {
                continue;
            };
            let shown = |figures: &Figures, at| {
                figures.percentile(at).map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
            };
            let [v50, v95] = [50, 95].map(|at| shown(beyond, at));
            let [c50, c95] = [50, 95].map(|at| shown(after_answer, at));
            writeln!(out, "{name:<46}{v50:>14}{v95:>7}{c50:>19}{c95:>7}")?;
        }
        if let [Some(without), Some(with)] = [false, true]
            .map(|wake| self.pushed(wake).and_then(|times| times.after_answer.median()))
        {
            writeln!(out, "with the wake / without{:>41}{:>19.2}", "", with / without)?;
        }
        Ok(())
    }

    fn write_rates(&self, out: &mut impl Write) -> io::Result<()> {
        let table = |out: &mut dyn Write, title: &str, value: fn(&Column) -> String| {
            writeln!(out, "\n{title:<40}{:>11} at once{:>5} at once{:>5} at once", 1, 16, 64)?;
            for rates in &self.rates {
                let [one, some, many] = rates.columns.each_ref().map(value);
                writeln!(out, "{:<40}{one:>19}{some:>13}{many:>13}", rates.name)?;
            }
            Ok::<_, io::Error>(())
        };
        table(out, "SIGN-INS A SECOND", |column| column.per_second.shown(1))?;
        table(out, "MILLISECONDS EACH, p50", |column| column.median.shown(1))?;
        table(out, "MILLISECONDS OF PROCESSOR: OPENVPN", |column| column.openvpn.shown(2))?;
        table(out, "MILLISECONDS OF PROCESSOR: AGENT", |column| column.agent.shown(2))?;
        table(out, "MILLISECONDS OF PROCESSOR: AUTHX", |column| column.authx.shown(2))
    }

    fn write_goals(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nGOALS")?;
        let mut goal = |name: &str, value: Option<f64>, met: bool, wanted: &str| {
            let value = value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
            let word = if met { "met" } else { "NOT MET" };
            writeln!(out, "{name:<44}{value:>10}   {wanted:<10} {word}")
        };
        for (name, first, way) in [
            ("verdict to connected, client quiet, ms", First::SlowPam, Way::Scrv1),
            ("verdict to connected, after an answer, ms", First::Pam, Way::CrTextLater),
        ] {
            let times = self.times.iter().find(|times| {
                times.who == Who::Authx && times.first == first && times.wake && times.way == way
            });
            let value = times.and_then(|times| times.after_verdict.median());
            goal(name, value, value.is_some_and(|value| value < 50.0), "< 50")?;
        }
        let pushed = self.pushed(true).and_then(|times| times.beyond.percentile(95));
        let name = "approval to verdict, wake, p95 ms";
        goal(name, pushed, pushed.is_some_and(|value| value < 200.0), "< 200")?;
        for (first, least, wanted) in [
            (First::Certificate, 0.9, "≥ 0.9"),
            (First::Pam, 0.5, "≥ 0.5"),
            (First::Password, 0.5, "≥ 0.5"),
        ] {
            for (column, at_once) in AT_ONCE.into_iter().enumerate() {
                let value = self.ratio(first, column);
                let name = format!("{} / always allow, {at_once} at once", first.shown());
                goal(&name, value, value.is_some_and(|value| value >= least), wanted)?;
            }
        }
        let p99 = self.pings.each_ref().map(|pings| pings.p99.median());
        if let [Some(idle), .., Some(asked), Some(rung)] = p99 {
            for (name, many) in [("pending", asked), ("on phones", rung)] {
                let value = many - idle;
                let name = format!("ping p99: 500 {name} - idle, ms");
                goal(&name, Some(value), value <= 2.0, "≤ 2")?;
            }
        }
        Ok(())
    }

    fn pushed(&self, wake: bool) -> Option<&Times> {
        self.times.iter().find(|times| times.way == Way::Push && times.wake == wake)
    }

    fn bare_time(&self, first: First) -> Option<f64> {
        let certificate = first == First::Certificate;
        let bare = self.times.iter().find(|times| {
            times.who == Who::Anybody && (times.first == First::Certificate) == certificate
        });
        bare?.all.median()
    }

    fn ratio(&self, first: First, column: usize) -> Option<f64> {
        let certificate = first == First::Certificate;
        let find = |who: Who, same: &dyn Fn(First) -> bool| {
            let found = self.rates.iter().find(|rates| rates.who == who && same(rates.first));
            found?.columns[column].per_second.median()
        };
        let ours = find(Who::Authx, &|one| one == first)?;
        Some(ours / find(Who::Anybody, &|one| (one == First::Certificate) == certificate)?)
    }
}

impl First {
    fn shown(self) -> &'static str {
        match self {
            Self::Certificate => "certificate + code",
            Self::Pam => "pam + code",
            Self::SlowPam => "slow pam + code",
            Self::Password => "password + code",
        }
    }
}
