//! Stand-in until the record lands.
/// Kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum EventKind {
    /// x
    LoginBegan,
    /// x
    LoginAnswered,
    /// x
    LoginAllowed,
    /// x
    LoginRefused,
    /// x
    LoginExpired,
    /// x
    LoginCancelled,
}
