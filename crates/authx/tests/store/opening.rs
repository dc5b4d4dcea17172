use super::{events, held, lease, take};
use authx::store::{
    Batch, Store, StoreError,
    testing::{Database, on_each_engine},
};
use std::os::unix::fs::PermissionsExt;
use tokio_postgres::NoTls;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_stored_is_there_after_a_restart() {
    on_each_engine(async |database| {
        let store = database.store().await;
        lease(&store, "a").await;
        store.commit(take("a", "x", 0)).await.unwrap();
        drop(store);
        assert_eq!(held(&database.store().await, "a").await, ("x".into(), 1));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_open_a_new_database_at_once() {
    on_each_engine(async |database| {
        let openers: Vec<_> = (0..12)
            .map(|_| {
                let url = database.url().to_owned();
                tokio::spawn(async move { Store::open(&url).await })
            })
            .collect();
        for opener in openers {
            assert_eq!(events(&opener.await.unwrap().unwrap()).await, 0);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_schema_is_refused_and_left_alone() {
    on_each_engine(async |database| {
        let newer = "UPDATE meta SET value = '99' WHERE key = 'schema_version'";
        database.store().await.commit(Batch::default().one(newer, [])).await.unwrap();
        let refused = Store::open(database.url()).await.unwrap_err();
        assert!(matches!(refused, StoreError::NewerSchema { found: 99, known: 3 }), "{refused:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_makes_no_sense_is_refused_without_repeating_it() {
    for url in ["", "sqlite", "sqlite:", "mysql://x", "postgres://u:hunter2@h:port/d", "/a/b"] {
        let refused = Store::open(url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Address { .. }), "{url}: {refused:?}");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_be_reached_is_unavailable() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("not a directory");
    std::fs::write(&file, "").unwrap();
    // Port 9 (discard) is closed on any machine that runs tests.
    for url in [
        format!("sqlite:{}/authx.db", file.display()),
        format!("sqlite:{}/missing/authx.db", directory.path().display()),
        "postgres://authx@127.0.0.1:9/authx".to_owned(),
    ] {
        let refused = Store::open(&url).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unavailable { .. }), "{url}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let notes = "not a database, ".repeat(100);
    std::fs::write(&path, &notes).unwrap();
    let refused = Store::open(&format!("sqlite:{}", path.display())).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_can_read_a_sqlite_file() {
    let database = Database::sqlite();
    let store = database.store().await;
    lease(&store, "a").await;
    let path = database.url().strip_prefix("sqlite:").unwrap();
    for path in [path.to_owned(), format!("{path}-wal"), format!("{path}-shm")] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
}

/// Gives the server a certificate, which takes a reload and disturbs nobody.
#[tokio::test(flavor = "multi_thread")]
async fn postgresql_is_reached_through_tls_if_its_certificate_is_trusted() {
    let Some(database) = Database::postgres().await else { return };
    let directory = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let pair = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, pair.cert.pem()).unwrap();
        (pair, format!("{}?sslmode=require&sslrootcert={}", database.url(), path.display()))
    };
    let (pair, trusting) = made("server.pem");
    let (_, distrusting) = made("other.pem");
    let (admin, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    // The server writes its own files, so that they are its own and the key is nobody else's.
    for (file, text) in
        [("server.crt", pair.cert.pem()), ("server.key", pair.signing_key.serialize_pem())]
    {
        let text = text.replace('\n', "\\n");
        let write = format!("cat >/dev/null; umask 077; printf \"%b\" \"{text}\" >{file}");
        let write = format!("COPY (SELECT 1) TO PROGRAM '{write}'");
        admin.batch_execute(&write).await.unwrap();
    }
    admin.batch_execute("ALTER SYSTEM SET ssl = on").await.unwrap();
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let store = loop {
        match Store::open(&trusting).await {
            Ok(store) => break store,
            // Not reloaded yet.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    };
    let ssl = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(store.query_one(ssl, []).await.unwrap().unwrap().int(0).unwrap(), 1);
    let refused = Store::open(&distrusting).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable { .. }), "{refused:?}");
    let missing = format!("{}?sslmode=require&sslrootcert=/missing", database.url());
    let refused = Store::open(&missing).await.unwrap_err();
    assert!(matches!(refused, StoreError::Address { .. }), "{refused:?}");
    database.remove().await;
}
