//! What is another company's is not there.

use crate::{
    matrix::end,
    samples::{Samples, filled, names, nobodys, other_company},
    world::on_each_engine,
};
use authx::api::admin::routes;

/// Every route with an id in its path, and every place of it: another company's id, one that nobody
/// has, and what is no id get the same answer, and one's own gets another.
#[tokio::test]
async fn what_is_another_companys_is_not_there() {
    on_each_engine(async |world| {
        let token = world.owner().await;
        let other = other_company(world).await;
        let theirs = Samples::of(world, other, 0).await;
        for (n, route) in routes().into_iter().enumerate() {
            let names = names(&route.path);
            if names.is_empty() {
                continue;
            }
            let own = Samples::of(world, world.tenant, n).await;
            let mut answers = vec![];
            for wrong in 0..names.len() {
                let from = |id: &dyn Fn(&str) -> String| {
                    let mut at = 0;
                    filled(&route.path, |name| {
                        at += 1;
                        if at > wrong { id(name) } else { own.id(name).to_owned() }
                    })
                };
                let ids: [&dyn Fn(&str) -> String; 3] =
                    [&|name| theirs.id(name).to_owned(), &|name| nobodys(&own, name), &|_| {
                        "x".to_owned()
                    }];
                for id in ids {
                    let path = from(id);
                    let reply = world.ask(&token, &route, &path).await;
                    reply.refused(404, "not_found");
                    answers.push(reply.bytes);
                }
            }
            assert!(answers.windows(2).all(|two| two[0] == two[1]), "{route:?}");
            let path = filled(&route.path, |name| own.id(name).to_owned());
            let reply = world.ask(&token, &route, &path).await;
            assert_ne!(reply.status, 404, "{route:?}: what is one's own is there");
            assert!(!reply.status.is_server_error(), "{route:?} {}", reply.text());
            // There may be fifty of them.
            end(world, own.id("token")).await;
        }
    })
    .await;
}
