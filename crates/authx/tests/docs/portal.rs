//! What the guides say of the portal.

use super::page;
use authx_core::role::{
    Permission::{
        self, ApplicationsRead, ApplicationsWrite, BypassApprove, BypassWrite, DashboardRead,
        DeliveriesRead, FactorsWrite, GroupsRead, GroupsWrite, KeysWrite, LogsExport, LogsRead,
        PoliciesRead, PoliciesWrite, RecordRead, RolesRead, RolesWrite, SettingsRead,
        SettingsWrite, TokensWrite, UsersExport, UsersInvite, UsersRead, UsersWrite,
    },
    Role,
};
use std::fs;

/// Which permissions a row of the guide's matrix is about; none is for the role of owners, who alone
/// make others.
const ROWS: &[(&str, &[Permission])] = &[
    (
        "see the dashboard, users, groups, applications, logins, deliveries, policies",
        &[
            DashboardRead,
            UsersRead,
            GroupsRead,
            ApplicationsRead,
            LogsRead,
            DeliveriesRead,
            PoliciesRead,
        ],
    ),
    ("see administrators and settings", &[RolesRead, SettingsRead]),
    ("users, groups: make, change, import, remove", &[UsersWrite, GroupsWrite]),
    ("remove phones, passkeys and factors, unlock them", &[FactorsWrite]),
    ("invite by a known channel; ask for a bypass", &[UsersInvite, BypassWrite]),
    ("agree to somebody's bypass", &[BypassApprove]),
    ("see new recovery codes of a user", &[UsersWrite]),
    (
        "applications, keys, policies, settings, API tokens",
        &[ApplicationsWrite, KeysWrite, PoliciesWrite, SettingsWrite, TokensWrite],
    ),
    ("administrators of a lower role", &[RolesWrite]),
    ("owners", &[]),
    ("admin actions", &[RecordRead]),
    ("export logins, admin actions and deliveries", &[LogsExport]),
    ("export users", &[UsersExport]),
];

#[test]
fn who_may_do_what_is_what_the_matrix_says() {
    let described = page::read("docs/operator/portal.md").table("roles");
    let roles: Vec<Role> = Role::ALL.iter().rev().copied().collect();
    let mut known = vec![];
    for (title, permissions) in ROWS {
        let mut row = vec![(*title).to_owned()];
        for &role in &roles {
            let may = permissions.iter().all(|&permission| role.may(permission));
            let owns = !permissions.is_empty() || role == Role::Owner;
            row.push(if may && owns { "yes" } else { "" }.to_owned());
            let any = permissions.iter().any(|&permission| role.may(permission));
            assert!(may || !any, "“{title}” is not the same deed for a role {role:?}");
        }
        known.push(row);
    }
    let lines = known.iter().map(|row| format!("| {} |\n", row.join(" | ")));
    assert!(described == known, "write instead:\n{}{described:?}", lines.collect::<String>());
    for permission in Permission::ALL {
        let told = ROWS.iter().any(|(_, permissions)| permissions.contains(permission));
        assert!(told, "{permission:?} is in no row");
    }
}

/// What the users' guide prints in bold stands on a page that a user sees.
#[test]
fn what_users_are_told_to_press_is_there() {
    let templates = page::root().join("crates/authx/templates/portal");
    let mut shown = String::new();
    for entry in fs::read_dir(templates).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if ["me", "parts.", "sign_in"].iter().any(|known| name.starts_with(known)) {
            shown.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let guide = page::read("docs/user/portal.md");
    let prose = guide.prose().join(" ");
    let told: Vec<&str> = prose.split("**").skip(1).step_by(2).collect();
    assert!(told.len() > 10, "{told:?}");
    for words in told {
        assert!(shown.contains(words), "“{words}” is on no page");
    }
}
