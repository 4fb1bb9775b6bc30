//! Sections, and what of the image lies in which: protections, imports, exports, the entry point.

use std::collections::BTreeMap;

use object::pe;
use serde::Serialize;

use super::check::{Checks, Group, few};
use super::exports;
use image::{Refusal, Section, Survey, is_kernel_module};

const PAGE: u32 = 4096;
const INITIALIZED_DATA: u32 = 0x40;

/// Kernel modules that are no `.sys` and that no filter of this host's needs.
const KERNEL_LIBRARIES: [&str; 4] = ["ci.dll", "kdcom.dll", "pshed.dll", "ntkrnlmp.exe"];
const KERNEL_API_SET: &str = "ext-ms-win-ntos-";

/// One section, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub name: String,
    pub rva: u32,
    pub virtual_size: u32,
    pub raw_size: u32,
    /// `r`, `w`, `x` and `d` for discardable.
    pub protection: String,
}

pub fn rows(image: &Survey) -> Vec<Row> {
    let row = |section: &Section| {
        let flags = [
            (section.read, 'r'),
            (section.write, 'w'),
            (section.execute, 'x'),
            (section.discardable, 'd'),
        ];
        Row {
            name: section.name.clone(),
            rva: section.rva,
            virtual_size: section.virtual_size,
            raw_size: section.raw_size,
            protection: flags.map(|(set, letter)| if set { letter } else { '-' }).iter().collect(),
        }
    };
    image.sections.iter().map(row).collect()
}

pub fn check(image: &Survey, checks: &mut Checks) {
    checks.group(Group::Sections);
    let those = |wrong: &dyn Fn(&Section) -> bool| -> Vec<String> {
        let found = image.sections.iter().filter(|section| wrong(section));
        found.map(|section| section.name.clone()).collect()
    };
    let mixed = |section: &Section| section.write && section.execute;
    let refused = those(&|section| mixed(section) && section.name != "INIT");
    let evidence = none_or(&refused, "is writable and executable");
    checks.rule("no W+X section", refused.is_empty(), evidence);
    // Linkers of 2013 made INIT so; Windows 10 takes the write permission away.
    if those(&mixed).iter().any(|name| name == "INIT") {
        checks.wish("INIT protection", false, "INIT is writable and executable");
    }
    let alignment = image.section_alignment;
    let aligned = alignment >= PAGE && alignment.is_power_of_two();
    checks.rule("section alignment", aligned, format!("{alignment}"));
    layout(image, checks);
    let freed = those(&|section| {
        section.execute && section.discardable && !section.name.starts_with("INIT")
    });
    let evidence = none_or(&freed, "holds code that Windows frees after DriverEntry");
    checks.house("discardable code", freed.is_empty(), evidence);
    data_in_code(image, checks);
    imports(image, checks);
    let exported = exports::read(image);
    let names: Vec<_> = exported.iter().map(|export| export.name.clone()).collect();
    let evidence = match names.len() {
        0 => "none".to_owned(),
        count => format!("{count}: {}; a driver needs none", few(&names, 4)),
    };
    checks.wish("exports", names.is_empty(), evidence);
    entry(image, checks);
}

fn none_or(names: &[String], what: &str) -> String {
    if names.is_empty() { "none".to_owned() } else { format!("{} {what}", few(names, 4)) }
}

/// In order, without gaps, inside the image: else Windows does not load it at all.
fn layout(image: &Survey, checks: &mut Checks) {
    let alignment = u64::from(image.section_alignment.max(PAGE));
    let mut expected = u64::from(image.size_of_headers).next_multiple_of(alignment);
    let mut wrong = Vec::new();
    for section in &image.sections {
        let (start, end) =
            (u64::from(section.rva), u64::from(section.rva) + u64::from(section.virtual_size));
        if start != expected {
            wrong.push(format!("{} at {start:#x}, not {expected:#x}", section.name));
        } else if end > u64::from(image.size_of_image).next_multiple_of(u64::from(PAGE)) {
            wrong.push(format!("{} ends at {end:#x}, past the image", section.name));
        }
        expected = end.next_multiple_of(alignment);
    }
    let count = format!("{} sections, in order, without gaps", image.sections.len());
    checks.rule("section layout", wrong.is_empty(), wrong.first().cloned().unwrap_or(count));
}

fn data_in_code(image: &Survey, checks: &mut Checks) {
    let holder = |directory| {
        let (rva, _) = image.directory(directory)?;
        let (_, section) = image.section_of(rva)?;
        section.execute.then(|| section.name.clone())
    };
    let iat = holder(pe::IMAGE_DIRECTORY_ENTRY_IAT);
    let evidence = iat.as_ref().map_or("outside code".to_owned(), |name| {
        format!("in {name}, which is executable: memory integrity (HVCI) refuses it")
    });
    checks.rule("import addresses", iat.is_none(), evidence);
    let mut found = Vec::new();
    if let Some(name) = holder(pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION) {
        found.push(format!(".pdata in {name}"));
    }
    for (section, flags) in image.sections.iter().zip(&image.flags) {
        if section.execute && flags & INITIALIZED_DATA != 0 {
            found.push(format!("{} is marked as initialised data", section.name));
        }
    }
    let evidence = if found.is_empty() { "none".to_owned() } else { few(&found, 3) };
    checks.house("data in code", found.is_empty(), evidence);
}

fn imports(image: &Survey, checks: &mut Checks) {
    let imports = match image.imports() {
        Ok(imports) => imports,
        Err(refusal @ Refusal::ImportByOrdinal { .. }) => {
            checks.wish("imports", false, refusal.to_string());
            return;
        }
        Err(refusal) => {
            checks.rule("imports", false, refusal.to_string());
            return;
        }
    };
    let mut modules: BTreeMap<String, usize> = BTreeMap::new();
    for import in &imports {
        *modules.entry(import.module.to_lowercase()).or_default() += 1;
    }
    let is_kernel = |module: &str| {
        is_kernel_module(module)
            || KERNEL_LIBRARIES.contains(&module)
            || module.starts_with(KERNEL_API_SET)
    };
    let foreign: Vec<_> = modules.keys().filter(|module| !is_kernel(module)).cloned().collect();
    let counts: Vec<_> =
        modules.iter().map(|(module, count)| format!("{module} {count}")).collect();
    let evidence = match (foreign.is_empty(), counts.is_empty()) {
        (false, _) => format!("{}: no kernel module", few(&foreign, 4)),
        (true, true) => "none".to_owned(),
        (true, false) => few(&counts, 6),
    };
    checks.rule("imports", foreign.is_empty(), evidence);
}

fn entry(image: &Survey, checks: &mut Checks) {
    let found = image.section_of(image.entry).map(|(_, section)| section);
    let evidence = match found {
        Some(section) if section.execute => format!("{:#x} in {}", image.entry, section.name),
        Some(section) => format!("{:#x} in {}, which is no code", image.entry, section.name),
        None => format!("{:#x}, in no section", image.entry),
    };
    checks.rule("entry point", found.is_some_and(|section| section.execute), evidence);
    let init = image.sections.iter().find(|section| section.name == "INIT");
    let (good, evidence) = match init {
        None => (false, "absent: start-up code stays in memory".to_owned()),
        Some(init) => {
            let entry = if init.contains(image.entry) { "holds" } else { "does not hold" };
            let freed = if init.discardable { "discardable" } else { "not discardable" };
            (init.discardable, format!("{freed}, {entry} the entry point"))
        }
    };
    checks.wish("INIT section", good, evidence);
}
