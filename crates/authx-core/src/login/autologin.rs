//! Clients that sign in by themselves: nobody is there to be asked, or to read a number.

use super::{Means, Phone, moving::Moving, phone::reason_of};
use crate::{Cx, factor::FactorKind, policy::Autologin, reason::Reason};
use serde_json::Map;

impl Moving<'_> {
    /// Whether the policy lets this client sign in by itself, if it does; otherwise the login is
    /// refused by this.
    pub(super) fn may_autologin(&mut self, cx: &Cx<'_>) -> bool {
        let may = !self.login.autologin || self.policy.autologin != Autologin::Refuse;
        if !may {
            self.refuse(cx, Reason::AutologinNotAllowed, None);
        }
        may
    }

    /// Decides about a client that no remembered session lets in. What the policy says of those
    /// who can be asked does not count here.
    pub(super) fn autologin(&mut self, cx: &mut Cx<'_>, means: &mut Means<'_>) {
        match self.policy.autologin {
            Autologin::Allow => self.allow(cx, None, Map::new()),
            Autologin::Push => self.ask_any_phone(cx, means),
            Autologin::Refuse => self.refuse(cx, Reason::AutologinNotAllowed, None),
        }
    }

    fn ask_any_phone(&mut self, cx: &mut Cx<'_>, means: &mut Means<'_>) {
        self.offer(cx.now, means);
        if self.login.offers.is_empty() {
            return self.not_enrolled(cx, means.enrol.as_ref());
        }
        let asks = self.login.offers.contains(&FactorKind::Push);
        let Some(phone) = best(means.phones).filter(|_| asks) else {
            return self.cannot_ask(cx, Reason::CannotAsk, Reason::PhoneCodeNeeded);
        };
        if self.needs_number().is_none() {
            return self.cannot_ask(cx, Reason::NumberNotShown, Reason::NumberNotShown);
        }
        if let Err(held) = self.ask_phone(cx, means.enrolled, phone) {
            self.refuse(cx, reason_of(held), None);
        }
    }
}

/// The first phone that will be noticed; else the first that shows its requests once it is opened,
/// as its owner may do who has just connected.
fn best(phones: &[Phone]) -> Option<&Phone> {
    let silent = || phones.iter().find(|phone| phone.unreachable_since.is_none());
    phones.iter().find(|phone| phone.is_reachable()).or_else(silent)
}
