//! What is asked of filters that only watch: a trace from which the history can be told.

use crate::names::event_name;
use journal::etw::EtwWrite;
use journal::history::{Call, History};
use journal::{Fact, KernelFact, PoolFact};
use kernel::rules::{Report, Rule, Severity};

/// NetEventCancelRemoveDevice.
const CANCEL_REMOVE: u32 = 3;
/// NdisDevicePnPEventSurpriseRemoved.
const SURPRISE_REMOVED: u32 = 2;

pub const EVERY_STEP: Rule = Rule {
    id: "NV-47",
    severity: Severity::Policy,
    says: "A monitor that traces writes at least one event for every attach, restart, pause and \
           network event while a session listens",
    source: "decision: a history with gaps cannot say who held an event",
    provoked_by: "every flow, with a session on",
    bugchecks: &[],
    check: |history, report| {
        let wanted = |call: &Call<'_>| match call.callback {
            "FilterAttach" | "FilterRestart" | "FilterPause" => true,
            "FilterNetPnPEvent" => call.code != Some(CANCEL_REMOVE),
            _ => false,
        };
        untraced(history, report, wanted);
    },
};

pub const BOUNDED: Rule = Rule {
    id: "NV-48",
    severity: Severity::Policy,
    says: "A monitor allocates nothing while it handles an event or a status indication",
    source: "decision: thousands of power cycles a day must not depend on free memory",
    provoked_by: "any event or status indication",
    bugchecks: &[],
    check: |history, report| {
        let handlers = ["FilterNetPnPEvent", "FilterDevicePnPEventNotify", "FilterStatus"];
        for callback in handlers {
            for call in history.of(callback) {
                for (index, entry) in history.own(call) {
                    if let Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { bytes, .. })) =
                        &entry.fact
                        && history.is_directly_in(call, index)
                    {
                        report.breach(index, format!("it allocated {bytes} bytes"));
                    }
                }
            }
        }
    },
};

pub const NO_LOG: Rule = Rule {
    id: "NV-35",
    severity: Severity::Policy,
    says: "A monitor writes no event-log entries: nothing that it sees in a right run is an error",
    source: "VirtualBox/virtualbox#816: an entry for every resume",
    provoked_by: "any flow, a missing offload configuration among others",
    bugchecks: &[],
    check: |history, report| {
        for (index, entry) in history.entries.iter().enumerate() {
            if let Fact::Kernel(KernelFact::EventLog { code }) = &entry.fact {
                report.breach(index, format!("an entry of code {code:#010X}"));
            }
        }
    },
};

pub const REMOVALS_CLOSED: Rule = Rule {
    id: "NV-51",
    severity: Severity::Policy,
    says: "A monitor that traces writes an event for each that closes a removal: \
           CancelRemoveDevice, SurpriseRemoved and the detach of the module",
    source: "docs:network/removing-a-nic, docs:network/stopping-a-nic: one code, three causes",
    provoked_by: "removals that are carried out, refused, and by surprise",
    bugchecks: &[],
    check: |history, report| {
        let wanted = |call: &Call<'_>| match (call.callback, call.code) {
            ("FilterDetach", _) => true,
            ("FilterNetPnPEvent", Some(code)) => code == CANCEL_REMOVE,
            ("FilterDevicePnPEventNotify", Some(code)) => code == SURPRISE_REMOVED,
            _ => false,
        };
        untraced(history, report, wanted);
    },
};

pub const LAYERS_DIFFER: Rule = Rule {
    id: "NV-52",
    severity: Severity::Policy,
    says: "What two modules of one stack trace about the same event differs: it names the layer",
    source: "docs:network/configuring-an-inf-file-for-a-monitoring-filter-driver: one NIC, several \
             modules",
    provoked_by: "events on a stack with modifying filters",
    bugchecks: &[],
    check: |history, report| {
        for outer in history.returned("FilterNetPnPEvent") {
            let of_outer = written(history, outer);
            let Some(inner) = above(history, outer) else { continue };
            if !of_outer.is_empty() && of_outer == written(history, inner) {
                let event = outer.code.and_then(event_name).unwrap_or("an unknown event");
                let other = inner.module.unwrap_or("another module");
                let found = format!("{event}: the same was written for {other}");
                report.breach(outer.enter, found);
            }
        }
    },
};

/// The call of the next module above, made while `outer` forwarded the event.
fn above<'h, 'a>(history: &'h History<'a>, outer: &Call<'_>) -> Option<&'h Call<'a>> {
    history.of("FilterNetPnPEvent").find(|call| {
        call.enter > outer.enter
            && outer.leave.is_some_and(|leave| call.enter < leave)
            && call.thread == outer.thread
            && call.code == outer.code
            && call.module != outer.module
    })
}

/// Payloads of the events written in a call itself.
fn written<'a>(history: &History<'a>, call: &Call<'_>) -> Vec<&'a [u8]> {
    history
        .own(call)
        .filter(|(index, _)| history.is_directly_in(call, *index))
        .filter_map(|(_, entry)| match &entry.fact {
            Fact::Kernel(KernelFact::Etw(write)) => Some(payload(write)),
            _ => None,
        })
        .collect()
}

fn payload(write: &EtwWrite) -> &[u8] {
    &write.payload
}

/// Reports the wanted calls that wrote nothing although a session listened to a provider.
fn untraced(history: &History<'_>, report: &mut Report, wanted: impl Fn(&Call<'_>) -> bool) {
    let (mut providers, mut session) = (0_usize, false);
    let mut calls = history.calls.iter().peekable();
    for (index, fact) in history.kernel() {
        match fact {
            KernelFact::Provider { registered: true, .. } => providers += 1,
            KernelFact::Provider { registered: false, .. } => {
                providers = providers.saturating_sub(1);
            }
            KernelFact::Session { on } => session = *on,
            _ => {}
        }
        while let Some(call) = calls.next_if(|call| call.enter == index) {
            let listens = session && providers > 0;
            if listens && call.leave.is_some() && wanted(call) && written(history, call).is_empty()
            {
                let event = match (call.callback, call.code) {
                    ("FilterNetPnPEvent", Some(code)) => {
                        event_name(code).unwrap_or("unknown event")
                    }
                    _ => call.callback,
                };
                report.breach(call.enter, format!("{event}: nothing was written"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};
    use journal::etw::Descriptor;

    fn etw(payload: &[u8]) -> Fact {
        let zero =
            Descriptor { id: 0, version: 0, channel: 0, level: 0, opcode: 0, task: 0, keyword: 0 };
        KernelFact::Etw(Box::new(EtwWrite {
            descriptor: zero,
            activity: [0; 16],
            related: None,
            provider: [0; 16],
            traits: Vec::new(),
            metadata: Vec::new(),
            payload: payload.to_vec(),
        }))
        .into()
    }

    fn listening() -> Sample {
        let registered = KernelFact::Provider { registered: true, guid: [0; 16] };
        Sample::new().fact(KernelFact::Session { on: true }).fact(registered)
    }

    #[test]
    fn nv47_catches_an_event_that_is_not_traced_and_asks_nothing_without_a_listener() {
        listening().call("FilterNetPnPEvent", Some(0), Some(0), []).breaks(&EVERY_STEP);
        listening().call("FilterNetPnPEvent", Some(0), Some(0), [etw(b"1")]).keeps(&EVERY_STEP);
        Sample::new().call("FilterNetPnPEvent", Some(0), Some(0), []).keeps(&EVERY_STEP);
    }

    #[test]
    fn nv48_catches_an_allocation_in_an_event_and_none_in_attach() {
        let allocated = || {
            KernelFact::Pool(PoolFact::Allocated { block: 1, bytes: 9, tag: *b"test", owner: None })
                .into()
        };
        Sample::new().call("FilterStatus", Some(0), None, [allocated()]).breaks(&BOUNDED);
        Sample::new().call("FilterAttach", None, Some(0), [allocated()]).keeps(&BOUNDED);
    }

    #[test]
    fn nv35_catches_an_event_log_entry() {
        Sample::new().fact(KernelFact::EventLog { code: 1 }).breaks(&NO_LOG);
        Sample::new().call("FilterAttach", None, Some(0), []).keeps(&NO_LOG);
    }

    #[test]
    fn nv51_catches_a_removal_whose_end_is_not_traced() {
        listening().call("FilterDetach", None, None, []).breaks(&REMOVALS_CLOSED);
        let surprise = Some(SURPRISE_REMOVED);
        listening().call("FilterDevicePnPEventNotify", surprise, None, []).breaks(&REMOVALS_CLOSED);
        listening().call("FilterDetach", None, None, [etw(b"1")]).keeps(&REMOVALS_CLOSED);
    }

    #[test]
    fn nv52_catches_two_layers_that_write_the_same() {
        let both = |upper: &[u8]| {
            let module = |name: &str| Some(name.to_owned());
            let callback = "FilterNetPnPEvent";
            let enter =
                KernelFact::Enter { call: 8, callback, module: module("eth0.2"), code: Some(0) };
            let leave =
                KernelFact::Leave { call: 8, callback, module: module("eth0.2"), status: Some(0) };
            let inside = [etw(b"layer 1"), enter.into(), etw(upper), leave.into()];
            listening().call("FilterNetPnPEvent", Some(0), Some(0), inside)
        };
        both(b"layer 1").breaks(&LAYERS_DIFFER);
        both(b"layer 2").keeps(&LAYERS_DIFFER);
    }
}
