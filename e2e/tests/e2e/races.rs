use authx_e2e::{Engine, Installation, Server, new_id, proved};
use futures_util::future::join_all;
use std::collections::BTreeMap;

authx_e2e::on_both_engines! {
    two_hundred_tries_of_one_code_have_one_winner
    two_hundred_requests_with_one_id_are_one_login
}

async fn two_hundred_tries_of_one_code_have_one_winner(engine: Engine) {
    let installation = Installation::new(engine).await;
    let people = installation.people("person", 1).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let body = proved(&people[0].name, &people[0].code());
    let replies = join_all((0..200).map(|_| client.login(&body))).await;
    let mut outcomes = BTreeMap::<_, u32>::new();
    for reply in &replies {
        *outcomes.entry(reply.outcome()).or_default() += 1;
    }
    assert_eq!(outcomes.get("allowed"), Some(&1), "{outcomes:?}");
    // Everybody else learns why: the code was used, or too many wrong ones came from there.
    let losers = ["refused:code_already_used", "refused:slow_down", "refused:factor_locked"];
    let known = |word: &str| word == "allowed" || losers.contains(&word);
    assert!(outcomes.keys().all(|word| known(word)), "{outcomes:?}");
    let allowed = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
    assert_eq!(installation.count(allowed).await, 1);
    server.stop().await;
    let (intact, said) = installation.verify(&[]);
    assert!(intact, "{said}");
}

async fn two_hundred_requests_with_one_id_are_one_login(engine: Engine) {
    let installation = Installation::new(engine).await;
    let people = installation.people("person", 1).await;
    let server = Server::start(installation.config()).await;
    let client = server.client(&installation.vpn);
    let (id, body) = (new_id(), proved(&people[0].name, &people[0].code()));
    let replies = join_all((0..200).map(|_| client.begin(id, &body))).await;
    let replies: Vec<_> = replies.into_iter().map(|reply| reply.expect("an answer")).collect();
    assert_eq!(replies[0].outcome(), "allowed");
    for reply in &replies {
        assert_eq!(reply.without_seal(), replies[0].without_seal());
    }
    assert_eq!(installation.count("SELECT COUNT(*) FROM login").await, 1);
    let recorded = "SELECT COUNT(*) FROM event WHERE login IS NOT NULL";
    assert_eq!(installation.count(recorded).await, 1);
}
