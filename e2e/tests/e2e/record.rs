//! What somebody does to the database behind the program's back is found.

use authx_e2e::{Engine, Installation, Server, proved, run};
use std::time::Duration;
use tokio::time::sleep;

authx_e2e::on_both_engines! {
    rows_that_were_changed_removed_or_reordered_are_found
    a_record_whose_end_was_cut_off_is_found_by_a_witness
    a_database_that_was_rolled_back_is_found_by_a_witness
}

/// A record of a few sealed logins, and the newest witness that a caller was told.
async fn recorded(engine: Engine, logins: usize) -> (Installation, String) {
    let installation = Installation::new(engine).await;
    let witness = go_on(&installation, "early", logins).await;
    (installation, witness)
}

async fn go_on(installation: &Installation, prefix: &str, logins: usize) -> String {
    let people = installation.people(prefix, logins).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    for person in &people {
        let reply = client.login(&proved(&person.name, &person.code())).await;
        assert_eq!(reply.outcome(), "allowed");
    }
    // Told as soon as the seal over them is set.
    let unsealed = "SELECT COUNT(*) FROM event WHERE seq > (SELECT MAX(upto) FROM seal)
                    OR NOT EXISTS (SELECT 1 FROM seal)";
    while installation.count(unsealed).await > 0 {
        sleep(Duration::from_millis(50)).await;
    }
    sleep(Duration::from_millis(50)).await;
    let check = authx_e2e::Call::get("/api/v1/check");
    let witness = client.send(&check).await.expect("an answer").seal().expect("a seal").to_owned();
    server.stop().await;
    witness
}

async fn rows_that_were_changed_removed_or_reordered_are_found(engine: Engine) {
    let (installation, witness) = recorded(engine, 6).await;
    let verify = || installation.verify(&[&witness]);
    let (intact, said) = verify();
    assert!(intact && said.contains("The record is intact."), "{said}");

    let kind = "UPDATE event SET kind = 'login_refused' WHERE seq = 7 AND kind = 'login_allowed'";
    assert_eq!(installation.count("SELECT COUNT(*) FROM event WHERE seq = 7").await, 1);
    installation.tamper(kind).await;
    let (intact, said) = verify();
    assert!(!intact && said.contains("row 7 was changed"), "{said}");
    installation.tamper("UPDATE event SET kind = 'login_allowed' WHERE seq = 7").await;
    assert!(verify().0, "put back");

    // Two rows change places: each is genuine.
    let exchange = async || {
        installation.tamper("UPDATE event SET seq = 1000000 WHERE seq = 6").await;
        installation.tamper("UPDATE event SET seq = 6 WHERE seq = 7").await;
        installation.tamper("UPDATE event SET seq = 7 WHERE seq = 1000000").await;
    };
    exchange().await;
    let (intact, said) = verify();
    assert!(!intact && said.contains("another order"), "{said}");
    exchange().await;
    assert!(verify().0, "put back");

    installation.tamper("DELETE FROM event WHERE seq = 6").await;
    let (intact, said) = verify();
    assert!(!intact && said.contains("removed"), "{said}");
    assert!(said.contains("The record was changed."), "{said}");
}

async fn a_record_whose_end_was_cut_off_is_found_by_a_witness(engine: Engine) {
    let (installation, _) = recorded(engine, 3).await;
    let witness = go_on(&installation, "late", 3).await;
    // Entries and the seals over them, so that what is left fits together.
    let seals = "SELECT COUNT(*) FROM seal";
    assert!(installation.count(seals).await >= 2);
    installation
        .tamper(
            "DELETE FROM event WHERE seq > (SELECT MAX(upto) FROM seal
             WHERE number < (SELECT MAX(number) FROM seal))",
        )
        .await;
    installation.tamper("DELETE FROM seal WHERE number = (SELECT MAX(number) FROM seal)").await;
    assert!(installation.verify(&[]).0, "nothing in the database itself shows it");
    let (intact, said) = installation.verify(&[&witness]);
    assert!(!intact && said.contains("cut off"), "{said}");
}

async fn a_database_that_was_rolled_back_is_found_by_a_witness(engine: Engine) {
    let (installation, old) = recorded(engine, 2).await;
    let copy = installation.copy().await;
    let new = go_on(&installation, "late", 2).await;
    assert!(installation.verify(&[&old, &new]).0);

    let verify = |witness: &str| {
        let file = installation.directory().join("kept");
        std::fs::write(&file, witness).unwrap();
        let arguments = ["audit", "verify", "--witness", file.to_str().unwrap()];
        let output = run(&copy, &arguments);
        (output.status.success(), String::from_utf8(output.stdout).unwrap())
    };
    let (intact, said) = verify(&old);
    assert!(intact, "{said}");
    let (intact, said) = verify(&new);
    assert!(!intact && said.contains("older copy of the database was put back"), "{said}");
}
