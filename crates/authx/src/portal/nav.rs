//! Where one can go: the side bar, and who sees what of it.

use authx_core::role::{Permission, Role};

/// A part of the portal that the side bar names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Figures of the last days.
    Dashboard,
    /// Who signed in.
    Logins,
    /// What is protected.
    Applications,
    /// People.
    Users,
    /// Groups of them.
    Groups,
    /// What is demanded.
    Policies,
    /// What administrators did.
    Record,
    /// What was sent.
    Deliveries,
    /// The company.
    Settings,
    /// None of these, such as one's own page.
    Elsewhere,
}

/// A line of the side bar.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it leads.
    pub href: &'static str,
    /// Its icon, as `#i-NAME`.
    pub icon: &'static str,
    /// What it says.
    pub label: &'static str,
    /// Whether the page belongs to it.
    pub current: bool,
    /// How much waits there for whoever looks.
    pub waiting: u64,
}

/// Lines that belong together.
#[derive(Clone, Debug)]
pub struct Group {
    /// What screen readers call it.
    pub label: &'static str,
    /// Its lines.
    pub items: Vec<Item>,
}

/// What a role sees of the side bar; groups of which it sees nothing are left out. Under users
/// `wishes` wait for whoever looks.
pub fn nav(role: Role, current: Place, wishes: u64) -> Vec<Group> {
    let item = |&(place, permission, href, icon, label): &Line| {
        let waiting = if place == Place::Users { wishes } else { 0 };
        let current = place == current;
        role.may(permission).then_some(Item { href, icon, label, current, waiting })
    };
    let group = |(label, lines): &(&'static str, &[Line])| Group {
        label,
        items: lines.iter().filter_map(item).collect(),
    };
    GROUPS.iter().map(group).filter(|group| !group.items.is_empty()).collect()
}

type Line = (Place, Permission, &'static str, &'static str, &'static str);

const GROUPS: [(&str, &[Line]); 3] = [
    (
        "Watch",
        &[
            (
                Place::Dashboard,
                Permission::DashboardRead,
                "/dashboard",
                "#i-chart-column",
                "Dashboard",
            ),
            (Place::Logins, Permission::LogsRead, "/logins", "#i-list", "Logins"),
        ],
    ),
    (
        "Look after",
        &[
            (
                Place::Applications,
                Permission::ApplicationsRead,
                "/applications",
                "#i-shield",
                "Applications",
            ),
            (Place::Users, Permission::UsersRead, "/users", "#i-user", "Users"),
            (Place::Groups, Permission::GroupsRead, "/groups", "#i-users", "Groups"),
            (
                Place::Policies,
                Permission::PoliciesRead,
                "/policies",
                "#i-sliders-horizontal",
                "Policies",
            ),
        ],
    ),
    (
        "Records",
        &[
            (Place::Record, Permission::RecordRead, "/record", "#i-history", "Admin actions"),
            (Place::Deliveries, Permission::DeliveriesRead, "/deliveries", "#i-send", "Deliveries"),
            (Place::Settings, Permission::SettingsRead, "/settings", "#i-settings", "Settings"),
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(role: Role) -> Vec<&'static str> {
        let groups = nav(role, Place::Users, 0).into_iter();
        groups.flat_map(|group| group.items).map(|item| item.label).collect()
    }

    #[test]
    fn what_a_role_may_not_see_is_absent() {
        assert_eq!(labels(Role::Owner).len(), 9);
        let help_desk = labels(Role::HelpDesk);
        assert!(help_desk.contains(&"Users") && !help_desk.contains(&"Admin actions"));
    }

    #[test]
    fn one_line_is_the_pages() {
        let groups = nav(Role::Owner, Place::Users, 2);
        let current: Vec<_> = groups.iter().flat_map(|group| &group.items).collect();
        let current: Vec<_> = current.iter().filter(|item| item.current).collect();
        assert_eq!(current.iter().map(|item| item.href).collect::<Vec<_>>(), ["/users"]);
        assert_eq!(current.iter().map(|item| item.waiting).collect::<Vec<_>>(), [2]);
    }
}
