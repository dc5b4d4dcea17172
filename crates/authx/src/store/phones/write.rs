//! What enrolling, moving and removing a phone writes.

use super::super::Batch;
use authx_core::{InvitationId, Millis, PhoneId, TenantId, UserId};

/// A phone to be stored; it does not count yet.
#[derive(Clone, Debug)]
pub struct NewPhone {
    /// The id that it made for itself.
    pub id: PhoneId,
    /// Whose tenant.
    pub tenant: TenantId,
    /// Whose.
    pub account: UserId,
    /// The word for what keeps its keys.
    pub class: &'static str,
    /// What its owner calls it.
    pub name: String,
    /// What it runs on.
    pub platform: String,
    /// Its answer key, an uncompressed point.
    pub answer_key: [u8; 65],
    /// Its device key, an uncompressed point.
    pub device_key: [u8; 65],
    /// Its box key, an uncompressed point.
    pub box_key: [u8; 65],
    /// How it came to be, JSON.
    pub enrolment: String,
    /// When it is stored.
    pub created: Millis,
    /// The phone whose place it is to take.
    pub moves: Option<PhoneId>,
    /// The invitation from which it is made.
    pub invitation: Option<InvitationId>,
}

impl Batch {
    /// Adds a phone, if there is none of its id and its user has fewer than `most`. Counts right
    /// only behind [`demand_generation`](Self::demand_generation).
    #[must_use]
    pub fn insert_phone(self, phone: NewPhone, most: u64) -> Self {
        self.one(
            "INSERT INTO phone (id, tenant, account, state, class, name, platform, answer_key,
                                device_key, box_key, enrolment, created, version, changes, unacked,
                                moves, invitation)
             SELECT $1, tenant, id, 'pending', $4, $5, $6, $7, $8, $9, $10, $11, 1, 1, 0, $12, $13
             FROM account WHERE tenant = $2 AND id = $3
               AND (SELECT COUNT(*) FROM phone p WHERE p.account = $3) < $14",
            [
                phone.id.into(),
                phone.tenant.into(),
                phone.account.into(),
                phone.class.into(),
                phone.name.into(),
                phone.platform.into(),
                phone.answer_key.into(),
                phone.device_key.into(),
                phone.box_key.into(),
                phone.enrolment.into(),
                phone.created.into(),
                phone.moves.into(),
                phone.invitation.into(),
                most.into(),
            ],
        )
    }

    /// Makes a pending phone count. `created` is that of the phone whose place it takes, so that
    /// it keeps its number.
    #[must_use]
    pub fn activate_phone(
        self,
        id: PhoneId,
        version: i64,
        enrolment: String,
        created: Millis,
    ) -> Self {
        self.one(
            "UPDATE phone SET state = 'active', version = version + 1, enrolment = $3, created = $4
             WHERE id = $1 AND version = $2 AND state = 'pending'",
            [id.into(), version.into(), enrolment.into(), created.into()],
        )
    }

    /// Gives what one phone was asked to the phone that takes its place.
    #[must_use]
    pub fn hand_over_requests(self, from: PhoneId, to: PhoneId) -> Self {
        self.run("UPDATE phone_request SET phone = $2 WHERE phone = $1", [from.into(), to.into()])
            .run("UPDATE phone SET changes = changes + 1 WHERE id = $1", [to.into()])
    }

    /// Removes a phone with its seed, what it was asked, and moves that it began. Its keys are dead
    /// from this commit on.
    #[must_use]
    pub fn delete_phone(self, tenant: TenantId, id: PhoneId) -> Self {
        self.cancel_moves(id)
            .run("DELETE FROM phone_request WHERE phone = $1", [id.into()])
            .run("DELETE FROM factor WHERE phone = $1", [id.into()])
            .one("DELETE FROM phone WHERE tenant = $1 AND id = $2", [tenant.into(), id.into()])
    }

    /// Forgets the phones of an account that came by an activation without an invitation, to take no
    /// other one's place, and do not count yet.
    #[must_use]
    pub fn delete_pending_phones(self, tenant: TenantId, account: UserId) -> Self {
        self.run(
            "DELETE FROM phone WHERE tenant = $1 AND account = $2 AND state = 'pending'
               AND invitation IS NULL AND moves IS NULL",
            [tenant.into(), account.into()],
        )
    }

    /// Forgets the moves that a phone began, and what was made of them and does not count yet.
    #[must_use]
    pub fn cancel_moves(self, id: PhoneId) -> Self {
        self.run("DELETE FROM activation WHERE phone = $1", [id.into()])
            .run("DELETE FROM phone WHERE moves = $1 AND state = 'pending'", [id.into()])
    }

    /// Notes that a phone's answer let its user in, to the minute.
    #[must_use]
    pub fn use_phone(self, tenant: TenantId, id: PhoneId, now: Millis) -> Self {
        self.run(
            "UPDATE phone SET used = $3
             WHERE tenant = $1 AND id = $2 AND used <= $3 - CAST(60000 AS BIGINT)",
            [tenant.into(), id.into(), now.into()],
        )
    }

    /// Gives a phone another name or platform.
    #[must_use]
    pub fn describe_phone(self, id: PhoneId, version: i64, name: String, platform: String) -> Self {
        self.one(
            "UPDATE phone SET version = version + 1, name = $3, platform = $4
             WHERE id = $1 AND version = $2",
            [id.into(), version.into(), name.into(), platform.into()],
        )
    }

    /// Notes where notices of a phone go; `None`: nowhere. What is known of its reach is forgotten.
    #[must_use]
    pub fn set_subscription(self, id: PhoneId, sealed: Option<Vec<u8>>) -> Self {
        self.one(
            "UPDATE phone SET subscription = $2, unacked = 0, unreachable_since = NULL
             WHERE id = $1",
            [id.into(), sealed.into()],
        )
    }

    /// Notes a phone's WebAuthn credential, JSON; `None`: it has none.
    #[must_use]
    pub fn set_credential(self, id: PhoneId, credential: Option<String>) -> Self {
        self.one(
            "UPDATE phone SET version = version + 1, credential = $2 WHERE id = $1",
            [id.into(), credential.into()],
        )
    }

    /// Forgets up to 5,000 each of activations and invitations that were over before `before`, and
    /// of phones that were made before `made_before` and never counted.
    #[must_use]
    pub fn forget_enrolments(self, before: Millis, made_before: Millis) -> Self {
        self.run(
            "DELETE FROM activation WHERE token_digest IN (SELECT token_digest FROM activation
             WHERE expires < $1 LIMIT 5000)",
            [before.into()],
        )
        .run(
            "DELETE FROM invitation WHERE id IN (SELECT id FROM invitation
             WHERE expires < $1 LIMIT 5000)",
            [before.into()],
        )
        .run(
            "DELETE FROM phone WHERE id IN (SELECT id FROM phone
             WHERE state = 'pending' AND created < $1 LIMIT 5000)",
            [made_before.into()],
        )
    }
}
