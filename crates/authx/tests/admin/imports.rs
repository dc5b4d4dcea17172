use super::{World, name, on_each_engine};
use authx::admin::{
    Actor, AdminError,
    accounts::{self, AccountError},
    bypass::{self, BypassError, Kind, Leave, Wish},
    exports,
    imports::{self, Counts, Fault, Import, ImportError, Options},
};
use authx::store::{Batch, accounts::Filter};
use authx_core::{TenantId, role::Role};
use std::fmt::Write as _;
use std::io::{Cursor, Read};

fn options(renew: bool) -> Options {
    Options { name: "people.csv".to_owned(), renew }
}

async fn take(
    world: &World,
    tenant: TenantId,
    csv: &[u8],
    renew: bool,
) -> Result<(Import, Vec<Fault>), ImportError> {
    let csv = csv.to_vec();
    let open = move || {
        let read: Box<dyn Read + Send> = Box::new(Cursor::new(csv.clone()));
        Ok(read)
    };
    let mut faults = vec![];
    let mut told = |fault| faults.push(fault);
    let (app, by) = (&world.app, &world.by);
    let import = imports::run(app, by, tenant, &open, &options(renew), &mut told).await?;
    Ok((import, faults))
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_more() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let csv = "\u{feff}Mail;NAME;aliases;state;display\r\n\
            anna@example.com;anna;\"CORP\\anna;a.a\";;\"Anna\"\"s\"\r\n;bob;;disabled;'=Bob\r\n";
        let (first, faults) = take(world, tenant, csv.as_bytes(), false).await.unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(first.counts, Counts { lines: 2, made: 2, ..Counts::default() });
        let (again, faults) = take(world, tenant, csv.as_bytes(), true).await.unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(again.counts, Counts { lines: 2, same: 2, ..Counts::default() });
        let anna = accounts::find(&world.app, tenant, r"corp\anna").await.unwrap();
        assert_eq!(anna.display.as_deref(), Some("Anna\"s"));
        let bob = accounts::find(&world.app, tenant, "bob").await.unwrap();
        assert_eq!((bob.state, bob.display.as_deref()), ("disabled", Some("=Bob")));

        let mut export =
            exports::users(&world.app, &world.by, tenant, &Filter::default()).await.unwrap();
        let mut text = String::new();
        while let Some(part) = export.next().await.unwrap() {
            text.push_str(&part);
        }
        assert!(text.contains("\r\nbob,'=Bob,"), "{text}");
        let (back, faults) = take(world, tenant, text.as_bytes(), true).await.unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(back.counts, Counts { lines: 2, same: 2, ..Counts::default() });

        let undone = imports::undo(&world.app, &world.by, tenant, first.id).await.unwrap();
        assert_eq!((undone.deleted, undone.kept), (2, 0));
        assert!(accounts::list(&world.app, tenant).await.unwrap().is_empty());
        let twice = imports::undo(&world.app, &world.by, tenant, first.id).await;
        assert!(matches!(twice, Err(ImportError::Over(_))), "{twice:?}");
    })
    .await;
}

#[tokio::test]
async fn each_line_that_is_wrong_is_named_and_the_others_are_taken_in() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        world.user(tenant, "taken", None).await;
        world.user(tenant, "there", None).await;
        let csv = "name,mail,aliases,groups,state,display\n\
            ok,,,,,\n,,,,,\nOK,,,,,\nx,nowhere,,,,\ny,,taken,,,\nz,,,Staff,,\nw,,,,maybe,\n\
            v,,\nu,,,,,\"a\nb\"\nthere,t@example.com,,,,\n";
        let (import, faults) = take(world, tenant, csv.as_bytes(), false).await.unwrap();
        let mut places: Vec<_> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        places.sort_unstable();
        let wanted = [
            (3, "name"),
            (4, "name"),
            (5, "mail"),
            (6, "aliases"),
            (7, "groups"),
            (8, "state"),
            (9, ""),
            (10, "display"),
            (12, "mail"),
        ];
        assert_eq!(places, wanted);
        assert_eq!((import.counts.made, import.counts.faults), (1, 9));
        let (renewed, _) = take(world, tenant, csv.as_bytes(), true).await.unwrap();
        assert_eq!((renewed.counts.changed, renewed.counts.made), (1, 0));
        let csv = imports::faults_csv(&faults);
        assert!(csv.starts_with("line,column,value,what_to_do\r\n"), "{csv}");
    })
    .await;
}

#[tokio::test]
async fn a_file_that_cannot_be_read_changes_nothing() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let long = format!("name\n\"{}", "x".repeat(600_000));
        let cases: [(&[u8], &str); 7] = [
            (b"", "empty"),
            (b"mail\nx@example.com\n", "no column"),
            (b"name,shoe\n", "shoe"),
            (b"name,name\n", "twice"),
            (b"name\nanna\nJ\xfcrgen\n", "line 3, column \u{201c}name\u{201d}: byte FC"),
            (b"\xff\xfen\0a\0", "UTF-16"),
            (long.as_bytes(), "256 kB"),
        ];
        for (csv, told) in cases {
            let error = take(world, tenant, csv, false).await.unwrap_err().to_string();
            assert!(error.contains(told), "{told}: {error}");
        }
        assert!(accounts::list(&world.app, tenant).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_thousand_lines_are_taken_in_some_hundred_at_a_time() {
    on_each_engine(async |world| {
        let tenant = world.tenant("Example").await;
        let mut csv = "name,mail\n".to_owned();
        for n in 0..3_000 {
            writeln!(csv, "user{n:05},user{n:05}@example.com").unwrap();
        }
        // What an interruption left is gone on from.
        let half = csv.lines().take(1_201).collect::<Vec<_>>().join("\n");
        take(world, tenant, half.as_bytes(), false).await.unwrap();
        let before = world.generation(tenant).await;
        let (import, faults) = take(world, tenant, csv.as_bytes(), false).await.unwrap();
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!((import.counts.made, import.counts.same), (1_800, 1_200));
        assert_eq!(world.generation(tenant).await - before, 4, "one commit for each part");
        assert_eq!(world.newest(tenant).await.event, "users_imported");
    })
    .await;
}

#[tokio::test]
async fn nobody_acts_on_an_equal_and_a_removed_user_is_gone() {
    on_each_engine(async |world| {
        let (app, root) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let boss = world.user(tenant, "boss", None).await;
        let desk = world.user(tenant, "desk", None).await;
        let set = authx::admin::administrators::set_role;
        let kept = authx::admin::administrators::Factors::Kept;
        set(app, root, tenant, boss, Some(Role::Administrator), kept).await.unwrap();
        set(app, root, tenant, desk, Some(Role::UserManager), kept).await.unwrap();
        let by = Actor::account(desk, Some(Role::UserManager), "desk");
        let outranked = |error: AccountError| {
            assert!(matches!(error, AccountError::Admin(AdminError::Outranked)), "{error:?}");
        };
        outranked(accounts::disable(app, &by, tenant, boss).await.unwrap_err());
        outranked(accounts::enable(app, &by, tenant, boss).await.unwrap_err());
        outranked(accounts::remove(app, &by, tenant, boss).await.unwrap_err());
        outranked(accounts::restore(app, &by, tenant, boss).await.unwrap_err());
        outranked(accounts::delete(app, &by, tenant, boss).await.unwrap_err());
        let details = accounts::Details::default();
        let edited = accounts::edit(app, &by, tenant, boss, &name("x"), &details).await;
        outranked(edited.unwrap_err());
        outranked(authx::enrol::recovery::renew(app, &by, tenant, boss).await.unwrap_err());

        accounts::remove(app, root, tenant, desk).await.unwrap();
        let gone = accounts::disable(app, root, tenant, desk).await;
        assert!(matches!(gone, Err(AccountError::Removed(_))), "{gone:?}");
        assert_eq!(accounts::list(app, tenant).await.unwrap().len(), 1);
        world.clock.advance_secs(accounts::REMOVED_SECS + 1);
        accounts::forget_removed(app, app.now().unwrap()).await.unwrap();
        let gone = accounts::find(app, tenant, "desk").await;
        assert!(matches!(gone, Err(AccountError::Unknown(_))), "{gone:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_uses_of_a_bypass_code_one_counts() {
    on_each_engine(async |world| {
        let (app, root) = (&world.app, &world.by);
        let tenant = world.tenant("Example").await;
        let vpn = world.application(tenant, "vpn").await.id;
        let alice = world.user(tenant, "alice", Some(super::PASSWORD)).await;
        let wish = Wish {
            user: alice,
            kind: Kind::Code,
            reason: "phone lost".to_owned(),
            secs: bypass::USUAL_SECS,
        };
        let stranger = world.user(tenant, "oscar", None).await;
        let batch = Batch::default().set_role(tenant, stranger, Some(Role::Owner));
        app.store.commit(batch).await.unwrap();
        let stranger = Actor::account(stranger, Some(Role::Owner), "oscar");
        let alone = bypass::give(app, &stranger, tenant, &wish, None).await;
        assert!(matches!(alone, Err(BypassError::NeedsLeave)), "{alone:?}");
        let alone = bypass::give(app, &stranger, tenant, &wish, Some(Leave::Checked)).await;
        assert!(matches!(alone, Err(BypassError::NeedsLeave)), "{alone:?}");
        let code = bypass::give(app, root, tenant, &wish, None).await.unwrap().code.unwrap();
        let tries = (0..200).map(|_| world.try_in(vpn, "alice", super::PASSWORD, &code));
        let ended = futures_util::future::join_all(tries).await;
        assert_eq!(ended.iter().filter(|state| *state == "allowed").count(), 1);

        let wish = Wish { kind: Kind::Bypass, ..wish };
        bypass::give(app, root, tenant, &wish, None).await.unwrap();
        let login = world.sign_in(vpn, "alice", super::PASSWORD, None).await;
        assert_eq!(super::outcome(&login), "allowed");
        assert_eq!(accounts::find(app, tenant, "alice").await.unwrap().state, "bypass");
        bypass::end(app, root, tenant, alice).await.unwrap();
        let login = world.sign_in(vpn, "alice", super::PASSWORD, None).await;
        assert_ne!(super::outcome(&login), "allowed");
    })
    .await;
}
