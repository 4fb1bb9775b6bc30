//! What the image can write to: memory that outlives a call and that callbacks share.

use serde::Serialize;

use super::check::{Checks, Group, few};
use image::{Survey, Symbols};

/// A variable in a writable section.
#[derive(Debug, Clone, Serialize)]
pub struct Global {
    pub name: String,
    pub section: String,
    pub rva: u32,
    /// As its type says, or else up to what follows.
    pub bytes: u64,
    pub size_is_exact: bool,
    pub allowed: bool,
}

pub fn check(
    image: &Survey,
    symbols: Option<&Symbols>,
    allowed: Option<&[String]>,
    checks: &mut Checks,
) -> Vec<Global> {
    checks.group(Group::Data);
    let writable = image.sections.iter().filter(|section| section.write);
    let all: u64 = writable.clone().map(|section| u64::from(section.virtual_size)).sum();
    let sizes: Vec<_> = writable
        .map(|section| format!("{} {} bytes", section.name, section.virtual_size))
        .collect();
    let evidence = if sizes.is_empty() { "none".to_owned() } else { few(&sizes, 5) };
    checks.wish("writable sections", true, evidence);
    let Some(symbols) = symbols else {
        checks.wish("writable globals", false, "unknown: no PDB");
        return Vec::new();
    };
    let globals = list(image, symbols, allowed.unwrap_or_default());
    let total: u64 = globals.iter().map(|global| global.bytes).sum();
    let foreign: Vec<_> = globals.iter().filter(|global| !global.allowed).collect();
    // The PDB says nothing of variables that the compiler has merged.
    let unnamed = all.saturating_sub(total);
    let found = format!("{}, {total} bytes, and {unnamed} bytes without a name", globals.len());
    if allowed.is_none() {
        let evidence = format!("{found}; no list to compare with");
        checks.wish("writable globals", globals.is_empty(), evidence);
    } else {
        let evidence = format!("{found}; {} not on the list", foreign.len());
        checks.house("writable globals", foreign.is_empty(), evidence);
    }
    let lines = foreign.iter().take(16).map(|global| {
        let about = if global.size_is_exact { "" } else { "at most " };
        format!("{} ({about}{} bytes in {})", global.name, global.bytes, global.section)
    });
    checks.details(lines.collect());
    globals
}

fn list(image: &Survey, symbols: &Symbols, allowed: &[String]) -> Vec<Global> {
    let all: Vec<_> = symbols.variables().collect();
    let starts: Vec<u32> = all.iter().map(|(rva, ..)| *rva).collect();
    let global = |index: usize, (rva, size, name): (u32, Option<u64>, String)| {
        let (_, section) = image.section_of(rva).filter(|(_, section)| section.write)?;
        let end = section.rva.saturating_add(section.virtual_size);
        let next = starts.get(index + 1).map_or(end, |next| end.min(*next));
        Some(Global {
            allowed: allowed.contains(&name),
            section: section.name.clone(),
            bytes: size.unwrap_or(u64::from(next.saturating_sub(rva))),
            size_is_exact: size.is_some(),
            rva,
            name,
        })
    };
    all.into_iter().enumerate().filter_map(|(index, variable)| global(index, variable)).collect()
}
