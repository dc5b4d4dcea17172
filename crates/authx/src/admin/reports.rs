//! Figures of the last days, and what needs a person.

mod bounds;
mod code;
mod figures;
mod notices;
mod reported;
mod wished;

pub use crate::store::reports::{LostPhone, RefusedUser, WordCount};
pub use code::Code;
pub use figures::{ApplicationFigures, Approvals, Dashboard, Period, Slot, dashboard};
pub use notices::{Level, Notice, Subject, notices};
