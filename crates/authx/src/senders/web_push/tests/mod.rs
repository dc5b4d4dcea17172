//! Messages to a push service on this machine, over TLS.

mod answers;
mod connections;
mod independent;
mod many;
mod service;

use super::{
    Message, Opened, SendError, Sent, Settings, Target, Topic, VapidKey, WebPush,
    addresses::{Guarded, Lookup},
    body::tests::decrypt,
    client::Patience,
    known, private_key,
};
use crate::{
    clock::ManualClock,
    random::{OsRandom, Random as _},
};
use authx_core::Millis;
use aws_lc_rs::agreement::PrivateKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::CertificateDer;
use service::{Answer, Proxy, Service};
use std::{net::IpAddr, sync::Arc, time::Duration};

const HOST: &str = "jmt17.google.com";
const CONTACT: &str = "mailto:ops@authx-test.dev";
const NOW: Millis = Millis(1_800_000_000_000);

/// A browser with one subscription.
struct Phone {
    private: PrivateKey,
    bytes: zeroize::Zeroizing<[u8; 32]>,
    auth: [u8; 16],
}

impl Phone {
    fn new() -> Self {
        let (bytes, private) = private_key(&OsRandom);
        let mut auth = [0; 16];
        OsRandom.fill(&mut auth);
        Self { private, bytes, auth }
    }

    fn target(&self, endpoint: &str) -> Target {
        Target {
            endpoint: endpoint.to_owned(),
            p256dh: URL_SAFE_NO_PAD.encode(self.private.compute_public_key().unwrap()),
            auth: URL_SAFE_NO_PAD.encode(self.auth),
        }
    }

    fn open(&self, body: &[u8]) -> Vec<u8> {
        decrypt(&self.private, &self.auth, body)
    }
}

/// A push service behind a proxy, and a sender.
struct World {
    service: Service,
    proxy: Proxy,
    phone: Phone,
    web_push: WebPush,
}

impl World {
    async fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let service = Service::start(answers).await;
        let proxy = Proxy::start(service.address).await;
        let settings = Settings { proxy: Some(proxy.url().into()), ..settings(&service) };
        Self { service, proxy, phone: Phone::new(), web_push: sender(settings, nowhere()) }
    }

    async fn send(&self) -> Result<Sent, SendError> {
        self.send_for(60).await
    }

    async fn send_for(&self, ttl_secs: u32) -> Result<Sent, SendError> {
        let target = self.phone.target(&endpoint());
        self.web_push.send(&target, &message(), ttl_secs, &Topic::of(b"log_1")).await
    }
}

fn endpoint() -> String {
    format!("https://{HOST}/fcm/send/abc:APA91b")
}

fn message() -> Message {
    Message::sign_in_waiting("https://phone.mfa.example.com")
}

fn settings(service: &Service) -> Settings {
    Settings {
        hosts: known(),
        contact: CONTACT.parse().unwrap(),
        opened: Arc::new(|_| false),
        proxy: None,
        authorities: vec![CertificateDer::from(service.authority.clone())],
        ttl_secs: 10..=300,
    }
}

fn sender(settings: Settings, lookup: Lookup) -> WebPush {
    hurried(settings, lookup, Duration::from_secs(20))
}

/// A sender that waits only so long for an answer.
fn hurried(settings: Settings, lookup: Lookup, attempt: Duration) -> WebPush {
    let guarded = Guarded::new(lookup, settings.opened.clone());
    let key = VapidKey::new(&VapidKey::draw(&OsRandom)[..]).unwrap();
    let patience =
        Patience { connect: Duration::from_secs(10), attempt, pause: Duration::from_millis(10) };
    let clock = Arc::new(ManualClock::new(NOW));
    WebPush::set_up(settings, guarded, patience, key, (clock, Arc::new(OsRandom))).unwrap()
}

/// A resolver that finds the same addresses for every name.
fn always(addresses: &[&str]) -> Lookup {
    let addresses: Vec<IpAddr> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    Arc::new(move |_| {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    })
}

fn nowhere() -> Lookup {
    always(&[])
}

fn loopback() -> Opened {
    Arc::new(|address| address.is_loopback())
}
