//! Element and attribute names as Microsoft documents them or uses them in its own files, and a check
//! of a file against them.

use std::collections::BTreeSet;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, fs};

use serde_json::Value;

/// `lab/names.json`: for each kind of file, the attributes and children of every element.
pub(super) fn check(kind: &str, xml: &str) {
    let path = super::root().join("lab/names.json");
    let names: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let document = roxmltree::Document::parse(xml).unwrap();
    let mut wrong: Vec<String> = Vec::new();
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        let parent = element.parent().map_or("", |parent| parent.tag_name().name());
        let known = &names[kind][name];
        if known.is_null() {
            wrong.push(format!("element {name}"));
            continue;
        }
        let list = |key: &str| -> BTreeSet<String> {
            let list = known[key].as_array().into_iter().flatten();
            list.filter_map(|name| name.as_str().map(ToString::to_string)).collect()
        };
        for attribute in element.attributes() {
            if !list("attributes").contains(attribute.name()) {
                wrong.push(format!("attribute {} of {name}", attribute.name()));
            }
        }
        if !parent.is_empty() && !list("in").contains(parent) {
            wrong.push(format!("{name} in {parent}"));
        }
    }
    assert!(wrong.is_empty(), "not documented: {wrong:?}");
}

#[test]
fn an_element_that_nobody_documents_is_found() {
    let wrong = std::panic::catch_unwind(|| check("profile", "<Profiles><Profil/></Profiles>"));
    assert!(wrong.is_err());
    let wrong = std::panic::catch_unwind(|| check("regions", "<Region Gid=\"1\"/>"));
    assert!(wrong.is_err());
}
