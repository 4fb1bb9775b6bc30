//! Pages of Microsoft's that this repository cites: each is one that exists.
//!
//! `pages.txt` is the list of those that were found, by name and nothing more: `ddi:` in
//! MicrosoftDocs/windows-driver-docs-ddi (wdk-ddi-src/content), `docs:` in
//! MicrosoftDocs/windows-driver-docs (windows-driver-docs-pr), `learn:` in MicrosoftDocs/win32,
//! MicrosoftDocs/cpp-docs, MicrosoftDocs/sdk-api or on learn.microsoft.com.

use std::collections::BTreeSet;

use crate::report;
use crate::repository::files;
use crate::sources::words;

const FOUND: &str = include_str!("pages.txt");

/// The kinds of files that cite.
const ENDINGS: [&str; 8] = [".rs", ".md", ".toml", ".pnp", ".inx", ".json", ".ps1", ".c"];

/// Names of pages that there are none of, on purpose: tests of the forms.
const FORMS: &str = "pnp-tests/tests/docs/sources.rs";

/// The page that a word cites. A pattern, `ddi:ndis/nf-ndis-*`, cites none.
fn cited(word: &str) -> Option<&str> {
    let (prefix, name) = word.split_once(':')?;
    let is_page = ["ddi", "docs", "learn"].contains(&prefix)
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !name.contains(['*', '{', '$'])
        && name != "FOLDER/PAGE";
    is_page.then(|| word.strip_suffix(".md").unwrap_or(word))
}

#[test]
fn pages_that_are_cited_exist() {
    let list: Vec<&str> = FOUND.lines().collect();
    assert!(list.is_sorted_by(|one, next| one < next), "pages.txt is sorted, a page a line");
    let list: BTreeSet<&str> = list.into_iter().collect();
    let mut used = BTreeSet::new();
    let mut faults = Vec::new();
    for (name, text) in ENDINGS.iter().flat_map(|ending| files(ending)) {
        if name == FORMS {
            continue;
        }
        for (line, text) in text.lines().enumerate() {
            for page in words(text).filter_map(cited) {
                if list.contains(page) {
                    used.insert(page.to_owned());
                } else {
                    faults.push(format!("{name}:{}: {page}", line + 1));
                }
            }
        }
    }
    report("pages that are not in pnp-tests/tests/docs/pages.txt", &faults);
    let unused: Vec<_> =
        list.iter().filter(|page| !used.contains(**page)).map(|page| (*page).to_owned()).collect();
    report("pages in pages.txt that nothing cites", &unused);
}
