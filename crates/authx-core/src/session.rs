//! What a successful login leaves remembered, and when that allows silence.

use crate::{ApplicationId, Millis, SessionId, UserId};

/// A remembered sign-in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// To what.
    pub application: ApplicationId,
    /// Whose.
    pub user: UserId,
    /// The last moment at which it counts. Fixed at its birth: using it does not prolong it, so
    /// that a second factor is asked for at least so often (SP 800-63B §4.2.3).
    pub until: Millis,
    /// When somebody ended it early.
    pub ended: Option<Millis>,
}

impl Session {
    /// Does it stand for the second factor of this user at this application now?
    pub fn allows(&self, now: Millis, user: UserId, application: ApplicationId) -> bool {
        self.ended.is_none()
            && now <= self.until
            && self.user == user
            && self.application == application
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_for_one_user_one_application_and_one_time() {
        let (user, application) = (UserId::from_bytes([1; 16]), ApplicationId::from_bytes([2; 16]));
        let id = SessionId::from_bytes([3; 16]);
        let session = Session { id, application, user, until: Millis(100), ended: None };
        assert!(session.allows(Millis(100), user, application));
        assert!(!session.allows(Millis(101), user, application));
        assert!(!session.allows(Millis(1), UserId::from_bytes([9; 16]), application));
        assert!(!session.allows(Millis(1), user, ApplicationId::from_bytes([9; 16])));
        let ended = Session { ended: Some(Millis(1)), ..session };
        assert!(!ended.allows(Millis(1), user, application));
    }
}
