//! The only list of what is recorded.

use serde::{Deserialize, Serialize};

/// A stored kind of event that this version does not know.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a kind of event that this version of AuthX knows")]
pub struct UnknownKind;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is stored and shown.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }

        impl std::str::FromStr for EventKind {
            type Err = UnknownKind;

            fn from_str(text: &str) -> Result<Self, UnknownKind> {
                match text {
                    $($text => Ok(Self::$name),)*
                    _ => Err(UnknownKind),
                }
            }
        }
    };
}

kinds! {
    /// Another name for a user.
    AliasAdded = "alias_added";
    /// One name of a user less.
    AliasRemoved = "alias_removed";
    /// Something that is protected otherwise than before.
    ApplicationChanged = "application_changed";
    /// Something that is protected from now on.
    ApplicationCreated = "application_created";
    /// Something that is no longer protected.
    ApplicationDeleted = "application_deleted";
    /// A copy of everything, sealed to the recovery key.
    BackupMade = "backup_made";
    /// Somebody agreed that another administrator helps a user past the second factor.
    BypassAgreed = "bypass_agreed";
    /// Somebody asked to help a user past the second factor.
    BypassAsked = "bypass_asked";
    /// A one-time code in place of a factor.
    BypassCodeMade = "bypass_code_made";
    /// Somebody did not agree.
    BypassDeclined = "bypass_declined";
    /// A user is asked for a second factor again.
    BypassEnded = "bypass_ended";
    /// A user is let in without a second factor until a moment.
    BypassStarted = "bypass_started";
    /// An administrator began to find out whether a caller is who they say.
    CallerCheckBegun = "caller_check_begun";
    /// A caller and an administrator read the right digits to each other.
    CallerChecked = "caller_checked";
    /// A user said on the phone that they are on no telephone with the help desk.
    CallerDenied = "caller_denied";
    /// A caller read wrong digits.
    CallerDoubted = "caller_doubted";
    /// An operator vouched for a clock that stands before the newest stored time.
    ClockAccepted = "clock_accepted";
    /// A first right code made an authenticator app count.
    CodeConfirmed = "code_confirmed";
    /// A secret for an authenticator app was shown.
    CodeOffered = "code_offered";
    /// An authenticator app was taken away: its codes count no longer.
    CodeRemoved = "code_removed";
    /// Old entries went, as the policy on the record wants.
    EntriesRemoved = "entries_removed";
    /// A window to enrol at the VPN prompt was closed.
    EnrolmentClosed = "enrolment_closed";
    /// A window to enrol at the VPN prompt was opened.
    EnrolmentOpened = "enrolment_opened";
    /// Another group.
    GroupCreated = "group_created";
    /// A user came into a group.
    GroupJoined = "group_joined";
    /// A user left a group.
    GroupLeft = "group_left";
    /// A group stands elsewhere in the order.
    GroupMoved = "group_moved";
    /// A group that was removed is there again.
    GroupPutBack = "group_put_back";
    /// A group that is no more.
    GroupRemoved = "group_removed";
    /// A group goes by another name.
    GroupRenamed = "group_renamed";
    /// An invitation to enrol a phone.
    InvitationMade = "invitation_made";
    /// An invitation that no longer counts, after too many wrong proofs.
    InvitationSpent = "invitation_spent";
    /// A user said on the phone: not me.
    FraudReported = "fraud_reported";
    /// Another Application Key.
    KeyAdded = "key_added";
    /// An Application Key that is called otherwise.
    KeyRenamed = "key_renamed";
    /// An Application Key whose revocation was taken back.
    KeyRestored = "key_restored";
    /// An Application Key that no longer counts.
    KeyRevoked = "key_revoked";
    /// Let in.
    LoginAllowed = "login_allowed";
    /// A wrong answer, with attempts left.
    LoginAnswered = "login_answered";
    /// The first step.
    LoginBegan = "login_began";
    /// Given up by the caller.
    LoginCancelled = "login_cancelled";
    /// Not finished in time.
    LoginExpired = "login_expired";
    /// Not let in.
    LoginRefused = "login_refused";
    /// A user said in the portal of one of their logins: not me.
    LoginReported = "login_reported";
    /// A mail could not be sent, or no longer in time.
    MailFailed = "mail_failed";
    /// A mail server took a mail.
    MailSent = "mail_sent";
    /// A passkey that lets its owner into the portal from now on.
    PasskeyAdded = "passkey_added";
    /// A passkey that no longer does.
    PasskeyRemoved = "passkey_removed";
    /// Somebody asked for a link to choose a new password with.
    PasswordForgotten = "password_forgotten";
    /// A user's new password.
    PasswordSet = "password_set";
    /// A phone proved its keys; it does not count yet.
    PhoneActivated = "phone_activated";
    /// A phone's first good use.
    PhoneConfirmed = "phone_confirmed";
    /// The portal showed how to bind a phone.
    PhoneOffered = "phone_offered";
    /// A phone registered, or gave up, a WebAuthn credential.
    PhoneCredential = "phone_credential";
    /// An account went from one phone to another.
    PhoneMoved = "phone_moved";
    /// A phone whose keys are dead.
    PhoneRemoved = "phone_removed";
    /// A phone goes by another name.
    PhoneRenamed = "phone_renamed";
    /// A phone was asked.
    PhoneAsked = "phone_asked";
    /// A phone showed a code for a client that shows nothing.
    PhoneCodeShown = "phone_code_shown";
    /// What was sent did not reach a phone.
    PhoneMissed = "phone_missed";
    /// A request reached a phone.
    PhoneReached = "phone_reached";
    /// A link with which an account gets its password and second factor.
    PortalInvited = "portal_invited";
    /// Somebody signed in to the portal.
    PortalSignedIn = "portal_signed_in";
    /// A session of the portal was ended.
    PortalSignedOut = "portal_signed_out";
    /// Somebody gave a second factor once more, for a deed that demands it.
    PortalSteppedUp = "portal_stepped_up";
    /// A new policy.
    PolicySet = "policy_set";
    /// The record, or a part of it, was taken away as a file.
    RecordExported = "record_exported";
    /// New recovery codes.
    RecoveryMade = "recovery_made";
    /// The database comes from a backup.
    Restored = "restored";
    /// The record is kept for another time.
    RetentionSet = "retention_set";
    /// An account became, or is no longer, an administrator.
    RoleSet = "role_set";
    /// What a login allowed may go on no longer.
    SessionEnded = "session_ended";
    /// What a login allowed goes on.
    SessionRenewed = "session_renewed";
    /// A company is called or set up otherwise.
    SettingsChanged = "settings_changed";
    /// A new company.
    TenantCreated = "tenant_created";
    /// A token for scripts.
    TokenMade = "token_made";
    /// A token for scripts whose revocation was taken back.
    TokenRestored = "token_restored";
    /// A token for scripts that no longer counts.
    TokenRevoked = "token_revoked";
    /// What is known of a user has changed.
    UserChanged = "user_changed";
    /// A new user.
    UserCreated = "user_created";
    /// A user who is no more.
    UserDeleted = "user_deleted";
    /// A user who cannot sign in for now.
    UserDisabled = "user_disabled";
    /// A user who can sign in again.
    UserEnabled = "user_enabled";
    /// A user who can be brought back for a week.
    UserRemoved = "user_removed";
    /// A removed user who is back.
    UserRestored = "user_restored";
    /// A list of users was taken away as a file.
    UsersExported = "users_exported";
    /// Users from a file.
    UsersImported = "users_imported";
    /// What an import made was removed again.
    UsersImportUndone = "users_import_undone";
}

impl std::fmt::Display for EventKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_survives_the_store_and_the_wire() {
        for &kind in EventKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!("login_teleported".parse::<EventKind>(), Err(UnknownKind));
    }
}
