//! `docs/SUMMARY.md`, the book's contents.

use std::collections::BTreeMap;

use crate::links::resolve;
use crate::report;
use crate::repository::pages;

const SUMMARY: &str = "docs/SUMMARY.md";

#[test]
fn every_page_of_docs_stands_in_the_book_once() {
    let pages = pages();
    let summary = pages.iter().find(|page| page.name == SUMMARY).expect("docs/SUMMARY.md");
    let mut listed = BTreeMap::<_, u32>::new();
    for target in &summary.targets {
        *listed.entry(resolve(SUMMARY, &target.what).expect("inside")).or_default() += 1;
    }
    let faults: Vec<String> = pages
        .iter()
        .filter(|page| page.is_in_docs() && page.name != SUMMARY)
        .filter_map(|page| match listed.get(&page.name) {
            Some(1) => None,
            Some(times) => Some(format!("{} stands there {times} times", page.name)),
            None => Some(format!("{} is missing", page.name)),
        })
        .collect();
    report(SUMMARY, &faults);
}
