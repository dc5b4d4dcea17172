//! What was measured with phones, to be read beside other days; only ratios are claims.

use super::{
    super::figures::{Figures, float, millis, percentile},
    Wait,
    approvals::Approvals,
    held::How,
};
use std::{io::Write, time::Duration};

impl Wait {
    pub(super) fn write(&self, out: &mut impl Write) -> anyhow::Result<()> {
        let how = match self.how {
            How::Live { each: 1 } => "LIVE STREAMS, TLS AND HTTP/2, A CONNECTION EACH".to_owned(),
            How::Live { each } => format!("LIVE STREAMS, TLS AND HTTP/2, {each} TO A CONNECTION"),
            How::Poll => "LONG POLLS, HTTP/1.1, A CONNECTION EACH".to_owned(),
        };
        let (before, with) = self.memory;
        let [idle, waiting] = [before, with].map(|bytes| kilobytes(bytes) / 1e3);
        let each = kilobytes(with.saturating_sub(before)) / float(self.phones).max(1.0);
        writeln!(out, "\n{} WAITING PHONES: {how}", self.phones)?;
        writeln!(out, "resident memory, MB           {idle:>16.1} idle{waiting:>12.1} waiting")?;
        writeln!(out, "kB each                       {each:>16.1}")?;
        let share = self.share * 100.0;
        writeln!(out, "of a processor, nothing asked {share:>16.1} %")?;
        times(out, "from sending the login", &self.from_request)?;
        times(out, "from its answer", &self.from_answer)?;
        let [alone, beside] = [&self.alone, &self.beside].map(Figures::per_second);
        writeln!(out, "logins a second, 64 at once   {alone:>16.0} alone{beside:>11.0} beside")?;
        writeln!(out, "beside / alone                {:>16.2}", beside / alone)?;
        let [alone, beside] = [&self.alone, &self.beside].map(Figures::p99);
        writeln!(out, "p99 of a login, ms            {alone:>16.1} alone{beside:>11.1} beside")?;
        Ok(())
    }
}

impl Approvals {
    pub(super) fn write(&self, out: &mut impl Write) -> anyhow::Result<()> {
        writeln!(out, "\nAPPROVALS ON {}", self.engine.to_uppercase())?;
        times(out, "from sending the approval", &self.from_approval)?;
        times(out, "from its answer", &self.from_answer)?;
        let [push, code] = [&self.push, &self.code].map(Figures::per_second);
        writeln!(out, "begun a second, 64 at once    {push:>16.0} push{code:>12.0} code")?;
        writeln!(out, "push / code, a second         {:>16.2}", push / code)?;
        let [push, code] = [&self.push, &self.code].map(Figures::cpu_micros);
        writeln!(out, "processor µs each             {push:>16.0} push{code:>12.0} code")?;
        writeln!(out, "push / code, processor        {:>16.2}", push / code)?;
        Ok(())
    }
}

fn times(out: &mut impl Write, what: &str, times: &[Duration]) -> anyhow::Result<()> {
    let mut times = times.to_vec();
    let [p50, p95, p99] = [50, 95, 99].map(|at| millis(percentile(&mut times, at)));
    Ok(writeln!(out, "{what:<30}{p50:>16.3} p50{p95:>13.3} p95{p99:>13.3} p99 ms")?)
}

fn kilobytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1_024).unwrap_or(u32::MAX)) * 1.024
}
