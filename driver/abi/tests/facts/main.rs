//! The third witness: every definition of this crate compared with the facts of its folder in
//! `facts/`, which were computed from the public Windows headers. A definition without a fact fails, and so does a fact that no
//! definition uses.
#![allow(missing_docs, reason = "tests: the names are the documentation")]
#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "picks the few kinds it compares out of a whole language"
)]

#[path = "../../build/headers.rs"]
mod headers;
mod source;
mod verdict;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use source::Definitions;

/// The facts of one folder of the sources: `nt` is those that are in none.
fn facts(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("facts/{name}.json"));
    let text = fs::read_to_string(&path).expect("every folder of the sources has its facts");
    serde_json::from_str(&text).expect("a file of facts is JSON")
}

/// Every Rust file below a folder, in order.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the sources can be listed") {
        let path = entry.expect("the sources can be listed").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The definitions of each folder of the sources, by the name of its facts.
fn definitions() -> BTreeMap<String, Definitions> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: BTreeMap<String, Definitions> = BTreeMap::new();
    for path in sources(&root) {
        let inside = path.strip_prefix(&root).expect("below the sources");
        let folder = inside.parent().and_then(|folder| folder.iter().next());
        let name = folder.map_or("nt".into(), |folder| folder.to_string_lossy().into_owned());
        let text = fs::read_to_string(&path).expect("a source can be read");
        found.entry(name).or_default().read(&path.display().to_string(), &text);
    }
    found
}

#[test]
fn every_definition_agrees_with_the_headers_and_every_fact_is_used() {
    let definitions = definitions();
    assert!(definitions.keys().eq(headers::FACTS.map(|(name, _)| name)), "a file for each folder");
    let mut found = Vec::new();
    for (name, of_folder) in &definitions {
        let facts = facts(name);
        found.extend(verdict::compare(of_folder, &definitions, &facts));
        found.extend(verdict::unused(of_folder, &facts));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_name_of_windows_is_defined_once() {
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = definitions()
        .values()
        .flat_map(Definitions::names)
        .filter(|name| !seen.insert(name.clone()))
        .collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(seen.len() > 150, "the sources are read: {}", seen.len());
}

/// The findings of the checker about a source that a test writes out.
fn findings(text: &str) -> Vec<String> {
    let mut definitions = Definitions::default();
    definitions.read("sample.rs", text);
    verdict::compare(&definitions, &BTreeMap::new(), &facts("ndis"))
}

fn catches(text: &str, part: &str) {
    let found = findings(text);
    assert!(found.iter().any(|finding| finding.contains(part)), "{part} is not in {found:?}");
    assert!(found.iter().all(|finding| finding.starts_with("sample.rs")), "{found:?}");
}

const RIGHT: &str = "layout! {
    NDIS_OBJECT_HEADER: 4, 2 { 0 => Type: u8, 1 => Revision: u8, 2 => Size: u16, }
}";

#[test]
fn a_right_structure_is_left_alone() {
    assert_eq!(findings(RIGHT), Vec::<String>::new());
}

#[test]
fn a_wrong_offset_is_caught() {
    catches(&RIGHT.replace("1 => Revision", "2 => Revision"), "Revision");
}

#[test]
fn a_wrong_size_and_a_wrong_alignment_are_caught() {
    catches(&RIGHT.replace(": 4, 2", ": 8, 2"), "size");
    catches(&RIGHT.replace(": 4, 2", ": 4, 4"), "alignment");
}

#[test]
fn a_missing_and_an_invented_field_are_caught() {
    catches(&RIGHT.replace("1 => Revision: u8,", ""), "Revision");
    catches(&RIGHT.replace("Type: u8", "Kind: u8"), "Kind");
}

#[test]
fn a_field_of_the_wrong_width_is_caught() {
    catches(&RIGHT.replace("Type: u8", "Type: u16"), "Type");
}

#[test]
fn a_structure_without_a_fact_and_one_outside_layout_are_caught() {
    catches(&RIGHT.replace("NDIS_OBJECT_HEADER", "NDIS_INVENTED"), "no fact");
    catches("#[repr(C)] pub struct Loose { pub a: u32 }", "outside layout!");
}

#[test]
fn a_wrong_member_and_an_invented_one_are_caught() {
    let declared = "pub struct NDIS_POWER_PROFILE(pub u32);";
    let with = |name: &str, value: u32| {
        format!("{declared} impl NDIS_POWER_PROFILE {{ pub const {name}: Self = Self({value}); }}")
    };
    assert_eq!(findings(&with("NdisPowerProfileAcOnLine", 1)), Vec::<String>::new());
    catches(&with("NdisPowerProfileAcOnLine", 2), "NdisPowerProfileAcOnLine");
    catches(&with("NdisPowerProfileSolar", 1), "no fact");
    catches("pub struct NDIS_INVENTED(pub i32);", "no fact");
}

#[test]
fn a_wrong_constant_and_an_invented_one_are_caught() {
    assert_eq!(findings("pub const NDIS_PAUSE_LOW_POWER: u32 = 0x02;"), Vec::<String>::new());
    let failure = "pub const NDIS_STATUS_FAILURE: NDIS_STATUS = \
                   NDIS_STATUS(0xC000_0001_u32.cast_signed());";
    assert_eq!(findings(failure), Vec::<String>::new());
    catches(&failure.replace("0001_u32", "0002_u32"), "NDIS_STATUS_FAILURE");
    catches("pub const NDIS_PAUSE_LOW_POWER: u32 = 0x03;", "NDIS_PAUSE_LOW_POWER");
    catches("pub const NDIS_INVENTED: u32 = 1;", "no fact");
    catches("pub const NDIS_PAUSE_LOW_POWER: u32 = 1 + 1;", "not understood");
}

#[test]
fn a_build_with_the_wdk_asserts_every_fact() {
    let mut all = String::new();
    for (name, _) in headers::FACTS {
        let facts = facts(name);
        let text = headers::assertions(&facts, "aarch64");
        let count = |value: &Value| value.as_object().map_or(0, serde_json::Map::len);
        let structures: usize = facts["structs"]
            .as_object()
            .expect("structures")
            .values()
            .map(|fact| {
                let fields = fact["x86_64"]["fields"].as_object().expect("fields").values();
                // Size and alignment, offset and size of each field.
                2 + 2 * fields.filter(|place| place.is_array()).count()
            })
            .sum();
        let enumerations: usize =
            facts["enums"].as_object().expect("enums").values().map(count).sum();
        let expected = structures + enumerations + count(&facts["constants"]);
        assert_eq!(text.matches("_Static_assert(").count(), expected);
        all.push_str(&text);
    }
    for line in [
        r#"_Static_assert((sizeof(NDIS_OBJECT_HEADER)) == 4u, "size of NDIS_OBJECT_HEADER is not 4");"#,
        r#"_Static_assert(((unsigned)(NetEventPause)) == 8u, "NET_PNP_EVENT_CODE::NetEventPause is not 8");"#,
        r#"_Static_assert((sizeof(DRIVER_OBJECT)) == 336u, "size of DRIVER_OBJECT is not 336");"#,
        "__builtin_offsetof(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION.Oid) - \
         __builtin_offsetof(NDIS_OID_REQUEST, DATA.QUERY_INFORMATION)",
    ] {
        assert!(all.contains(line), "{line} is not in\n{all}");
    }
}
