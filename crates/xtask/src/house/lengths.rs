//! One idea a file: a file that needs more room holds two.

use super::{
    Finding,
    tree::{File, Tree},
};

/// Files longer than a sitting.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let counted = |file: &&File| ENDINGS.iter().any(|ending| file.has_ending(ending));
    tree.files.iter().filter(counted).filter_map(too_long).collect()
}

fn too_long(file: &File) -> Option<Finding> {
    let (code, all) = (file.code().lines().count(), file.text.lines().count());
    let alone = ALONE.contains(&file.path.as_str());
    let most = if alone { MOST_ALONE } else { MOST_CODE };
    let fault = if code > most {
        format!("{code} lines of code; at most {most}: which second idea can move out?")
    } else if all > MOST_IN_ALL && !alone {
        format!("{all} lines with tests; at most {MOST_IN_ALL}: move some into tests/")
    } else {
        return None;
    };
    Some(Finding { place: file.path.clone(), fault })
}

/// An operator installs these by name: no other file can come beside them.
const ALONE: [&str; 3] = [
    "integrations/openvpn-access-server/certify_post_auth_script.py",
    "integrations/openvpn-access-server/certify_web_api.py",
    "integrations/openvpn-access-server/install.py",
];
const MOST_ALONE: usize = 750;
const ENDINGS: [&str; 6] = ["rs", "py", "ts", "tsx", "mjs", "css"];
const MOST_CODE: usize = 400;
const MOST_IN_ALL: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::tree::tests::tree;

    #[test]
    fn code_and_tests_have_their_own_limits() {
        let full = "\n".repeat(MOST_CODE);
        let over = "\n".repeat(MOST_CODE + 1);
        let tested = format!("{full}#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(97));
        let too_tested = format!("{tested}\n");
        let tree = tree([
            ("crates/a/src/full.rs", &full),
            ("crates/a/src/over.rs", &over),
            ("crates/a/src/tested.rs", &tested),
            ("crates/a/src/too_tested.rs", &too_tested),
            ("crates/a/tests/all_tests.rs", &over),
            ("Cargo.lock", &over),
            (ALONE[0], &over),
        ]);
        let found: Vec<_> = check(&tree).into_iter().map(|finding| finding.place).collect();
        assert_eq!(found, ["crates/a/src/over.rs", "crates/a/src/too_tested.rs"]);
    }
}
