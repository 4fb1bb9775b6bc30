//! What a filter passes on: network events, device events, status indications.

use driver_abi::ndis::status::{NDIS_STATUS_FAILURE, NDIS_STATUS_SUCCESS};

use crate::names::{device_event_name, event_name};
use journal::history::{Call, History};
use journal::names::table::ndis_status;
use journal::{Fact, NdisFact};
use kernel::rules::{Report, Rule, Severity, Stop};

/// QueryPower and QueryRemoveDevice, whose answer NDIS heeds.
const SIGNIFICANT: [u32; 2] = [1, 2];

pub const STATUS: Rule = Rule {
    id: "NV-17",
    severity: Severity::Contract,
    says: "FilterNetPnPEvent returns SUCCESS or FAILURE, and FAILURE for QueryPower and \
           QueryRemoveDevice only",
    source: "ddi:ndis/nc-ndis-filter_net_pnp_event",
    provoked_by: "every event code, known or not, and layers above that fail",
    bugchecks: &[],
    check: |history, report| {
        for call in history.returned("FilterNetPnPEvent") {
            let status = call.status.unwrap_or(0);
            let may_fail = call.code.is_some_and(|code| SIGNIFICANT.contains(&code));
            let right =
                status == NDIS_STATUS_SUCCESS.0 || (status == NDIS_STATUS_FAILURE.0 && may_fail);
            if !right {
                let (event, status) = (name(call.code), ndis_status(status));
                let at = call.leave.unwrap_or(call.enter);
                report.breach(at, format!("{event} returned {status}"));
            }
        }
    },
};

pub const ONCE: Rule = Rule {
    id: "NV-19",
    severity: Severity::Contract,
    says: "Every network event is forwarded exactly once, as it came, before FilterNetPnPEvent \
           returns",
    source: "docs:network/filter-module-pnp-event-notifications, docs:network/removing-a-nic",
    provoked_by: "any event",
    bugchecks: &[Stop::with(0x7C, 0x22), Stop::any(0x9F)],
    check: |history, report| {
        forwarded_once(history, report, "FilterNetPnPEvent", "NdisFNetPnPEvent");
    },
};

pub const RELAYED: Rule = Rule {
    id: "NV-21",
    severity: Severity::Contract,
    says: "The answer of the layers above to QueryPower and QueryRemoveDevice is passed down",
    source: "ddi:ndis/nc-ndis-filter_net_pnp_event",
    provoked_by: "a protocol that refuses",
    bugchecks: &[],
    check: |history, report| {
        for call in history.returned("FilterNetPnPEvent") {
            if !call.code.is_some_and(|code| SIGNIFICANT.contains(&code)) {
                continue;
            }
            let above = history.during(call).find_map(|(_, entry)| match &entry.fact {
                Fact::Ndis(NdisFact::Answered { during, status })
                    if *during == Some(call.number) =>
                {
                    Some(*status)
                }
                _ => None,
            });
            if let Some(above) = above
                && call.status != Some(above)
            {
                let (event, above) = (name(call.code), ndis_status(above));
                let own = ndis_status(call.status.unwrap_or(0));
                let at = call.leave.unwrap_or(call.enter);
                report.breach(at, format!("{event}: {above} from above became {own}"));
            }
        }
    },
};

pub const DEVICE_ONCE: Rule = Rule {
    id: "NV-26",
    severity: Severity::Contract,
    says: "Every device event is forwarded exactly once, as it came, before \
           FilterDevicePnPEventNotify returns",
    source: "ddi:ndis/nc-ndis-filter_device_pnp_event_notify",
    provoked_by: "any device event",
    bugchecks: &[],
    check: |history, report| {
        let (callback, import) = ("FilterDevicePnPEventNotify", "NdisFDevicePnPEventNotify");
        forwarded_once(history, report, callback, import);
    },
};

pub const INDICATION_ONCE: Rule = Rule {
    id: "NV-34",
    severity: Severity::Contract,
    says: "Every status indication is forwarded once, as it came",
    source: "docs:network/filter-module-status-indications",
    provoked_by: "any status indication",
    bugchecks: &[],
    check: |history, report| {
        forwarded_once(history, report, "FilterStatus", "NdisFIndicateStatus");
    },
};

fn name(code: Option<u32>) -> String {
    let code = code.unwrap_or(u32::MAX);
    event_name(code).map_or_else(|| format!("event {code}"), str::to_owned)
}

/// What a forwarded thing is called in a sentence.
fn code_name(call: &Call<'_>) -> String {
    match (call.callback, call.code) {
        ("FilterNetPnPEvent", code) => name(code),
        ("FilterDevicePnPEventNotify", Some(code)) => {
            device_event_name(code).map_or_else(|| format!("device event {code}"), str::to_owned)
        }
        (_, code) => format!("status {:#010X}", code.unwrap_or(0)),
    }
}

fn forwarded_once(history: &History<'_>, report: &mut Report, callback: &str, import: &str) {
    for call in history.returned(callback) {
        let mut count = 0;
        for (index, entry) in history.during(call) {
            if let Fact::Ndis(NdisFact::Forward {
                import: called,
                during: Some(during),
                same,
                unchanged,
                ..
            }) = &entry.fact
                && *called == import
                && *during == call.number
            {
                count += 1;
                if !same || !unchanged {
                    let what = if *same { "changed it" } else { "passed another structure" };
                    report.breach(index, format!("it {what}"));
                }
            }
        }
        if count != 1 {
            let event = call.code.map_or_else(String::new, |_| format!("{}: ", code_name(call)));
            let at = call.leave.unwrap_or(call.enter);
            report.breach(at, format!("{event}forwarded {count} times"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{CALL, FilterCalls as _, Sample};

    fn forward(import: &'static str, same: bool, unchanged: bool) -> Fact {
        let module = "eth0.1".to_owned();
        NdisFact::Forward { import, module, during: Some(CALL), same, unchanged }.into()
    }

    fn event(code: u32, status: i32, during: Vec<Fact>) -> Sample {
        Sample::new().call("FilterNetPnPEvent", Some(code), Some(status), during)
    }

    #[test]
    fn nv17_catches_pending_and_a_failure_nobody_asked_for() {
        event(0, 0x103, vec![]).breaks(&STATUS);
        event(0, NDIS_STATUS_FAILURE.0, vec![]).breaks(&STATUS);
        event(1, NDIS_STATUS_FAILURE.0, vec![]).keeps(&STATUS);
    }

    #[test]
    fn nv19_catches_a_swallowed_a_doubled_a_copied_and_a_changed_event() {
        let good = || forward("NdisFNetPnPEvent", true, true);
        event(0, 0, vec![]).breaks(&ONCE);
        event(0, 0, vec![good(), good()]).breaks(&ONCE);
        event(0, 0, vec![forward("NdisFNetPnPEvent", false, true)]).breaks(&ONCE);
        event(0, 0, vec![forward("NdisFNetPnPEvent", true, false)]).breaks(&ONCE);
        event(0, 0, vec![good()]).keeps(&ONCE);
    }

    #[test]
    fn nv21_catches_a_veto_that_was_lost() {
        let veto =
            || NdisFact::Answered { during: Some(CALL), status: NDIS_STATUS_FAILURE.0 }.into();
        event(1, 0, vec![veto()]).breaks(&RELAYED);
        event(1, NDIS_STATUS_FAILURE.0, vec![veto()]).keeps(&RELAYED);
        event(0, 0, vec![veto()]).keeps(&RELAYED);
    }

    #[test]
    fn nv26_and_nv34_catch_a_swallowed_notice() {
        for (rule, callback, import) in [
            (&DEVICE_ONCE, "FilterDevicePnPEventNotify", "NdisFDevicePnPEventNotify"),
            (&INDICATION_ONCE, "FilterStatus", "NdisFIndicateStatus"),
        ] {
            Sample::new().call(callback, Some(2), None, []).breaks(rule);
            let good = [forward(import, true, true)];
            Sample::new().call(callback, Some(2), None, good).keeps(rule);
        }
    }
}
