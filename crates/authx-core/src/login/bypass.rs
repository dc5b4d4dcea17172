//! Users who are let in without a second factor for a while.

use super::{Stage, moving::Moving, record};
use crate::{Cx, Millis, audit::EventKind, policy::SecondFactor};
use serde_json::{Map, Value};

/// That no second factor is asked for.
#[derive(Clone, Debug)]
pub struct Waived {
    /// Until when.
    pub until: Millis,
    /// For the record: why, and who said so.
    pub why: Map<String, Value>,
}

impl Moving<'_> {
    /// Lets the user in, if it is not over. Nothing is remembered of it: what stands for a second
    /// factor later must have seen one.
    pub(super) fn waived(&mut self, cx: &Cx<'_>, waived: Waived) -> bool {
        if waived.until <= cx.now || self.policy.second_factor == SecondFactor::Off {
            return false;
        }
        self.login.stage = Stage::Allowed { factor: None, session: None };
        let mut detail = waived.why;
        detail.extend(record::text("by", "bypass"));
        self.record(cx, EventKind::LoginAllowed, detail);
        true
    }
}
