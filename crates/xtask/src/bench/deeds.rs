//! What a large company has beside users and logins: applications, what administrators did, what
//! was sent to phones and by mail, and wishes for a bypass.

use super::{
    lines::{DAY_MILLIS, code},
    world::World,
};
use authx::{
    admin::{
        Actor,
        applications::{self, ApplicationKind},
    },
    store::{
        Batch,
        approvals::ApprovalRow,
        contacts::ContactRow,
        deliveries::{DeliveryState, NewDelivery},
    },
};
use authx_core::{
    ApplicationId, ApprovalId, DeliveryId, EventId, LoginId, Millis, PhoneId, UserId,
    audit::{Event, EventKind},
    name::Name,
};
use serde_json::{Map, Value, json};

/// How many of each.
#[derive(Clone, Copy)]
pub(crate) struct Deeds {
    pub(crate) actions: usize,
    pub(crate) applications: usize,
    pub(crate) approvals: usize,
    pub(crate) deliveries: usize,
}

impl Deeds {
    /// As of a company whose log has that many lines.
    pub(crate) fn of(lines: usize) -> Self {
        Self {
            actions: lines / 5,
            applications: lines.div_ceil(1_000),
            approvals: lines / 200,
            deliveries: lines / 5,
        }
    }
}

/// All of it, over thirty days, the newest now.
pub(crate) async fn fill(world: &World, deeds: Deeds, now: Millis) -> anyhow::Result<()> {
    let then = |number: usize, of: usize| {
        let [left, of] = [of - number, of].map(|count| u64::try_from(count).unwrap_or(1));
        Millis(now.0 - 30 * DAY_MILLIS * left / of)
    };
    let applications = offices(world, deeds.applications, now).await?;
    let application = |number: usize| applications.get(number % applications.len()).copied();
    in_batches(world, deeds.actions, |number, batch| {
        let event = action(world, number, then(number, deeds.actions), application(number));
        Ok(batch.record(&event, [0; 32]))
    })
    .await?;
    in_batches(world, deeds.deliveries, |number, batch| {
        let at = then(number, deeds.deliveries);
        let batch = pushed(batch, world, number, at, application(number / 7));
        Ok(mailed(batch, world, number, at))
    })
    .await?;
    in_batches(world, deeds.approvals, |number, batch| {
        let at = then(number, deeds.approvals);
        let open = number + OPEN >= deeds.approvals;
        let until = if open { now } else { at };
        Ok(wished(batch, world, number, (at, until.plus_secs(3_600)), open))
    })
    .await
}

/// Applications, each with a host that has just called.
async fn offices(world: &World, many: usize, now: Millis) -> anyhow::Result<Vec<ApplicationId>> {
    let (app, tenant, by) = (&world.app, world.caller.tenant, Actor::new("bench"));
    let (mut offices, mut batch, host) = (vec![], Batch::default(), Name::new("vpn1")?);
    for number in 0..many {
        let name = Name::new(&format!("office {number:04}"))?;
        let kind = ApplicationKind::Openvpn;
        let made = applications::create(app, &by, tenant, &name, kind, &host).await?;
        let contact = ContactRow {
            key: made.key.id,
            server: "vpn1".to_owned(),
            client: concat!("authx-openvpn/", env!("CARGO_PKG_VERSION")).to_owned(),
            address: Some("192.0.2.1".to_owned()),
            ahead_secs: 0,
            first: now,
            last: now,
        };
        batch = batch.note_contact(tenant, made.id, &contact);
        offices.push(made.id);
    }
    app.store.commit(batch).await?;
    Ok(offices)
}

async fn in_batches(
    world: &World,
    many: usize,
    add: impl Fn(usize, Batch) -> anyhow::Result<Batch>,
) -> anyhow::Result<()> {
    let mut batch = Batch::default();
    for number in 0..many {
        batch = add(number, batch)?;
        if number % 1_000 == 999 || number + 1 == many {
            world.app.store.commit(std::mem::take(&mut batch)).await?;
        }
    }
    Ok(())
}

/// Every thousandth by an administrator who does little else; of some kinds there are few.
fn action(world: &World, number: usize, at: Millis, application: Option<ApplicationId>) -> Event {
    let by = doer(world, if number % 1_000 == 7 { RARE } else { number % 5 });
    let kind = match number % 50 {
        0 => EventKind::ApplicationChanged,
        1 => EventKind::PolicySet,
        2..10 => EventKind::GroupJoined,
        _ => EventKind::UserChanged,
    };
    let about = user(world, number * 17);
    let mut detail = Map::new();
    detail.insert("by".to_owned(), json!("an administrator"));
    detail.insert("by_id".to_owned(), Value::from(by.to_string()));
    detail.insert("before".to_owned(), json!({ "mail": "before@example.com" }));
    detail.insert("after".to_owned(), json!({ "mail": "after@example.com" }));
    Event {
        id: EventId::from_bytes(id(at, 2, number)),
        tenant: world.caller.tenant,
        at,
        kind,
        user: (number % 50 > 1).then_some(about),
        application: application.filter(|_| number.is_multiple_of(50)),
        login: None,
        support_code: None,
        detail,
    }
}

/// Every twentieth did not arrive.
fn pushed(
    batch: Batch,
    world: &World,
    number: usize,
    at: Millis,
    application: Option<ApplicationId>,
) -> Batch {
    let application = application.filter(|_| number.is_multiple_of(7)).unwrap_or(world.caller.id);
    let arrived = !number.is_multiple_of(20);
    batch.run(
        "INSERT INTO phone_request (tenant, login, phone, account, application, kind, state,
                                    detail, created, expires, ended, delivered, delivered_by)
         VALUES ($1, $2, $3, $4, $5, 'approval', $6, '{}', $7, $7, $7, $8, $9)",
        [
            world.caller.tenant.into(),
            LoginId::from_bytes(id(at, 3, number)).into(),
            PhoneId::from_bytes(id(at, 4, number)).into(),
            user(world, number * 31).into(),
            application.into(),
            if arrived { "approved" } else { "timed_out" }.into(),
            at.into(),
            arrived.then_some(at.plus_secs(1)).into(),
            arrived.then_some("push").into(),
        ],
    )
}

/// Every hundredth was not sent.
fn mailed(batch: Batch, world: &World, number: usize, at: Millis) -> Batch {
    let state =
        if number.is_multiple_of(100) { DeliveryState::NotSent } else { DeliveryState::Sent };
    let rare = number % 1_000 == 7;
    let kind = if rare { RARE_MAIL } else { MAIL };
    batch
        .queue_delivery(NewDelivery {
            id: DeliveryId::from_bytes(id(at, 5, number)),
            tenant: world.caller.tenant,
            kind,
            account: Some(user(world, number * 31)),
            recipient: None,
            content: None,
            state: DeliveryState::NotSent,
            created: at,
            until: at.plus_secs(86_400),
            support_code: code(u64::try_from(number).unwrap_or(0)),
            error: (state == DeliveryState::NotSent).then(|| "no address".to_owned()),
        })
        .run(
            "UPDATE delivery SET state = $2 WHERE id = $1",
            [DeliveryId::from_bytes(id(at, 5, number)).into(), state.word().into()],
        )
}

/// All but the newest were used or are over.
fn wished(
    batch: Batch,
    world: &World,
    number: usize,
    (at, expires): (Millis, Millis),
    open: bool,
) -> Batch {
    let id = ApprovalId::from_bytes(id(at, 6, number));
    let asked_by = doer(world, number % 5);
    let row = ApprovalRow {
        id,
        account: user(world, number * 31 + 100),
        name: String::new(),
        role: None,
        kind: "code".to_owned(),
        state: "open".to_owned(),
        reason: "left the phone at home".to_owned(),
        secs: 3_600,
        asked_by,
        asked_name: "admin".to_owned(),
        decided_by: None,
        decided_name: None,
        created: at,
        expires,
    };
    let batch = batch.insert_approval(world.caller.tenant, &row);
    if number.is_multiple_of(3) || open {
        return batch;
    }
    batch.run("UPDATE approval SET state = 'used' WHERE id = $1", [id.into()])
}

fn user(world: &World, number: usize) -> UserId {
    let user = world.users.get(number % world.users.len().max(1));
    user.map_or(UserId::from_bytes([0; 16]), |user| user.account)
}

/// One of those who look after the company.
pub(crate) fn doer(world: &World, number: usize) -> UserId {
    user(world, number)
}

/// Made then, and like no other of its kind.
fn id(at: Millis, kind: u8, number: usize) -> [u8; 16] {
    let mut id = *DeliveryId::earliest(at).as_bytes();
    id[7] = kind;
    id[8..].copy_from_slice(&u64::try_from(number).unwrap_or(0).to_be_bytes());
    id
}

/// Who did little, of the doers.
pub(crate) const RARE: usize = 9;
/// What most mail is.
const MAIL: &str = "invitation";
/// What little mail is.
pub(crate) const RARE_MAIL: &str = "account_locked";
/// How many wishes wait.
const OPEN: usize = 20;
