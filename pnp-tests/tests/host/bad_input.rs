//! What a person gets wrong: one clear message each, exit code 2, no panic.

use std::fs;
use std::path::Path;

use crate::netpnp::{Ran, image, netpnp};

fn refused(bytes: &[u8], name: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, bytes).expect("it can be written");
    let ran = run_driver(&file);
    check(&ran, name);
    ran.stderr
}

fn run_driver(file: &Path) -> Ran {
    netpnp(["run", "--driver", file.to_str().expect("UTF-8 path"), "--scenario", "quiet"])
}

fn check(ran: &Ran, name: &str) {
    assert_eq!(ran.code, Some(2), "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains(name), "the message names the file: {}", ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

fn driver() -> Vec<u8> {
    fs::read(image("netpnplwf")).expect("the driver is built")
}

#[test]
fn a_text_file_is_no_driver() {
    assert!(refused(b"hello, this is not a driver\n", "notes.sys").contains("text"));
}

#[test]
fn an_empty_file_is_no_driver() {
    refused(b"", "empty.sys");
}

#[test]
fn an_elf_is_named_as_such() {
    let own = fs::read(env!("CARGO_BIN_EXE_netpnp")).expect("netpnp itself is an ELF");
    assert!(refused(&own, "elf.sys").contains("ELF"));
}

#[test]
fn a_truncated_driver_says_how_much_is_missing() {
    let whole = driver();
    for length in [64, 256, 1024, whole.len() / 2, whole.len() - 512] {
        refused(&whole[..length], "cut.sys");
    }
}

#[test]
fn a_32_bit_driver_and_an_arm64_driver_are_told_apart() {
    let mut bytes = driver();
    let header = u32::from_le_bytes(bytes[0x3C..0x40].try_into().expect("4 bytes")) as usize;
    for (machine, word) in [(0x014C_u16, "32"), (0xAA64, "ARM64")] {
        bytes[header + 4..header + 6].copy_from_slice(&machine.to_le_bytes());
        let message = refused(&bytes, "other.sys");
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn an_import_that_is_not_implemented_is_refused_by_name() {
    let mut bytes = driver();
    let name = b"NdisFSetAttributes\0";
    let at = bytes.windows(name.len()).position(|w| w == name).expect("it is imported");
    bytes[at..at + 18].copy_from_slice(b"NdisFSetAttribuzes");
    let message = refused(&bytes, "strange.sys");
    assert!(message.to_lowercase().contains("ndis.sys\n    ndisfsetattribuzes"), "{message}");
}

#[test]
fn a_missing_driver_and_an_unknown_scenario_say_what_to_do() {
    let ran = netpnp(["run", "--driver", "/nowhere/x.sys", "--scenario", "quiet"]);
    check(&ran, "/nowhere/x.sys");
    let ran = netpnp(["run", "--scenario", "tuor"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("did you mean `tour`"), "{}", ran.stderr);
}

#[test]
fn a_typo_in_a_scenario_is_shown_with_file_line_and_suggestion() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("typo.pnp");
    fs::write(&file, "given adapter eth0\nwhen eth0 slepes D3\n").expect("it can be written");
    let ran = netpnp(["run", "--scenario", file.to_str().expect("UTF-8 path")]);
    assert_eq!(ran.code, Some(2));
    for part in ["typo.pnp:2", "slepes", "sleeps"] {
        assert!(ran.stderr.contains(part), "{part} is missing in\n{}", ran.stderr);
    }
}

#[test]
fn an_import_from_a_driver_that_is_not_simulated_is_not_taken_for_user_mode() {
    let mut bytes = driver();
    let module = b"ndis.sys\0";
    let at = bytes.windows(module.len()).position(|w| w == module).expect("it is imported");
    bytes[at..at + 8].copy_from_slice(b"wdfl.sys");
    let message = refused(&bytes, "framework.sys");
    assert!(message.contains("\n  wdfl.sys\n"), "{message}");
    assert!(message.contains("\n    NdisFSetAttributes\n"), "{message}");
    assert!(message.contains("does not implement"), "{message}");
}
