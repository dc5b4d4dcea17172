//! The report: a table to be read beside those of other days, and the goals.

use super::{
    Extent,
    figures::{Figures, Row, float, millis, percentile},
    polls::Waiting,
};
use std::io::Write;

/// Everything that was measured.
pub(crate) struct Report {
    extent: Extent,
    pub(crate) bare: Row,
    pub(crate) tls: Row,
    /// SQLite, then PostgreSQL where there is one.
    pub(crate) sides: [Engine; 2],
    /// Resident bytes after the start and after the measurements, in the order of `sides`.
    pub(crate) idle: Vec<u64>,
    pub(crate) loaded: Vec<u64>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) growth: Option<[(usize, Figures); 2]>,
}

/// What was measured on one engine.
pub(crate) struct Engine {
    name: &'static str,
    goals: Goals,
    pub(crate) server: Row,
    pub(crate) rows: Row,
    pub(crate) small: Row,
}

/// See `performance.md` of the design.
struct Goals {
    p99_millis: f64,
}

impl Report {
    pub(crate) fn new(extent: Extent) -> Self {
        let engine = |name, p99_millis| Engine {
            name,
            goals: Goals { p99_millis },
            server: Row::default(),
            rows: Row::default(),
            small: Row::default(),
        };
        Self {
            extent,
            bare: Row::default(),
            tls: Row::default(),
            sides: [engine("SQLite", 20.0), engine("PostgreSQL", 25.0)],
            idle: vec![],
            loaded: vec![],
            waiting: vec![],
            growth: None,
        }
    }

    /// What is known before the many users are made, which takes a while.
    pub(crate) fn begin(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let Extent { rounds, time, .. } = self.extent;
        writeln!(
            out,
            "{rounds} rounds of {} s, medians; callers share the cores",
            time.as_secs_f64()
        )?;
        writeln!(out)?;
        self.rates(out)?;
        self.memory(out)?;
        self.waits(out)
    }

    /// The rest.
    pub(crate) fn finish(&self, out: &mut impl Write) -> anyhow::Result<()> {
        self.grows(out)?;
        self.goals(out)
    }

    fn engines(&self) -> &[Engine] {
        self.sides.get(..self.idle.len()).unwrap_or_default()
    }

    fn rates(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(
            out,
            "A SECOND                          1 connection    8 connections   64 connections"
        )?;
        line(out, "bare HTTP, same bytes", &self.bare, Figures::per_second, 0)?;
        for engine in self.engines() {
            let name = engine.name;
            line(out, &format!("AuthX on {name}"), &engine.server, Figures::per_second, 0)?;
            line(out, &format!("{name}, same rows"), &engine.rows, Figures::per_second, 0)?;
            line(out, &format!("{name}, one small row"), &engine.small, Figures::per_second, 0)?;
        }
        line(out, "AuthX on SQLite with TLS", &self.tls, Figures::per_second, 0)?;
        writeln!(out, "\nRATIOS")?;
        for engine in self.engines() {
            let name = engine.name;
            ratio(out, &format!("AuthX on {name} / bare HTTP"), &engine.server, &self.bare)?;
            ratio(out, &format!("AuthX on {name} / same rows"), &engine.server, &engine.rows)?;
            ratio(out, &format!("AuthX on {name} / small row"), &engine.server, &engine.small)?;
        }
        writeln!(out, "\nMILLISECONDS")?;
        line(out, "bare HTTP p50", &self.bare, Figures::p50, 3)?;
        line(out, "bare HTTP p99", &self.bare, Figures::p99, 3)?;
        for engine in self.engines() {
            let name = engine.name;
            line(out, &format!("AuthX on {name} p50"), &engine.server, Figures::p50, 3)?;
            line(out, &format!("AuthX on {name} p99"), &engine.server, Figures::p99, 3)?;
        }
        line(out, "AuthX on SQLite with TLS p99", &self.tls, Figures::p99, 3)?;
        writeln!(out, "\nMICROSECONDS OF THE SERVER'S PROCESSOR TIME EACH")?;
        line(out, "bare HTTP", &self.bare, Figures::cpu_micros, 1)?;
        for engine in self.engines() {
            let name = format!("AuthX on {}", engine.name);
            line(out, &name, &engine.server, Figures::cpu_micros, 1)?;
        }
        line(out, "AuthX on SQLite with TLS", &self.tls, Figures::cpu_micros, 1)
    }

    fn memory(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(out, "\nRESIDENT MEMORY, MB                       idle       after load")?;
        for ((engine, idle), loaded) in self.engines().iter().zip(&self.idle).zip(&self.loaded) {
            let name = format!("AuthX on {}", engine.name);
            writeln!(out, "{name:<30}{:>16.1}{:>17.1}", megabytes(*idle), megabytes(*loaded))?;
        }
        Ok(())
    }

    fn waits(&self, out: &mut impl Write) -> anyhow::Result<()> {
        for (engine, waiting) in self.engines().iter().zip(&self.waiting) {
            let (before, with) = waiting.memory;
            writeln!(
                out,
                "\n{} WAITING CALLERS ON {}",
                waiting.callers,
                engine.name.to_uppercase()
            )?;
            writeln!(out, "resident memory, MB           {:>16.1}", megabytes(with))?;
            writeln!(out, "bytes each                    {:>16.0}", waiting.each(before, with))?;
            writeln!(out, "                                           p50              p99 ms")?;
            for (name, times) in [
                ("from sending the change", &waiting.from_request),
                ("from its answer", &waiting.from_answer),
            ] {
                let [p50, p99] = [50, 99].map(|at| millis(percentile(&mut times.clone(), at)));
                writeln!(out, "{name:<30}{p50:>16.3}{p99:>17.3}")?;
            }
        }
        Ok(())
    }

    fn grows(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let Some(growth) = &self.growth else { return Ok(()) };
        writeln!(out, "\nA VERIFICATION AMONG USERS (SQLite)   processor µs     a second")?;
        for (users, figures) in growth {
            let (cpu, rate) = (figures.cpu_micros(), figures.per_second());
            writeln!(out, "{users:<30}{cpu:>16.1}{rate:>17.0}")?;
        }
        Ok(())
    }

    fn goals(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(out, "\nGOALS")?;
        for (at, engine) in self.engines().iter().enumerate() {
            let [one, .., many] = &engine.server.0;
            let ([small_one, .., small_many], [.., bare_many]) = (&engine.small.0, &self.bare.0);
            let name = engine.name;
            if at == 0 {
                let found = many.per_second() / bare_many.per_second();
                goal(out, "SQLite / bare HTTP at 64", found, Bound::AtLeast(0.4))?;
            } else {
                let found = many.per_second() / small_many.per_second();
                goal(out, "PostgreSQL / synchronous commits at 64", found, Bound::AtLeast(0.6))?;
            }
            let most = Bound::AtMost(engine.goals.p99_millis);
            goal(out, &format!("{name}: p99 at 64, ms"), many.p99(), most)?;
            let commits = small_one.per_second() / one.per_second();
            goal(out, &format!("{name}: one caller, in commits"), commits, Bound::AtMost(2.0))?;
        }
        for idle in &self.idle {
            goal(out, "memory idle, MB", megabytes(*idle), Bound::AtMost(64.0))?;
        }
        for waiting in &self.waiting {
            let (before, with) = waiting.memory;
            goal(out, "memory while callers wait, MB", megabytes(with), Bound::AtMost(160.0))?;
            goal(
                out,
                "bytes a waiting caller",
                waiting.each(before, with),
                Bound::AtMost(8_192.0),
            )?;
            for (hundredths, most) in [(50, 1.0), (99, 10.0)] {
                let took = percentile(&mut waiting.from_request.clone(), hundredths);
                let what = format!("change to waiting caller, p{hundredths} ms");
                goal(out, &what, millis(took), Bound::AtMost(most))?;
            }
        }
        if let Some([(_, few), (users, many)]) = &self.growth {
            let found = many.cpu_micros() / few.cpu_micros();
            goal(out, &format!("cost among {users} users / 1000"), found, Bound::AtMost(1.5))?;
        }
        Ok(())
    }
}

impl Waiting {
    fn each(&self, before: u64, with: u64) -> f64 {
        bytes(with.saturating_sub(before)) / float(self.callers).max(1.0)
    }
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

fn goal(out: &mut impl Write, what: &str, found: f64, bound: Bound) -> anyhow::Result<()> {
    let (met, sign, number) = match bound {
        Bound::AtLeast(least) => (found >= least, "≥", least),
        Bound::AtMost(most) => (found <= most, "≤", most),
    };
    let met = if met { "met" } else { "NOT MET" };
    Ok(writeln!(out, "{what:<40}{found:>10.3}   {sign} {number:<8} {met}")?)
}

fn line(
    out: &mut impl Write,
    name: &str,
    row: &Row,
    of: fn(&Figures) -> f64,
    digits: usize,
) -> anyhow::Result<()> {
    let cell = |figures| Some(of(figures)).filter(|found| found.is_finite() && *found > 0.0);
    cells(out, name, row.0.each_ref().map(cell), digits)
}

fn ratio(out: &mut impl Write, name: &str, row: &Row, to: &Row) -> anyhow::Result<()> {
    let mut bases = to.0.iter();
    let part = |row: &Figures| Some(row.per_second() / bases.next()?.per_second());
    cells(out, name, row.0.each_ref().map(part), 2)
}

fn cells(
    out: &mut impl Write,
    name: &str,
    cells: [Option<f64>; 3],
    digits: usize,
) -> anyhow::Result<()> {
    write!(out, "{name:<30}")?;
    for cell in cells {
        match cell {
            Some(found) => write!(out, "{found:>17.digits$}")?,
            None => write!(out, "{:>17}", "-")?,
        }
    }
    Ok(writeln!(out)?)
}

fn megabytes(bytes_: u64) -> f64 {
    bytes(bytes_) / 1e6
}

fn bytes(count: u64) -> f64 {
    // Whole kilobytes: what the kernel counts in.
    f64::from(u32::try_from(count / 1_024).unwrap_or(u32::MAX)) * 1_024.0
}
