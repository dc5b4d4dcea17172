//! What a tunnel feels like to who is in it.

use std::time::Duration;

/// What came back of a row of pings, fastest first.
#[derive(Clone, Debug)]
pub struct Pings {
    sent: usize,
    times: Vec<Duration>,
}

impl Pings {
    /// Reads the output of `ping` of iputils.
    pub(super) fn read(sent: usize, output: &str) -> Self {
        let time = |line: &str| {
            let (_, rest) = line.split_once("time=")?;
            let millis = rest.split(' ').next()?.parse::<f64>().ok()?;
            Some(Duration::from_secs_f64(millis / 1_000.0))
        };
        // A late packet may come twice.
        let lines = output.lines().filter(|line| !line.contains("DUP!"));
        let mut times = lines.filter_map(time).collect::<Vec<_>>();
        times.sort();
        Self { sent, times }
    }

    /// Both together.
    #[must_use]
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sent += other.sent;
        self.times.extend(other.times);
        self.times.sort();
        self
    }

    /// Whether the tunnel was open all the time: one that stands still loses nearly all. A busy
    /// machine, or the moment in which keys change, can lose one.
    pub fn go_on(&self) -> bool {
        self.lost() * 10 <= self.sent
    }

    /// How many were sent.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// How many did not come back.
    pub fn lost(&self) -> usize {
        self.sent.saturating_sub(self.times.len())
    }

    /// The median of those that came back, if any did.
    pub fn median(&self) -> Option<Duration> {
        self.quantile(50)
    }

    /// The 99th of a hundred.
    pub fn p99(&self) -> Option<Duration> {
        self.quantile(99)
    }

    /// The slowest.
    pub fn max(&self) -> Option<Duration> {
        self.times.last().copied()
    }

    fn quantile(&self, percent: usize) -> Option<Duration> {
        let rank = (self.times.len() * percent).div_ceil(100);
        self.times.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Pings;
    use std::time::Duration;

    #[test]
    fn reads_what_ping_prints() {
        let output = "PING 10.8.0.1 (10.8.0.1) from 10.8.0.2 c0: 56(84) bytes of data.\n\
                      64 bytes from 10.8.0.1: icmp_seq=1 ttl=64 time=0.250 ms\n\
                      64 bytes from 10.8.0.1: icmp_seq=3 ttl=64 time=12 ms\n\
                      64 bytes from 10.8.0.1: icmp_seq=3 ttl=64 time=13 ms (DUP!)\n";
        let pings = Pings::read(3, output);
        assert_eq!((pings.sent(), pings.lost()), (3, 1));
        assert_eq!(pings.median(), Some(Duration::from_micros(250)));
        assert_eq!(pings.p99(), Some(Duration::from_millis(12)));
        assert_eq!(pings.max(), pings.p99());
        assert_eq!(Pings::read(2, "").median(), None);
    }
}
