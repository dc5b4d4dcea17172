//! What somebody had under way when they were disabled, lost their role, or a token of theirs ended.

use crate::world::{World, name, on_each_engine};
use authx::admin::{
    Actor, AdminError, accounts, administrators, exports, groups,
    imports::{self, ImportError, Options},
    record::export::{Format, What, export},
    tokens::{self, USUAL_SECS, Wish},
};
use authx::store::accounts::Filter;
use authx_core::{
    UserId,
    role::{Permission, Role},
};
use axum::{body::Bytes, http::StatusCode};

/// A form is read after who sends it was let in, and may take its time to come.
#[tokio::test]
async fn a_form_on_its_way_does_nothing_for_who_may_no_longer() {
    on_each_engine(async |world| {
        let (app, by, tenant) = (&world.app, &world.by, world.tenant);
        for (called, ends) in [("ada", "role"), ("bea", "disabled"), ("cora", "removed")] {
            let mut browser = world.signed_in(called, Some(Role::Administrator)).await;
            let id = accounts::find(app, tenant, called).await.unwrap().id;
            let form = [("name", called)];
            let page = browser
                .slowly(world, "/groups", &form, async || match ends {
                    "role" => lower(world, id).await,
                    "disabled" => assert!(accounts::disable(app, by, tenant, id).await.unwrap()),
                    _ => accounts::remove(app, by, tenant, id).await.unwrap(),
                })
                .await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{ends}: {}", page.text);
            assert!(page.text.contains("no longer yours"), "{}", page.text);
            let all = groups::list(app, tenant).await.unwrap();
            assert!(all.is_empty(), "{ends}: {all:?}");
        }
        // Whoever is what they were goes on.
        let mut browser = world.signed_in("dora", Some(Role::Administrator)).await;
        browser.slowly(world, "/groups", &[("name", "dora")], async || {}).await.to();
        assert_eq!(groups::list(app, tenant).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_deed_under_way_ends_with_its_token() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let ada = world.account(tenant, "ada", Some(Role::Administrator)).await;
        let by = Actor::account(ada, Some(Role::Administrator), "ada");
        let scopes = &[Permission::GroupsWrite];
        let wish = Wish { name: &name("nightly"), scopes, lifetime_secs: USUAL_SECS };
        let made = tokens::create(app, &by, tenant, wish).await.unwrap();
        let found = tokens::find(app, &made.text, None).await.unwrap().unwrap();
        let script = found.actor();
        groups::create(app, &script, tenant, &name("one")).await.unwrap();
        tokens::revoke(app, &by, tenant, made.id).await.unwrap();
        let late = groups::create(app, &script, tenant, &name("two")).await;
        assert!(late.is_err(), "{late:?}");
        tokens::restore(app, &by, tenant, made.id).await.unwrap();
        groups::create(app, &script, tenant, &name("two")).await.unwrap();
        world.clock.advance_secs(USUAL_SECS);
        let late = groups::create(app, &script, tenant, &name("three")).await;
        assert!(late.is_err(), "{late:?}");
    })
    .await;
}

/// An import takes minutes; who took it up is asked for before each part, and before it is undone.
#[tokio::test]
async fn an_import_stops_when_who_took_it_up_may_no_longer() {
    on_each_engine(async |world| {
        let (app, root, tenant) = (&world.app, &world.by, world.tenant);
        let ada = world.account(tenant, "ada", Some(Role::Administrator)).await;
        let by = Actor::account(ada, Some(Role::Administrator), "ada");
        let options = Options { name: "people.csv".to_owned(), renew: false };
        let file = |text: &'static str| Bytes::from_static(text.as_bytes());
        let check = imports::check_and_keep(app, &by, tenant, &options, file("name\nanna\n"));
        let (first, second) = (check.await.unwrap(), file("name\nbob\n"));
        imports::start(app, &by, tenant, first).await.unwrap();
        let check = imports::check_and_keep(app, &by, tenant, &options, second);
        let second = check.await.unwrap();
        lower(world, ada).await;
        let stopped = |error| matches!(error, ImportError::Admin(AdminError::NoLonger));
        assert!(stopped(imports::start(app, &by, tenant, second).await.unwrap_err()));
        assert!(stopped(imports::undo(app, &by, tenant, first).await.unwrap_err()));
        assert!(accounts::find(app, tenant, "bob").await.is_err());
        accounts::find(app, tenant, "anna").await.unwrap();
        imports::undo(app, root, tenant, first).await.unwrap();
    })
    .await;
}

/// A file may be read slowly: what is left of it is not for who was shown out meanwhile.
#[tokio::test]
async fn a_file_breaks_off_when_who_takes_it_may_no_longer() {
    on_each_engine(async |world| {
        let (app, tenant) = (&world.app, world.tenant);
        let ada = world.account(tenant, "ada", Some(Role::Administrator)).await;
        let by = Actor::account(ada, Some(Role::Administrator), "ada");
        let record = || export(app, &by, tenant, What::Entries, Format::Csv);
        let (mut whole, mut part) = (record().await.unwrap(), record().await.unwrap());
        assert!(whole.next(app).await.unwrap().is_some());
        let mut users = exports::users(app, &by, tenant, &Filter::default()).await.unwrap();
        lower(world, ada).await;
        assert!(matches!(part.next(app).await, Err(AdminError::NoLonger)));
        assert!(matches!(users.next().await, Err(AdminError::NoLonger)));
    })
    .await;
}

async fn lower(world: &World, id: UserId) {
    let role = Some(Role::HelpDesk);
    let kept = administrators::Factors::Kept;
    administrators::set_role(&world.app, &world.by, world.tenant, id, role, kept).await.unwrap();
}
