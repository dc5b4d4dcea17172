use super::{PASSWORD, World, on_each_engine};
use authx::admin::record::export::{ActionFilter, Format, LoginFilter, What, export};
use authx_core::TenantId;
use serde_json::Value;

async fn file(world: &World, tenant: TenantId, what: What, format: Format) -> String {
    let mut export = export(&world.app, &world.by, tenant, what, format).await.unwrap();
    let mut bytes = vec![];
    while let Some(piece) = export.next(&world.app).await.unwrap() {
        bytes.extend(piece);
    }
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_file_says_what_the_list_says_and_runs_no_formula() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let other = world.tenant("Other").await;
        let vpn = world.application(tenant, "=vpn").await.id;
        world.user(tenant, "alice", Some(PASSWORD)).await;
        let hostile = ["=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "a\"b,c", "alice"];
        for name in hostile {
            world.clock.advance_secs(400);
            world.sign_in(vpn, name, "wrong", None).await;
        }
        authx::app::testing::read_all(&world.app).await;
        let logins = || What::Logins(LoginFilter::default());
        let csv = file(world, tenant, logins(), Format::Csv).await;
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let headers = reader.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let (name, application) = (column("name"), column("application"));
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let names: Vec<_> = rows.iter().rev().map(|row| row[name].to_owned()).collect();
        for (shown, typed) in names.iter().zip(hostile) {
            let formula = typed.starts_with(['=', '+', '-', '@']);
            assert_eq!(shown, &if formula { format!("'{typed}") } else { typed.to_owned() });
        }
        assert!(rows.iter().all(|row| &row[application] == "'=vpn"));

        // JSON says it unchanged, and the same rows.
        let json = file(world, tenant, logins(), Format::Json).await;
        let objects: Vec<Value> =
            json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let typed: Vec<_> = objects.iter().rev().map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(typed, hostile);
        for (object, row) in objects.iter().zip(&rows) {
            assert_eq!(object["login_id"], row[column("login_id")]);
            assert_eq!(object["began"], row[column("began")]);
        }
        let refused = LoginFilter { reason: Some("wrong_code".into()), ..LoginFilter::default() };
        assert_eq!(file(world, tenant, What::Logins(refused), Format::Json).await, "");
        assert_eq!(file(world, other, logins(), Format::Json).await, "", "another tenant");

        let deeds = What::Actions(ActionFilter::default());
        let deeds = file(world, tenant, deeds, Format::Json).await;
        let newest: Value = serde_json::from_str(deeds.lines().next().unwrap()).unwrap();
        let taken = (newest["event"].as_str().unwrap(), newest["by"].as_str().unwrap());
        assert_eq!(taken, ("record_exported", "root"), "whoever takes it away is recorded");
        let entries = file(world, tenant, What::Entries, Format::Csv).await;
        let mut reader = csv::Reader::from_reader(entries.as_bytes());
        let seqs: Vec<i64> = reader.records().map(|row| row.unwrap()[0].parse().unwrap()).collect();
        assert!(seqs.is_sorted() && seqs.len() > 10);
    })
    .await;
}
