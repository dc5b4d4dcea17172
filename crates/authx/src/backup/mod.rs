//! Backups: everything an installation consists of, sealed to a key that is kept on paper; and what
//! makes an installation of one again.

#[expect(clippy::module_inception, reason = "the other half is called restore")]
mod backup;
mod columns;
mod format;
mod reading;
mod renewal;
mod restore;

pub use crate::destination::DestinationError;
pub use backup::{BackupError, Made, to_file, to_writer};
pub use format::{FormatError, Header};
pub use reading::ReadingError;
pub use renewal::Lost;
pub use restore::{RestoreError, Restored, Wish, restore};

/// Rises with every restore, in `meta`: who remembers another one has seen another past.
const EPOCH: &str = "epoch";
