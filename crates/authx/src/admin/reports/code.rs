//! Everything that a notice can be about: the only list.

use serde::Serialize;

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident,)*) => {
        /// What a notice is about: a stable word.
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize, utoipa::ToSchema)]
        #[schema(as = NoticeCode)]
        #[serde(rename_all = "snake_case")]
        pub enum Code {
            $($(#[doc = $doc])* $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

codes! {
    /// VPN hosts run a program that is too old for this server.
    AgentsOutdated,
    /// VPN hosts have not called for a day.
    AgentsSilent,
    /// The last backup is long ago.
    BackupOld,
    /// Users get in without a second factor.
    BypassOpen,
    /// Somebody asks to help a user past the second factor.
    BypassWished,
    /// The server's certificate ends soon.
    CertificateEnding,
    /// The server's clock cannot be believed.
    Clock,
    /// Mail did not go out.
    MailLost,
    /// An application has no key that counts.
    NoKey,
    /// Users said "not me" of logins that were refused.
    NotMe,
    /// Users said "not me" of logins that were let in.
    NotMeLetIn,
    /// There is no second owner.
    OneOwner,
    /// An application asks only some groups for a second factor.
    PilotOpen,
    /// Phones get no notices.
    PushOff,
    /// The record was found changed.
    RecordChanged,
    /// The record is not sealed.
    SealMissing,
}
