//! A phone in somebody's hand: the software authenticator, without its command line.

use crate::{Installation, PASSWORD, Person, now};
use authx::enrol::phones::{Separate, invite};
use authx_core::wire::{
    phone::{
        Answered, Base64Url, GivenProof, PhoneClass, ReachWay, Request, Subscribe, SubscriptionKeys,
    },
    text::{MatchNumber, Typed},
};
use authx_phone::{Answer, Codes, Enrolment, Phone, Server};
use authx_program::config::Origin;
use std::time::Duration;
use tokio::time::timeout;

/// An enrolled phone.
#[derive(Debug)]
pub struct Handset {
    /// Its account.
    pub phone: Phone,
    codes: Codes,
    seen: u64,
}

impl Handset {
    /// Invites a person and enrols a phone for them. Its server has to run.
    pub async fn enrol(
        installation: &Installation,
        origin: &Origin,
        person: &Person,
        name: &str,
    ) -> Self {
        let Installation { app, by, tenant, .. } = installation;
        let invited = invite(app, by, *tenant, person.id, Separate::IfNeeded).await.unwrap();
        let server = Server::new(origin.clone(), &[]).unwrap();
        let password = Typed::try_from(PASSWORD.to_owned()).unwrap();
        let proof = GivenProof::Password { password };
        let proved = server.prove(invited.token, proof).await.unwrap();
        let enrolment = Enrolment {
            activation: proved.activation,
            name: name.to_owned(),
            platform: "Linux".to_owned(),
            class: PhoneClass::Software,
            moves: None,
        };
        let enrolled = Phone::enrol(&server, enrolment).await.unwrap();
        enrolled.phone.confirm(&enrolled.codes).await.unwrap();
        Self { phone: enrolled.phone, codes: enrolled.codes, seen: 0 }
    }

    /// Waits until this phone is asked, and says what.
    pub async fn asked(&mut self) -> Request {
        let asked = async {
            loop {
                let view = self.phone.requests(self.seen, 45).await.unwrap();
                self.seen = view.version;
                if let Some(request) = view.requests.into_iter().next() {
                    return request;
                }
            }
        };
        timeout(PATIENCE, asked).await.expect("a request")
    }

    /// Whether nothing waits for an answer now.
    pub async fn is_quiet(&self) -> bool {
        self.phone.requests(0, 0).await.unwrap().requests.is_empty()
    }

    /// Says yes, with the number that somebody read, if any.
    pub async fn approve(&self, request: &Request, number: Option<MatchNumber>) -> Answered {
        self.phone.answer(request, Answer::Approve(number)).await.unwrap()
    }

    /// Wants notices, so that AuthX takes it for one that will notice. There is no such push service.
    pub async fn subscribe(&self) {
        let key = rcgen::KeyPair::generate().unwrap();
        let keys = SubscriptionKeys {
            p256dh: Base64Url::new(key.public_key_raw()),
            auth: Base64Url::new([7; 16]),
        };
        let endpoint = "https://push.invalid/anna".to_owned();
        self.phone.subscribe(&Subscribe { endpoint, keys }).await.unwrap();
    }

    /// Says that a request has arrived.
    pub async fn received(&self, request: &Request) {
        self.phone.receipts(ReachWay::Live, vec![request.id]).await.unwrap();
    }

    /// The code after the present one, which the enrolment has spent.
    pub fn next_code(&self) -> String {
        self.codes.at(now()).next
    }
}

/// The digits for the phone in what somebody read.
pub fn number_in(text: &str) -> Option<MatchNumber> {
    let (_, behind) = text.split_once("the number is ")?;
    let digits: String = behind.chars().filter(char::is_ascii_digit).collect();
    MatchNumber::try_from(digits).ok()
}

const PATIENCE: Duration = Duration::from_mins(1);
