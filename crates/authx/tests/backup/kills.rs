//! A restore that is killed can be run again.

use crate::program::{AUTHX, Installation, pause, succeeded};
use std::{
    io::Write,
    process::{Command, Stdio},
};

#[test]
fn a_killed_restore_has_changed_nothing_or_everything() {
    let from = Installation::new();
    for number in 0..3 {
        succeeded(&from.run(&["tenant", "create", &format!("Tenant {number}")], ""));
    }
    let backup = from.backup();
    succeeded(&from.run(&["tenant", "create", "Late"], ""));
    for pauses in 0..12 {
        let mut command = Command::new(AUTHX);
        command.args(["restore", &backup, "--replace", "--config"]).arg(from.config());
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(from.key_line().as_bytes()).unwrap();
        (0..pauses).for_each(|_| pause());
        child.kill().unwrap();
        child.wait().unwrap();
        let tenants = succeeded(&from.run(&["tenant", "list", "--json"], "")).to_string();
        let count = tenants.matches("tenant_id").count();
        assert_eq!(count, if tenants.contains("Late") { 4 } else { 3 }, "{tenants}");
        succeeded(&from.run(&["audit", "verify"], ""));
    }
    succeeded(&from.run(&["restore", &backup, "--replace"], &from.key_line()));
    let tenants = succeeded(&from.run(&["tenant", "list", "--json"], "")).to_string();
    assert!(!tenants.contains("Late"));
}
