//! What is known of an application besides its policy, and of who calls for it.

pub(in super::super) const STEPS: &[&str] = &[
    // JSON: `authx_core::application::Settings`.
    "ALTER TABLE application ADD COLUMN settings TEXT NOT NULL DEFAULT '{}'",
    // `part` is what the group is for: the only ones who may sign in, or those who are asked for a
    // second factor before everybody is.
    "CREATE TABLE application_group (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        application {bytes} NOT NULL REFERENCES application (id) ON DELETE CASCADE,
        user_group {bytes} NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
        part TEXT NOT NULL CHECK (part IN ('gate', 'pilot')),
        PRIMARY KEY (application, part, user_group)
    ){clustered}",
    "CREATE INDEX application_group_group ON application_group (user_group)",
    // Who signed with a key, told apart by what the VPN server calls itself; '' where it says
    // nothing. A minute may be missing at the end.
    "CREATE TABLE contact (
        tenant {bytes} NOT NULL REFERENCES tenant (id),
        application {bytes} NOT NULL REFERENCES application (id) ON DELETE CASCADE,
        application_key {bytes} NOT NULL REFERENCES application_key (id) ON DELETE CASCADE,
        server TEXT NOT NULL,
        client TEXT NOT NULL,
        address TEXT,
        ahead_secs {int} NOT NULL,
        first {int} NOT NULL,
        last {int} NOT NULL,
        PRIMARY KEY (application_key, server)
    ){updated}",
    "CREATE INDEX contact_application ON contact (application)",
];
