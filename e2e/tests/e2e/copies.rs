//! A copied database gives nothing away.

use authx_core::secret_text;
use authx_e2e::{Call, Engine, Installation, PASSWORD, Server, new_id, typed};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use futures_util::TryStreamExt as _;
use std::fs;

authx_e2e::on_both_engines! { a_copied_database_holds_no_secret_that_went_in }

async fn a_copied_database_holds_no_secret_that_went_in(engine: Engine) {
    let installation = Installation::new(engine).await;
    let alice = installation.person("alice").await;
    let (app, by, tenant) = (&installation.app, &installation.by, installation.tenant);
    let recovery = authx::enrol::recovery::renew(app, by, tenant, alice.id).await.unwrap();
    let codes: Vec<String> = recovery.codes.to_vec();
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let typo = "mistyped but nearly right";
    let code = alice.code();
    let wrong = client.login(&typed("alice", typo, Some(&code))).await;
    assert_eq!(wrong.outcome(), "refused:wrong_credentials");
    let id = new_id();
    client.begin(id, &typed("alice", PASSWORD, None)).await.expect("an answer");
    let answer = Call {
        method: "POST".parse().unwrap(),
        target: format!("/api/v1/logins/{id}/answers"),
        body: serde_json::json!({ "seq": 1, "text": codes[0] }).to_string(),
    };
    let answered = client.send(&answer).await.expect("an answer");
    assert_eq!(answered.outcome(), "allowed", "by a recovery code");

    let mut copies = vec![copy(&installation).await];
    server.stop().await;
    copies.push(copy(&installation).await);
    let mut secrets = vec![];
    for text in [PASSWORD, typo].into_iter().map(str::to_owned).chain(codes) {
        push_forms(&mut secrets, text.replace('-', "").as_bytes());
        push_forms(&mut secrets, text.as_bytes());
    }
    let secret = alice.phone.secret_text();
    push_forms(&mut secrets, &BASE32_NOPAD.decode(secret.as_bytes()).unwrap());
    push_forms(&mut secrets, secret.as_bytes());
    let key = &installation.vpn.key_text;
    push_forms(&mut secrets, key.as_bytes());
    push_forms(&mut secrets, &*secret_text::parse(secret_text::APPLICATION_KEY, key).unwrap());
    for (file, prefix) in
        [("master.key", secret_text::MASTER_KEY), ("audit.key", secret_text::AUDIT_KEY)]
    {
        let text = fs::read_to_string(installation.directory().join(file)).unwrap();
        push_forms(&mut secrets, text.trim().as_bytes());
        push_forms(&mut secrets, &*secret_text::parse(prefix, text.trim()).unwrap());
    }
    for copy in copies {
        let there = [latin1(b"alice"), latin1(installation.tenant.as_bytes())];
        assert!(there.iter().all(|text| copy.contains(text)), "the search finds what is there");
        let found: Vec<_> = secrets.iter().filter(|secret| copy.contains(*secret)).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

/// A secret as it is and as programs write it, one character a byte.
fn push_forms(secrets: &mut Vec<String>, secret: &[u8]) {
    secrets.extend([
        latin1(secret),
        HEXLOWER.encode(secret),
        HEXLOWER.encode(secret).to_uppercase(),
    ]);
    secrets.push(BASE32_NOPAD.encode(secret));
    secrets.extend(
        [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].map(|form| form.encode(secret)),
    );
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

/// All that a thief gets, one character a byte: the files, or a dump with its bytes also decoded.
async fn copy(installation: &Installation) -> String {
    let Some(url) = installation.postgres_url() else {
        let directory = fs::read_dir(installation.directory()).unwrap();
        let files = directory.map(|file| file.unwrap().path());
        let database = |path: &std::path::PathBuf| path.to_str().unwrap().contains("authx.db");
        return files.filter(database).map(|path| latin1(&fs::read(path).unwrap())).collect();
    };
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let tables = "SELECT quote_ident(table_name) FROM information_schema.tables
                  WHERE table_schema = current_schema()";
    let mut dump = String::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows = client.copy_out(&format!("COPY {table} TO STDOUT")).await.unwrap();
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        let text = latin1(&rows.concat());
        for bytes in text.split([' ', '\t', '\n']).filter_map(|cell| cell.strip_prefix(r"\\x")) {
            dump.push_str(&latin1(&HEXLOWER.decode(bytes.as_bytes()).unwrap()));
            dump.push('\n');
        }
        dump.push_str(&text);
    }
    dump
}
