//! `docs/events.md`: what people write in it stays; what stands between the marks is made of the
//! table.

use std::format;
use std::fs;
use std::string::String;
use std::vec::Vec;

use driver_kit::etw::{Declared, Field, Opcode};

use super::{guid_of, keep, root};
use crate::events::{PROVIDER, TABLE};

const BEGIN: &str = "<!-- made of driver/src/events.rs by `cargo xtask lab` -->\n";
const END: &str = "<!-- end -->\n";

/// A type as readers of a trace show it.
fn kind(field: &Field) -> &'static str {
    match (field.in_type, field.out_type) {
        (4, 3) => "bool",
        (4, _) => "u8",
        (7, _) => "i32",
        (8, _) => "u32",
        (10, _) => "u64",
        (20, 14) => "NTSTATUS",
        (20, _) => "hex32",
        (21, _) => "hex64",
        (22, _) => "UTF-16",
        (23, _) => "text",
        (0x48, _) => "u32 list",
        other => panic!("{}: type {other:?} has no name here", field.name),
    }
}

fn table(fields: &[Field]) -> String {
    let mut out = String::from("| Field | Type | |\n|---|---|---|\n");
    for field in fields {
        out += &format!("| {} | {} | {} |\n", field.name, kind(field), text(field.meaning));
    }
    out
}

/// A doc comment in one line.
fn text(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn title(event: &Declared) -> String {
    let opcode = match event.opcode {
        Opcode::Info => "",
        Opcode::Start => " Start",
        Opcode::Stop => " Stop",
    };
    let level = match event.level {
        2 => ", Error",
        3 => ", Warning",
        _ => "",
    };
    format!("### {}{opcode}{level}\n\n{}\n\n", event.name, text(event.meaning))
}

fn made() -> String {
    let groups = |event: &Declared| -> Vec<&'static [Field]> {
        event.shared.into_iter().filter(|group| !group.is_empty()).collect()
    };
    let shared = TABLE.iter().map(groups).max_by_key(Vec::len).unwrap();
    let [head, network] = shared[..] else { panic!("an event with both groups") };
    let mut out = String::from("## What every event of a module begins with\n\n");
    out += &table(head);
    out += "\n## What the Start of every NetPnPEvent says next\n\n";
    out += &table(network);
    out += "\n## Events\n\nThe fields of the two tables above are not repeated.\n\n";
    for event in TABLE {
        out += &title(event);
        if groups(event).is_empty() {
            out += "Of no module: without the fields above.\n\n";
        }
        out += &table(event.fields);
        out += "\n";
    }
    out
}

#[test]
fn the_page_of_events_says_what_the_table_says() {
    let page = fs::read_to_string(root().join("docs/events.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the mark of the beginning");
    let (_, after) = rest.split_once(END).expect("the mark of the end");
    keep("docs/events.md", &[before, BEGIN, "\n", &made(), END, after].concat());
    let guid = guid_of(PROVIDER);
    assert!(before.contains(&guid), "the page names the provider's GUID {guid}");
}
