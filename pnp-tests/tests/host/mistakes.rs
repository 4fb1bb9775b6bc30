//! Filters with one mistake each: the host must catch it, and leave the right one alone.

use crate::netpnp::{play, play_text};

const LIFE: &str = "\
# One adapter's life.
given adapter eth0
given filter qos on eth0
when driver loads
when eth0 sleeps D3
when 8h pass
when eth0 resumes
when eth0 link up
when eth0 disables
when eth0 enables
when eth0 surprise-removed
when driver unloads
";

#[test]
fn a_filter_that_forwards_everything_passes() {
    let ran = play_text("bare", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

#[test]
fn a_filter_that_forwards_nothing_is_caught_by_nv19() {
    let ran = play_text("swallows", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("NV-19"), "{}", ran.stdout);
}

#[test]
fn a_filter_that_relays_a_failure_nobody_asked_for_is_caught_by_nv17() {
    let ran = play("bare", "veto_without_a_say", &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("NV-17"), "{}", ran.stdout);
}

#[test]
fn memory_that_nobody_frees_is_caught_by_nv43() {
    let ran = play_text("leaks", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("NV-43") && ran.stdout.contains("tag leak"), "{}", ran.stdout);
}

#[test]
fn a_module_that_fails_to_restart_is_detached_and_the_stack_goes_on() {
    let text = "\
# Flow e31.
given adapter eth0
when driver loads
then eth0 absent
then modules eth0 0
then tcpip on eth0 saw Restart
when eth0 sends PnPCapabilities
then tcpip on eth0 saw PnPCapabilities
then result SUCCESS
";
    let text = text.replace("then eth0 absent", "then eth0 detached");
    let ran = play_text("fails-restart", "restart_failure", &text, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
}

#[test]
fn a_crash_is_a_bugcheck_with_rva_symbol_and_line_and_the_host_lives_on() {
    let ran = play_text("crashes", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in ["BUGCHECK 0x50", "close to NULL", "crashes+0x", "net_pnp_event"] {
        assert!(ran.stdout.contains(part), "{part} is missing in\n{}", ran.stdout);
    }
    // From the checkout on, wherever that is.
    assert!(ran.stdout.contains(" pnp-tests/filters/src/lib.rs:"), "{}", ran.stdout);
}

#[test]
fn an_expected_bugcheck_and_an_expected_violation_hold() {
    let text = format!("{LIFE}then bugcheck 0x50\n");
    assert_eq!(play_text("crashes", "life", &text, &[]).code, Some(0));
    let text = format!("{LIFE}then violation NV-19\n");
    assert_eq!(play_text("swallows", "life", &text, &[]).code, Some(0));
    assert_eq!(play_text("bare", "life", &text, &[]).code, Some(1), "nothing is broken here");
}

#[test]
fn a_callback_that_never_returns_is_a_bugcheck_with_its_place() {
    let ran = play_text("hangs", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in ["BUGCHECK 0x133", "no call of the kernel", "hangs+0x", "net_pnp_event"] {
        assert!(ran.stdout.contains(part), "{part} is missing in\n{}", ran.stdout);
    }
}

#[test]
fn after_a_bugcheck_only_the_bugcheck_is_reported() {
    let text = format!("{LIFE}then driver not-loaded\nthen eth0 detached\n");
    let ran = play_text("crashes", "life", &text, &[]);
    assert_eq!(ran.stdout.matches("found:").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_bad_pointer_given_to_the_kernel_is_traced_to_the_call() {
    let ran = play_text("copies-null", "life", LIFE, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let parts = ["BUGCHECK 0x50", "in a kernel function, called by", "net_pnp_event", "lib.rs:"];
    for part in parts {
        let text = ran.stdout.replace(['\n', ' '], "");
        assert!(text.contains(&part.replace(' ', "")), "{part} is missing in\n{}", ran.stdout);
    }
}

#[test]
fn a_bugcheck_of_the_drivers_own_names_code_parameters_and_place() {
    let text = format!("{LIFE}then bugcheck 0xE2\n");
    let ran = play_text("bugchecks", "life", &text, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let text = ran.stdout.replace(['\n', ' '], "");
    for part in ["BUGCHECK0xe2", "parameters0x10x20x30x4", "bugchecks+0x"] {
        assert!(text.contains(part), "{part} is missing in\n{}", ran.stdout);
    }
}
