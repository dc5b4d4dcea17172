//! Phones: how they are invited, what they hold, what they are asked.

pub(super) const STEPS: &[&str] = &[
    // Until when a user may enrol at the VPN prompt.
    "ALTER TABLE account ADD COLUMN enrol_until {int}",
    // `changes` rises with every change of what the phone is asked; `enrolment` is JSON of how it
    // came to be; `credential` that of its WebAuthn credential.
    "CREATE TABLE phone (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        state TEXT NOT NULL CHECK (state IN ('pending', 'active')),
        class TEXT NOT NULL,
        name TEXT NOT NULL,
        platform TEXT NOT NULL,
        answer_key {bytes} NOT NULL,
        device_key {bytes} NOT NULL,
        box_key {bytes} NOT NULL,
        subscription {bytes},
        credential TEXT,
        enrolment TEXT NOT NULL,
        created {int} NOT NULL,
        version {int} NOT NULL,
        changes {int} NOT NULL,
        reached_at {int},
        reached_by TEXT,
        unacked {int} NOT NULL,
        unreachable_since {int},
        moves {bytes},
        invitation {bytes}
    ){updated}",
    "CREATE INDEX phone_account ON phone (account)",
    "CREATE INDEX phone_tenant ON phone (tenant, account)",
    "CREATE INDEX phone_invitation ON phone (invitation) WHERE invitation IS NOT NULL",
    // The seed of a phone's codes goes with the phone.
    "ALTER TABLE factor ADD COLUMN phone {bytes} REFERENCES phone (id) ON DELETE CASCADE",
    "CREATE INDEX factor_phone ON factor (phone) WHERE phone IS NOT NULL",
    "CREATE TABLE invitation (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        token_digest {bytes} NOT NULL UNIQUE,
        short_digest {bytes} NOT NULL UNIQUE,
        proof TEXT NOT NULL CHECK (proof IN ('password', 'code')),
        proof_digest {bytes},
        failures {int} NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL,
        spent {int}
    ){rows}",
    "CREATE INDEX invitation_account ON invitation (account)",
    // One token moves all accounts of a phone; `phone` is the one that an account leaves, zeros
    // for a first phone. `made` is the phone that spent it.
    "CREATE TABLE activation (
        token_digest {bytes} NOT NULL,
        short_digest {bytes},
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        phone {bytes} NOT NULL,
        invitation {bytes},
        created {int} NOT NULL,
        expires {int} NOT NULL,
        made {bytes},
        PRIMARY KEY (token_digest, tenant, account, phone)
    ){clustered}",
    "CREATE INDEX activation_account ON activation (account)",
    "CREATE INDEX activation_short ON activation (short_digest) WHERE short_digest IS NOT NULL",
    "CREATE TABLE phone_request (
        tenant {bytes} NOT NULL,
        login {bytes} NOT NULL,
        phone {bytes} NOT NULL,
        account {bytes} NOT NULL,
        application {bytes} NOT NULL,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        detail TEXT NOT NULL,
        created {int} NOT NULL,
        expires {int} NOT NULL,
        ended {int},
        delivered {int},
        delivered_by TEXT,
        PRIMARY KEY (tenant, login, phone)
    ){clustered}",
    "CREATE INDEX phone_request_phone ON phone_request (phone, created)",
    // What time alone ends, and what is forgotten.
    "CREATE INDEX phone_request_open ON phone_request (expires) WHERE state = 'open'",
    "CREATE INDEX phone_request_created ON phone_request (created)",
];
