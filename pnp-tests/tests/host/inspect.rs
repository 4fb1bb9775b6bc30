//! `netpnp inspect`: what a linked image is, without running it.

use std::fs;
use std::path::{Path, PathBuf};

use image::Survey;
use inspect::{Options, inspect};
use serde_json::Value;

use crate::netpnp::{Ran, image, netpnp};

fn arm64() -> PathBuf {
    image("netpnplwf").parent().expect("x64").with_file_name("arm64").join("netpnplwf.sys")
}

fn run(file: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec!["inspect", file.to_str().expect("UTF-8 path")];
    arguments.extend(more);
    netpnp(arguments)
}

fn json(file: &Path, more: &[&str]) -> Value {
    let ran = run(file, &[&["--json"], more].concat());
    assert!(matches!(ran.code, Some(0 | 1)), "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("one JSON document")
}

/// Verdict of one check, and all its evidence.
fn check(report: &Value, name: &str) -> (String, String) {
    let checks = report["checks"].as_array().expect("a list");
    let found = checks.iter().find(|check| check["name"] == name);
    let found = found.unwrap_or_else(|| panic!("no check {name} in {report:#}"));
    let text = format!("{} {}", found["evidence"], found["details"]);
    (found["verdict"].as_str().expect("text").to_owned(), text)
}

fn failed(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().expect("a list");
    let failed = checks.iter().filter(|check| check["verdict"] == "FAIL");
    failed.map(|check| check["name"].as_str().expect("text")).collect()
}

/// The image fails with --strict, in this check, which says all of `parts`; without it is a note.
fn caught(stem: &str, name: &str, parts: &[&str]) {
    let report = json(&image(stem), &["--strict"]);
    let (verdict, evidence) = check(&report, name);
    assert_eq!(verdict, "FAIL", "{stem}: {name}: {evidence}");
    for part in parts {
        assert!(evidence.contains(part), "{part} is missing in {evidence}");
    }
    assert_eq!(run(&image(stem), &["--strict"]).code, Some(1));
    let report = json(&image(stem), &[]);
    assert_eq!(check(&report, name).0, "note", "a limit of the house");
    assert_eq!(run(&image(stem), &[]).code, Some(0));
}

#[test]
fn an_index_that_can_panic_is_reported_with_its_way() {
    caught(
        "panics-index",
        "panic paths",
        &["net_pnp_event -> core::panicking::panic_bounds_check"],
    );
}

#[test]
fn a_deep_frame_is_reported_with_its_function_and_size() {
    caught("deep-frame", "largest frame", &["net_pnp_event", "20", "limit 1024"]);
    let report = json(&image("deep-frame"), &["--strict", "--max-frame", "4096"]);
    assert_eq!(check(&report, "largest frame").0, "ok");
}

#[test]
fn a_deep_chain_is_reported_with_its_root() {
    let report = json(&image("deep-frame"), &["--strict", "--max-chain", "2000"]);
    let (verdict, evidence) = check(&report, "deepest chain");
    assert!(verdict == "FAIL" && evidence.contains("net_pnp_event"), "{verdict}: {evidence}");
}

#[test]
fn recursion_is_reported_as_a_circle() {
    caught("recurses", "recursion", &["bare_filter::descend -> bare_filter::descend"]);
}

#[test]
fn floating_point_is_reported_with_function_and_instruction() {
    caught("uses-float", "floating point", &["mulsd in bare_filter::"]);
}

#[test]
fn right_images_pass() {
    for stem in ["bare", "plain"] {
        let report = json(&image(stem), &["--strict"]);
        assert_eq!(failed(&report), [""; 0], "{stem}");
        assert_eq!(check(&report, "panic paths").0, "ok", "{stem}");
    }
}

#[test]
fn a_right_filter_in_c_passes_the_rules_of_windows() {
    let file = image("plain-c");
    if !file.is_file() {
        eprintln!("no clang: plain-c.sys is not built");
        return;
    }
    let report = json(&file, &[]);
    assert_eq!(failed(&report), [""; 0]);
    let (verdict, evidence) = check(&report, "INIT section");
    assert!(verdict == "ok" && evidence.starts_with("\"discardable"), "{evidence}");
    assert!(check(&report, "load configuration").1.contains("security cookie at 0x"));
    assert!(check(&report, "panic paths").1.contains("no Rust panic symbols"));
}

#[test]
fn the_driver_is_right_on_both_machines_but_for_what_its_own_tests_say() {
    for (file, machine) in [(image("netpnplwf"), "x64"), (arm64(), "arm64")] {
        let report = json(&file, &[]);
        assert_eq!(report["machine"], machine);
        assert_eq!(failed(&report), [""; 0], "{machine}");
        assert!(report["functions"].as_array().expect("a list").len() > 20, "{machine}");
        assert_eq!(check(&report, "floating point").0, "ok");
        let roots = report["chains"].as_array().expect("a list");
        let named = |name: &str| {
            roots.iter().any(|chain| chain["root"].as_str().is_some_and(|root| root.contains(name)))
        };
        assert!(named("filter_net_pnp_event") && named("DriverEntry"), "{machine}: {roots:?}");
    }
}

/// On ARM64 the unwind data of the largest callback stop at the frame pointer, 96 bytes deep, and
/// its locals lie below that.
#[test]
fn stack_below_a_frame_pointer_counts() {
    let report = json(&arm64(), &[]);
    let functions = report["functions"].as_array().expect("a list");
    let named = |row: &&Value| {
        row["name"].as_str().is_some_and(|name| name.contains("callback::filter_net_pnp_event"))
    };
    let frame = functions.iter().filter(named).filter_map(|row| row["frame"].as_u64()).max();
    assert!(frame > Some(200), "{frame:?}");
}

#[test]
fn without_a_pdb_panics_are_unknown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alone.sys");
    fs::copy(image("panics-index"), &file).expect("it can be copied");
    let (verdict, evidence) = check(&json(&file, &[]), "panic paths");
    assert!(verdict == "note" && evidence.contains("unknown: no PDB"), "{evidence}");
}

#[test]
fn globals_are_compared_with_a_list() {
    let file = image("bare");
    let (verdict, evidence) = check(&json(&file, &["--strict"]), "writable globals");
    assert!(verdict == "note" && evidence.contains("bare_filter::DRIVER_HANDLE"), "{evidence}");
    let others = ["--strict", "--allow-global", "bare_filter::OTHER"];
    assert_eq!(check(&json(&file, &others), "writable globals").0, "FAIL");
    let folder = tempfile::tempdir().expect("a folder");
    let list = folder.path().join("globals.txt");
    fs::write(&list, "# of DriverEntry\nbare_filter::DRIVER_HANDLE # the registration\n").unwrap();
    let listed = ["--strict", "--globals", list.to_str().expect("UTF-8 path")];
    assert_eq!(check(&json(&file, &listed), "writable globals").0, "ok");
    // An empty list is a list.
    fs::write(&list, "# none\n").expect("it can be written");
    assert_eq!(check(&json(&file, &listed), "writable globals").0, "FAIL");
    let ran = run(&file, &["--globals", "/nowhere/globals.txt"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("/nowhere/globals.txt"), "{}", ran.stderr);
}

#[test]
fn output_fits_into_100_columns() {
    for file in [image("netpnplwf"), arm64(), image("panics-index")] {
        for line in run(&file, &[]).stdout.lines() {
            // The file's own path is as long as it is.
            let path = line.contains(".sys (");
            assert!(path || line.chars().count() <= 100, "{line}");
        }
    }
}

/// A copy of the right filter with some bytes changed by `change`, which is told where the
/// optional header begins.
fn patched(change: impl Fn(&mut Vec<u8>, usize)) -> Value {
    let mut bytes = fs::read(image("bare")).expect("it is built");
    let headers = u32::from_le_bytes(bytes[0x3C..0x40].try_into().expect("4 bytes")) as usize;
    change(&mut bytes, headers + 24);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("patched.sys");
    fs::write(&file, bytes).expect("it can be written");
    assert_eq!(run(&file, &[]).code, Some(1), "a rule of Windows needs no --strict");
    json(&file, &[])
}

#[test]
fn headers_that_windows_refuses_fail() {
    // The checksum is that of the file no more, whatever else is changed.
    let report = patched(|bytes, optional| bytes[optional + 64] ^= 1);
    assert_eq!(failed(&report), ["checksum"]);
    let report = patched(|bytes, optional| bytes[optional + 71] &= !1);
    assert_eq!(failed(&report), ["NX compatible", "checksum"]);
    let report = patched(|bytes, optional| bytes[optional + 68] = 3);
    assert_eq!(failed(&report), ["subsystem", "checksum"]);
    assert!(check(&report, "subsystem").1.contains("Windows console"));
    let report = patched(|bytes, optional| bytes[optional - 2] |= 1);
    assert_eq!(failed(&report), ["relocations", "checksum"]);
    let report = patched(|bytes, optional| bytes[optional + 33] = 2);
    assert!(failed(&report).contains(&"section alignment"), "{:?}", failed(&report));
    let report = patched(|bytes, optional| bytes[optional + 17] = 0x20);
    assert_eq!(failed(&report), ["checksum", "entry point"]);
}

#[test]
fn a_section_that_is_writable_and_executable_fails_by_name() {
    // The first section's characteristics: after the optional header, the last of 40 bytes.
    let report = patched(|bytes, optional| bytes[optional + 240 + 39] |= 0x80);
    assert_eq!(failed(&report), ["checksum", "no W+X section"]);
    assert!(check(&report, "no W+X section").1.contains(".text"));
}

#[test]
fn an_import_of_a_user_mode_library_fails_by_name() {
    let report = patched(|bytes, _| {
        let name = b"ndis.sys\0";
        let at = bytes.windows(name.len()).position(|found| found == name).expect("an import");
        bytes[at..at + 8].copy_from_slice(b"gdi3.dll");
    });
    assert_eq!(failed(&report), ["checksum", "imports"]);
    assert!(check(&report, "imports").1.contains("gdi3.dll"));
}

#[test]
fn what_is_no_driver_is_one_message_and_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = fs::read(image("bare")).expect("it is built");
    let elf = fs::read(env!("CARGO_BIN_EXE_netpnp")).expect("netpnp itself is an ELF");
    let cases: [(&str, &[u8], &str); 4] = [
        ("notes.sys", b"hello, this is not a driver\n", "text"),
        ("empty.sys", b"", "empty"),
        ("elf.sys", &elf, "ELF"),
        ("cut.sys", &whole[..whole.len() - 512], "truncated"),
    ];
    for (name, bytes, word) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("it can be written");
        let ran = run(&file, &[]);
        assert_eq!(ran.code, Some(2), "{}", ran.stdout);
        assert!(ran.stderr.contains(name) && ran.stderr.contains(word), "{}", ran.stderr);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
    }
    let ran = run(Path::new("/nowhere/x.sys"), &[]);
    assert!(ran.code == Some(2) && ran.stderr.contains("/nowhere/x.sys"), "{}", ran.stderr);
}

#[test]
fn the_version_is_told_and_a_damaged_one_noted() {
    let whole = fs::read(image("netpnplwf")).expect("it is built");
    let find = |wanted: &[u8]| whole.windows(wanted.len()).position(|found| found == wanted);
    let signature = find(&0xFEEF_04BD_u32.to_le_bytes()).expect("VS_FIXEDFILEINFO");
    // The key of the block is 34 bytes before it; the tables are the beginning of the section.
    let (key, tables) = (signature - 34, signature & !0x1FF);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("patched.sys");
    let told = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(&file, bytes).expect("it can be written");
        let (verdict, evidence) = check(&json(&file, &[]), "version resource");
        format!("{verdict}: {evidence}")
    };
    let right = concat!("ok: \"file version ", env!("CARGO_PKG_VERSION"), ".0\"");
    assert!(told(&|_| {}).starts_with(right));
    assert!(told(&|bytes| bytes[signature + 10] = 7).starts_with("ok: \"file version 7."));
    for (place, value) in
        [(signature, 0), (key, b'W'), (tables + 16 + 7, 0), (tables + 16 + 4, 0xFF)]
    {
        let told = told(&|bytes| bytes[place] = value);
        assert!(told.starts_with("note: \"damaged: "), "{place:#x}: {told}");
    }
    // Icons, not a version.
    assert!(told(&|bytes| bytes[tables + 16] = 14).starts_with("note: \"absent: "));
    let (verdict, evidence) = check(&json(&image("bare"), &[]), "version resource");
    assert!(verdict == "note" && evidence.contains("absent"), "{evidence}");
}

/// In this process: a panic fails the test.
fn survive(file: &Path, bytes: &[u8]) -> bool {
    Survey::parse(file, bytes)
        .map(|survey| inspect(&survey, &Options { strict: true, ..Options::default() }))
        .is_ok()
}

#[test]
fn truncations_and_flipped_bytes_never_panic() {
    for file in [image("panics-index"), arm64()] {
        let whole = fs::read(&file).expect("it is built");
        for length in (0..whole.len()).step_by(97) {
            survive(&file, &whole[..length]);
        }
        // A fixed sequence of numbers, so that a failure can be repeated.
        let (mut random, mut read) = (0x2545_F491_4F6C_DD1D_u64, 0);
        for round in 0..400 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // Every other one into the headers, where it matters most.
            let room = if round % 2 == 0 { whole.len() } else { 0x400 };
            let mut bytes = whole.clone();
            bytes[usize::try_from(random >> 8).expect("64 bits") % room] ^=
                (random & 0xFF) as u8 | 1;
            read += usize::from(survive(&file, &bytes));
        }
        assert!(read > 200, "most of them can be read: {read}");
    }
}
