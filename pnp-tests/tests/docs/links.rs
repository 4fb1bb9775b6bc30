//! Where links lead to. Nothing is fetched: of what lies outside, only the form is checked.

use std::collections::{BTreeMap, BTreeSet};

use crate::page::Page;
use crate::report;
use crate::repository::{pages, tracked};

/// Hosts that pages may name. A new one is somebody's decision, not a slip.
const HOSTS: [&str; 2] = ["llvm.org", "rustup.rs"];

/// The fault of a link that leaves the repository, if it has one.
pub fn outside(target: &str) -> Option<String> {
    let Some(rest) = target.strip_prefix("https://") else {
        return Some(format!("{target} is not https"));
    };
    let host = rest.split(['/', '#', '?']).next().unwrap_or_default();
    let known = HOSTS.contains(&host);
    (!known).then(|| format!("{target}: {host} is not among the hosts of links.rs"))
}

/// Whether a link names its scheme, `https:`, `file:` or `C:`.
pub fn has_scheme(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// The path, from the repository's root, that a page's relative link names.
pub fn resolve(page: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// What is wrong with one link of a page.
fn fault(
    page: &Page,
    target: &str,
    anchors: &BTreeMap<&str, &BTreeSet<String>>,
    tracked: &BTreeSet<String>,
) -> Option<String> {
    if target.starts_with("http://") || target.starts_with("https://") {
        return outside(target);
    }
    if target.starts_with('/') || has_scheme(target) {
        return Some(format!("{target} is absolute: it works on one machine only"));
    }
    let (path, anchor) =
        target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let file = if path.is_empty() { Some(page.name.clone()) } else { resolve(&page.name, path) };
    let Some(file) = file else { return Some(format!("{target} leaves the repository")) };
    if !path.is_empty() && !tracked.contains(&file) {
        return Some(format!("{target}: git tracks no {file} (a folder is no page either)"));
    }
    if page.is_in_docs() && !file.starts_with("docs/") {
        return Some(format!(
            "{target} is dead in the book, which is docs/ alone: name the file in code, `{file}`"
        ));
    }
    let anchor = anchor?;
    let there = anchors.get(file.as_str()).is_some_and(|anchors| anchors.contains(anchor));
    (!there).then(|| format!("{target}: {file} has no heading of that name"))
}

#[test]
fn every_link_leads_somewhere() {
    let (pages, tracked) = (pages(), tracked());
    let anchors = pages.iter().map(|page| (&*page.name, &page.anchors)).collect();
    let mut faults = Vec::new();
    let mut links = 0;
    for page in &pages {
        for target in &page.targets {
            links += 1;
            let fault = fault(page, &target.what, &anchors, &tracked);
            faults.extend(fault.map(|fault| format!("{}:{}: {fault}", page.name, target.line)));
        }
    }
    report("links", &faults);
    assert!(links > 50, "{links} links: the pages are not read");
}

#[test]
fn each_kind_of_dead_link_is_seen() {
    let text = "# Here\n[a](b.md) [a](#here) [a](b.md#there)";
    let page = Page::read("docs/a.md".to_owned(), text);
    let there = BTreeSet::from(["there".to_owned()]);
    let anchors = BTreeMap::from([("docs/a.md", &page.anchors), ("docs/b.md", &there)]);
    let tracked = ["docs/a.md", "docs/b.md", "README.md"].map(str::to_owned).into();
    let fault = |target: &str| fault(&page, target, &anchors, &tracked);
    assert_eq!(page.targets.len(), 3);
    assert!(page.targets.iter().all(|target| fault(&target.what).is_none()));
    for dead in [
        "c.md",
        "./",
        "b.md#here",
        "#there",
        "../../x",
        "../README.md",
        "/docs/b.md",
        "file:b.md",
        "http://github.com/",
        "https://example.com/",
        "https://github.com.example.com/",
    ] {
        assert!(fault(dead).is_some(), "{dead} passes");
    }
}
