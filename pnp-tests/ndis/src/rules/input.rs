//! Input that is malformed, unknown, newer or in another form than usual.

use std::collections::BTreeSet;

use crate::names::{device_event_name, event_name};
use journal::history::{Call, History};
use journal::{Fact, KernelFact, NdisFact};
use kernel::rules::{Report, Rule, Severity};

use crate::switches::hardly_holds;

pub const MALFORMED: Rule = Rule {
    id: "NV-22",
    severity: Severity::Contract,
    says: "A malformed buffer neither stops the machine nor keeps the event from being forwarded",
    source: "ddi:netpnp/ns-netpnp-_net_pnp_event; contract c",
    provoked_by: "every code with buffers that are missing, short, unaligned, too long",
    bugchecks: &[],
    check: |history, report| scripted(history, report, false),
};

pub const UNKNOWN: Rule = Rule {
    id: "NV-23",
    severity: Severity::Contract,
    says: "Events of codes that the driver does not know are forwarded",
    source: "docs:network/filter-module-pnp-event-notifications",
    provoked_by: "codes past the newest header's",
    bugchecks: &[],
    check: |history, report| scripted(history, report, true),
};

/// Looks at what became of events whose bytes the scenario gave.
fn scripted(history: &History<'_>, report: &mut Report, unknown: bool) {
    let mut current = None;
    let mut forwarded = BTreeSet::new();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Kernel(KernelFact::Step { .. }) => current = None,
            Fact::Ndis(NdisFact::Scripted { code, device }) => {
                // The names are those of the newest header.
                let name = if *device { device_event_name(*code) } else { event_name(*code) };
                current = Some((*code, *device)).filter(|_| name.is_none() == unknown);
            }
            Fact::Ndis(NdisFact::Forward { import, during: Some(during), .. }) => {
                forwarded.insert((*import, *during));
            }
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) => {
                if let Some((code, _)) = current {
                    report.breach(index, format!("event {code}: {what}"));
                }
            }
            Fact::Kernel(KernelFact::Leave { call, callback, .. }) => {
                let Some((code, device)) = current else { continue };
                let (wanted, import) = if device {
                    ("FilterDevicePnPEventNotify", "NdisFDevicePnPEventNotify")
                } else {
                    ("FilterNetPnPEvent", "NdisFNetPnPEvent")
                };
                if *callback == wanted && !forwarded.contains(&(import, *call)) {
                    report.breach(index, format!("event {code} was not forwarded"));
                }
            }
            _ => {}
        }
    }
}

pub const ATTRIBUTES: Rule = Rule {
    id: "NV-29",
    severity: Severity::Contract,
    says: "FilterRestart takes every form of restart attributes: none, older, with others' before and \
           after them, without data",
    source: "ddi:ndis/ns-ndis-_ndis_filter_restart_parameters, \
             ddi:ndis/ns-ndis-_ndis_restart_attributes",
    provoked_by: "every reading of the switch restart-attributes",
    bugchecks: &[],
    check: |history, report| {
        let reading = history.setting("restart-attributes");
        let hardly = reading.is_some_and(|reading| hardly_holds("restart-attributes", reading));
        let severity = if hardly { Severity::Risky } else { Severity::Contract };
        for (index, found) in failures(history, &["FilterRestart"]) {
            // A filter may fail a restart; not because of the attributes that are with it.
            if reading.is_some() || fails_without_attributes(history, index) {
                report.graded(severity, index, found);
            }
        }
    },
};

/// Whether a restart that stopped the machine had no attributes, and one that had some went well: then
/// it is that there were none.
fn fails_without_attributes(history: &History<'_>, index: usize) -> bool {
    let crashed = matches!(history.entries[index].fact, Fact::Kernel(KernelFact::Bugcheck { .. }));
    let Some(call) = history.around(index).filter(|_| crashed) else { return false };
    let has_none = |call: &Call<'_>| {
        let mut own = history.own(call);
        own.any(|(_, entry)| matches!(entry.fact, Fact::Ndis(NdisFact::NoAttributes)))
    };
    let went_well = |call: &Call<'_>| call.status == Some(0) && !has_none(call);
    has_none(call) && history.returned("FilterRestart").any(went_well)
}

pub const NEWER: Rule = Rule {
    id: "NV-45",
    severity: Severity::Risky,
    says: "Structures of a later revision and a larger size are taken for what is known of them",
    source: "docs:network/specifying-ndis-version-information",
    provoked_by: "the switch headers=newer",
    bugchecks: &[],
    check: |history, report| {
        if history.setting("headers") == Some("newer") {
            let callbacks = ["FilterAttach", "FilterRestart", "FilterPause", "FilterNetPnPEvent"];
            for (index, found) in failures(history, &callbacks) {
                report.breach(index, found);
            }
        }
    },
};

/// Callbacks that failed though nothing was made to fail, or stopped the machine.
fn failures(history: &History<'_>, callbacks: &[&str]) -> Vec<(usize, String)> {
    /// NDIS_STATUS_PENDING.
    const PENDING: i32 = 0x103;
    let mut found = Vec::new();
    let faults = history.has_faults();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Kernel(KernelFact::Leave { callback, status: Some(status), .. })
                if callbacks.contains(callback)
                    && !faults
                    && *callback != "FilterNetPnPEvent"
                    && ![0, PENDING].contains(status) =>
            {
                let status = journal::names::table::ndis_status(*status);
                found.push((index, format!("it returned {status}")));
            }
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) => {
                let around = history.around(index).map(|call| call.callback);
                if around.is_some_and(|callback| callbacks.contains(&callback)) {
                    found.push((index, what.clone()));
                }
            }
            _ => {}
        }
    }
    found
}

pub const RESTART_UNTOUCHED: Rule = Rule {
    id: "NV-31",
    severity: Severity::Policy,
    says: "A monitor leaves restart parameters and attributes as they are",
    source: "docs:network/types-of-filter-drivers",
    provoked_by: "any restart",
    bugchecks: &[],
    check: |history, report| wrote(history, report, "FilterRestart"),
};

pub const ATTACH_UNTOUCHED: Rule = Rule {
    id: "NV-32",
    severity: Severity::Policy,
    says: "A monitor leaves attach parameters as they are: speeds, media, offload",
    source: "docs:network/types-of-filter-drivers",
    provoked_by: "any attach",
    bugchecks: &[],
    check: |history, report| wrote(history, report, "FilterAttach"),
};

fn wrote(history: &History<'_>, report: &mut Report, wanted: &str) {
    for (index, fact) in history.ndis() {
        if let NdisFact::Wrote { callback, module } = fact
            && *callback == wanted
        {
            let module = module.as_deref().unwrap_or("a module");
            report.breach(index, format!("{callback} of {module} changed its parameters"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    fn bugcheck() -> KernelFact {
        KernelFact::Bugcheck { code: 0x50, what: String::new(), at: String::new(), freed: false }
    }

    #[test]
    fn nv22_and_nv23_catch_crashes_and_lost_events_each_in_its_own_range() {
        let scripted = |code| Sample::new().fact(NdisFact::Scripted { code, device: false });
        scripted(0).fact(bugcheck()).breaks(&MALFORMED);
        scripted(0).fact(bugcheck()).keeps(&UNKNOWN);
        scripted(23).fact(bugcheck()).breaks(&UNKNOWN);
        let lost = scripted(40).call("FilterNetPnPEvent", Some(40), Some(0), []);
        lost.breaks(&UNKNOWN);
        lost.keeps(&MALFORMED);
        Sample::new().fact(bugcheck()).keeps(&MALFORMED);
    }

    #[test]
    fn nv29_catches_a_restart_that_fails_at_unusual_attributes_unless_made_to_fail() {
        let failed = |sample: Sample| sample.call("FilterRestart", None, Some(-1), []);
        let setting = |name, value: &str| KernelFact::Setting { name, value: value.to_owned() };
        let absent = || Sample::new().fact(setting("restart-attributes", "absent"));
        failed(absent()).breaks(&ATTRIBUTES);
        failed(absent().fact(setting("fault", "1"))).keeps(&ATTRIBUTES);
        failed(Sample::new()).keeps(&ATTRIBUTES);
        // In a usual run: there are none with most restarts.
        let restart = |sample: Sample, call, during: Vec<Fact>| {
            sample.numbered(call, "FilterRestart", Some(0), during)
        };
        let crash = |sample: Sample, call| {
            restart(sample, call, vec![NdisFact::NoAttributes.into(), bugcheck().into()])
        };
        crash(restart(Sample::new(), 1, vec![]), 2).breaks(&ATTRIBUTES);
        // No restart went well: it is something else.
        crash(Sample::new(), 2).keeps(&ATTRIBUTES);
        restart(Sample::new(), 1, vec![]).fact(bugcheck()).keeps(&ATTRIBUTES);
    }

    #[test]
    fn nv45_catches_what_fails_with_newer_headers_only() {
        let newer = || KernelFact::Setting { name: "headers", value: "newer".to_owned() };
        Sample::new().fact(newer()).call("FilterAttach", None, Some(-1), []).breaks(&NEWER);
        Sample::new().call("FilterAttach", None, Some(-1), []).keeps(&NEWER);
        Sample::new().fact(newer()).call("FilterAttach", None, Some(0), []).keeps(&NEWER);
    }

    #[test]
    fn nv31_and_nv32_catch_what_was_written() {
        let wrote = |callback| Sample::new().fact(NdisFact::Wrote { callback, module: None });
        wrote("FilterRestart").breaks(&RESTART_UNTOUCHED);
        wrote("FilterRestart").keeps(&ATTACH_UNTOUCHED);
        wrote("FilterAttach").breaks(&ATTACH_UNTOUCHED);
    }
}
