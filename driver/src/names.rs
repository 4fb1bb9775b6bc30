//! Names by number: a record of the flight recorder has one byte for a name.

/// Every name that a record may carry, but for those of network events, which their code gives. The first
/// one stands for a name that is missing here; a test sees to it that none is.
const NAMES: [&str; 29] = [
    "",
    "Unknown",
    // NdisDevicePnPEvent*
    "QueryRemoved",
    "Removed",
    "SurpriseRemoved",
    "QueryStopped",
    "Stopped",
    "PowerProfileChanged",
    "FilterListChanged",
    // NDIS_STATUS_*
    "LinkState",
    "OperStatus",
    "NetworkChange",
    "PmWakeReason",
    "PmCapabilitiesChange",
    "PmHardwareCapabilities",
    "PortState",
    "ResetStart",
    "ResetEnd",
    // OID_*
    "PmParameters",
    // Reasons of anomalies
    "unexpected-buffer",
    "never-reaches-filters",
    "unknown-code",
    "malformed-buffer",
    "malformed-status",
    "illegal-transition",
    "repeated-query-remove",
    "cancel-without-query",
    "repeated-pre-detach",
    "after-detach",
];

/// The number of a name; 0 for one that has none.
#[must_use]
#[inline(never)]
pub fn number(name: &str) -> u8 {
    let found = NAMES.iter().position(|known| *known == name);
    found.and_then(|number| u8::try_from(number).ok()).unwrap_or(0)
}

/// The name with that number.
#[must_use]
pub fn name(number: u8) -> &'static str {
    NAMES.get(usize::from(number)).copied().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// The sources of the names that a record may carry; their string literals are compared with [`NAMES`].
    const SOURCES: [&str; 4] = [
        include_str!("../ndis-filter/src/event/device_pnp.rs"),
        include_str!("../ndis-filter/src/event/status.rs"),
        include_str!("../ndis-filter/src/condition.rs"),
        include_str!("observe.rs"),
    ];

    /// The literal of every line that gives a name: an arm of a `fn name`, or a reason's constant.
    fn given(source: &str) -> Vec<&str> {
        let mut names = Vec::new();
        let mut inside = false;
        for line in source.lines() {
            if line.contains("fn name(") && line.contains("&'static str") {
                inside = true;
            } else if line == "    }" {
                inside = false;
            }
            let is_reason = line.starts_with("const ") && line.contains(": &str = \"");
            let is_arm = inside && line.contains("=> \"");
            if let Some((_, rest)) = line.split_once('"').filter(|_| is_reason || is_arm)
                && let Some((name, _)) = rest.split_once('"')
            {
                names.push(name);
            }
        }
        names
    }

    /// Names of other things than what happened: of removals and power profiles.
    const OTHERS: [&str; 5] = ["none", "query-pending", "surprise", "battery", "ac"];

    #[test]
    fn every_name_that_a_record_may_carry_has_a_number() {
        let given: Vec<&str> = SOURCES.iter().flat_map(|source| given(source)).collect();
        assert!(given.len() > 25, "the sources are read: {given:?}");
        for found in given.into_iter().filter(|name| !OTHERS.contains(name)) {
            assert_eq!(name(number(found)), found, "it has no number");
        }
        for found in ["malformed-buffer", "malformed-status", "PmParameters"] {
            assert_eq!(name(number(found)), found);
        }
    }

    #[test]
    fn a_name_without_a_number_is_no_name() {
        assert_eq!((number("nobody"), name(0), name(200)), (0, "", ""));
    }
}
