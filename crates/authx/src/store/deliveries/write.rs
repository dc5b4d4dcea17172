//! How a delivery comes to be, is tried, and ends.

use super::{super::Batch, DeliveryRow, DeliveryState, NewDelivery};
use authx_core::{Millis, TenantId, UserId};

impl Batch {
    /// Adds a delivery: in the batch of what it tells of, so that neither is stored without the
    /// other.
    #[must_use]
    pub fn queue_delivery(self, new: NewDelivery) -> Self {
        let waits = new.state == DeliveryState::Waiting;
        self.one(
            "INSERT INTO delivery (id, tenant, kind, account, recipient, content, state, tries,
                                   next_try, until, created, ended, support_code, error)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9, $8, $10, $11, $12)",
            [
                new.id.into(),
                new.tenant.into(),
                new.kind.into(),
                new.account.into(),
                new.recipient.into(),
                new.content.into(),
                new.state.word().into(),
                new.created.into(),
                new.until.into(),
                (!waits).then_some(new.created).into(),
                new.support_code.into(),
                new.error.into(),
            ],
        )
    }

    /// Takes a delivery for one try, if nobody else has since it was read: until `until` no other
    /// node tries it. Without a word of what became of it, it is tried again then.
    #[must_use]
    pub fn claim_delivery(self, row: &DeliveryRow, until: Millis) -> Self {
        self.one(
            "UPDATE delivery SET tries = tries + 1, next_try = $4
             WHERE id = $1 AND state = 'waiting' AND tries = $2 AND next_try = $3",
            [row.id.into(), row.tries.into(), row.next_try.into(), until.into()],
        )
    }

    /// Ends a delivery that was claimed as the `tries`th try, and erases what was written.
    #[must_use]
    pub fn end_delivery(
        self,
        row: &DeliveryRow,
        tries: u64,
        state: DeliveryState,
        now: Millis,
        error: Option<String>,
    ) -> Self {
        self.one(
            "UPDATE delivery SET state = $3, ended = $4, error = $5, content = NULL
             WHERE id = $1 AND state = 'waiting' AND tries = $2",
            [row.id.into(), tries.into(), state.word().into(), now.into(), error.into()],
        )
    }

    /// Lets a delivery that was claimed as the `tries`th try wait for the next.
    #[must_use]
    pub fn put_off_delivery(
        self,
        row: &DeliveryRow,
        tries: u64,
        next_try: Millis,
        error: String,
    ) -> Self {
        self.one(
            "UPDATE delivery SET next_try = $3, error = $4
             WHERE id = $1 AND state = 'waiting' AND tries = $2",
            [row.id.into(), tries.into(), next_try.into(), error.into()],
        )
    }

    /// Gives up what waits of one kind for a user, as something newer takes its place.
    #[must_use]
    pub fn withdraw_deliveries(
        self,
        tenant: TenantId,
        account: UserId,
        kind: &'static str,
        now: Millis,
    ) -> Self {
        self.run(
            "UPDATE delivery SET state = 'given_up', ended = $4, content = NULL,
                                 error = 'something newer took its place'
             WHERE tenant = $1 AND account = $2 AND kind = $3 AND state = 'waiting'",
            [tenant.into(), account.into(), kind.into(), now.into()],
        )
    }

    /// Forgets up to 5,000 deliveries that ended before `before`.
    #[must_use]
    pub fn forget_deliveries(self, before: Millis) -> Self {
        self.run(
            "DELETE FROM delivery WHERE id IN (SELECT id FROM delivery
             WHERE ended < $1 LIMIT 5000)",
            [before.into()],
        )
    }
}
