//! What is to be delivered to people, and what was.

pub(in super::super) const STEPS: &[&str] = &[
    // `recipient` and `content` are sealed to their row; the content goes once nobody waits for it,
    // as it may hold a link that lets somebody in. `state` is `waiting`, `sent`, `failed`,
    // `given_up` or `not_sent`. While it waits, `next_try` says from when on somebody may try it,
    // and until when whoever claimed it has it alone; `until` is when it is of no use any more.
    "CREATE TABLE delivery (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        kind TEXT NOT NULL,
        account {bytes} REFERENCES account (id) ON DELETE CASCADE,
        recipient {bytes},
        content {bytes},
        state TEXT NOT NULL,
        tries {int} NOT NULL,
        next_try {int} NOT NULL,
        until {int} NOT NULL,
        created {int} NOT NULL,
        ended {int},
        support_code TEXT NOT NULL,
        error TEXT
    ){updated}",
    "CREATE INDEX delivery_due ON delivery (next_try) WHERE state = 'waiting'",
    // One for each thing that is searched for, in the order in which lists show it.
    "CREATE INDEX delivery_tenant ON delivery (tenant, id)",
    "CREATE INDEX delivery_state ON delivery (tenant, state, id)",
    "CREATE INDEX delivery_kind ON delivery (tenant, kind, id)",
    "CREATE INDEX delivery_state_kind ON delivery (tenant, state, kind, id)",
    "CREATE INDEX delivery_code ON delivery (tenant, support_code, id)",
    "CREATE INDEX delivery_user ON delivery (tenant, account, id) WHERE account IS NOT NULL",
    "CREATE INDEX delivery_account ON delivery (account) WHERE account IS NOT NULL",
    "CREATE INDEX delivery_ended ON delivery (ended) WHERE ended IS NOT NULL",
];
