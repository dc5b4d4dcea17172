//! Users from a file, and as a file.

use crate::world::{Reply, World, on_each_engine, request};
use axum::{
    body::Body,
    http::{Method, header},
};
use serde_json::json;

const IMPORTS: &str = "/admin/v1/imports";

pub(crate) async fn upload(world: &World, token: &str, query: &str, csv: &[u8]) -> Reply {
    let path = format!("{IMPORTS}{query}");
    let request = request(&Method::POST, &path, token).header(header::CONTENT_TYPE, "text/csv");
    world.send(request.body(Body::from(csv.to_vec())).unwrap()).await
}

#[tokio::test]
async fn a_file_is_checked_taken_in_and_undone() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let csv = b"name,mail,state\r\nanna,anna@example.com,\r\nben,,disabled\r\nx,nowhere,\r\n";
        let checked = upload(world, &token, "?name=staff.csv", csv).await;
        assert_eq!(checked.status, 201);
        let checked = checked.good();
        assert_eq!((&checked["state"], &checked["name"]), (&json!("checked"), &json!("staff.csv")));
        assert_eq!(
            (&checked["counts"]["made"], &checked["counts"]["faults"]),
            (&json!(2), &json!(1))
        );
        let path = format!("{IMPORTS}/{}", checked["import_id"].as_str().unwrap());
        world.get(&token, "/admin/v1/users/by-name/anna").await.refused(404, "not_found");
        world.post(&token, &format!("{path}/undo"), &json!({})).await.refused(409, "over");
        let started = world.post(&token, &format!("{path}/start"), &json!({})).await;
        assert_eq!(started.status, 202);
        assert_eq!(started.good()["state"], "done");
        world.post(&token, &format!("{path}/start"), &json!({})).await.refused(409, "over");
        world.get(&token, "/admin/v1/users/by-name/anna").await.good();
        let errors = world.get(&token, &format!("{path}/errors")).await;
        assert_eq!(errors.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        assert!(errors.text().starts_with("line,column,value,what_to_do\r\n4,mail,nowhere,"));

        let file = world.get(&token, "/admin/v1/users/export?state=disabled").await;
        assert_eq!(file.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
        assert!(file.headers[header::CONTENT_DISPOSITION].to_str().unwrap().contains("users.csv"));
        let lines: Vec<_> = file.text().lines().map(str::to_owned).collect();
        assert!(lines.len() == 2 && lines[1].starts_with("ben,"), "{lines:?}");
        let pending = world.get(&token, "/admin/v1/users/export?state=pending").await.text();
        assert!(pending.contains("\nanna,") && !pending.contains("\nben,"), "{pending}");

        let undone = world.post(&token, &format!("{path}/undo"), &json!({})).await.good();
        assert_eq!(undone, json!({ "deleted": 2, "kept": 0 }));
        assert_eq!(world.get(&token, &path).await.good()["state"], "undone");
        let list = world.get(&token, IMPORTS).await.good();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let record = world.get(&token, "/admin/v1/record?kind=users_exported").await.good();
        assert_eq!((&record["total"], &record["items"][0]["by"]), (&json!(2), &json!("olga")));
    })
    .await;
}

#[tokio::test]
async fn what_is_no_such_file_is_told() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        for csv in [&b""[..], b"mail\nx@example.com\n", b"name,colour\n", b"name\n\xff\n"] {
            upload(world, &token, "", csv).await.refused(422, "file_refused");
        }
        upload(world, &token, "?renew=perhaps", b"name\n").await.refused(400, "invalid_query");
        upload(world, &token, "?limit=2", b"name\n").await.refused(400, "invalid_query");
        world.post(&token, IMPORTS, &json!({})).await.refused(415, "not_csv");
        let found = world.get(&token, "/admin/v1/users/export?limit=3").await;
        assert_eq!(found.refused(400, "invalid_query")["field"], "limit");
        assert_eq!(world.get(&token, IMPORTS).await.good()["items"], json!([]));
    })
    .await;
}
