//! Groups: some of a tenant's people, with a policy of their own.

pub(in super::super) const STEPS: &[&str] = &[
    // `place` orders them where a user is in several: the smallest goes first. A removed one is
    // kept for a while with its members, and can be put back.
    "CREATE TABLE user_group (
        id {bytes} PRIMARY KEY,
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        name TEXT NOT NULL,
        folded TEXT NOT NULL,
        policy TEXT NOT NULL,
        place {int} NOT NULL,
        created {int} NOT NULL,
        removed {int}
    ){rows}",
    "CREATE UNIQUE INDEX user_group_folded ON user_group (tenant, folded) WHERE removed IS NULL",
    "CREATE TABLE membership (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        account {bytes} NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        user_group {bytes} NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
        PRIMARY KEY (account, user_group)
    ){clustered}",
    "CREATE INDEX membership_group ON membership (user_group, account)",
    // Who is counted as a member no longer: few, beside all others.
    "CREATE INDEX account_removed ON account (id) WHERE removed IS NOT NULL",
    // Versions of policies, in a record of millions.
    "CREATE INDEX event_policy ON event (tenant, seq) WHERE kind = 'policy_set'",
];
