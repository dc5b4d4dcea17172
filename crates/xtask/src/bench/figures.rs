//! Numbers of repeated measurements, of which the median counts.

use super::{CONNECTIONS, client::Run};
use std::{fmt, time::Duration};

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) per_second: f64,
    /// Milliseconds; none where single answers were not timed.
    pub(crate) latency: Option<(f64, f64)>,
    /// Microseconds of the server's processor time for each.
    pub(crate) cpu_micros: Option<f64>,
}

impl Sample {
    /// Of requests over HTTP.
    pub(crate) fn of(run: &Run, cpu: Duration) -> Self {
        let mut took: Vec<Duration> = run.exchanges.iter().map(|one| one.took).collect();
        let latency = Some((millis(percentile(&mut took, 50)), millis(percentile(&mut took, 99))));
        let count = float(run.exchanges.len());
        let cpu_micros = Some(cpu.as_secs_f64() * 1e6 / count.max(1.0));
        Self { per_second: count / run.took.as_secs_f64(), latency, cpu_micros }
    }

    /// Of commits.
    pub(crate) fn count((count, took): (usize, Duration)) -> Self {
        Self { per_second: float(count) / took.as_secs_f64(), latency: None, cpu_micros: None }
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (p50, p99) = self.latency.unwrap_or_default();
        let cpu = self.cpu_micros.unwrap_or_default();
        let rate = self.per_second;
        write!(f, "{rate:.0}/s, p50 {p50:.2} ms, p99 {p99:.2} ms, {cpu:.0} µs of processor each")
    }
}

/// Repetitions of one measurement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures(Vec<Sample>);

impl Figures {
    pub(crate) fn add(&mut self, sample: Sample) {
        self.0.push(sample);
    }

    pub(crate) fn per_second(&self) -> f64 {
        median(self.0.iter().map(|sample| sample.per_second))
    }

    pub(crate) fn p50(&self) -> f64 {
        median(self.0.iter().filter_map(|sample| sample.latency).map(|(p50, _)| p50))
    }

    pub(crate) fn p99(&self) -> f64 {
        median(self.0.iter().filter_map(|sample| sample.latency).map(|(_, p99)| p99))
    }

    /// The mean, because the kernel counts in hundredths of a second.
    pub(crate) fn cpu_micros(&self) -> f64 {
        let all: Vec<f64> = self.0.iter().filter_map(|sample| sample.cpu_micros).collect();
        all.iter().sum::<f64>() / float(all.len()).max(1.0)
    }
}

/// One for each number of connections.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row(pub(crate) [Figures; CONNECTIONS.len()]);

impl Row {
    pub(crate) fn add(&mut self, at: usize, sample: Sample) {
        if let Some(figures) = self.0.get_mut(at) {
            figures.add(sample);
        }
    }
}

/// Sorts, and gives the value below which so many hundredths lie.
pub(crate) fn percentile(values: &mut [Duration], hundredths: usize) -> Duration {
    values.sort_unstable();
    let at = values.len() * hundredths / 100;
    values.get(at.min(values.len().saturating_sub(1))).copied().unwrap_or_default()
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub(crate) fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
