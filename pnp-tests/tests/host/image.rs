//! What the linked driver is, read out of the file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use image::{ImageFile, Survey, Symbols};

use crate::netpnp::{image, play};

#[test]
fn the_driver_imports_from_the_kernel_and_ndis_only() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    assert!(file.imports().len() > 10);
    for import in file.imports() {
        let module = import.module.to_ascii_lowercase();
        assert!(["ntoskrnl.exe", "ndis.sys"].contains(&&*module), "{}!{}", module, import.name);
    }
}

#[test]
fn no_section_is_both_writable_and_executable() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    for section in file.sections() {
        assert!(!(section.write && section.execute), "{}", section.name);
    }
}

#[test]
fn the_driver_is_below_64_kib_its_checksum_ok_and_its_pdb_matches() {
    let path = image("netpnplwf");
    let file = ImageFile::open(&path).expect("it is a driver");
    assert!(std::fs::metadata(&path).expect("it is there").len() < 64 * 1024);
    assert!(file.facts().checksum_ok);
    assert!(Symbols::beside(&file).is_some());
}

#[test]
fn the_driver_can_be_loaded_anywhere() {
    let file = ImageFile::open(&image("netpnplwf")).expect("it is a driver");
    let relocations = file.sections().iter().find(|section| section.name == ".reloc");
    assert!(relocations.is_some_and(|section| section.virtual_size > 8), "no relocations");
}

#[test]
fn the_arm64_build_is_an_arm64_driver() {
    let path = image("netpnplwf");
    let arm64 = path.parent().expect("x64").with_file_name("arm64").join("netpnplwf.sys");
    let Err(refused) = ImageFile::open(&arm64) else { panic!("this host runs x86-64 only") };
    assert!(refused.to_string().contains("ARM64"), "{refused}");
    assert!(std::fs::metadata(&arm64).expect("it is there").len() < 64 * 1024);
}

/// All that the driver may ask of Windows. None of it makes a device, a link to one, a file, a section, a
/// thread or a process, writes to the registry or reaches into another address space: nobody but NDIS
/// and ETW can call the driver. What comes here anew belongs into SECURITY.md, too.
const MAY_IMPORT: [&str; 40] = [
    // NDIS: to be a filter, pass events on, ask an adapter two questions.
    "NdisAllocateCloneOidRequest",
    "NdisAllocateMemoryWithTagPriority",
    "NdisFCancelOidRequest",
    "NdisFDeregisterFilterDriver",
    "NdisFDevicePnPEventNotify",
    "NdisFIndicateStatus",
    "NdisFNetPnPEvent",
    "NdisFOidRequest",
    "NdisFOidRequestComplete",
    "NdisFPauseComplete",
    "NdisFRegisterFilterDriver",
    "NdisFSetAttributes",
    "NdisFreeCloneOidRequest",
    "NdisFreeMemoryWithTagPriority",
    "NdisGetVersion",
    // ETW: to be a provider.
    "EtwActivityIdControl",
    "EtwRegister",
    "EtwSetInformation",
    "EtwUnregister",
    "EtwWriteTransfer",
    // The registry: to open and to read.
    "ZwClose",
    "ZwOpenKey",
    "ZwQueryValueKey",
    // Clocks, a timer, locks, one event.
    "ExAcquireRundownProtection",
    "ExAllocateTimer",
    "ExCancelTimer",
    "ExDeleteTimer",
    "ExInitializeRundownProtection",
    "ExReleaseRundownProtection",
    "ExSetTimer",
    "ExWaitForRundownProtectionRelease",
    "KeAcquireSpinLockRaiseToDpc",
    "KeInitializeEvent",
    "KeQueryInterruptTimePrecise",
    "KeQueryUnbiasedInterruptTimePrecise",
    "KeReleaseSpinLock",
    "KeSetEvent",
    "KeWaitForSingleObject",
    // The compiler's own.
    "memcmp",
    "memcpy",
];

/// Both images that ship.
fn images() -> [PathBuf; 2] {
    let x64 = image("netpnplwf");
    let arm64 = x64.parent().expect("x64").with_file_name("arm64").join("netpnplwf.sys");
    [x64, arm64]
}

#[test]
fn the_driver_asks_windows_for_nothing_that_others_could_reach_it_by() {
    for path in images() {
        let survey = Survey::open(&path).expect("it is a driver");
        let imports = survey.imports().expect("a table of imports");
        let names: BTreeSet<&str> = imports.iter().map(|import| import.name.as_str()).collect();
        let may = BTreeSet::from(MAY_IMPORT);
        assert_eq!(names.difference(&may).collect::<Vec<_>>(), [&""; 0], "{}", path.display());
        // The list does not outlive what it is for.
        assert_eq!(may.difference(&names).collect::<Vec<_>>(), [&""; 0], "{}", path.display());
    }
}

/// UTF-16, as Windows has texts.
fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Its own key comes from the system (`RegistryPath`); any other, a device or a file would be named.
#[test]
fn the_driver_names_no_device_no_file_and_no_registry_key() {
    for path in images() {
        let bytes = std::fs::read(&path).expect("it is there").to_ascii_lowercase();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(holds(&wide("querywakesettings")), "{}: texts are UTF-16", path.display());
        for root in ["\\device", "\\dosdevices", "\\??\\", "\\registry", "\\systemroot", "hklm"] {
            let found = holds(root.as_bytes()) || holds(&wide(root));
            assert!(!found, "{} names {root}", path.display());
        }
    }
}

/// The value of a text in a version resource: behind the name and its end, at a multiple of four bytes.
fn property(path: &Path, name: &str) -> String {
    let survey = Survey::open(path).expect("it is a driver");
    let section = survey.sections.iter().find(|section| section.name == ".rsrc");
    let bytes = survey.bytes(section.expect("resources").rva);
    let name = wide(&format!("{name}\0"));
    let at = bytes.windows(name.len()).position(|window| window == name).expect("the name");
    let value = bytes[(at + name.len()).next_multiple_of(4)..].chunks_exact(2);
    let value = value.map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    String::from_utf16(&value.take_while(|unit| *unit != 0).collect::<Vec<_>>()).expect("UTF-16")
}

#[test]
fn the_properties_of_the_file_say_what_the_package_and_the_inf_say() {
    let version = concat!(env!("CARGO_PKG_VERSION"), ".0");
    let inf = include_str!("../../../inf/netpnplwf.inx");
    let in_inf = |key: &str| {
        let mut lines = inf.lines().skip_while(|line| *line != "[Strings]");
        let line = lines.find(|line| line.split('=').next().map(str::trim) == Some(key));
        line.and_then(|line| line.split('"').nth(1)).expect("a text of the INF").to_owned()
    };
    for path in images() {
        let numbers = Survey::open(&path).expect("it is a driver").file_version();
        let numbers = numbers.expect("it can be read").expect("it is there");
        assert_eq!(numbers.map(|number| number.to_string()).join("."), version);
        for (name, value) in [
            ("CompanyName", in_inf("Provider")),
            ("FileDescription", in_inf("Description")),
            ("FileVersion", version.to_owned()),
            ("InternalName", "netpnplwf".to_owned()),
            ("OriginalFilename", "netpnplwf.sys".to_owned()),
            ("ProductName", "netpnplwf".to_owned()),
            ("ProductVersion", version.to_owned()),
        ] {
            assert_eq!(property(&path, name), value, "{name} in {}", path.display());
        }
    }
}

#[test]
fn the_driver_registers_no_handler_for_packets_and_by_default_none_for_requests() {
    let handlers = |more: &[&str]| {
        let ran = play("netpnplwf", "surprise_removal", &[&["--journal"], more].concat());
        let found =
            ran.stdout.lines().find_map(|line| line.split_once("handlers [")?.1.split_once(']'));
        let (names, _) = found.unwrap_or_else(|| panic!("no registration: {}", ran.stderr));
        names.to_owned()
    };
    let default = handlers(&[]);
    assert!(default.contains("FilterNetPnPEvent") && !default.contains("Oid"), "{default}");
    let asking = handlers(&["--parameter", "QueryWakeSettings=1"]);
    assert!(asking.contains("FilterOidRequest"), "{asking}");
    for handlers in [default, asking] {
        assert!(!handlers.contains("NetBufferLists"), "{handlers}");
    }
}
