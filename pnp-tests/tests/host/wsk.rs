//! WSK clients in the host: a right one, and one for each way of getting the registration wrong.

use serde_json::Value;

use crate::netpnp::{image, netpnp};

/// What `verify` finds in a driver, as rules and sentences, and its exit code.
fn found(stem: &str) -> (Option<i32>, Vec<(String, String)>) {
    let driver = image(stem).display().to_string();
    let ran = netpnp(["verify", "--json", "--time-limit", "60", "--schedules", "4", &driver]);
    let document: Value = serde_json::from_str(&ran.stdout).expect("a document");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = document["findings"].as_array().into_iter().flatten();
    (ran.code, findings.map(|finding| (text(&finding["rule"]), text(&finding["found"]))).collect())
}

#[test]
fn a_right_client_is_clean_whatever_fails() {
    assert_eq!(found("wsk-registrar"), (Some(0), Vec::new()));
}

#[test]
fn every_mistake_is_caught_by_a_rule_for_any_driver() {
    for (stem, rule, says) in [
        ("wsk-stays-registered", "NV-43", "left behind: the registration as a WSK client"),
        ("wsk-deregisters-twice", "NV-50", "WskDeregister with a handle"),
        ("wsk-keeps-provider", "NV-61", "nothing can move"),
        ("wsk-releases-nothing", "NV-50", "WskReleaseProviderNPI with a handle"),
    ] {
        let (code, findings) = found(stem);
        assert_eq!(code, Some(1), "{stem}: {findings:?}");
        let is_it = |(id, text): &(String, String)| id == rule && text.contains(says);
        assert!(findings.iter().any(is_it), "{stem}: {findings:?}");
        assert!(findings.iter().all(|(id, _)| id == rule), "{stem}: {findings:?}");
    }
}

#[test]
fn its_imports_are_listed_with_their_rows() {
    let driver = image("wsk-registrar").display().to_string();
    let ran = netpnp(["imports", "--table", &driver]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("netio.sys: 4 implemented, 0 missing"), "{}", ran.stdout);
    assert!(ran.stdout.contains("ddi:wsk/nf-wsk-wskderegister"), "{}", ran.stdout);
}
