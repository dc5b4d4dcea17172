//! Hashing and checking passwords: Argon2id (RFC 9106) with OWASP's parameters, as many at once as
//! there are cores, and the same work for a user who does not exist. New passwords and codes have a
//! queue of their own: however many are made, who signs in finds a core.

mod rules;

pub use rules::accept;

use argon2::{
    Argon2, Params,
    password_hash::{Error as HashError, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use authx_core::{
    UserId,
    password_rules::{NewPassword, PasswordRefused, normalised},
};
use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task, time,
};
use zeroize::Zeroizing;

/// The password checks of one process. Cloning shares the queue.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    decoy: Arc<PasswordHash>,
    permits: Arc<Semaphore>,
    making: Arc<Semaphore>,
    makers: Arc<Mutex<BTreeSet<UserId>>>,
    patience: Duration,
}

impl Passwords {
    /// At most `at_once` checks run at a time, each on 19 MiB of memory and one core for some tens
    /// of milliseconds: `std::thread::available_parallelism()` in production. Beside them half as
    /// many new passwords and codes are judged and hashed. Hashes once, for the users who do not
    /// exist.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Failed`] when there is no memory for even one.
    pub fn new(at_once: NonZeroUsize) -> Result<Self, PasswordError> {
        Self::with_params(Params::DEFAULT, at_once)
    }

    /// Hashes that cost next to nothing, for tests that check hundreds of passwords. What is
    /// installed is built without the feature `testing` and has no such function.
    ///
    /// # Errors
    ///
    /// As [`Passwords::new`].
    #[cfg(feature = "testing")]
    pub fn cheap_for_tests() -> Result<Self, PasswordError> {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None)
            .map_err(|error| PasswordError::Failed(error.into()))?;
        Self::with_params(params, NonZeroUsize::MIN.saturating_add(3))
    }

    fn with_params(params: Params, at_once: NonZeroUsize) -> Result<Self, PasswordError> {
        let argon2 = Argon2::from(params);
        let decoy = argon2.hash_password_with_salt(b"", &[0; SALT_LEN])?;
        let permits = Arc::new(Semaphore::new(at_once.get()));
        let making = Arc::new(Semaphore::new(at_once.get().div_ceil(2)));
        let (decoy, makers) = (Arc::new(decoy), Arc::default());
        Ok(Self { argon2, decoy, permits, making, makers, patience: PATIENCE })
    }

    /// Has something new made for an account, one thing at a time, so that it takes one place in the
    /// queue at most. `None`: something else is under way.
    pub fn alone(&self, account: UserId) -> Option<Alone> {
        let mut makers = self.makers.lock().unwrap_or_else(PoisonError::into_inner);
        makers.insert(account).then(|| Alone { makers: Arc::clone(&self.makers), account })
    }

    /// Checks a new password as [`accept`] does, in the queue of what is new.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`], [`PasswordError::Failed`]; inside, the first rule that is broken.
    pub async fn accept(
        &self,
        typed: Zeroizing<String>,
        known: Vec<String>,
    ) -> Result<Result<NewPassword, PasswordRefused>, PasswordError> {
        let permit = self.permit(&self.making).await?;
        run(permit, move || {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            Ok(accept(&typed, &known))
        })
        .await
    }

    /// The PHC string to store for a password. `salt` is drawn by the caller.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`], [`PasswordError::Failed`].
    pub async fn hash(
        &self,
        password: NewPassword,
        salt: [u8; SALT_LEN],
    ) -> Result<Zeroizing<String>, PasswordError> {
        let permit = self.permit(&self.making).await?;
        let argon2 = self.argon2.clone();
        run(permit, move || {
            let hash = argon2.hash_password_with_salt(password.expose().as_bytes(), &salt)?;
            Ok(Zeroizing::new(hash.to_string()))
        })
        .await
    }

    /// Waits for a core to check a password on.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`].
    pub async fn turn(&self) -> Result<Turn, PasswordError> {
        self.permit(&self.permits).await.map(Turn)
    }

    /// Which of `typed` is the password behind `stored`, tried in this order. Without a stored hash
    /// none is, and finding that takes as long as where all are wrong.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Damaged`], [`PasswordError::Failed`].
    pub async fn verify(
        &self,
        turn: Turn,
        stored: Option<&str>,
        typed: Vec<Zeroizing<String>>,
    ) -> Result<Option<usize>, PasswordError> {
        let real = stored.map(parse).transpose()?;
        let exists = real.is_some();
        let hash = real.map_or_else(|| Arc::clone(&self.decoy), Arc::new);
        let argon2 = self.argon2.clone();
        run(turn.0, move || {
            first_right(&typed, |typed| {
                let typed = normalised(typed);
                match argon2.verify_password(typed.as_bytes(), &*hash) {
                    Ok(()) => Ok(exists),
                    Err(HashError::PasswordInvalid) => Ok(false),
                    Err(error @ HashError::OutOfMemory) => Err(error.into()),
                    Err(error) => Err(PasswordError::Damaged(error)),
                }
            })
        })
        .await
    }

    /// The password hash of a code that somebody typed which was drawn for its owner, such as a
    /// recovery code, under a salt that all codes of one owner share.
    ///
    /// # Errors
    ///
    /// [`PasswordError::Busy`], [`PasswordError::Failed`].
    pub async fn digest(
        &self,
        code: Zeroizing<String>,
        salt: Vec<u8>,
    ) -> Result<[u8; 32], PasswordError> {
        self.digest_by(self.permit(&self.permits).await?, code, salt).await
    }

    /// The same hash of a code that is being drawn, in the queue of what is new.
    ///
    /// # Errors
    ///
    /// As [`Passwords::digest`].
    pub async fn digest_new(
        &self,
        code: Zeroizing<String>,
        salt: Vec<u8>,
    ) -> Result<[u8; 32], PasswordError> {
        self.digest_by(self.permit(&self.making).await?, code, salt).await
    }

    async fn digest_by(
        &self,
        permit: OwnedSemaphorePermit,
        code: Zeroizing<String>,
        salt: Vec<u8>,
    ) -> Result<[u8; 32], PasswordError> {
        let argon2 = self.argon2.clone();
        run(permit, move || {
            let mut digest = [0; 32];
            let hashed = argon2.hash_password_into(code.as_bytes(), &salt, &mut digest);
            hashed.map_err(|error| PasswordError::Failed(error.into()))?;
            Ok(digest)
        })
        .await
    }

    async fn permit(&self, of: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, PasswordError> {
        match time::timeout(self.patience, Arc::clone(of).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            // The semaphore is never closed; were it, waiting would not help either.
            Ok(Err(_)) | Err(_) => Err(PasswordError::Busy),
        }
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").field("argon2", &self.argon2).finish_non_exhaustive()
    }
}

/// A core to check one password on, as long as it takes.
#[derive(Debug)]
pub struct Turn(OwnedSemaphorePermit);

/// An account for which something new is made, until this is dropped.
#[derive(Debug)]
pub struct Alone {
    makers: Arc<Mutex<BTreeSet<UserId>>>,
    account: UserId,
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.makers.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// All cores were hashing for two seconds. The login was not judged; try again in a few.
    #[error("too many passwords are being checked; try again in a few seconds")]
    Busy,
    /// What is stored is no Argon2 hash.
    #[error("the stored password hash cannot be read")]
    Damaged(#[source] HashError),
    /// No memory, or the check was torn down with the server.
    #[error("the password could not be checked")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<HashError> for PasswordError {
    fn from(error: HashError) -> Self {
        Self::Failed(error.into())
    }
}

/// The first text that is right. Only that ends the search, so what is wrong costs the same for
/// every user.
fn first_right(
    texts: &[Zeroizing<String>],
    mut is_right: impl FnMut(&str) -> Result<bool, PasswordError>,
) -> Result<Option<usize>, PasswordError> {
    for (at, text) in texts.iter().enumerate() {
        if is_right(text)? {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// A PHC string without salt or digest is well formed, and would otherwise pass for a hash that no
/// password matches.
fn parse(stored: &str) -> Result<PasswordHash, PasswordError> {
    let hash = PasswordHash::new(stored).map_err(|error| PasswordError::Damaged(error.into()))?;
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err(PasswordError::Damaged(HashError::EncodingInvalid));
    }
    Ok(hash)
}

/// On a thread that may block; the permit comes back when the work is done, also if nobody waits
/// for the result any more.
async fn run<T: Send + 'static>(
    permit: OwnedSemaphorePermit,
    work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
) -> Result<T, PasswordError> {
    let work = move || {
        let _permit = permit;
        work()
    };
    task::spawn_blocking(work).await.map_err(|error| PasswordError::Failed(error.into()))?
}

/// Bytes of salt (RFC 9106 §3.1 recommends 16).
pub const SALT_LEN: usize = 16;
/// How long a check may wait for a core before the caller is told to come back.
const PATIENCE: Duration = Duration::from_secs(2);

#[cfg(test)]
mod tests {
    use super::*;

    async fn verify(
        passwords: &Passwords,
        stored: Option<&str>,
        text: &str,
    ) -> Result<bool, PasswordError> {
        let turn = passwords.turn().await?;
        let typed = vec![Zeroizing::new(text.to_owned())];
        Ok(passwords.verify(turn, stored, typed).await?.is_some())
    }

    fn one_at_a_time(patience: Duration) -> Passwords {
        let params = Params::new(Params::MIN_M_COST, 1, 1, None).unwrap();
        let passwords = Passwords::with_params(params, NonZeroUsize::MIN).unwrap();
        Passwords { patience, ..passwords }
    }

    fn new_password(text: &str) -> NewPassword {
        accept(text, &[]).unwrap()
    }

    #[tokio::test]
    async fn only_the_right_password_matches_however_it_was_composed() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        let stored = passwords.hash(new_password("zwölf Ängste"), [7; 16]).await.unwrap();
        let verify = async |text| verify(&passwords, Some(&stored), text).await.unwrap();
        assert!(verify("zwölf Ängste").await);
        assert!(verify("zwo\u{308}lf A\u{308}ngste").await, "decomposed, as macOS types it");
        assert!(!verify("zwolf Angste").await);
        assert!(!verify("").await);
    }

    #[tokio::test]
    async fn several_readings_are_tried_in_order() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        let stored = passwords.hash(new_password("nine purple owls"), [7; 16]).await.unwrap();
        for (typed, expected) in [
            (vec!["nine purple owls", "nine purple owls,c"], Some(0)),
            (vec!["nine purple", "nine purple owls"], Some(1)),
            (vec!["nine", "purple"], None),
            (vec![], None),
        ] {
            let turn = passwords.turn().await.unwrap();
            let typed = typed.into_iter().map(|text| Zeroizing::new(text.to_owned())).collect();
            assert_eq!(passwords.verify(turn, Some(&stored), typed).await.unwrap(), expected);
        }
        let turn = passwords.turn().await.unwrap();
        let typed = vec![Zeroizing::new(String::new()); 2];
        assert_eq!(passwords.verify(turn, None, typed).await.unwrap(), None, "nor the decoy's");
    }

    #[test]
    fn every_reading_costs_its_hash_until_one_is_right() {
        let texts = ["a", "b", "c"].map(|text| Zeroizing::new(text.to_owned()));
        for (right, expected, cost) in
            [(None, None, 3), (Some("c"), Some(2), 3), (Some("a"), Some(0), 1)]
        {
            let mut hashes = 0;
            let found = first_right(&texts, |text| {
                hashes += 1;
                Ok(Some(text) == right)
            });
            assert_eq!((found.unwrap(), hashes), (expected, cost));
        }
    }

    #[tokio::test]
    async fn a_stored_hash_says_how_it_was_made() {
        let passwords = Passwords::new(NonZeroUsize::MIN).unwrap();
        let stored = passwords.hash(new_password("nine purple owls"), [7; 16]).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", *stored);
        let cheap = Passwords::cheap_for_tests().unwrap();
        let verified = verify(&cheap, Some(&stored), "nine purple owls").await;
        assert!(
            verified.unwrap(),
            "parameters are read from the hash, so they can be raised later"
        );
    }

    #[tokio::test]
    async fn nobody_gets_in_without_a_stored_hash() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        assert!(!verify(&passwords, None, "").await.unwrap(), "the decoy hides no password");
        assert!(!verify(&passwords, None, "nine purple owls").await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_wrong_password() {
        let passwords = Passwords::new(NonZeroUsize::MIN).unwrap();
        let stored = passwords.hash(new_password("nine purple owls"), [7; 16]).await.unwrap();
        let stored = PasswordHash::new(&stored).unwrap();
        // Both go through one function, so the work is the same when the parameters are.
        assert_eq!(passwords.decoy.algorithm, stored.algorithm);
        assert_eq!(passwords.decoy.params, stored.params);
        let lengths = |hash: &PasswordHash| {
            (hash.salt.map(|salt| salt.len()), hash.hash.map(|digest| digest.len()))
        };
        assert_eq!(lengths(&passwords.decoy), lengths(&stored));
    }

    #[tokio::test]
    async fn a_full_queue_is_busy_and_recovers() {
        let passwords = one_at_a_time(Duration::from_millis(5));
        let held = Arc::clone(&passwords.permits).acquire_owned().await.unwrap();
        let refused = verify(&passwords, None, "x").await;
        assert!(matches!(refused, Err(PasswordError::Busy)), "{refused:?}");
        drop(held);
        assert!(!verify(&passwords, None, "x").await.unwrap());
    }

    #[tokio::test]
    async fn a_check_waits_its_turn() {
        let passwords = one_at_a_time(Duration::from_hours(1));
        let held = Arc::clone(&passwords.permits).acquire_owned().await.unwrap();
        let waiting = verify(&passwords, None, "x");
        tokio::pin!(waiting);
        assert!(time::timeout(Duration::from_millis(20), &mut waiting).await.is_err());
        drop(held);
        assert!(!waiting.await.unwrap());
    }

    #[tokio::test]
    async fn a_caller_who_left_still_occupies_the_core() {
        let passwords = one_at_a_time(Duration::from_hours(1));
        let permit = passwords.permit(&passwords.permits).await.unwrap();
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let work =
            run(permit, move || wait.recv().map_err(|error| PasswordError::Failed(error.into())));
        assert!(time::timeout(Duration::from_millis(20), work).await.is_err(), "the caller leaves");
        assert_eq!(passwords.permits.available_permits(), 0);
        go.send(()).unwrap();
        assert!(!verify(&passwords, None, "x").await.unwrap());
    }

    #[tokio::test]
    async fn what_is_no_hash_is_an_error_and_not_a_wrong_password() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        for stored in [
            "",
            "secret",
            "$argon2id$v=19$m=8,t=1,p=1",
            "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ",
            "$argon2id$v=19$m=1,t=0,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
            "$scrypt$ln=15,r=8,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        ] {
            let verified = verify(&passwords, Some(stored), "secret").await;
            assert!(matches!(verified, Err(PasswordError::Damaged(_))), "{stored}: {verified:?}");
        }
    }

    #[tokio::test]
    async fn who_signs_in_waits_for_no_new_password() {
        let passwords = one_at_a_time(Duration::from_millis(5));
        let held = Arc::clone(&passwords.making).acquire_owned().await.unwrap();
        let typed = || Zeroizing::new("nine purple owls".to_owned());
        let refused = passwords.accept(typed(), vec![]).await;
        assert!(matches!(refused, Err(PasswordError::Busy)), "judged: {refused:?}");
        let refused = passwords.hash(new_password("nine purple owls"), [7; 16]).await;
        assert!(matches!(refused, Err(PasswordError::Busy)), "hashed: {refused:?}");
        let refused = passwords.digest_new(typed(), vec![7; 16]).await;
        assert!(matches!(refused, Err(PasswordError::Busy)), "drawn: {refused:?}");
        assert!(!verify(&passwords, None, "x").await.unwrap());
        passwords.digest(typed(), vec![7; 16]).await.unwrap();
        drop(held);
        assert!(passwords.accept(typed(), vec![]).await.unwrap().is_ok());
    }

    #[test]
    fn an_account_makes_one_thing_at_a_time() {
        let passwords = Passwords::cheap_for_tests().unwrap();
        let id = |n| UserId::from_bytes([n; 16]);
        let first = passwords.alone(id(1)).unwrap();
        assert!(passwords.alone(id(1)).is_none());
        assert!(passwords.clone().alone(id(1)).is_none());
        assert!(passwords.alone(id(2)).is_some());
        drop(first);
        assert!(passwords.alone(id(1)).is_some());
    }
}
