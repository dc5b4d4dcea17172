//! A PAM service of a test's own.

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// A file among the machine's PAM services, as there is no other place. Removed when dropped.
#[derive(Debug)]
pub struct PamService {
    name: String,
}

impl PamService {
    /// A service with these lines.
    pub fn new(lines: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        sweep();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let made = Self { name: format!("{PREFIX}{}-{number}", process::id()) };
        fs::write(file(&made.name), format!("{lines}\n")).unwrap();
        made
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for PamService {
    fn drop(&mut self) {
        // Somebody else may have swept it away.
        let _ = fs::remove_file(file(&self.name));
    }
}

/// Removes what tests that were killed have left.
fn sweep() {
    let names = fs::read_dir(PLACE).into_iter().flatten().flatten();
    for name in names.filter_map(|entry| entry.file_name().into_string().ok()) {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            let _ = fs::remove_file(file(&name));
        }
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(PLACE).join(name)
}

const PLACE: &str = "/etc/pam.d";
const PREFIX: &str = "authx-test-";
