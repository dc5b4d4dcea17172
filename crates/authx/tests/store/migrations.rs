use super::{event, events};
use authx::store::{Batch, Store, testing::on_each_engine};

/// What the second and the third version added.
const BACK: &[&str] = &[
    "DROP TABLE delivery",
    "DROP TABLE contact",
    "DROP TABLE application_group",
    "DROP INDEX IF EXISTS event_retention",
    "DROP INDEX IF EXISTS event_action_at",
    "DROP INDEX IF EXISTS event_by",
    "ALTER TABLE event DROP COLUMN by_id",
    "DROP INDEX IF EXISTS event_action",
    "DROP INDEX IF EXISTS event_application",
    "DROP INDEX IF EXISTS event_kind",
    "DROP TABLE retention_run",
    "DROP TABLE log_reader",
    "DROP TABLE approve_tally",
    "DROP TABLE tally",
    "DROP TABLE login_line",
    "DROP INDEX IF EXISTS alias_folded",
    "DROP TABLE admin_token",
    "DROP TABLE portal_link",
    "DROP TABLE portal_challenge",
    "DROP TABLE portal_browser",
    "DROP TABLE portal_session",
    "DROP TABLE passkey",
    "ALTER TABLE tenant DROP COLUMN settings",
    "ALTER TABLE application DROP COLUMN settings",
    "DROP TABLE membership",
    "DROP TABLE user_group",
    "DROP INDEX IF EXISTS event_policy",
    "DROP INDEX IF EXISTS account_removed",
    "DROP INDEX IF EXISTS account_role",
    "DROP INDEX IF EXISTS account_bypass",
    "DROP INDEX IF EXISTS account_tenant",
    "ALTER TABLE account DROP COLUMN display",
    "ALTER TABLE account DROP COLUMN mail",
    "ALTER TABLE account DROP COLUMN folded",
    "ALTER TABLE account DROP COLUMN role",
    "ALTER TABLE account DROP COLUMN bypass_until",
    "ALTER TABLE account DROP COLUMN bypass",
    "DROP INDEX IF EXISTS account_removed_since",
    "DROP INDEX IF EXISTS account_import",
    "DROP INDEX IF EXISTS phone_silent",
    "DROP TABLE approval",
    "DROP TABLE caller_check",
    "DROP TABLE user_import",
    "ALTER TABLE account DROP COLUMN removed",
    "ALTER TABLE account DROP COLUMN removed_from",
    "ALTER TABLE account DROP COLUMN signed_in",
    "ALTER TABLE factor DROP COLUMN used",
    "ALTER TABLE account DROP COLUMN locked_until",
    "ALTER TABLE account DROP COLUMN phones",
    "ALTER TABLE account DROP COLUMN enrolled",
    "ALTER TABLE account DROP COLUMN search",
    "ALTER TABLE account DROP COLUMN import",
    "CREATE INDEX account_tenant ON account (tenant, name)",
    "DROP TABLE phone_request",
    "DROP TABLE activation",
    "DROP TABLE invitation",
    "DROP INDEX IF EXISTS factor_phone",
    "ALTER TABLE factor DROP COLUMN phone",
    "DROP TABLE phone",
    "ALTER TABLE account DROP COLUMN enrol_until",
    "UPDATE meta SET value = '1' WHERE key = 'schema_version'",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_the_first_version_is_brought_up_to_date() {
    on_each_engine(async |database| {
        let store = database.store().await;
        let fill = Batch::default()
            .one("INSERT INTO tenant VALUES ($1, 'A', 'a', 1, $1, '{}', 2)", [[1; 16].into()])
            .one(
                "INSERT INTO account VALUES ($1, $2, 'alice', 'active', NULL, 5, 2)",
                [[2; 16].into(), [1; 16].into()],
            )
            .one(
                "INSERT INTO factor VALUES ($1, $2, $3, 'code', 'active', $1, '{}', 9, 6)",
                [[3; 16].into(), [1; 16].into(), [2; 16].into()],
            );
        let back = BACK.iter().fold(Batch::default(), |batch, sql| batch.run(sql, []));
        store.commit(back).await.unwrap();
        store.commit(fill.and(event(1))).await.unwrap();
        drop(store);

        // A start of the present program.
        let store = Store::open(database.url()).await.unwrap();
        assert_eq!(events(&store).await, 1);
        let kept = "SELECT a.folded, f.version FROM account a JOIN factor f ON f.account = a.id
            WHERE a.enrol_until IS NULL AND f.phone IS NULL";
        let kept = store.query_one(kept, []).await.unwrap().expect("what was there");
        assert_eq!((kept.text(0).unwrap(), kept.int(1).unwrap()), ("alice", 9));
        let phone = "INSERT INTO phone VALUES ($1, $2, $3, 'active', 'web', 'P', 'iOS', $1, $1, $1,
            NULL, NULL, '{}', 1, 2, 3, NULL, NULL, 0, NULL, NULL, NULL, 0)";
        let ids = [[4; 16].into(), [1; 16].into(), [2; 16].into()];
        store.commit(Batch::default().one(phone, ids)).await.unwrap();
        store.commit(Batch::default().run("DELETE FROM account", [])).await.unwrap();
        let left = "SELECT (SELECT COUNT(*) FROM phone) + (SELECT COUNT(*) FROM factor)";
        assert_eq!(store.query_one(left, []).await.unwrap().unwrap().int(0).unwrap(), 0);
    })
    .await;
}
