//! Definitions against facts.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::source::{Definitions, Named, Struct};

/// Fields that the facts list and the crate rightly does not: the structure, the fields, why.
const NOT_FIELDS: [(&str, &[&str], &str); 7] = [
    ("EVENT_DATA_DESCRIPTOR", &["Reserved"], "a union with Type, Reserved1 and Reserved2"),
    ("NET_BUFFER", &["Next", "Link", "CurrentMdl", "CurrentMdlOffset"], "of NetBufferHeader"),
    ("NET_BUFFER", &["DataLength", "stDataLength", "MdlChain", "DataOffset"], "of NetBufferHeader"),
    ("NET_BUFFER", &["ScatterGatherList"], "a union with SharedMemoryInfo"),
    ("NET_BUFFER_HEADER", &["Link", "DataLength"], "unions with Next and stDataLength"),
    (
        "NET_BUFFER_LIST",
        &["Link", "NetBufferListHeader", "NdisReserved2"],
        "unions with Next, FirstNetBuffer and Status",
    ),
    ("NET_LUID_LH", &["Reserved", "NetLuidIndex", "IfType"], "bit-fields of Value"),
];

/// Every difference between a folder's definitions and its facts, as sentences; `all` are the definitions
/// of every folder, for the types of fields.
pub fn compare(
    definitions: &Definitions,
    all: &BTreeMap<String, Definitions>,
    facts: &Value,
) -> Vec<String> {
    let mut findings = Vec::new();
    for (file, name) in &definitions.loose {
        findings.push(format!("{file}: {name}: a structure outside layout!"));
    }
    for structure in &definitions.structs {
        structure_against(structure, all, facts, &mut findings);
    }
    for (file, name, members) in &definitions.enums {
        match &facts["enums"][name] {
            // NTSTATUS and NDIS_STATUS are integers in C; their values are constants.
            Value::Null if name.ends_with("STATUS") => {}
            Value::Null => findings.push(format!("{file}: {name}: no fact")),
            fact => {
                for member in members {
                    named_against(member, &fact[&member.name], name, &mut findings);
                }
            }
        }
    }
    for constant in &definitions.constants {
        let fact = &facts["constants"][&constant.name];
        named_against(constant, fact, "constants", &mut findings);
    }
    findings
}

fn named_against(named: &Named, fact: &Value, group: &str, findings: &mut Vec<String>) {
    let Named { file, name, value } = named;
    let finding = match (value, fact.as_u64()) {
        (_, None) => format!("{file}: {name}: no fact under {group}"),
        (None, Some(_)) => format!("{file}: {name}: its value is not understood; write a literal"),
        (Some(found), Some(expected)) if *found != expected => {
            format!("{file}: {name}: found {found:#x}, the headers say {expected:#x}")
        }
        (Some(_), Some(_)) => return,
    };
    findings.push(finding);
}

fn structure_against(
    structure: &Struct,
    all: &BTreeMap<String, Definitions>,
    facts: &Value,
    findings: &mut Vec<String>,
) {
    let Struct { file, name, size, align, fields } = structure;
    let fact = &facts["structs"][name];
    let x64 = &fact["x86_64"];
    let Some(expected_fields) = x64["fields"].as_object() else {
        findings.push(format!("{file}: {name}: no fact"));
        return;
    };
    let mut differ = |what: &str, found: &Value, expected: &Value| {
        if found != expected {
            findings
                .push(format!("{file}: {name}: {what}: found {found}, the headers say {expected}"));
        }
    };
    differ("size", &(*size).into(), &x64["size"]);
    differ("alignment", &(*align).into(), &x64["align"]);
    if let Some(arm) = fact.get("aarch64") {
        differ("layout on ARM64", arm, x64);
    }
    for (offset, field, kind) in fields {
        let expected = expected_fields.get(field).unwrap_or(&Value::Null);
        differ(&format!("offset of {field}"), &(*offset).into(), &expected[0]);
        if let Some(width) = width(kind, all) {
            differ(&format!("width of {field}"), &width.into(), &expected[1]);
        }
    }
    for field in expected_fields.keys() {
        let excused = NOT_FIELDS.iter().any(|(s, f, _)| s == name && f.contains(&field.as_str()));
        if !excused && !fields.iter().any(|(_, defined, _)| defined == field) {
            findings.push(format!("{file}: {name}: the field {field} of the headers is missing"));
        }
    }
}

/// Bytes of a type as written, where the words alone tell.
fn width(kind: &str, all: &BTreeMap<String, Definitions>) -> Option<u64> {
    let enums = all.values().flat_map(|folder| &folder.enums);
    let structs = all.values().flat_map(|folder| &folder.structs);
    Some(match kind {
        "u8" => 1,
        "u16" | "i16" => 2,
        "u32" | "i32" | "NDIS_PORT_NUMBER" | "NDIS_STATUS" => 4,
        "u64" | "usize" | "NDIS_HANDLE" => 8,
        kind if kind.starts_with('*') || kind.starts_with("Option <") => 8,
        kind if enums.clone().any(|(_, name, _)| name == kind) => 4,
        kind => structs.clone().find(|s| s.name == kind)?.size,
    })
}

/// Facts that no definition of their folder uses: the copy is to stay as small as the crate.
pub fn unused(definitions: &Definitions, facts: &Value) -> Vec<String> {
    let names = |group: &str| -> Vec<String> {
        facts[group].as_object().map(|o| o.keys().cloned().collect()).unwrap_or_default()
    };
    let mut findings = Vec::new();
    let mut report = |group: &str, used: &dyn Fn(&str) -> bool| {
        for name in names(group).into_iter().filter(|name| !used(name)) {
            findings.push(format!("facts: {group}: {name}: no definition uses it"));
        }
    };
    report("structs", &|name| definitions.structs.iter().any(|s| s.name == name));
    report("enums", &|name| definitions.enums.iter().any(|(_, e, _)| e == name));
    report("constants", &|name| definitions.constants.iter().any(|c| c.name == name));
    findings
}
