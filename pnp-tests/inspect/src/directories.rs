//! Load configuration, the reference to the PDB, the version resource.

use object::pe;

use super::check::{Checks, Group};
use image::{Survey, SymbolsState};

pub fn check(image: &Survey, symbols: &SymbolsState, checks: &mut Checks) {
    checks.group(Group::Directories);
    load_config(image, checks);
    pdb(image, symbols, checks);
    version(image, checks);
}

fn load_config(image: &Survey, checks: &mut Checks) {
    const COOKIE: u32 = 88;
    const GUARD_FLAGS: u32 = 144;
    let Some((rva, _)) = image.directory(pe::IMAGE_DIRECTORY_ENTRY_LOAD_CONFIG) else {
        checks.wish("load configuration", false, "absent: no security cookie, no guard tables");
        return;
    };
    let size = image.u32(rva).unwrap_or(0);
    let at =
        |field: u32, width: u32| (size >= field + width).then(|| rva.checked_add(field)).flatten();
    let cookie = at(COOKIE, 8).and_then(|rva| image.u64(rva)).filter(|cookie| *cookie != 0);
    let guard = at(GUARD_FLAGS, 4).and_then(|rva| image.u32(rva)).unwrap_or(0);
    let evidence = match cookie {
        Some(cookie) => {
            let rva = cookie.wrapping_sub(image.preferred_base);
            format!("security cookie at {rva:#x}, guard flags {guard:#x}")
        }
        None => format!("no security cookie, guard flags {guard:#x}"),
    };
    checks.wish("load configuration", cookie.is_some(), evidence);
}

fn pdb(image: &Survey, symbols: &SymbolsState, checks: &mut Checks) {
    let Some(reference) = image.pdb() else {
        checks.wish("PDB reference", false, "absent: crash dumps show no names");
        return;
    };
    let path = &reference.path;
    let lower = path.to_lowercase().replace('\\', "/");
    let private = ["/users/", "/home/", "/root/"].iter().any(|folder| lower.contains(folder));
    let evidence = if private {
        format!("{path}: shows a user's folder (/PDBALTPATH:%_PDB%)")
    } else if lower.contains('/') {
        format!("{path}: a path of the machine that linked it (/PDBALTPATH:%_PDB%)")
    } else {
        path.clone()
    };
    checks.wish("PDB reference", !lower.contains('/'), evidence);
    let (found, evidence) = match symbols {
        SymbolsState::Found(symbols) => (true, format!("{} matches", symbols.path().display())),
        SymbolsState::Missing => (false, "none beside the image: no names below".to_owned()),
        SymbolsState::Stale { pdb, found, expected } => {
            (false, format!("{} is of another build: {found}, not {expected}", pdb.display()))
        }
        SymbolsState::Unreadable { pdb, why } => (false, format!("{}: {why}", pdb.display())),
    };
    checks.wish("PDB", found, evidence);
}

fn version(image: &Survey, checks: &mut Checks) {
    let (there, evidence) = match image.file_version() {
        Ok(Some([major, minor, patch, build])) => {
            (true, format!("file version {major}.{minor}.{patch}.{build}"))
        }
        Ok(None) => (false, "absent: neither the file's properties nor lmvm show one".to_owned()),
        Err(why) => (false, format!("damaged: {why}")),
    };
    checks.wish("version resource", there, evidence);
}
