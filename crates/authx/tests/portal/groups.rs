//! Groups, as their administrators see them.

use crate::{
    html::forms,
    world::{Browser, Page, World, name, on_each_engine},
};
use authx::admin::{groups, policies};
use authx_core::{GroupId, policy::Document, role::Role};
use axum::http::StatusCode;
use serde_json::json;

async fn made(world: &World, called: &str) -> GroupId {
    groups::create(&world.app, &world.by, world.tenant, &name(called)).await.unwrap()
}

async fn owner(world: &World) -> Browser {
    world.signed_in("olga", Some(Role::Owner)).await
}

#[tokio::test]
async fn a_first_group_is_made_and_filled() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let empty = browser.get(world, "/groups").await;
        assert!(empty.shown().contains("Make your first group"));
        browser.get(world, "/groups/new").await.shown();
        let at = browser.post(world, "/groups", &[("name", " Staff ")]).await.to().to_owned();
        let page = browser.get(world, &at).await;
        assert!(page.shown().contains("“Staff” is made. Add its members."));
        assert!(page.text.contains("Nobody is in this group yet"));

        world.account(world.tenant, "alice", None).await;
        world.account(world.tenant, "bob", None).await;
        let members = format!("{at}/members");
        let wrong = browser.post(world, &members, &[("names", "alice\ncarol <b>\n")]).await;
        assert!(wrong.refused().contains("there is no user “carol &#60;b&#62;”"));
        assert!(wrong.text.contains("alice\ncarol"), "what was typed stays");
        browser.post(world, &members, &[("names", "")]).await.refused();
        let to = browser.post(world, &members, &[("names", "ALICE\r\nbob\r\nalice")]).await;
        assert_eq!(to.to(), at);
        let page = browser.get(world, &at).await;
        assert!(page.shown().contains("2 users came into “Staff”."));
        assert!(page.text.contains("1–2 of 2"));
        let again = browser.post(world, &members, &[("names", "alice")]).await;
        assert_eq!(again.to(), at);
        let page = browser.get(world, &at).await;
        assert!(page.shown().contains("Nobody was added: they were in “Staff” already."));
        let found = browser.get(world, &format!("{at}?q=B")).await;
        assert!(found.shown().contains(">bob</a>") && !found.text.contains(">alice</a>"));
        let none = browser.get(world, &format!("{at}?q=zz")).await;
        assert!(none.shown().contains("No member matches"));
    })
    .await;
}

#[tokio::test]
async fn who_was_removed_is_put_back_with_one_press() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let group = made(world, "Staff").await;
        let alice = world.account(world.tenant, "alice", None).await;
        groups::add(&world.app, &world.by, world.tenant, group, &[alice]).await.unwrap();
        let at = format!("/groups/{group}");
        browser.post(world, &format!("{at}/members/{alice}/remove"), &[]).await.to();
        let page = browser.get(world, &at).await;
        assert!(page.shown().contains("“alice” left “Staff”."));
        let undo =
            page.between("<span>“alice” left “Staff”.</span><form method=\"post\" action=\"", "\"");
        browser.post(world, undo, &[]).await.to();
        assert!(browser.get(world, &at).await.shown().contains("“alice” is in “Staff” now."));
        // The toast is said once.
        assert!(!browser.get(world, &at).await.shown().contains("is in “Staff” now"));

        browser.post(world, &format!("{at}/remove"), &[]).await.to();
        let list = browser.get(world, "/groups").await;
        assert!(list.shown().contains("“Staff” removed."));
        assert_eq!(browser.get(world, &at).await.status, StatusCode::NOT_FOUND);
        let undo =
            list.between("<span>“Staff” removed.</span><form method=\"post\" action=\"", "\"");
        assert_eq!(browser.post(world, undo, &[]).await.to(), at);
        assert!(browser.get(world, &at).await.shown().contains("1 member"));
    })
    .await;
}

#[tokio::test]
async fn names_that_cannot_be_are_named() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let staff = made(world, "Staff").await;
        made(world, "Lab").await;
        let long = "x".repeat(129);
        for (typed, told) in [
            ("", "a name needs at least one visible character"),
            (long.as_str(), "a name has at most 128 characters"),
            ("sTAFF", "There is already a group “Staff”"),
            ("a\u{202e}b", "A name has no control or invisible characters"),
        ] {
            let page = browser.post(world, "/groups", &[("name", typed)]).await;
            let text = page.refused().to_lowercase();
            assert!(text.contains(&told.to_lowercase()), "{typed:?}: {text}");
        }
        let rename = format!("/groups/{staff}/name");
        let taken = browser.post(world, &rename, &[("name", "lab")]).await;
        assert!(taken.refused().contains("There is already a group “Lab”"));
        let html = "<script>alert(1)</script>' OR 1=1 --";
        browser.post(world, &rename, &[("name", html)]).await.to();
        let page = browser.get(world, &format!("/groups/{staff}")).await;
        assert!(!page.shown().contains("<script>alert"));
        assert!(page.text.contains("&#60;script&#62;alert(1)"));
    })
    .await;
}

#[tokio::test]
async fn the_order_is_changed_and_shown() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        made(world, "First").await;
        let second = made(world, "Second").await;
        let place = format!("/groups/{second}/place");
        for typed in ["", "0", "-1", "x", "1.5"] {
            let page = browser.post(world, &place, &[("place", typed)]).await;
            assert!(page.refused().contains("is no place"), "{typed:?}");
        }
        browser.post(world, &place, &[("place", "1")]).await.to();
        let list = browser.get(world, "/groups").await;
        let text = list.shown();
        assert!(text.find(">Second<") < text.find(">First<"));
        let by_name = browser.get(world, "/groups?sort=name&q=S").await;
        assert!(by_name.shown().find(">First<") < by_name.text.find(">Second<"));
        assert!(browser.get(world, "/groups?q=zz").await.shown().contains("No group matches"));
    })
    .await;
}

#[tokio::test]
async fn long_lists_page_both_ways() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let group = made(world, "All").await;
        let mut users = vec![];
        for number in 0..30 {
            users.push(world.account(world.tenant, &format!("user{number:02}"), None).await);
            made(world, &format!("g{number:02}")).await;
        }
        groups::add(&world.app, &world.by, world.tenant, group, &users).await.unwrap();
        for (at, first, last) in
            [(format!("/groups/{group}"), "user00", "user29"), ("/groups".into(), ">All<", "g29")]
        {
            let page = browser.get(world, &at).await;
            assert!(page.shown().contains(first) && !page.text.contains(last));
            let next = page.between("rel=\"next\"", "Next");
            assert!(!next.is_empty());
            let href = |page: &Page, rel: &str| {
                let (before, _) = page.text.split_once(&format!("rel=\"{rel}\"")).unwrap();
                let (_, link) = before.rsplit_once("href=\"").unwrap();
                link.split_once('"').unwrap().0.replace("&#38;", "&")
            };
            let second = browser.get(world, &href(&page, "next")).await;
            assert!(second.shown().contains(last) && second.text.contains("26–3"), "{at}");
            let back = browser.get(world, &href(&second, "prev")).await;
            assert!(back.shown().contains(first) && back.text.contains("1–25"), "{at}");
        }
    })
    .await;
}

#[tokio::test]
async fn another_companys_group_is_not_there() {
    on_each_engine(async |world| {
        let mut browser = owner(world).await;
        let (app, by) = (&world.app, &world.by);
        let theirs = authx::admin::tenants::create(app, by, &name("Theirs")).await.unwrap().id;
        let group = groups::create(app, by, theirs, &name("Staff")).await.unwrap();
        let bob = world.account(theirs, "bob", None).await;
        let own = made(world, "Own").await;
        assert_eq!(
            browser.get(world, &format!("/groups/{group}")).await.status,
            StatusCode::NOT_FOUND
        );
        for path in [
            format!("/groups/{group}/members"),
            format!("/groups/{group}/name"),
            format!("/groups/{group}/place"),
            format!("/groups/{group}/remove"),
            format!("/groups/{group}/put-back"),
            format!("/groups/{group}/members/{bob}/add"),
            format!("/groups/{own}/members/{bob}/add"),
            format!("/groups/{own}/members/{bob}/remove"),
            "/groups/grp_x/remove".to_owned(),
        ] {
            let fields = [("name", "x"), ("names", "bob"), ("place", "1")];
            let page = browser.post(world, &path, &fields).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        }
        let page =
            browser.post(world, &format!("/groups/{own}/members"), &[("names", "bob")]).await;
        assert!(page.refused().contains("there is no user “bob”"));
    })
    .await;
}

/// Where the forms about a group lead.
fn forms_to(page: &Page, at: &str) -> Vec<String> {
    let forms = forms(page.shown()).into_iter().map(|form| form.action);
    forms.filter(|action| action.starts_with(at)).collect()
}

/// A user manager looks after members, but not over those who stand higher, nor the order.
#[tokio::test]
async fn what_a_role_may_not_do_it_is_not_offered() {
    on_each_engine(async |world| {
        let group = made(world, "Staff").await;
        let boss = world.account(world.tenant, "boss", Some(Role::Owner)).await;
        let at = format!("/groups/{group}");
        let mut manager = world.signed_in("max", Some(Role::UserManager)).await;
        let page = manager.get(world, &at).await;
        assert!(page.shown().contains("Add members") && !page.text.contains("/place\""));
        let page = manager.post(world, &format!("{at}/members/{boss}/add"), &[]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        // Who is asked for a second factor is not theirs to say, by no group either.
        let document = json!({"second_factor": "off"});
        let target = policies::Target::Group(group);
        let document = Document::from_value(&document).unwrap();
        policies::set(&world.app, &world.by, world.tenant, target, document).await.unwrap();
        world.account(world.tenant, "alice", None).await;
        let page = manager.get(world, &at).await;
        assert!(page.shown().contains("Whoever may change policies adds and removes members."));
        assert_eq!(forms_to(&page, &at), [format!("{at}/name")]);
        for (form, names) in [("members", "alice"), ("remove", "")] {
            let page = manager.post(world, &format!("{at}/{form}"), &[("names", names)]).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}: {}", page.main());
        }
        let mut owner = owner(world).await;
        assert_eq!(forms_to(&owner.get(world, &at).await, &at).len(), 4);

        let mut reader = world.signed_in("ria", Some(Role::ReadOnly)).await;
        let page = reader.get(world, &at).await;
        assert!(!page.shown().contains("Add members") && !page.text.contains("Remove"));
    })
    .await;
}
