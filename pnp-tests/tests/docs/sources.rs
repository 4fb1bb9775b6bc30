//! What pages name without a link: pages of Microsoft's, and files.

use crate::page::Page;
use crate::repository::{doc_comments, pages, tracked};
use crate::{links, report};

/// A prefix, and whether what follows it has the form of a name.
type Form = (&'static str, fn(&str) -> bool);

/// What names a page or file of Microsoft's: the form is checked, not whether it is there.
const FORMS: [Form; 4] =
    [("docs:", is_path), ("learn:", is_path), ("samples:", is_path), ("ddi:", is_reference)];

/// `network/oid-request`: lower case, a folder and a name at least.
fn is_path(name: &str) -> bool {
    let mut parts = name.split('/');
    // How the form itself is told.
    name == "FOLDER/PAGE"
        || name.contains('/')
            && parts.all(|part| !part.is_empty() && part.chars().all(|c| is_of_name(c) || c == '.'))
}

/// `ndis/nf-ndis-ndisfoidrequest`: the header, the kind of thing, the header again, the thing.
fn is_reference(name: &str) -> bool {
    let Some((header, page)) = name.split_once('/') else { return false };
    let mut parts = page.splitn(3, '-');
    let kind = parts.next().unwrap_or_default();
    let again = parts.next().unwrap_or_default();
    let thing = parts.next().unwrap_or_default();
    ["nc", "ne", "nf", "ni", "ns"].contains(&kind)
        && header == again
        && !thing.is_empty()
        && page.chars().all(is_of_name)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || "-_~".contains(c)
}

/// The words of a text, without what surrounds them in a sentence.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "(),;|`'\"<>[]".contains(c))
        .map(|word| word.trim_end_matches(['.', ':', '?', '!']))
}

fn misnamed(text: &str) -> Option<&str> {
    words(text).find(|word| {
        let named =
            FORMS.iter().find_map(|(prefix, form)| Some((word.strip_prefix(prefix)?, form)));
        named.is_some_and(|(name, form)| !name.is_empty() && !form(name))
    })
}

/// A path of somebody's machine.
fn of_one_machine(text: &str) -> Option<&str> {
    let homes = ["/work/", "/home/", "/root/", "/tmp/", "/Users/", "C:\\Users\\"];
    words(text).find(|word| homes.iter().any(|home| word.starts_with(home)))
}

/// A file or folder of this repository, `lab/netpnplwf.wprp`, or of a package in it, `src/lib.rs`.
fn is_path_of_ours(span: &str) -> bool {
    let ours = [
        "driver/",
        "pnp-tests/",
        "xtask/",
        "lab/",
        "inf/",
        "docs/",
        ".github/",
        "src/",
        "tests/",
        "benches/",
        "examples/",
    ];
    ours.iter().any(|folder| span.starts_with(folder))
        && span.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
}

fn faults<'a>(pages: &'a [Page], wrong: impl Fn(&'a str) -> Option<&'a str>) -> Vec<String> {
    let mut faults = Vec::new();
    for page in pages {
        for text in &page.texts {
            let found = wrong(&text.what);
            faults.extend(found.map(|word| format!("{}:{}: {word}", page.name, text.line)));
        }
    }
    faults
}

#[test]
fn pages_of_microsoft_are_named_in_a_form_that_can_be_looked_up() {
    report("not FOLDER/PAGE, or HEADER/KIND-HEADER-NAME", &faults(&pages(), misnamed));
    assert_eq!(misnamed("see docs:network/x, ddi:ndis/nf-ndis-ndisfoidrequest."), None);
    for wrong in ["docs:oid", "docs:Network/x", "ddi:ndis/ndisfoidrequest", "ddi:a/nf-b-c"] {
        assert_eq!(misnamed(wrong), Some(wrong));
    }
}

#[test]
fn no_page_shows_a_path_of_somebodys_machine() {
    report("paths of one machine", &faults(&pages(), of_one_machine));
    assert!(of_one_machine("(x, /work/main/a.rs:1)").is_some());
}

#[test]
fn files_of_ours_that_pages_name_are_there() {
    let tracked = tracked();
    let mut faults = Vec::new();
    for page in pages() {
        for span in page.spans.iter().filter(|span| is_path_of_ours(&span.what)) {
            let name = span.what.trim_end_matches('/');
            let (path, within) = (format!("/{name}"), format!("/{name}/"));
            let is_there = |file: &String| {
                let file = format!("/{file}");
                file.ends_with(&path) || file.contains(&within)
            };
            if !tracked.iter().any(is_there) {
                faults.push(format!("{}:{}: {name}", page.name, span.line));
            }
        }
    }
    report("files that git does not track", &faults);
}

#[test]
fn links_in_the_documentation_of_crates_go_outside_or_to_items() {
    let mut faults = Vec::new();
    for page in doc_comments() {
        for target in &page.targets {
            let fault = match &*target.what {
                link if link.starts_with("http") => links::outside(link),
                // An item: rustdoc itself refuses a dead one.
                item if !item.contains(['/', '.']) => None,
                path => Some(format!("{path}: rustdoc's pages do not lie beside the sources")),
            };
            faults.extend(fault.map(|fault| format!("{}:{}: {fault}", page.name, target.line)));
        }
    }
    report("links in doc comments", &faults);
}
