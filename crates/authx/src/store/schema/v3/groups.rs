//! Groups: some of a tenant's people, with a policy of their own.

pub(in super::super) const STEPS: &[&str] = &[
    // `place` orders them where a user is in several: the smallest goes first.
    "CREATE TABLE user_group (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        policy TEXT NOT NULL,
        place {int} NOT NULL,
        created {int} NOT NULL,
        UNIQUE (tenant, folded)
    ){rows}",
    "CREATE TABLE membership (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        user_group {bytes} NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
        PRIMARY KEY (account, user_group)
    ){clustered}",
    "CREATE INDEX membership_group ON membership (user_group)",
];
