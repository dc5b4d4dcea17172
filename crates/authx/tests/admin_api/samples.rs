//! Something of everything that a path may name, in one company.

use crate::{
    people_samples,
    world::{World, name},
};
use authx::admin::{
    applications::{self, ApplicationKind},
    tenants,
};
use authx_core::{
    TenantId,
    role::{Permission, Role},
};
use std::collections::BTreeMap;

/// Ids by the name that paths have for them.
pub(crate) struct Samples(BTreeMap<&'static str, String>);

impl Samples {
    /// New things of a company. Whoever adds a route that names something else adds it here.
    pub(crate) async fn of(world: &World, tenant: TenantId, n: usize) -> Self {
        Self::with(world, tenant, n, "openvpn").await
    }

    /// The same with an application of another type.
    pub(crate) async fn with(world: &World, tenant: TenantId, n: usize, kind: &str) -> Self {
        let (app, by) = (&world.app, &world.by);
        let kind = ApplicationKind::from_word(kind).unwrap();
        let (called, key) = (name(&format!("VPN {n}")), name("vpn1"));
        let made = applications::create(app, by, tenant, &called, kind, &key).await.unwrap();
        let owner = world.account(tenant, &format!("owner{n}"), Some(Role::Owner)).await;
        let token = world.token(tenant, owner, &[Permission::LogsRead]).await;
        let user = world.account(tenant, &format!("user{n}"), None).await;
        let people = people_samples::of(world, tenant, (user, owner), made.id).await;
        let mut all = BTreeMap::from([
            ("application", made.id.to_string()),
            ("key", made.key.id.to_string()),
            ("token", token.id.to_string()),
            ("user", user.to_string()),
        ]);
        all.extend(people);
        Self(all)
    }

    /// The id that a path calls by this name.
    pub(crate) fn id(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("no sample of a `{name}`: add one to Samples"))
    }
}

/// Another company.
pub(crate) async fn other_company(world: &World) -> TenantId {
    tenants::create(&world.app, &world.by, &name("Other")).await.unwrap().id
}

/// The names of a path's ids, in their order.
pub(crate) fn names(path: &str) -> Vec<&str> {
    let parts = path.split('/');
    parts.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect()
}

/// A path with something in the place of each id.
pub(crate) fn filled(path: &str, mut id: impl FnMut(&str) -> String) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => id(name),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// An id of the right kind that nobody has.
pub(crate) fn nobodys(samples: &Samples, name: &str) -> String {
    match samples.id(name).split_once('_') {
        Some((prefix, _)) => format!("{prefix}_01kxxxxxxxxxxxxxxxxxxxxxxx"),
        None => "999999999".to_owned(),
    }
}
