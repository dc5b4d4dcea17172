//! What is in force and what a draft makes of it, for everybody everywhere.

use super::{
    super::{
        AdminError, Tenant,
        policies::{PolicyError, Target, document},
    },
    Application,
};
use crate::{
    app::App,
    store::{applications, groups},
};
use authx_core::{
    ApplicationId, GroupId, UserId,
    policy::{Document, Effective, Layers, Policy, draft::untold},
};
use std::collections::HashMap;

/// The documents there are, one of them also as a draft.
pub(super) struct Both {
    tenant: Document,
    applications: HashMap<ApplicationId, (String, Document)>,
    /// In their order.
    groups: Vec<(GroupId, Document)>,
    /// Places in `groups`, in their order.
    members: HashMap<UserId, Vec<usize>>,
    target: Target,
    draft: Document,
    /// `None` where both are the same.
    known: HashMap<(ApplicationId, Vec<usize>), (Policy, Policy)>,
}

impl Both {
    pub(super) async fn load(
        app: &App,
        tenant: &Tenant,
        target: Target,
        draft: Document,
    ) -> Result<Self, PolicyError> {
        let store = &app.store;
        let rows = applications::applications(store, tenant.id).await.map_err(AdminError::from)?;
        let mut applications = HashMap::new();
        for row in rows.into_iter().filter(|row| row.kind != "portal") {
            applications.insert(row.id, (row.name, document(&row.policy)?));
        }
        let own = match target {
            Target::Group(id) => Some(id),
            Target::Application(_) | Target::Tenant => None,
        };
        let rows = groups::groups(store, tenant.id).await.map_err(AdminError::from)?;
        let mut groups = vec![];
        for row in rows {
            let document = document(&row.policy)?;
            if document != Document::default() || own == Some(row.id) {
                groups.push((row.id, document));
            }
        }
        let mut members: HashMap<UserId, Vec<usize>> = HashMap::new();
        let mut rows = groups::memberships(store, tenant.id, own);
        while let Some(row) = rows.next().await.map_err(AdminError::from)? {
            let (user, group) =
                (row.user(0).map_err(AdminError::from)?, row.group(1).map_err(AdminError::from)?);
            if let Some(place) = groups.iter().position(|(id, _)| *id == group) {
                members.entry(user).or_default().push(place);
            }
        }
        for places in members.values_mut() {
            places.sort_unstable();
        }
        let tenant = document(&tenant.policy)?;
        let known = HashMap::new();
        Ok(Self { tenant, applications, groups, members, target, draft, known })
    }

    /// The policy in force and the one of the draft, for somebody somewhere. `None` where the draft
    /// has no say, or nobody can say any more what is in force.
    pub(super) fn policies(
        &mut self,
        application: Application,
        user: Option<UserId>,
    ) -> Option<(&Policy, &Policy)> {
        let application = application?;
        let places = user.and_then(|user| self.members.get(&user)).cloned().unwrap_or_default();
        if let Target::Group(own) = self.target {
            places
                .iter()
                .find(|place| self.groups.get(**place).is_some_and(|(id, _)| *id == own))?;
        }
        let key = (application, places);
        if !self.known.contains_key(&key) {
            let both = self.both(&key)?;
            self.known.insert(key.clone(), both);
        }
        self.known.get(&key).map(|(now, draft)| (now, draft))
    }

    fn both(&self, (id, places): &(ApplicationId, Vec<usize>)) -> Option<(Policy, Policy)> {
        let (_, application) = self.applications.get(id)?;
        let groups: Vec<(GroupId, &Document)> = places
            .iter()
            .filter_map(|place| self.groups.get(*place))
            .map(|(id, document)| (*id, document))
            .collect();
        let now = Layers { tenant: &self.tenant, application, groups: &groups };
        let drafted: Vec<(GroupId, &Document)>;
        let draft = match self.target {
            Target::Tenant => Layers { tenant: &self.draft, ..now },
            Target::Application(target) if target == *id => {
                Layers { application: &self.draft, ..now }
            }
            Target::Application(_) => now,
            Target::Group(target) => {
                let draft = |(id, document): &(GroupId, _)| {
                    (*id, if *id == target { &self.draft } else { *document })
                };
                drafted = groups.iter().map(draft).collect();
                Layers { groups: &drafted, ..now }
            }
        };
        Some((Effective::from(now).policy, Effective::from(draft).policy))
    }

    /// What an application is called.
    pub(super) fn name(&self, application: Application) -> String {
        let found = application.and_then(|id| self.applications.get(&id));
        found.map_or_else(String::new, |(name, _)| name.clone())
    }

    /// Values of which the past does not tell and that the draft changes for somebody.
    pub(super) fn untold(&self) -> Vec<&'static str> {
        let empty = Document::default();
        let groups: Vec<(GroupId, &Document)> = match self.target {
            Target::Group(id) => {
                let own = self.groups.iter().filter(|(group, _)| *group == id);
                own.map(|(id, document)| (*id, document)).collect()
            }
            Target::Application(_) | Target::Tenant => vec![],
        };
        let application = match self.target {
            Target::Application(id) => self.applications.get(&id).map(|(_, document)| document),
            Target::Group(_) | Target::Tenant => None,
        };
        let application = application.unwrap_or(&empty);
        let now = Layers { tenant: &self.tenant, application, groups: &groups };
        let drafted: Vec<(GroupId, &Document)> =
            groups.iter().map(|(id, _)| (*id, &self.draft)).collect();
        let draft = match self.target {
            Target::Tenant => Layers { tenant: &self.draft, ..now },
            Target::Application(_) => Layers { application: &self.draft, ..now },
            Target::Group(_) => Layers { groups: &drafted, ..now },
        };
        untold(&Effective::from(now).policy, &Effective::from(draft).policy)
    }
}
