//! Numbers of repeated measurements, of which the median counts.

use rustix::process::Pid;
use std::{fs, time::Duration};

/// Values of one measurement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<f64>);

impl Figures {
    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    /// None of nothing.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut values = self.0.clone();
        values.sort_unstable_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// The value below which so many hundredths lie; none of nothing.
    pub(crate) fn percentile(&self, hundredths: usize) -> Option<f64> {
        let mut values = self.0.clone();
        values.sort_unstable_by(f64::total_cmp);
        let at = values.len() * hundredths / 100;
        values.get(at.min(values.len().saturating_sub(1))).copied()
    }

    pub(crate) fn shown(&self, digits: usize) -> String {
        self.median().map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How long a process has computed, with threads that have ended.
pub(crate) fn cpu_time(pid: Pid) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap();
    // The program's name, in parentheses, may hold anything; `utime` and `stime` (proc(5)) follow.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let ticks = fields.split_whitespace().skip(11).take(2);
    let ticks = ticks.map(|ticks| ticks.parse::<u64>().unwrap()).sum::<u64>();
    Duration::from_millis(ticks * TICK_MILLIS)
}

/// The kernel counts processor time for programs in hundredths of a second (`USER_HZ`).
const TICK_MILLIS: u64 = 10;
