//! Filters of public bug reports, in C (`filters/c/cases`): each mistake is found by its rules and by no other, and
//! right filters are clean. What is missed stands in the same table, with the reason.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::netpnp::{Ran, image, netpnp};

/// What `verify` has to say of a case.
enum Verdict {
    /// Nothing: it is right.
    Clean,
    /// These rules with their severities, and no others.
    Breaks(&'static [&'static str]),
    /// It could not be tested, for this reason.
    Untested(&'static str),
    /// Nothing, although something is wrong: this is what the host would need.
    Missed(&'static str),
}

use Verdict::{Breaks, Clean, Missed, Untested};

struct Case {
    stem: &'static str,
    flows: &'static str,
    /// Arguments of `verify`; without them a flow is played as it stands.
    more: &'static str,
    verdict: Verdict,
}

const fn case(
    stem: &'static str,
    flows: &'static str,
    more: &'static str,
    verdict: Verdict,
) -> Case {
    Case { stem, flows, more, verdict }
}

/// What the right ones are put to.
const HARD: &str =
    "--readings --schedules 12 --races 4 --fail-allocation all --fail-call all --fault-limit 40";
const EACH_WAY: &str = "disable_netadapter,sleep_s3_s4_with_pause,resume_no_pause,protocol_rebind";
const GOES: &str = "disable_netadapter";
const SLEEPS: &str = "sleep_s3_s4_no_pause";
const PAUSES_AND_SLEEPS: &str = "sleep_s3_s4_with_pause";

const CASES: [Case; 38] = [
    case("base", EACH_WAY, HARD, Clean),
    case("c01_pausecomplete_after_success", PAUSES_AND_SLEEPS, "", Breaks(&["NV-12 contract"])),
    case("c02_event_never_initialised", GOES, "", Breaks(&["NV-60 contract"])),
    case("c03_wait_under_rwlock", GOES, "", Breaks(&["NV-30 contract"])),
    // A request to a module that goes is never answered: the wait has no end. It narrows the packet filter, too.
    case(
        "c04_oid_in_detach",
        GOES,
        "",
        Breaks(&["NV-24 contract", "NV-25 contract", "NV-61 contract", "NV-68 risky"]),
    ),
    case("c06_unload_frees_before_detach", GOES, "", Breaks(&["NV-37", "NV-60 contract"])),
    case("c07_cleanup_races_detach", GOES, "", Breaks(&["NV-37", "NV-60 contract"])),
    case(
        "c08_bytesread_strict",
        EACH_WAY,
        "--readings",
        Missed("every miniport of the host fills in BytesRead of a set"),
    ),
    case("c09_packet_filter_clobbered", GOES, "", Breaks(&["NV-68 risky"])),
    case("c10_own_request_without_header", GOES, "", Breaks(&["NV-67 contract"])),
    case("c11_register_before_init", GOES, "", Breaks(&["NV-03", "NV-60 contract"])),
    case("c12_leak_at_unload", GOES, "", Breaks(&["NV-43 contract"])),
    case(
        "c13_frees_what_was_not_taken",
        GOES,
        "--fail-allocation all",
        Breaks(&["NV-43 contract"]),
    ),
    case("c14_ioctl_without_module", GOES, "", Breaks(&["NV-60 contract"])),
    case("c15_work_item_outlives_unload", GOES, "", Breaks(&["NV-61 contract"])),
    case("c16_receive_takes_long", GOES, "", Breaks(&["NV-69 risky"])),
    // What a monitor may not do; the base filter is none, and its version ends receive offloads.
    case(
        "c17_error_log_at_resume",
        SLEEPS,
        "--monitor",
        Breaks(&["NV-02 policy", "NV-35 policy", "NV-48 policy"]),
    ),
    case(
        "c18_list_without_lock",
        "many_cycles",
        "--races 64",
        Missed(
            "no handle was closed while the list was walked, in 300 races of each of three flows",
        ),
    ),
    case("c19_holds_lists_over_pause", GOES, "", Breaks(&["NV-13 contract"])),
    case(
        "c20_etw_left_registered",
        GOES,
        "--fail-call NdisFRegisterFilterDriver:1",
        Breaks(&["NV-43 contract"]),
    ),
    case(
        "c21_gate_reopens_only_in_restart",
        SLEEPS,
        "",
        Breaks(&["NV-15 risky", "NV-20 contract"]),
    ),
    case("c22_veto_by_filter", SLEEPS, "", Breaks(&["NV-21 contract"])),
    case(
        "c23_restart_attributes_before_null_test",
        PAUSES_AND_SLEEPS,
        "--readings",
        Breaks(&["NV-29", "NV-60 contract"]),
    ),
    case("c24_loses_a_list", GOES, "", Breaks(&["NV-13 contract"])),
    case("c25_ndis_event_log", SLEEPS, "--monitor", Breaks(&["NV-02 policy", "NV-35 policy"])),
    case("c26_executable_pool", GOES, "", Breaks(&["NV-55 risky"])),
    case(
        "c28_mdl_unmapped",
        GOES,
        "--fail-allocation all",
        Missed("the MDLs of the host's packets are mapped, so that no mapping can fail"),
    ),
    case("c29_old_version", GOES, "--monitor", Breaks(&["NV-02 policy"])),
    case(
        "c30_passes_headerless_request",
        EACH_WAY,
        "--readings",
        Missed("requests from above have headers; no page demands that a filter look"),
    ),
    case("c31_pause_gives_up", GOES, "--readings", Breaks(&["NV-13 contract"])),
    case("c32_attach_needs_another_service", GOES, "", Untested("attached-nowhere")),
    // NDIS says nothing against a timer that stands while the machine sleeps.
    case("c33_relative_timer_over_sleep", SLEEPS, "", Clean),
    case("c34_timer_not_cancelled", GOES, "", Breaks(&["NV-37", "NV-60 contract"])),
    case("c36_requests_refused_after_wake", SLEEPS, "", Breaks(&["NV-20 contract"])),
    case("c38_status_under_lock", GOES, "", Breaks(&["NV-53 risky"])),
    case("c39_user_request_while_asleep", SLEEPS, "", Breaks(&["NV-20 contract"])),
    case("c40_not_supported_for_unknown", GOES, "", Breaks(&["NV-17 contract", "NV-19 contract"])),
    case("f01_oid_in_restart", EACH_WAY, HARD, Clean),
];

fn verify(case: &Case) -> Ran {
    let driver = image(&format!("cases/{}", case.stem)).display().to_string();
    let more: Vec<&str> = case.more.split_whitespace().collect();
    let mut arguments = vec!["verify", &driver, "--json", "--quiet", "--flow", case.flows];
    let given = |name: &str| more.contains(&name);
    let usual = [
        ("--schedules", "0"),
        ("--races", "0"),
        ("--fail-allocation", "none"),
        ("--fail-call", "none"),
    ];
    for (name, value) in usual.into_iter().filter(|(name, _)| !given(name)) {
        arguments.extend([name, value]);
    }
    if !given("--readings") {
        arguments.push("--no-readings");
    }
    arguments.extend(more.iter().copied().filter(|word| *word != "--readings"));
    netpnp(&arguments)
}

/// The rules that are broken, with their severities; without one those that a crash breaks, too.
fn broken(document: &Value) -> BTreeSet<String> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let findings = list(&document["findings"]);
    let also: Vec<Value> = findings.iter().flat_map(|finding| list(&finding["also"])).collect();
    let name = |told: &Value| {
        let severity = told["severity"].as_str().unwrap_or_default();
        Some(format!("{} {severity}", told["rule"].as_str()?).trim_end().to_owned())
    };
    findings.iter().chain(&also).filter_map(name).collect()
}

/// What is not as the table has it.
fn differs(case: &Case) -> Option<String> {
    let ran = verify(case);
    let Ok(document) = serde_json::from_str::<Value>(&ran.stdout) else {
        return Some(ran.stderr);
    };
    let found = broken(&document);
    let is_tested = document["tested"] == true;
    match case.verdict {
        Clean | Missed(_) if is_tested && found.is_empty() => None,
        Breaks(rules)
            if found == rules.iter().map(ToString::to_string).collect::<BTreeSet<_>>() =>
        {
            None
        }
        Untested(reason) if ran.code == Some(2) && document["error"]["kind"] == reason => None,
        Missed(reason) => Some(format!("{found:?}; it was missed, since {reason}")),
        Clean | Breaks(_) | Untested(_) => Some(format!("{found:?}, code {:?}", ran.code)),
    }
}

#[test]
fn each_reported_mistake_is_found_by_its_rules_alone_and_right_filters_are_clean() {
    if !image("cases/base").is_file() {
        println!("the cases were not built: there is no clang here");
        return;
    }
    let differs = |case: &Case| Some(format!("{}: {}", case.stem, differs(case)?));
    let wrong: Vec<String> = CASES.iter().filter_map(differs).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_case_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("filters/c/cases");
    let files = std::fs::read_dir(folder).expect("the cases");
    let stem = |name: &str| Some(name.strip_suffix(".c")?.to_owned());
    let written: BTreeSet<String> = files
        .filter_map(|file| stem(file.expect("a file").file_name().to_str().expect("UTF-8")))
        .collect();
    let known: BTreeSet<String> = CASES.iter().map(|case| case.stem.to_owned()).collect();
    assert_eq!(written, known);
}
