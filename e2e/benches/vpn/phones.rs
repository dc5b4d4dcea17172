//! Users with phones, and what an approval takes.

use crate::{
    THINKS,
    sides::Side,
    ways::{Took, Way, client, with_verdict},
};
use authx::store::{Batch, enrolments::NewFactor, phones::NewPhone};
use authx_core::{
    FactorId, PhoneId,
    factor::{Enrolment, FactorKind, push::Push},
    guard::Guard,
    wire::phone::PhoneClass,
};
use authx_e2e::{
    Installation, Person, now, number_in,
    vpn::{LightClient, Outcome},
};
use authx_phone::{Answer, Keys, Phone, Server};
use authx_program::config::Origin;
use tokio::time::{Instant, sleep};

/// Somebody with a phone that counts, beside the code.
pub(crate) struct Owner {
    pub(crate) person: Person,
    phone: Phone,
}

/// Adds many at once, with keys of their own: written past the use cases, which take one at a time.
pub(crate) async fn owners(
    installation: &Installation,
    origin: &Origin,
    prefix: &str,
    many: usize,
) -> Vec<Owner> {
    let (app, tenant) = (&installation.app, installation.tenant);
    let people = installation.people(prefix, many).await;
    let caller = app.directory.reload(app, installation.vpn.id).await.unwrap().unwrap();
    let server = Server::new(origin.clone(), &[]).unwrap();
    let (mut batch, mut owners) = (Batch::default(), vec![]);
    for person in people {
        let now = now();
        let (id, keys) = app.decide(now, |cx| (PhoneId::new(cx), Keys::draw(cx)));
        let phone = NewPhone {
            id,
            tenant,
            account: person.id,
            class: PhoneClass::Web.word(),
            name: "phone".to_owned(),
            platform: "Android".to_owned(),
            answer_key: *keys.answer.point(),
            device_key: *keys.device.point(),
            box_key: *keys.r#box.point(),
            enrolment: MADE.to_owned(),
            created: now,
            moves: None,
            invitation: None,
        };
        let limits = app.decide(now, FactorId::new);
        let record = serde_json::to_vec(&Enrolment::Push(Push::default())).unwrap();
        let place = authx::logins::factor_place(tenant, &limits);
        let factor = NewFactor {
            tenant,
            account: person.id,
            id: limits,
            phone: None,
            kind: FactorKind::Push.word(),
            active: true,
            record: app.decide(now, |cx| caller.data_key.seal(cx, &place, &record)),
            guard: serde_json::to_string(&Guard::default()).unwrap(),
            created: now,
        };
        batch = batch
            .insert_phone(phone, 1)
            .activate_phone(id, 1, MADE.to_owned(), now)
            .insert_factor(factor);
        owners.push(Owner { person, phone: Phone::new(server.clone(), id, keys) });
    }
    app.store.commit(batch).await.unwrap();
    owners
}

/// Signs somebody in whose phone approves, some seconds after it was asked.
pub(crate) async fn approve(side: &Side, owner: &Owner) -> Took {
    let Owner { person, phone } = owner;
    let mut client = client(side, person, Way::Push).await;
    let began = Instant::now();
    let outcome = client.sign_in(&person.name, side.password()).await;
    let Outcome::Asked { text } = &outcome else { panic!("{outcome:?}\n{}", side.told()) };
    let asked = began.elapsed();
    let answer = Answer::Approve(number_in(text));
    client.answer_blindly("push").await;
    let mut view = phone.requests(0, 0).await.unwrap();
    while view.requests.is_empty() {
        view = phone.requests(view.version, 45).await.unwrap();
    }
    let connecting = async { decided(&mut client).await };
    let approving = async {
        sleep(THINKS).await;
        let approved = Instant::now();
        phone.answer(&view.requests[0], answer).await.unwrap();
        approved
    };
    let both = async { tokio::join!(approving, async { (connecting.await, Instant::now()) }) };
    let both = Box::pin(with_verdict(side, person, both)).await;
    let ((approved, (outcome, connected)), verdict) = both;
    assert!(outcome.is_connected(), "{outcome:?}\n{}", side.told());
    client.leave().await;
    let after = connected.saturating_duration_since(approved);
    Took { all: asked + after, after_answer: Some(after), after_verdict: verdict }
}

/// What comes of a sign-in at last: news of the phone are passed over.
pub(crate) async fn decided(client: &mut LightClient) -> Outcome {
    let mut outcome = client.next().await;
    while let Outcome::Asked { .. } = outcome {
        outcome = client.next().await;
    }
    outcome
}

/// How they came to be, as it is kept.
const MADE: &str = r#"{"words":["abandon","ability","able","about"]}"#;
