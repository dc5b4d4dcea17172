//! Web Push of this installation: its key, and the sender that the configuration describes.

use crate::{
    clock::Clock,
    config::{Origin, ProxyAddress, ProxyError, Push},
    keys::{Keys, KeysError},
    random::Random,
    senders::web_push::{Message, Settings, SetupError, VapidKey, WebPush},
    store::{Batch, Store, StoreError, meta},
};
use authx_core::{Cx, TenantId, seal::Place};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{path::PathBuf, sync::Arc};

/// Why there is no Web Push.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The extra authorities.
    #[error("{} holds no certificate in PEM, or cannot be read", path.display())]
    Authorities {
        /// The file.
        path: PathBuf,
    },
    /// The stored key does not open.
    #[error("the key for Web Push in the database was damaged; restore a backup")]
    DamagedKey,
    /// The keys of the installation.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The proxy's address.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// The sender.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The database gave no answer.
    #[error("the key for Web Push cannot be read or stored")]
    Store(#[from] StoreError),
}

/// The installation's key; `None` where none was made yet.
///
/// # Errors
///
/// [`PushError::DamagedKey`], [`PushError::Keys`], [`PushError::Store`].
pub async fn stored_key(keys: &Keys, store: &Store) -> Result<Option<VapidKey>, PushError> {
    let Some(text) = meta::read(store, META).await? else { return Ok(None) };
    let sealed = URL_SAFE_NO_PAD.decode(text).map_err(|_| PushError::DamagedKey)?;
    let opened = keys.installation(store).await?.open(&place(), &sealed);
    let private = opened.map_err(|_| PushError::DamagedKey)?;
    VapidKey::new(private.expose()).map(Some).map_err(|_| PushError::DamagedKey)
}

/// The installation's key, made and stored if there is none. Two nodes that start at once use the
/// same: the first that stores one wins. It stays for good, as phones subscribe for it: with another
/// key all of them would have to subscribe anew.
///
/// # Errors
///
/// As [`stored_key`].
pub async fn key(
    keys: &Keys,
    store: &Store,
    clock: &dyn Clock,
    random: &dyn Random,
) -> Result<VapidKey, PushError> {
    if let Some(key) = stored_key(keys, store).await? {
        return Ok(key);
    }
    let data_key = keys.installation(store).await?;
    let private = VapidKey::draw(random);
    let mut fill = |out: &mut [u8]| random.fill(out);
    let mut cx = Cx { now: clock.now(), random: &mut fill };
    let sealed = data_key.seal(&mut cx, &place(), &private[..]);
    drop(private);
    store.commit(Batch::default().keep_meta(META, URL_SAFE_NO_PAD.encode(sealed))).await?;
    stored_key(keys, store).await?.ok_or(PushError::DamagedKey)
}

/// The sender; `None` where push is off.
///
/// # Errors
///
/// [`PushError`] names what in the configuration cannot be used.
pub fn sender(
    push: &Push,
    key: VapidKey,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Option<WebPush>, PushError> {
    let Some(contact) = push.contact.clone() else { return Ok(None) };
    let networks = push.allow_networks.clone();
    let proxy = push.proxy.as_ref().map(ProxyAddress::url).transpose()?;
    let settings = Settings {
        hosts: push.hosts.clone(),
        contact,
        opened: Arc::new(move |address| networks.iter().any(|network| network.contains(address))),
        proxy,
        authorities: authorities(push)?,
        ttl_secs: push.ttl_secs.clone(),
    };
    Ok(Some(WebPush::new(settings, key, clock, random)?))
}

/// What a phone is told when somebody signs in.
pub fn message(phone_url: &Origin) -> Message {
    Message::sign_in_waiting(&phone_url.to_string())
}

/// The authorities that are configured beside the system's.
///
/// # Errors
///
/// [`PushError::Authorities`].
pub fn authorities(push: &Push) -> Result<Vec<CertificateDer<'static>>, PushError> {
    let Some(path) = &push.ca_file else { return Ok(vec![]) };
    let unreadable = || PushError::Authorities { path: path.clone() };
    let pem = std::fs::read(path).map_err(|_| unreadable())?;
    let all = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    all.ok().filter(|all| !all.is_empty()).ok_or_else(unreadable)
}

/// Where the private half is stored: it belongs to no tenant.
fn place() -> Place<'static> {
    let tenant = TenantId::from_bytes([0; 16]);
    Place { tenant, table: "meta", column: "value", row: META.as_bytes() }
}

const META: &str = "vapid_key";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, random::OsRandom, store::testing::on_each_engine};
    use authx_core::{Millis, audit::AuditKey, seal::MasterKey};

    fn new_keys() -> Keys {
        let mut fill = |out: &mut [u8]| OsRandom.fill(out);
        let mut cx = Cx { now: Millis(0), random: &mut fill };
        Keys { audit: AuditKey::generate(&mut cx), master: MasterKey::generate(&mut cx) }
    }

    async fn marked(keys: &Keys, store: &Store) {
        let mut fill = |out: &mut [u8]| OsRandom.fill(out);
        let mut cx = Cx { now: Millis(0), random: &mut fill };
        keys.mark(&mut cx, store).await.unwrap();
    }

    #[tokio::test]
    async fn the_key_is_made_once_and_stays() {
        on_each_engine(async |database| {
            let store = Store::open(database.url()).await.unwrap();
            let (keys, clock) = (new_keys(), ManualClock::new(Millis(1)));
            marked(&keys, &store).await;
            assert!(stored_key(&keys, &store).await.unwrap().is_none());
            let (one, two) = tokio::join!(
                key(&keys, &store, &clock, &OsRandom),
                key(&keys, &store, &clock, &OsRandom)
            );
            let one = one.unwrap();
            assert_eq!(one.public(), two.unwrap().public());
            let again = stored_key(&keys, &store).await.unwrap().unwrap();
            assert_eq!(again.public(), one.public());
        })
        .await;
    }

    #[tokio::test]
    async fn the_database_alone_holds_no_key() {
        on_each_engine(async |database| {
            let store = Store::open(database.url()).await.unwrap();
            let (keys, clock) = (new_keys(), ManualClock::new(Millis(1)));
            marked(&keys, &store).await;
            key(&keys, &store, &clock, &OsRandom).await.unwrap();
            let other = stored_key(&new_keys(), &store).await;
            assert!(matches!(other, Err(PushError::Keys(KeysError::Foreign { .. }))), "{other:?}");

            let text = meta::read(&store, META).await.unwrap().unwrap();
            let mut damaged = URL_SAFE_NO_PAD.decode(text).unwrap();
            damaged[30] ^= 1;
            let damaged = URL_SAFE_NO_PAD.encode(damaged);
            store.commit(Batch::default().put_meta(META, damaged)).await.unwrap();
            let found = stored_key(&keys, &store).await;
            assert!(matches!(found, Err(PushError::DamagedKey)), "{found:?}");
        })
        .await;
    }
}
