//! The facts of `facts/` as static assertions in C, for the compiler of the kit's headers.

use std::fmt::Write as _;

use serde_json::Value;

/// Each file of facts, by its name, and the headers that declare what is in it, behind those of the kit's base.
pub const FACTS: [(&str, &str); 3] = [
    // The level of the facts.
    ("ndis", "#define NDIS_WDM 1\n#define NDIS685 1\n#include <ndis.h>\n#include <netpnp.h>\n"),
    ("nt", ""),
    ("wsk", "#include <wsk.h>\n"),
];

/// Parts of a structure that have no name in the headers: the fact's name, the structure, its member.
const NAMELESS: [(&str, &str, &str); 2] = [
    ("NDIS_OID_REQUEST_QUERY", "NDIS_OID_REQUEST", "DATA.QUERY_INFORMATION"),
    ("NDIS_OID_REQUEST_METHOD", "NDIS_OID_REQUEST", "DATA.METHOD_INFORMATION"),
];

/// A header that does not compile where the kit and a fact disagree, for `arch` as cargo names it.
///
/// Constants are compared as 32 bits: an `NDIS_STATUS` is signed there and written unsigned in a fact.
pub fn assertions(facts: &Value, arch: &str) -> String {
    let mut text = String::new();
    for (name, by_arch) in members(&facts["structs"]) {
        let fact = by_arch.get(arch).unwrap_or(&by_arch["x86_64"]);
        structure(&mut text, name, fact);
    }
    for (enumeration, values) in members(&facts["enums"]) {
        for (name, value) in members(values) {
            let what = format!("{enumeration}::{name}");
            assertion(&mut text, &format!("(unsigned)({name})"), value, &what);
        }
    }
    for (name, value) in members(&facts["constants"]) {
        assertion(&mut text, &format!("(unsigned)({name})"), value, name);
    }
    text
}

fn structure(text: &mut String, name: &str, fact: &Value) {
    let nameless = NAMELESS.iter().find(|(fact, ..)| *fact == name);
    let (owner, prefix) =
        nameless.map_or((name, String::new()), |(_, owner, member)| (*owner, format!("{member}.")));
    let object = format!("((({owner}*)0)->{})", prefix.trim_end_matches('.'));
    let whole = if nameless.is_some() { object } else { owner.to_owned() };
    assertion(text, &format!("sizeof({whole})"), &fact["size"], &format!("size of {name}"));
    let align = format!("__alignof({whole})");
    assertion(text, &align, &fact["align"], &format!("alignment of {name}"));
    for (field, place) in members(&fact["fields"]) {
        // Bit-fields have no offset in C.
        let (offset, size) = (&place[0], &place[1]);
        if offset.is_null() {
            continue;
        }
        let base = nameless.map_or(String::new(), |(_, owner, member)| {
            format!(" - __builtin_offsetof({owner}, {member})")
        });
        let found = format!("__builtin_offsetof({owner}, {prefix}{field}){base}");
        assertion(text, &found, offset, &format!("offset of {name}.{field}"));
        let found = format!("sizeof((({owner}*)0)->{prefix}{field})");
        assertion(text, &found, size, &format!("size of {name}.{field}"));
    }
}

fn assertion(text: &mut String, found: &str, expected: &Value, what: &str) {
    // Writing to a String does not fail.
    let _ =
        writeln!(text, "_Static_assert(({found}) == {expected}u, \"{what} is not {expected}\");");
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
