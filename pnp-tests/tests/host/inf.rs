//! `netpnp inf`: ours is clean, each rule catches a small mistake in it, nothing panics.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use ::inf::{self, RULES, Report};
use image::Survey;
use serde_json::Value;

use crate::netpnp::{Ran, image, netpnp};

const TEMPLATE: &str = include_str!("../../../inf/netpnplwf.inx");

/// As stampinf leaves it.
pub fn stamped() -> String {
    let text = TEMPLATE.replace("$ARCH$", "amd64");
    replaced(&text, "DriverVer   =   ", "DriverVer = 02/29/2028,1.2.3.65535")
}

/// An edit that finds nothing to edit proves nothing.
pub fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "`{from}` is not in the INF any more");
    text.replace(from, to)
}

fn check(text: &[u8]) -> Report {
    inf::check(Path::new("netpnplwf.inf"), text, None).expect("it can be read")
}

fn broken(report: &Report) -> BTreeSet<&'static str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

/// A rule, and edits of which each breaks it and no other.
pub type Mistakes = (&'static str, &'static [&'static [(&'static str, &'static str)]]);

/// Takes a line out.
macro_rules! without {
    ($line:literal) => {
        ($line, ";")
    };
}

const IN_THE_FILE: [Mistakes; 7] = [
    (
        "INF-02",
        &[
            &[("[Files12]", "[Files12")],
            &[("\"NetPnP\"", "\"NetPnP")],
            &[("[Version]", "x\n[Version]")],
            &[("PnpLockdown = 1", "= 2\nPnpLockdown = 1")],
        ],
    ),
    ("INF-03", &[&[("[Files13]", "[files12]\n[Files13]")]]),
    (
        "INF-04",
        &[
            &[("AddReg         = Parameters", "AddReg = Parameters, More")],
            &[("NTamd64.10.0...25319\n\n", "NTamd64.10.0...25319, NTarm64.10.0...25319\n\n")],
        ],
    ),
    ("INF-05", &[&[("[Strings]", "[Lwf13.Servcies]\n[Strings]")]]),
    (
        "INF-06",
        &[
            &[("Description    = %HelpText%", "Description = %HelpTxet%")],
            &[("Disk        =", "[Strings.0407]\nDisk =")],
        ],
    ),
    ("INF-07", &[&[("Provider    =", "Provder = \"NetPnP\"\nProvider    =")]]),
    ("INF-08", &[&[("installation disk", "installation disk $KMDFVERSION$")]]),
];

const IN_VERSION_AND_MODELS: [Mistakes; 11] = [
    ("INF-09", &[&[("$Windows NT$", "$Chicago$")], &[without!("Signature ")]]),
    ("INF-10", &[&[("= NetService", "= NetTrans")], &[("{4D36E974-", "{4D36E972-")]]),
    (
        "INF-11",
        &[
            &[("\"NetPnP\"", "\"Microsoft Corporation\"")],
            &[("Provider    = %Provider%", "Provider = NetPnP")],
        ],
    ),
    (
        "INF-12",
        &[
            &[("netpnplwf.cat", "netpnplwf")],
            &[without!("CatalogFile")],
            &[("netpnplwf.sys = 1", "netpnplwf.sys = 1\nnetpnplwf.cat = 1")],
        ],
    ),
    (
        "INF-13",
        &[
            &[("02/29/2028", "13/01/2028")],
            &[(".65535", ".65536")],
            &[(",1.2.3.65535", "")],
            &[without!("DriverVer")],
        ],
    ),
    ("INF-14", &[&[("PnpLockdown = 1", "PnpLockdown = 0")], &[without!("PnpLockdown")]]),
    ("INF-15", &[&[("NTamd64.10.0...", "NT.10.0...")], &[("NTamd64.", "NTmips.")]]),
    ("INF-16", &[&[("10.0...16299", "10.0.1..16299")]]),
    ("INF-17", &[&[("25319", "22631")]]),
    ("INF-18", &[&[("NTamd64.10.0...16299", "NTamd64.10.0")]]),
    (
        "INF-19",
        &[
            &[("NETPNP_LWF", "MS_NETPNP")],
            &[("NETPNP_LWF", "NETPNP-LWF")],
            &[("Lwf12, NETPNP_LWF", "Lwf12, NETPNP_LWF12")],
        ],
    ),
];

const IN_FILES_AND_SECTIONS: [Mistakes; 12] = [
    ("INF-20", &[&[("\n1 = %Disk%", "\n2 = %Disk%")], &[("[Files12]\n", "[Files12]\nmore.sys\n")]]),
    ("INF-21", &[&[("netpnplwf.sys = 1", "netpnplwf.sys = 1\nnetpnplwf.pdb = 1")]]),
    ("INF-22", &[&[without!("Files12 = 12")]]),
    (
        "INF-23",
        &[
            &[("netpnplwf.sys = 1", "netpnplwf.sys = 1, amd64")],
            &[
                ("[Files13]\nnetpnplwf.sys", "[Files13]\nnetpnp.sys, netpnplwf.sys"),
                ("%13%\\netpnplwf.sys", "%13%\\netpnp.sys"),
            ],
        ],
    ),
    (
        "INF-24",
        &[
            &[("%13%\\netpnplwf.sys", "%12%\\netpnplwf.sys")],
            &[("%12%\\netpnplwf.sys", "%12%\\netpnp.sys")],
            &[without!("ServiceBinary  = %13%\\netpnplwf.sys")],
        ],
    ),
    (
        "INF-25",
        &[
            &[("= 0x40000", "= 0x400")],
            &[("= 0x40000", "= 0x40400")],
            &[without!("Characteristics  = 0x40000")],
        ],
    ),
    ("INF-26", &[&[("= 0x40000", "= 0x40008")]]),
    (
        "INF-27",
        &[
            &[(
                "\"{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}\"",
                "6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24",
            )],
            &[("8F24}\"\nCopyFiles        = Files13", "8F25}\"\nCopyFiles        = Files13")],
            &[without!("NetCfgInstanceId = \"")],
        ],
    ),
    (
        "INF-28",
        &[&[("6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24", "5cbf81bf-5055-47cd-9055-a76b2b4e3697")]],
    ),
    (
        "INF-29",
        &[
            &[("[Service13]\n", "[Service13]\nStartName = \\Driver\\netpnplwf\n")],
            &[(
                "AddReg           = Ndi\n\n[Ndi]",
                "AddReg = Ndi, Ndi13\n[Ndi13]\nHKR,,A,,B\n[Ndi]",
            )],
        ],
    ),
    (
        "INF-50",
        &[
            &[("HKR, Parameters, Query", "HKLM, Parameters, Query")],
            &[("HKR, Ndi, UnbindOnAttach", "HKCR, Ndi, UnbindOnAttach")],
        ],
    ),
    (
        "INF-51",
        &[
            &[("[Strings]", "[Lwf13.CoInstallers]\n[Strings]")],
            &[("[DestinationDirs]", "[DefaultInstall]\n[DestinationDirs]")],
            &[("[Lwf13.Remove.Services]", "[Lwf13.Remove]\nDelReg = Ndi\n[Lwf13.Remove.Services]")],
        ],
    ),
];

const IN_NDI: [Mistakes; 12] = [
    (
        "INF-30",
        &[
            &[("Service,        0x00000000, \"netpnplwf\"", "Service,, \"netpnp\"")],
            &[without!("HKR, Ndi, Service,")],
        ],
    ),
    (
        "INF-31",
        &[
            &[("0x00010000, \"netpnplwf\"", "0x00010000, \"netpnp\"")],
            &[("0x00010000, \"netpnplwf\"", "0, \"netpnplwf\"")],
            &[without!("HKR, Ndi, CoServices")],
        ],
    ),
    ("INF-32", &[&[without!("HKR, Ndi, HelpText")]]),
    (
        "INF-33",
        &[
            &[("FilterType,     0x00010001, 1", "FilterType, 0x00010001, 3")],
            &[("FilterType,     0x00010001, 1", "FilterType, 0, 1")],
            &[without!("HKR, Ndi, FilterType")],
        ],
    ),
    (
        "INF-34",
        &[
            &[("FilterRunType,  0x00010001, 2", "FilterRunType, 0x00010001, 0")],
            &[without!("HKR, Ndi, FilterRunType")],
        ],
    ),
    ("INF-35", &[&[("FilterRunType,  0x00010001, 2", "FilterRunType, 0x00010001, 1")]]),
    (
        "INF-36",
        &[
            &[("[Ndi]\n", "[Ndi]\nHKR, Ndi, FilterClass,, custom\n")],
            &[("FilterType,     0x00010001, 1", "FilterType, 0x00010001, 2")],
            &[
                ("FilterType,     0x00010001, 1", "FilterType, 0x00010001, 2"),
                ("[Ndi]\n", "[Ndi]\nHKR, Ndi, FilterClass,, monitor\n"),
            ],
        ],
    ),
    (
        "INF-37",
        &[
            &[("\"noupper\"", "\"ndis5\"")],
            &[("\"nolower\"", "\"ethernet\"")],
            &[without!("HKR, Ndi\\Interfaces, LowerRange")],
        ],
    ),
    (
        "INF-38",
        &[
            &[("\"ethernet, wlan, ppip\"", "\"ethernet, tokenring\"")],
            &[("\"ethernet, wlan, ppip\"", "\"Ethernet, ethernet\"")],
            &[("\"ethernet, wlan, ppip\"", "\"vmnetextension\"")],
            &[("\"ethernet, wlan, ppip\"", "\"\"")],
            &[without!("HKR, Ndi\\Interfaces, FilterMediaTypes")],
        ],
    ),
    ("INF-39", &[&[("\"ethernet, wlan, ppip\"", "\"wlan\"")]]),
    (
        "INF-40",
        &[
            &[("UnbindOnAttach, 0x00010001, 0", "UnbindOnAttach, 0x00010001, 1")],
            &[("UnbindOnDetach, 0x00010001, 0", "UnbindOnDetach, 0, 0")],
        ],
    ),
    ("INF-41", &[&[("[Ndi]\n", "[Ndi]\nHKR, Ndi, NdisBootStart, 0x00010001, 0\n")]]),
];

const IN_THE_SERVICE: [Mistakes; 8] = [
    ("INF-42", &[&[("AddService = netpnplwf, 0,", "AddService = netpnplwf, 2,")]]),
    ("INF-43", &[&[("ServiceType    = 1", "ServiceType = 2")], &[without!("ServiceType")]]),
    ("INF-44", &[&[("StartType      = 1", "StartType = 3")], &[without!("StartType")]]),
    ("INF-45", &[&[("ErrorControl   = 1", "ErrorControl = 3")], &[without!("ErrorControl")]]),
    ("INF-46", &[&[("= NDIS", "= Base")], &[without!("LoadOrderGroup")]]),
    ("INF-47", &[&[("HKR, Parameters, QueryWakeSettings", "HKR,, QueryWakeSettings")]]),
    (
        "INF-48",
        &[
            &[("BindingOptions, 0x00010001, 2", "BindingOptions, 0x00010001, 4")],
            &[without!("HKR, Parameters, NdisIm")],
        ],
    ),
    (
        "INF-49",
        &[
            &[("DelService = netpnplwf, 0x200", "DelService = netpnplwf")],
            &[("DelService = netpnplwf", "DelService = netpnp")],
        ],
    ),
];

pub fn mistakes() -> impl Iterator<Item = &'static Mistakes> {
    let all: [&'static [Mistakes]; 5] =
        [&IN_THE_FILE, &IN_VERSION_AND_MODELS, &IN_FILES_AND_SECTIONS, &IN_NDI, &IN_THE_SERVICE];
    all.into_iter().flatten()
}

#[test]
fn ours_is_clean_as_a_template_and_stamped() {
    let template = inf::check(Path::new("netpnplwf.inx"), TEMPLATE.as_bytes(), None);
    for report in [template.expect("it can be read"), check(stamped().as_bytes())] {
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
    let arm64 = TEMPLATE.replace("$ARCH$", "arm64");
    assert_eq!(broken(&check(arm64.as_bytes())), BTreeSet::from(["INF-13"]), "no DriverVer");
}

#[test]
fn every_mistake_breaks_its_rule_and_no_other() {
    let mut wrong = String::new();
    for (rule, edits) in mistakes() {
        for (index, edit) in edits.iter().enumerate() {
            let text = edit.iter().fold(stamped(), |text, (from, to)| replaced(&text, from, to));
            let found = broken(&check(text.as_bytes()));
            if found != BTreeSet::from([*rule]) {
                let _ = writeln!(wrong, "{rule}, edit {}: {found:?}", index + 1);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_rule_has_its_mistake() {
    // INF-01 is in `encodings_that_windows_reads`, 52 to 55 are about an image.
    let elsewhere = ["INF-01", "INF-52", "INF-53", "INF-54", "INF-55"];
    let tested: BTreeSet<&str> = mistakes().map(|(rule, _)| *rule).chain(elsewhere).collect();
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(tested, all);
}

#[test]
fn encodings_that_windows_reads() {
    let text = stamped();
    let wide = |mark: u16, bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        std::iter::once(mark).chain(text.encode_utf16()).flat_map(bytes).collect()
    };
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    let foreign = replaced(&text, "\"NetPnP\"", "\"NétPnP\"").into_bytes();
    let little = wide(0xFEFF, u16::to_le_bytes);
    assert!(check(&little).findings.is_empty());
    assert!(check(text.replace('\n', "\r\n").as_bytes()).findings.is_empty());
    for bytes in [marked, foreign, wide(0xFEFF, u16::to_be_bytes)] {
        assert_eq!(broken(&check(&bytes)), BTreeSet::from(["INF-01"]));
    }
}

/// Other filters than ours are right too: a modifying one, one of a switch, one that starts late, two in
/// one file.
#[test]
fn other_right_filters_are_clean() {
    let modifying = [
        ("FilterType,     0x00010001, 1", "FilterType, 0x00010001, 2"),
        ("[Ndi]\n", "[Ndi]\nHKR, Ndi, FilterClass,, Compression\n"),
        ("FilterRunType,  0x00010001, 2", "FilterRunType, 0x00010001, 1"),
    ];
    let switch = [
        ("FilterType,     0x00010001, 1", "FilterType, 0x00010001, 2"),
        ("[Ndi]\n", "[Ndi]\nHKR, Ndi, FilterClass,, ms_switch_filter\n"),
        ("\"ethernet, wlan, ppip\"", "\"vmnetextension\""),
    ];
    let late = [
        ("StartType      = 1", "StartType = 3"),
        ("[Ndi]\n", "[Ndi]\nHKR, Ndi, NdisBootStart, 0x00010001, 0\n"),
    ];
    let two = [
        ("Lwf12, NETPNP_LWF", "Lwf12, NETPNP_LWF\n%Description% = Other, NETPNP_OTHER"),
        ("Lwf13, NETPNP_LWF", "Lwf13, NETPNP_LWF\n%Description% = Other, NETPNP_OTHER"),
        (
            "[Strings]\n",
            "[Other]\nCharacteristics = 0x40000\nCopyFiles = Files12\nAddReg = Ndi\n\
             NetCfgInstanceId = \"{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F25}\"\n\
             [Other.Services]\nAddService = netpnplwf,, Service12\n\
             [Other.Remove.Services]\nDelService = netpnplwf, 0x200\n[Strings]\n",
        ),
    ];
    for edits in [&modifying[..], &switch, &late, &two] {
        let text = edits.iter().fold(stamped(), |text, (from, to)| replaced(&text, from, to));
        let report = check(text.as_bytes());
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
}

/// Numbers that differ from seed to seed and not from run to run (xorshift).
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).expect("31 bits")
}

#[test]
fn damaged_files_are_reported_or_refused() {
    let whole = stamped().into_bytes();
    let path = Path::new("netpnplwf.inf");
    let (mut refused, mut reported) = (0, 0);
    let mut look = |bytes: &[u8]| match inf::check(path, bytes, None) {
        Ok(report) => reported += usize::from(report.errors > 0),
        Err(why) => {
            assert!(why.starts_with("netpnplwf.inf: "), "{why}");
            refused += 1;
        }
    };
    for length in (0..whole.len()).step_by(7) {
        look(&whole[..length]);
    }
    let mut state = 0x6E65_7470_6E70;
    for _ in 0..1500 {
        let mut bytes = whole.clone();
        for _ in 0..=next(&mut state) % 4 {
            let at = next(&mut state) % bytes.len();
            bytes[at] = u8::try_from(next(&mut state) & 0xFF).expect("a byte");
        }
        look(&bytes);
    }
    assert!(refused > 100 && reported > 100, "{refused} refused, {reported} reported");
}

/// As much as a file can make of few bytes: everything names everything.
#[test]
fn files_that_are_all_names_take_no_longer_than_one_waits() {
    let many = |line: &dyn Fn(usize) -> String| (0..480).map(line).collect::<String>();
    let text = format!(
        "[Manufacturer]\na = M, NTamd64\n[M.NTamd64]\n{}{}[R]\n{}[F]\n{}",
        many(&|n| format!("a = I{n}, id{n}\n")),
        many(&|n| format!("[I{n}]\nAddReg = R, R{}\nCopyFiles = F\n", ", R".repeat(40))),
        many(&|n| format!("HKR,, v{n}\n")),
        many(&|n| format!("f{n}.sys\n")),
    );
    let lines: String =
        text.lines().take(1990).fold(String::new(), |text, line| text + line + "\n");
    assert!(check(lines.as_bytes()).errors > 1000);
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let file = self.0.path().join(name);
        fs::write(&file, bytes).expect("it can be written");
        file
    }
}

fn run(file: &Path, more: &[&str]) -> Ran {
    let mut arguments = vec!["inf", file.to_str().expect("UTF-8 path")];
    arguments.extend(more);
    netpnp(arguments)
}

#[test]
fn exit_codes_and_what_is_printed() {
    let folder = Folder::new();
    let clean = run(&folder.write("netpnplwf.inf", stamped()), &[]);
    assert_eq!((clean.code, clean.stderr.as_str()), (Some(0), ""));
    let warned = replaced(&stamped(), "= 0x40000", "= 0x40008");
    let warned = run(&folder.write("warned.inf", warned), &[]);
    assert_eq!(warned.code, Some(0), "warnings are allowed");
    assert!(warned.stdout.contains("0 errors, 2 warnings, 0 remarks"), "{}", warned.stdout);
    let wrong = folder.write("wrong.inf", replaced(&stamped(), "= 0x40000", "= 0x400"));
    let ran = run(&wrong, &[]);
    assert_eq!(ran.code, Some(1));
    let line = 1 + stamped().lines().position(|line| line.ends_with("= 0x40000")).expect("there");
    assert!(ran.stdout.contains(&format!("wrong.inf:{line}: error INF-25\n")), "{}", ran.stdout);
    for label in ["found     Characteristics = 0x400\n", "expected  0x40000\n", "do  ", "source  "]
    {
        assert!(ran.stdout.contains(label), "{label} is missing in {}", ran.stdout);
    }
    let json: Value = serde_json::from_str(&run(&wrong, &["--json"]).stdout).expect("JSON");
    assert_eq!(
        (json["errors"].as_u64(), json["findings"][0]["rule"].as_str()),
        (Some(2), Some("INF-25"))
    );
    assert_eq!(json["findings"][0]["line"].as_u64(), Some(line as u64));
}

#[test]
fn output_keeps_to_100_columns() {
    let folder = Folder::new();
    let wrong = format!("[Version]\nPnpLockdown = {}\n[{}]\n", "9".repeat(400), "x y ".repeat(90));
    let ran = run(&folder.write("long.inf", wrong), &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_is_refused_with_one_line() {
    let folder = Folder::new();
    let missing = folder.0.path().join("missing.inf");
    let files = [
        (missing, "there is no such file"),
        (folder.0.path().to_owned(), "it is a folder"),
        (folder.write("empty.inf", ""), "found no [section]"),
        (folder.write("page.inf", b"[Strings]\nName = \"\xDCber\"\n"), "line 2"),
        (folder.write("zeros.inf", [0; 64]), "NUL"),
        (PathBuf::from("/dev/zero"), "more than"),
    ];
    for (file, says) in files {
        let ran = run(&file, &[]);
        assert_eq!(ran.code, Some(2), "{says}: {}", ran.stdout);
        assert!(ran.stderr.contains(says) && ran.stderr.lines().count() == 1, "{}", ran.stderr);
        assert!(ran.stderr.contains(file.to_str().expect("UTF-8")), "{}", ran.stderr);
    }
}

/// What `--sys` finds wrong with an INF and our x64 driver.
fn with_driver(text: &str, driver: &Path) -> BTreeSet<&'static str> {
    let image = Survey::open(driver).expect("the driver can be read");
    let report = inf::check(Path::new("netpnplwf.inf"), text.as_bytes(), Some(&image));
    broken(&report.expect("it can be read"))
}

#[test]
fn the_driver_is_the_one_that_the_inf_installs() {
    let (x64, folder) = (image("netpnplwf"), Folder::new());
    let arm64 = x64.parent().expect("x64").with_file_name("arm64").join("netpnplwf.sys");
    let none = BTreeSet::new();
    assert_eq!(with_driver(&stamped(), &x64), none);
    assert_eq!(
        with_driver(&TEMPLATE.replace("$ARCH$", "arm64"), &arm64),
        BTreeSet::from(["INF-13"])
    );
    assert_eq!(with_driver(&stamped(), &arm64), BTreeSet::from(["INF-55"]));
    let renamed = folder.write("netpnp.sys", fs::read(&x64).expect("it is built"));
    assert_eq!(with_driver(&stamped(), &renamed), BTreeSet::from(["INF-54"]));
    let other_guid = replaced(&stamped(), "3B7E1D9A8F24", "3B7E1D9A8F25");
    assert_eq!(with_driver(&other_guid, &x64), BTreeSet::from(["INF-52"]));
    let lower_case = replaced(&stamped(), "6F0D3B1E", "6f0d3b1e");
    assert_eq!(with_driver(&lower_case, &x64), none);
    let mut other_service = stamped();
    for (from, to) in [
        ("\"netpnplwf\"", "\"netpnpx\""),
        ("AddService = netpnplwf", "AddService = netpnpx"),
        ("DelService = netpnplwf", "DelService = netpnpx"),
    ] {
        other_service = replaced(&other_service, from, to);
    }
    assert_eq!(with_driver(&other_service, &x64), BTreeSet::from(["INF-53"]));
    let file = folder.write("netpnplwf.inf", stamped());
    let ran = run(&file, &["--sys", x64.to_str().expect("UTF-8 path")]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let ran = run(&file, &["--sys", file.to_str().expect("UTF-8 path")]);
    assert_eq!(ran.code, Some(2), "an INF is no driver");
}

/// The driver's constants and the INF say the same; this needs no image.
#[test]
fn the_inf_says_what_the_driver_registers() {
    let entry = include_str!("../../../driver/src/entry.rs");
    for (name, in_inf) in [
        ("UNIQUE_NAME", "NetCfgInstanceId = \"VALUE\""),
        ("SERVICE_NAME", "AddService = VALUE, 0,"),
        ("FRIENDLY_NAME", "Description = \"VALUE\""),
        ("QUERY_WAKE_SETTINGS", "HKR, Parameters, VALUE, 0x00010003, 0"),
    ] {
        let line = entry.lines().find(|line| line.starts_with(&format!("static {name}:")));
        let value = line.and_then(|line| line.split('"').nth(1)).expect("a constant with a text");
        let expected = in_inf.replace("VALUE", value);
        assert!(TEMPLATE.contains(&expected), "{name}: {expected}");
    }
}

#[test]
fn the_page_shows_the_rules_and_what_a_mistake_looks_like() {
    let page = include_str!("../../../docs/inf.md");
    let rules = netpnp(["inf", "--rules"]);
    assert_eq!(rules.code, Some(0));
    assert!(
        page.contains(&rules.stdout),
        "docs/inf.md is not `netpnp inf --rules`:\n{}",
        rules.stdout
    );
    let folder = Folder::new();
    let mistakes = [
        ("StartType      = 1", "StartType      = 3"),
        ("FilterRunType,  0x00010001, 2", "FilterRunType,  0x00010001, 1"),
    ];
    let text = mistakes.iter().fold(stamped(), |text, (from, to)| replaced(&text, from, to));
    let file = folder.write("netpnplwf.inf", text);
    let shown = run(&file, &[]).stdout.replace(file.to_str().expect("UTF-8"), "netpnplwf.inf");
    assert!(page.contains(&shown), "docs/inf.md shows something else than:\n{shown}");
}
