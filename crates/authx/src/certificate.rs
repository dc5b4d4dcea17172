//! How the certificate stands that this server shows, for whoever has to be told of it.

use authx_core::Millis;
use std::sync::OnceLock;

/// How it stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Standing {
    /// Until when the one in use is good; none before the first.
    pub until: Option<Millis>,
    /// For how long it was made, where that is known.
    pub whole_millis: Option<u64>,
    /// Whether the server renews it by itself.
    pub by_itself: bool,
    /// Why the last try of that failed.
    pub failure: Option<String>,
}

type Look = Box<dyn Fn() -> Option<Standing> + Send + Sync>;

/// Where to look. Nothing is known before the server listens, nor where something in front of it
/// encrypts.
#[derive(Default)]
pub struct Watched(OnceLock<Look>);

impl Watched {
    /// Says where to look; what is said later counts no more.
    pub fn watch(&self, look: impl Fn() -> Option<Standing> + Send + Sync + 'static) {
        let _ = self.0.set(Box::new(look));
    }

    /// How it stands now.
    pub fn standing(&self) -> Option<Standing> {
        self.0.get().and_then(|look| look())
    }
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Watched").field(&self.standing()).finish()
    }
}
