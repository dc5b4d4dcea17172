//! What people are written about.

use crate::{
    admin::{Actor, bypass::Kind, sign_up},
    app::App,
};
use authx_core::{Millis, UserId, role::Role, wire::phone::InvitationProof};
use zeroize::Zeroizing;

/// What somebody is written about. A link in it lets somebody in: it is sealed while it waits, and
/// erased once it is sent.
#[derive(Clone)]
pub enum Letter {
    /// The account let in so many wrong answers that it is locked.
    AccountLocked {
        /// Until when; `None` until somebody unlocks it.
        until: Option<Millis>,
        /// The last of them.
        deed: Deed,
    },
    /// No second factor is asked for, for a while.
    BypassGiven {
        /// Until when.
        until: Millis,
        /// Why.
        reason: String,
        /// Who gave it.
        deed: Deed,
    },
    /// Somebody signed in without a second factor.
    BypassUsed {
        /// Where.
        application: String,
        /// When, and from where.
        deed: Deed,
    },
    /// To whoever may agree: somebody asks to help a user past the second factor.
    BypassWished {
        /// Whom.
        user: String,
        /// How.
        kind: Kind,
        /// Why.
        reason: String,
        /// Who asks.
        by: String,
        /// How long it waits.
        until: Millis,
        /// When it was asked.
        at: Millis,
    },
    /// A code that stands for the second factor once was made. It is never in the mail.
    CodeGiven {
        /// Until when it is good.
        until: Millis,
        /// Why.
        reason: String,
        /// Who gave it.
        deed: Deed,
    },
    /// Enrol a phone.
    Invitation {
        /// Opens the page, with its secret in the fragment.
        link: Link,
        /// What the page asks for.
        proof: InvitationProof,
        /// Who invites, as the user knows that person.
        by: Option<String>,
    },
    /// To whoever looks after users: somebody says of a login of theirs that was let in that it was
    /// somebody else's.
    LoginReported {
        /// Who says so.
        user: String,
        /// At what.
        application: String,
        /// When it was let in.
        let_in: Millis,
        /// Whence it came.
        from: Option<String>,
        /// What finds it.
        support_code: Option<String>,
        /// When it was reported.
        at: Millis,
    },
    /// Mail goes to another address from now on; this is written to the one before.
    MailChanged {
        /// Enough of the new one that its owner knows it; none where there is none any more.
        to: Option<String>,
        /// By whom.
        deed: Deed,
    },
    /// Codes of an authenticator app count from now on.
    AppAdded(Deed),
    /// Codes of an authenticator app count no longer.
    AppRemoved(Deed),
    /// Somebody signed in to the portal from a browser that was not seen before.
    NewBrowser {
        /// Which, as it says of itself.
        browser: String,
        /// When, and from where.
        deed: Deed,
    },
    /// A passkey can sign in from now on.
    PasskeyAdded {
        /// What it is called.
        passkey: String,
        /// By whom.
        deed: Deed,
    },
    /// A passkey signs in no longer.
    PasskeyRemoved {
        /// What it was called.
        passkey: String,
        /// By whom.
        deed: Deed,
    },
    /// The password is another one.
    PasswordChanged(Deed),
    /// A new password can be chosen.
    PasswordForgotten {
        /// Opens the page.
        link: Link,
        /// Who asked, from where.
        deed: Deed,
    },
    /// A phone can approve from now on.
    PhoneAdded {
        /// What it is called.
        phone: String,
        /// What it runs on.
        platform: String,
        /// When.
        deed: Deed,
    },
    /// The account went from one phone to another.
    PhoneMoved {
        /// What the new one is called.
        phone: String,
        /// What the old one was called.
        before: String,
        /// When.
        deed: Deed,
    },
    /// A phone approves no longer.
    PhoneRemoved {
        /// What it was called.
        phone: String,
        /// By whom.
        deed: Deed,
    },
    /// There are new recovery codes; earlier ones count no longer.
    RecoveryMade(Deed),
    /// The account has a role from which it may do more; what others could have prepared is gone.
    RoleRaised {
        /// Which.
        role: Role,
        /// What counts no longer.
        removed: Vec<String>,
        /// Whether phones, passkeys, apps and the password stay.
        keeps: bool,
        /// By whom.
        deed: Deed,
    },
    /// Set up the sign-in to the portal.
    SetUp {
        /// Opens the page.
        link: Link,
        /// What the person is to be there.
        role: Option<Role>,
        /// Who invites.
        by: Option<String>,
    },
    /// Nothing happened: it is tried whether mail arrives.
    Test,
}

/// A link that works once.
#[derive(Clone)]
pub struct Link {
    /// Where it leads.
    pub url: Zeroizing<String>,
    /// Until when it is good.
    pub until: Millis,
}

/// When something happened, and what is known of who did it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deed {
    /// When.
    pub at: Millis,
    /// The address it came from, as shown to people.
    pub from: Option<String>,
    /// Who did it; `None` is the reader, or whoever can pass for them.
    pub by: Option<String>,
}

impl Deed {
    /// Something that the reader did, or somebody who can pass for them.
    pub fn own(at: Millis) -> Self {
        Self { at, from: None, by: None }
    }

    /// Something that `by` did to the account.
    pub fn by(by: &Actor, account: UserId, at: Millis) -> Self {
        let name = (by.user() != Some(account)).then(|| name_of(by));
        Self { at, from: None, by: name }
    }

    /// The same, from an address.
    #[must_use]
    pub fn from(self, address: impl Into<String>) -> Self {
        Self { from: Some(address.into()), ..self }
    }
}

/// What a reader can make of who acts: an account by its name; names of the operating system tell
/// nothing.
pub(super) fn name_of(by: &Actor) -> String {
    if by.user().is_some() { by.as_str().to_owned() } else { "an administrator".to_owned() }
}

impl Letter {
    /// Whoever acts asks somebody to set up the sign-in by that link.
    pub(in crate::admin) fn set_up(
        app: &App,
        link: &sign_up::Link,
        role: Option<Role>,
        by: &Actor,
    ) -> Self {
        let by = by.user().map(|_| by.as_str().to_owned());
        Self::SetUp { link: Link { url: link.address(app), until: link.expires }, role, by }
    }

    /// The word for its kind, as stored and in a filter.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AccountLocked { .. } => "account_locked",
            Self::AppAdded(_) => "app_added",
            Self::AppRemoved(_) => "app_removed",
            Self::BypassGiven { .. } => "bypass_given",
            Self::BypassUsed { .. } => "bypass_used",
            Self::BypassWished { .. } => "bypass_wished",
            Self::CodeGiven { .. } => "code_given",
            Self::Invitation { .. } => INVITATION,
            Self::LoginReported { .. } => "login_reported",
            Self::MailChanged { .. } => "mail_changed",
            Self::NewBrowser { .. } => "new_browser",
            Self::PasskeyAdded { .. } => "passkey_added",
            Self::PasskeyRemoved { .. } => "passkey_removed",
            Self::PasswordChanged(_) => "password_changed",
            Self::PasswordForgotten { .. } => FORGOTTEN,
            Self::PhoneAdded { .. } => "phone_added",
            Self::PhoneMoved { .. } => "phone_moved",
            Self::PhoneRemoved { .. } => "phone_removed",
            Self::RecoveryMade(_) => "recovery_made",
            Self::RoleRaised { .. } => "role_raised",
            Self::SetUp { .. } => SET_UP,
            Self::Test => "test",
        }
    }

    /// When it is of no use any more, if it is earlier than for every letter.
    pub(super) fn until(&self) -> Option<Millis> {
        match self {
            Self::Invitation { link, .. }
            | Self::PasswordForgotten { link, .. }
            | Self::SetUp { link, .. } => Some(link.until),
            Self::BypassWished { until, .. } => Some(*until),
            Self::AccountLocked { .. }
            | Self::AppAdded(_)
            | Self::AppRemoved(_)
            | Self::BypassGiven { .. }
            | Self::BypassUsed { .. }
            | Self::CodeGiven { .. }
            | Self::LoginReported { .. }
            | Self::MailChanged { .. }
            | Self::NewBrowser { .. }
            | Self::PasskeyAdded { .. }
            | Self::PasskeyRemoved { .. }
            | Self::PasswordChanged(_)
            | Self::PhoneAdded { .. }
            | Self::PhoneMoved { .. }
            | Self::PhoneRemoved { .. }
            | Self::RecoveryMade(_)
            | Self::RoleRaised { .. }
            | Self::Test => None,
        }
    }
}

/// What people call a kind of letter, such as in a list of deliveries; the word itself for one that
/// this version does not know.
pub fn title(kind: &str) -> &str {
    TITLES.iter().find(|(word, _)| *word == kind).map_or(kind, |(_, title)| title)
}

/// Each kind of letter, and what people call it.
pub const TITLES: &[(&str, &str)] = &[
    ("account_locked", "Account locked"),
    ("app_added", "Authenticator app added"),
    ("app_removed", "Authenticator app removed"),
    ("bypass_given", "Bypass given"),
    ("bypass_used", "Bypass used"),
    ("bypass_wished", "Bypass asked for"),
    ("code_given", "One-time code given"),
    ("invitation", "Invitation to enrol a phone"),
    ("login_reported", "Login reported as “not me”"),
    ("mail_changed", "Mail address changed"),
    ("new_browser", "Sign-in from a new browser"),
    ("passkey_added", "Passkey added"),
    ("passkey_removed", "Passkey removed"),
    ("password_changed", "Password changed"),
    ("password_forgotten", "Forgotten password"),
    ("phone_added", "Phone added"),
    ("phone_moved", "Phone moved"),
    ("phone_removed", "Phone removed"),
    ("recovery_made", "Recovery codes made"),
    ("role_raised", "Higher role given"),
    ("set_up", "Set-up of a sign-in"),
    ("test", "Test"),
];

/// See [`Letter::kind`].
pub(crate) const INVITATION: &str = "invitation";
/// See [`Letter::kind`].
pub(crate) const FORGOTTEN: &str = "password_forgotten";
/// See [`Letter::kind`].
pub(crate) const SET_UP: &str = "set_up";

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({})", self.kind())
    }
}
