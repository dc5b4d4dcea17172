//! Many at the same moment.

use super::{PASSWORD, on_each_engine, outcome, with_password};
use futures_util::future::join_all;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn one_code_lets_one_of_two_hundred_in() {
    on_each_engine(async |world| {
        let mut right = with_password(PASSWORD);
        right["answer"] = world.code().into();
        let begun = join_all((0..200).map(|_| world.begin(&right))).await;
        let allowed = begun.iter().flatten().filter(|login| outcome(login) == "allowed").count();
        assert_eq!(allowed, 1);
        let spent = "SELECT COUNT(*) FROM event WHERE kind = 'login_allowed'";
        let recorded = world.app.store.query_one(spent, []).await.unwrap().unwrap();
        assert_eq!(recorded.int(0).unwrap(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_many_times_is_one_login() {
    on_each_engine(async |world| {
        let mut right = with_password(PASSWORD);
        right["answer"] = world.code().into();
        let id = world.login_id();
        let begun = join_all((0..50).map(|_| world.begin_as(id, &right))).await;
        let answers: BTreeSet<_> =
            begun.iter().flatten().map(|login| serde_json::to_string(login).unwrap()).collect();
        assert_eq!(answers.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|login| login.contains(r#""state":"allowed""#)));
        let rows = world.app.store.query_one("SELECT COUNT(*) FROM login", []).await;
        assert_eq!(rows.unwrap().unwrap().int(0).unwrap(), 1);
    })
    .await;
}
