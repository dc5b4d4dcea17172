//! Each test in a process of its own: the plugin's statics, the working directory, root directory
//! and user are the process's.

use crate::openvpn;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

static TURN: Mutex<()> = Mutex::new(());
const CHILD: &str = "AUTHX_TEST_ALONE";

pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var(CHILD).is_ok_and(|child| child == name) {
        openvpn::go_before_others();
        return test();
    }
    // One after the other: they measure milliseconds.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    // What the child leaves behind as another user goes with this directory.
    let room = tempfile::tempdir().unwrap();
    std::fs::set_permissions(room.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(CHILD, name)
        .env("TMPDIR", room.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    println!("{said}{}", String::from_utf8_lossy(&child.stderr));
    assert!(child.status.success(), "{name}: {}", child.status);
    assert!(said.contains("1 passed"), "{name} is the name of no test");
}
