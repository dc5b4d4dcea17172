//! The entries of logins, as they come: newest first, those of several logins mixed.

use super::Application;
use crate::store::policies::StepRow;
use authx_core::{
    LoginId, Millis, UserId,
    audit::EventKind,
    policy::draft::{Past, Trail},
};
use std::collections::{HashMap, VecDeque};

/// A login that has ended, with all that is told of it.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    pub(super) id: LoginId,
    pub(super) at: Millis,
    pub(super) user: Option<UserId>,
    pub(super) application: Application,
    pub(super) support_code: Option<String>,
    pub(super) past: Past,
}

/// Logins of which earlier entries may still come.
#[derive(Default)]
pub(super) struct Gathering {
    open: HashMap<LoginId, (Trail, StepRow)>,
    /// By the time of their ends, which falls.
    ends: VecDeque<(Millis, LoginId)>,
}

impl Gathering {
    /// Takes an entry, and gives those out that are older than any that may still come.
    pub(super) fn take(&mut self, row: StepRow) -> Vec<Gathered> {
        let done = self.before(Some(row.at));
        let (Some(id), Ok(kind)) = (row.login, row.kind.parse::<EventKind>()) else { return done };
        if let Some((trail, _)) = self.open.get_mut(&id) {
            trail.read(kind, &row.detail);
        } else if Trail::ENDS.contains(&kind) {
            let mut trail = Trail::default();
            trail.read(kind, &row.detail);
            self.ends.push_back((row.at, id));
            // What was read of it is enough, and details can be long.
            self.open.insert(id, (trail, StepRow { detail: String::new(), ..row }));
        }
        done
    }

    /// Those that are left.
    pub(super) fn rest(mut self) -> Vec<Gathered> {
        self.before(None)
    }

    fn before(&mut self, now: Option<Millis>) -> Vec<Gathered> {
        let mut done = vec![];
        while let Some(&(at, id)) = self.ends.front() {
            if now.is_some_and(|now| at.0 <= now.0.saturating_add(LONGEST_LOGIN_MILLIS)) {
                break;
            }
            self.ends.pop_front();
            let Some((trail, row)) = self.open.remove(&id) else { continue };
            let Some(past) = trail.past() else { continue };
            let StepRow { user, application, support_code, .. } = row;
            done.push(Gathered { id, at, user, application, support_code, past });
        }
        done
    }
}

/// No login is open for longer.
const LONGEST_LOGIN_MILLIS: u64 = 15 * 60 * 1_000;
