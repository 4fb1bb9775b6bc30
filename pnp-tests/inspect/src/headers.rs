//! What the headers promise to Windows: machine, subsystem, flags, checksum.

use object::pe;

use super::check::{Checks, Group};
use image::{Machine, Survey};

const NX: u16 = 0x0100;
const DYNAMIC_BASE: u16 = 0x0040;
const HIGH_ENTROPY: u16 = 0x0020;
const FORCE_INTEGRITY: u16 = 0x0080;
const GUARD_CF: u16 = 0x4000;
const RELOCATIONS_STRIPPED: u16 = 0x0001;

pub fn check(image: &Survey, checks: &mut Checks) {
    checks.group(Group::Headers);
    let machine = match image.machine {
        Machine::X64 => "x64 (0x8664)",
        Machine::Arm64 => "ARM64 (0xaa64)",
    };
    checks.rule("machine", true, machine);
    let native = image.subsystem == pe::IMAGE_SUBSYSTEM_NATIVE.0;
    let subsystem = if native { "native (1)".to_owned() } else { image.subsystem_name() };
    checks.rule("subsystem", native, subsystem);
    flags(image, checks);
    relocations(image, checks);
    let checksum = format!("{:#x}", image.checksum);
    let evidence = if image.checksum_ok { checksum } else { checksum + ", not that of the file" };
    checks.rule("checksum", image.checksum_ok, evidence);
    let hashed = debug_types(image).contains(&pe::IMAGE_DEBUG_TYPE_REPRO.0);
    let evidence = if hashed {
        format!("{:#x}, a hash of the contents (/Brepro)", image.time)
    } else {
        format!("{:#x}, a time: the same sources give other bytes", image.time)
    };
    checks.wish("time stamp", hashed, evidence);
}

fn flags(image: &Survey, checks: &mut Checks) {
    let has = |flag| image.dll_flags & flag != 0;
    let say = |flag| if has(flag) { "set" } else { "not set" };
    checks.rule("NX compatible", has(NX), format!("{} (/NXCOMPAT)", say(NX)));
    let base = format!("{} (/DYNAMICBASE)", say(DYNAMIC_BASE));
    checks.wish("dynamic base", has(DYNAMIC_BASE), base);
    let entropy = format!("{} (/HIGHENTROPYVA)", say(HIGH_ENTROPY));
    checks.wish("high-entropy VA", has(HIGH_ENTROPY), entropy);
    let integrity = format!("{} (/INTEGRITYCHECK)", say(FORCE_INTEGRITY));
    checks.wish("force integrity", has(FORCE_INTEGRITY), integrity);
    let guard = if has(GUARD_CF) {
        "set (/GUARD:CF)"
    } else {
        "not set; projects of the WDK compile and link with /guard:cf"
    };
    checks.wish("control flow guard", has(GUARD_CF), guard);
}

fn relocations(image: &Survey, checks: &mut Checks) {
    let stripped = image.file_flags & RELOCATIONS_STRIPPED != 0;
    let (holds, evidence) = match (stripped, image.relocations()) {
        (true, _) => (false, "stripped: the image can be loaded at one address only".to_owned()),
        (false, Err(refusal)) => (false, refusal.to_string()),
        (false, Ok(found)) => (true, format!("{} addresses", found.len())),
    };
    checks.rule("relocations", holds, evidence);
}

/// The kinds of the debug directory's entries.
fn debug_types(image: &Survey) -> Vec<u32> {
    const ENTRY: u32 = 28;
    const KIND: u32 = 12;
    let Some((rva, size)) = image.directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG) else {
        return Vec::new();
    };
    let entries = 0..(size / ENTRY).min(64);
    entries.filter_map(|entry| image.u32(rva.checked_add(entry * ENTRY + KIND)?)).collect()
}
