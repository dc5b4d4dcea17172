//! A passkey as the second factor: judged where the browser's answer is, so only what came of it
//! comes here.

use super::{moving::Moving, record};
use crate::{Cx, audit::EventKind, factor::FactorKind, reason::Reason};
use serde_json::Map;

impl Moving<'_> {
    /// Lets in whoever gave their passkey, if one was to be given here.
    pub(super) fn by_passkey(&mut self, cx: &mut Cx<'_>) {
        if self.login.offers.contains(&FactorKind::Passkey) {
            self.allow(cx, Some(FactorKind::Passkey), Map::new());
        } else {
            self.refuse(cx, Reason::PasskeyDeclined, None);
        }
    }

    /// Costs a try like a wrong code: somebody is there who knows the password. What else was asked
    /// stays open.
    pub(super) fn passkey_declined(&mut self, cx: &Cx<'_>) {
        self.login.answers_left = self.login.answers_left.saturating_sub(1);
        if self.login.answers_left == 0 {
            return self.refuse(cx, Reason::PasskeyDeclined, None);
        }
        let mut detail = record::text("answer", "wrong");
        detail.extend(record::text("factor", FactorKind::Passkey.word()));
        self.record(cx, EventKind::LoginAnswered, detail);
    }
}
