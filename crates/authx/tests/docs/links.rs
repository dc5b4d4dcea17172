//! Links within the tree.

use super::page::{self, Page};
use std::fs;

#[test]
fn every_link_leads_somewhere() {
    let mut broken = vec![];
    for page in page::all() {
        for (_, target) in links(&page) {
            if let Err(why) = follow(&page, &target) {
                broken.push(format!("{}: {target}: {why}", page.path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// What the threat model names as a proof, as in [`a_test`](../a/file.rs), is there.
#[test]
fn every_test_that_is_named_exists() {
    let page = page::read("docs/threat-model.md");
    let mut missing = vec![];
    for (text, target) in links(&page).iter().filter(|(text, _)| text.starts_with('`')) {
        let name = text.trim_matches('`');
        let source = fs::read_to_string(page.path.with_file_name("").join(target)).unwrap();
        // In Rust, in Python, and in TypeScript with what Node's own runner takes as a name.
        let known = [format!("fn {name}("), format!("def {name}(self"), format!("test('{name}',")];
        if !known.iter().any(|known| source.contains(known)) {
            missing.push(format!("{target}: {name}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Text and target of each link and picture.
fn links(page: &Page) -> Vec<(String, String)> {
    let prose = page.prose().join("\n");
    let mut links = vec![];
    for (at, _) in prose.match_indices("](") {
        let (before, after) = prose.split_at(at);
        let text = before.rsplit('[').next().unwrap_or_default();
        let target = after.trim_start_matches("](").split(')').next().unwrap_or_default();
        links.push((text.to_owned(), target.to_owned()));
    }
    for attribute in ["src=\"", "srcset=\""] {
        let targets = prose.split(attribute).skip(1).filter_map(|rest| rest.split('"').next());
        links.extend(targets.map(|target| (String::new(), target.to_owned())));
    }
    links.retain(|(_, target)| !target.contains("://") && !target.starts_with("mailto:"));
    links
}

fn follow(page: &Page, target: &str) -> Result<(), &'static str> {
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    let path = match file {
        "" => page.path.clone(),
        file => page.path.with_file_name("").join(file),
    };
    if !path.exists() {
        return Err("is not there");
    }
    if heading.is_empty() {
        return Ok(());
    }
    let text = fs::read_to_string(&path).map_err(|_| "has no headings")?;
    let target = Page { path, text };
    let mut headings = target.prose().into_iter().filter(|line| line.starts_with('#')).map(anchor);
    headings.any(|found| found == heading).then_some(()).ok_or("has no such heading")
}

/// As GitHub makes it of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
