//! Users: the list, one of them, imports, help past the phone.

use crate::world::{Browser, World, name, on_each_engine};
use authx::admin::{Actor, accounts, bypass, groups, record};
use authx_core::{TenantId, UserId, role::Role};
use axum::http::StatusCode;

async fn user(world: &World, called: &str) -> UserId {
    world.account(world.tenant, called, None).await
}

async fn events(world: &World, user: UserId) -> Vec<String> {
    let filter = record::Filter { user: Some(user), ..record::Filter::default() };
    let entries = record::newest(&world.app, world.tenant, &filter, 50).await.unwrap();
    entries.into_iter().map(|entry| entry.event).collect()
}

#[tokio::test]
async fn the_list_is_in_its_address() {
    on_each_engine(async |world| {
        let mut browser = world.signed_in("boss", Some(Role::Administrator)).await;
        let page = browser.get(world, "/users").await;
        assert!(page.shown().contains("Invite your first user"), "{}", page.text);
        for n in 0..60 {
            user(world, &format!("user{n:02}")).await;
        }
        let page = browser.get(world, "/users").await;
        assert!(page.shown().contains("1–25 of 61"), "{}", page.text);
        let next = page.between("hx-get=\"", "\" rel=\"next\"").to_owned();
        let next = next.rsplit("hx-get=\"").next().unwrap().replace("&#38;", "&");
        let second = browser.get(world, &next).await;
        assert!(second.shown().contains("26–50 of 61"), "{}", second.text);
        let back = second.between("href=\"", "\" rel=\"prev\"");
        let back = back.rsplit("hx-get=\"").next().unwrap().replace("&#38;", "&");
        let first = browser.get(world, &back).await;
        assert!(first.shown().contains("1–25 of 61"), "{}", first.text);
        assert!(first.text.contains("user00"));

        let page = browser.get(world, "/users?q=USER4").await;
        assert!(page.shown().contains("1–10 of 10"), "{}", page.text);
        let page = browser.get(world, "/users?q=%25&state=pending").await;
        assert!(page.shown().contains("No user matches"), "{}", page.text);
        for odd in ["/users?state=xyz&group=1&sort=up&after=%00", "/users?q=%00", "/users?at=x"] {
            assert_eq!(browser.get(world, odd).await.status, StatusCode::OK, "{odd}");
        }
        let page = browser.get(world, "/users?sort=seen&role=administrator").await;
        assert!(page.shown().contains(">boss<"), "{}", page.text);
    })
    .await;
}

#[tokio::test]
async fn a_user_is_made_edited_and_brought_back() {
    on_each_engine(async |world| {
        let mut browser = world.signed_in("boss", Some(Role::UserManager)).await;
        browser.get(world, "/users/new").await;
        let fields = [
            ("name", "<b>anna'; DROP TABLE account;--</b>"),
            ("display", "Anna \"Ä\" <i>"),
            ("mail", "anna@example.com"),
            ("aliases", "CORP\\anna\r\n\r\nanna@corp.example"),
        ];
        let made = browser.post(world, "/users/new", &fields).await;
        let to = made.to().to_owned();
        let page = browser.get(world, &to).await;
        assert!(page.shown().contains("Anna &#34;Ä&#34; &#60;i&#62;"), "{}", page.text);
        assert!(!page.text.contains("<b>anna"), "{}", page.text);
        assert!(page.text.contains("corp\\anna"), "{}", page.text);

        let found = accounts::find(&world.app, world.tenant, r"corp\ANNA").await.unwrap();
        let fields = [("name", "anna"), ("display", ""), ("mail", "")];
        let saved = browser.post(world, &format!("{to}/edit"), &fields).await;
        assert_eq!(saved.to(), to);
        let found = accounts::find(&world.app, world.tenant, &found.name).await.unwrap();
        assert_eq!((found.name.as_str(), found.display, found.mail), ("anna", None, None));

        let page = browser.post(world, &format!("{to}/remove"), &[]).await;
        assert_eq!(page.to(), "/users");
        let page = browser.get(world, "/users").await;
        assert!(
            page.shown().contains(&format!("action=\"{to}/restore\"")),
            "an undo: {}",
            page.text
        );
        let page = browser.post(world, &format!("{to}/disable"), &[]).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{}", page.text);
        let page = browser.post(world, &format!("{to}/restore"), &[]).await;
        assert_eq!(page.to(), to);
        browser.post(world, &format!("{to}/disable"), &[]).await;
        assert!(browser.get(world, &to).await.shown().contains("Disabled"));
        browser.post(world, &format!("{to}/enable"), &[]).await;
        let seen = events(world, found.id).await;
        let wanted = [
            "user_created",
            "user_changed",
            "user_removed",
            "user_restored",
            "user_disabled",
            "user_enabled",
        ];
        assert_eq!(seen, wanted);
        assert!(browser.get(world, &format!("{to}/log")).await.shown().contains("User disabled"));
    })
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_field_stands_beside_it() {
    on_each_engine(async |world| {
        user(world, "taken").await;
        let mut browser = world.signed_in("boss", Some(Role::UserManager)).await;
        browser.get(world, "/users/new").await;
        let long = "x".repeat(129);
        for (fields, field) in [
            ([("name", ""), ("mail", ""), ("aliases", "")], "name"),
            ([("name", "TAKEN"), ("mail", ""), ("aliases", "")], "name"),
            ([("name", long.as_str()), ("mail", ""), ("aliases", "")], "name"),
            ([("name", "a\u{202e}b"), ("mail", ""), ("aliases", "")], "name"),
            ([("name", "x"), ("mail", "no address"), ("aliases", "")], "mail"),
            ([("name", "x"), ("mail", ""), ("aliases", "Taken")], "aliases"),
        ] {
            let page = browser.post(world, "/users/new", &fields).await;
            let text = page.refused();
            assert!(text.contains(&format!("id=\"{field}-e\"")), "{fields:?} {text}");
        }
        let one = user(world, "one").await;
        let path = format!("/users/{one}/aliases");
        let page = browser.post(world, &path, &[("alias", "taken")]).await;
        assert!(page.refused().contains("id=\"alias-e\""), "{}", page.text);
    })
    .await;
}

#[tokio::test]
async fn another_companys_user_is_not_there_and_rank_counts() {
    on_each_engine(async |world| {
        let theirs = authx::admin::tenants::create(&world.app, &world.by, &name("Other")).await;
        let theirs: TenantId = theirs.unwrap().id;
        let stranger = world.account(theirs, "stranger", None).await;
        let owner = world.account(world.tenant, "owner", Some(Role::Owner)).await;
        let mut browser = world.signed_in("desk", Some(Role::UserManager)).await;
        for user in [stranger.to_string(), UserId::from_bytes([7; 16]).to_string(), "x".to_owned()]
        {
            for part in ["", "/edit", "/log", "/bypass"] {
                let page = browser.get(world, &format!("/users/{user}{part}")).await;
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{user}{part}");
            }
            for part in [
                "edit", "disable", "enable", "remove", "restore", "aliases", "invite", "bypass",
                "caller", "recovery",
            ] {
                let fields =
                    [("name", "n"), ("alias", "n"), ("reason", "reason"), ("secs", "3600")];
                let page = browser.post(world, &format!("/users/{user}/{part}"), &fields).await;
                assert_eq!(page.status, StatusCode::NOT_FOUND, "{user}/{part} {}", page.text);
            }
        }
        for part in ["edit", "disable", "enable", "remove", "aliases", "invite", "recovery"] {
            let fields = [("name", "n"), ("alias", "n"), ("by", "link")];
            let page = browser.post(world, &format!("/users/{owner}/{part}"), &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{part} {}", page.text);
        }
        assert_eq!(events(world, owner).await, ["user_created", "role_set"]);
    })
    .await;
}

#[tokio::test]
async fn many_are_done_at_once_and_who_was_not_is_named() {
    on_each_engine(async |world| {
        let (a, b) = (user(world, "a").await.to_string(), user(world, "b").await.to_string());
        let owner = world.account(world.tenant, "owner", Some(Role::Owner)).await.to_string();
        let mut browser = world.signed_in("boss", Some(Role::UserManager)).await;
        browser.get(world, "/users").await;
        let fields = [("user", a.as_str()), ("user", &b), ("user", &owner), ("deed", "disable")];
        let page = browser.post(world, "/users/bulk", &fields).await;
        assert!(page.shown().contains("<h1>2 of 3 users disabled</h1>"), "{}", page.text);
        assert!(page.text.contains("owner") && page.text.contains("Nobody acts on an account"));
        let text = browser.get(world, "/users?state=disabled").await.text;
        assert!(text.contains("1–2 of 2"), "{text}");
        // Again changes nothing, so there is nothing to undo.
        let again = browser.post(world, "/users/bulk", &fields).await;
        assert!(again.shown().contains("0 of 3 users disabled") && !again.text.contains(">Undo<"));
        assert!(again.text.contains("2 users were so already."), "{}", again.text);
        // Undo: the hidden fields of the first page.
        assert_eq!(page.text.matches("name=\"user\"").count(), 2);
        let undo = [("user", a.as_str()), ("user", &b), ("deed", "enable"), ("group", "")];
        let page = browser.post(world, "/users/bulk", &undo).await;
        assert!(page.shown().contains("<h1>2 users enabled</h1>"), "{}", page.text);
        for wrong in [vec![("deed", "fire"), ("user", &*a)], vec![("deed", "disable")]] {
            assert_eq!(browser.post(world, "/users/bulk", &wrong).await.to(), "/users");
        }
    })
    .await;
}

#[tokio::test]
async fn many_are_invited_and_put_into_a_group() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        let (a, b) = (user(world, "a").await.to_string(), user(world, "b").await.to_string());
        let staff = groups::create(app, by, tenant, &name("Staff")).await.unwrap();
        let group = staff.to_string();
        let mut browser = world.signed_in("boss", Some(Role::UserManager)).await;
        let page = browser.get(world, "/users").await;
        assert!(page.shown().contains("Add to the group") && page.text.contains(">Staff<"));
        let unsaid = [("user", a.as_str()), ("deed", "join"), ("group", "")];
        assert_eq!(browser.post(world, "/users/bulk", &unsaid).await.to(), "/users");
        assert!(browser.get(world, "/users").await.shown().contains("Choose the group"));
        groups::add(app, by, tenant, staff, &[b.parse().unwrap()]).await.unwrap();
        let fields = [("user", a.as_str()), ("user", &b), ("deed", "join"), ("group", &group)];
        let page = browser.post(world, "/users/bulk", &fields).await;
        assert!(page.shown().contains("<h1>1 of 2 users added to the group</h1>"), "{}", page.text);
        assert!(page.text.contains("1 user was so already.") && page.text.contains(">Undo<"));
        let undo = [("user", a.as_str()), ("deed", "leave"), ("group", &group)];
        let page = browser.post(world, "/users/bulk", &undo).await;
        assert!(page.shown().contains("<h1>1 user taken out of the group</h1>"), "{}", page.text);
        let strange = [("user", a.as_str()), ("deed", "join"), ("group", &a.replace("usr", "grp"))];
        let page = browser.post(world, "/users/bulk", &strange).await;
        assert!(page.shown().contains("There is no group"), "{}", page.text);

        // Without mail nobody is invited by it, and each is told why.
        let fields = [("user", a.as_str()), ("user", &b), ("deed", "invite")];
        let page = browser.post(world, "/users/bulk", &fields).await;
        assert!(page.shown().contains("<h1>0 of 2 users invited</h1>"), "{}", page.text);
        assert_eq!(page.text.matches("address of").count(), 2, "{}", page.text);
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        let page = desk.post(world, "/users/bulk", &fields).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
    })
    .await;
}

/// Wishes that wait are found where one looks after users.
#[tokio::test]
async fn the_list_says_how_many_wishes_wait() {
    on_each_engine(async |world| {
        let bob = user(world, "bob").await;
        let desk = world.account(world.tenant, "desk", Some(Role::HelpDesk)).await;
        let by = Actor::account(desk, Some(Role::HelpDesk), "desk");
        let mut manager = world.signed_in("boss", Some(Role::UserManager)).await;
        assert!(!manager.get(world, "/users").await.shown().contains("/approvals"));
        let wish = bypass::Wish {
            user: bob,
            kind: bypass::Kind::Code,
            reason: "phone lost".to_owned(),
            secs: 3_600,
        };
        bypass::ask(&world.app, &by, world.tenant, &wish).await.unwrap();
        let page = manager.get(world, "/users").await;
        assert!(page.shown().contains("href=\"/approvals\"") && page.text.contains("somebody: 1"));
        let mut reader = world.signed_in("rosa", Some(Role::ReadOnly)).await;
        assert!(!reader.get(world, "/users").await.shown().contains("/approvals"));
    })
    .await;
}

async fn upload(
    browser: &mut Browser,
    world: &World,
    csv: &[u8],
    renew: bool,
) -> crate::world::Page {
    browser.get(world, "/users/import").await;
    let mut body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{}\r\n",
        browser.token()
    )
    .into_bytes();
    if renew {
        body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"renew\"\r\n\r\non\r\n");
    }
    body.extend(
        b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\n\
          Content-Type: text/csv\r\n\r\n",
    );
    body.extend(csv);
    body.extend(b"\r\n--XX--\r\n");
    browser.upload(world, "/users/import", "multipart/form-data; boundary=XX", body).await
}

#[tokio::test]
async fn a_file_is_checked_taken_in_and_undone() {
    on_each_engine(async |world| {
        let mut browser = world.signed_in("boss", Some(Role::UserManager)).await;
        let csv = "name;mail\r\nanna;anna@example.com\r\nbob;nowhere\r\n";
        let checked = upload(&mut browser, world, csv.as_bytes(), false).await;
        let to = checked.to().to_owned();
        let page = browser.get(world, &to).await;
        assert!(page.shown().contains("Take the file in"), "{}", page.text);
        assert!(page.text.contains("nowhere"), "{}", page.text);
        assert!(accounts::find(&world.app, world.tenant, "anna").await.is_err());
        let errors = browser.get(world, &format!("{to}/errors.csv")).await;
        assert!(errors.shown().contains("\r\n3,mail,nowhere,"), "{}", errors.text);

        browser.get(world, &to).await;
        assert_eq!(browser.post(world, &format!("{to}/run"), &[]).await.to(), to);
        let anna = accounts::find(&world.app, world.tenant, "anna").await.unwrap();
        assert_eq!(anna.mail.as_deref(), Some("anna@example.com"));
        let export = browser.get(world, "/users/export.csv?q=anna").await;
        let lines: Vec<&str> = export.shown().lines().collect();
        assert!(lines.len() == 2 && lines[1].starts_with("anna,,anna@example.com,,,active"));

        browser.get(world, &to).await;
        assert_eq!(browser.post(world, &format!("{to}/undo"), &[]).await.to(), to);
        assert!(accounts::find(&world.app, world.tenant, "anna").await.is_err());

        let latin = upload(&mut browser, world, b"name\nJ\xfcrgen\n", false).await;
        assert!(latin.refused().contains("Latin-1"), "{}", latin.text);
        let none = upload(&mut browser, world, b"", false).await;
        assert!(none.refused().contains("empty"), "{}", none.text);
    })
    .await;
}

#[tokio::test]
async fn two_administrators_or_a_checked_caller_help_past_the_phone() {
    on_each_engine(async |world| {
        let bob = user(world, "bob").await;
        let mut desk = world.signed_in("desk", Some(Role::HelpDesk)).await;
        let mut manager = world.signed_in("manager", Some(Role::UserManager)).await;
        let path = format!("/users/{bob}/bypass");
        desk.get(world, &path).await;
        let wish =
            [("kind", "code"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "checked")];
        let page = desk.post(world, &path, &wish).await;
        assert!(page.refused().contains("another administrator"), "{}", page.text);
        let short = [("kind", "code"), ("reason", "x"), ("secs", "3600"), ("leave", "ask")];
        assert!(desk.post(world, &path, &short).await.refused().contains("id=\"reason-e\""));
        let wish = [("kind", "code"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "ask")];
        assert_eq!(desk.post(world, &path, &wish).await.to(), path);

        let open = bypass::open(&world.app, world.tenant).await.unwrap();
        let id = open[0].id.to_string();
        desk.get(world, "/approvals").await;
        let own = desk.post(world, &format!("/approvals/{id}/agree"), &[]).await;
        assert_eq!(own.status, StatusCode::FORBIDDEN, "a help desk agrees to nothing");
        assert!(manager.get(world, "/approvals").await.shown().contains("phone lost"));
        manager.post(world, &format!("/approvals/{id}/agree"), &[]).await.to();

        let use_it = [
            ("kind", "code"),
            ("leave", "agreed"),
            ("approval", id.as_str()),
            ("reason", "phone lost"),
            ("secs", "3600"),
        ];
        let page = desk.post(world, &path, &use_it).await;
        assert!(page.shown().contains("Bypass code: shown once"), "{}", page.text);
        let again = desk.post(world, &path, &use_it).await;
        assert!(again.refused().contains("This is over"), "{}", again.text);

        desk.post(world, &format!("/users/{bob}/caller"), &[]).await;
        let mut caller = world.browser_of(world.tenant, bob).await;
        // At one's own page, and at one that waits for it.
        assert!(caller.get(world, "/me").await.shown().contains("checks that it is you"));
        let page = caller.get(world, "/me/caller").await;
        let plates: Vec<&str> = page.shown().split("aria-hidden=\"true\">").collect();
        let digits: Vec<&str> = plates
            .iter()
            .filter_map(|it| it.get(..3))
            .filter(|it| it.parse::<u16>().is_ok())
            .collect();
        let [reads, answers] = digits[..] else { panic!("{digits:?}") };
        assert!(desk.get(world, &path).await.shown().contains(reads));
        let wrong =
            desk.post(world, &format!("/users/{bob}/caller/answer"), &[("digits", reads)]).await;
        assert!(wrong.refused().contains("2 tries are left"), "{}", wrong.text);
        desk.post(world, &format!("/users/{bob}/caller/answer"), &[("digits", answers)]).await.to();
        let wish =
            [("kind", "bypass"), ("reason", "phone lost"), ("secs", "3600"), ("leave", "checked")];
        desk.post(world, &path, &wish).await.to();
        assert!(desk.get(world, &format!("/users/{bob}")).await.shown().contains("Bypass until"));
    })
    .await;
}
