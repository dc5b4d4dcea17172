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

    pub(crate) fn shown(&self, digits: usize) -> String {
        self.median().map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    }
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// How long a process's threads have computed.
pub(crate) fn cpu_time(pid: Pid) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero())).unwrap();
    let nanos = tasks.map(|task| {
        // A thread may end while the list is read.
        let spent = fs::read_to_string(task.unwrap().path().join("schedstat"));
        let first = spent.ok().and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
        first.unwrap_or(0)
    });
    Duration::from_nanos(nanos.sum())
}
