//! Control devices, their users, and the end of the registration.

use journal::history::History;
use journal::{DriverFate, Fact, IoFact, KernelFact, NdisFact};
use kernel::rules::{Report, Rule, Severity, Stop};

pub const DEREGISTERED: Rule = Rule {
    id: "NV-44",
    severity: Severity::Contract,
    says: "NdisFDeregisterFilterDriver is called once for each registration, from DriverUnload or \
           from a DriverEntry that fails",
    source: "ddi:ndis/nf-ndis-ndisfderegisterfilterdriver",
    provoked_by: "unload, and failures of every step of DriverEntry",
    bugchecks: &[Stop::any(0xCE)],
    check: deregistered,
};

fn deregistered(history: &History<'_>, report: &mut Report) {
    let mut registered = false;
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Ndis(NdisFact::Register(register)) if register.status == 0 => registered = true,
            Fact::Ndis(NdisFact::Call { import: "NdisFDeregisterFilterDriver", .. }) => {
                let around = history.around(index);
                let right = around.is_some_and(|call| match call.callback {
                    "DriverUnload" => true,
                    "DriverEntry" => call.status.is_none_or(|status| status < 0),
                    _ => false,
                });
                if !right {
                    let place = around.map_or("outside any callback", |call| call.callback);
                    report.breach(index, format!("it was called in {place}"));
                }
                if !registered {
                    report.breach(index, "it was called without a registration".to_owned());
                }
                registered = false;
            }
            // FilterSetOptions has refused it: there is nothing to take back.
            Fact::Ndis(NdisFact::Call {
                import: "NdisFRegisterFilterDriver",
                status: Some(status),
                ..
            }) if *status != 0 => registered = false,
            Fact::Kernel(KernelFact::Driver {
                what: DriverFate::Unloaded | DriverFate::Refused { .. },
            }) if registered => {
                report.breach(index, "the driver is gone and was never deregistered".to_owned());
                registered = false;
            }
            _ => {}
        }
    }
}

pub const USERS_DO_NOT_HOLD: Rule = Rule {
    id: "NV-49",
    severity: Severity::Policy,
    says: "No pause and no detach waits for a request of a user's",
    source: "nmap/npcap#184 and its family: a handle that is open keeps a machine from sleeping",
    provoked_by: "requests that wait while the stack is paused and detached",
    bugchecks: &[Stop::with(0x7C, 0x25)],
    check: |history, report| {
        for callback in ["FilterPause", "FilterDetach"] {
            for call in history.of(callback) {
                let end = call.leave.unwrap_or(history.entries.len() - 1);
                let waited = history.time(end) > history.time(call.enter) || call.leave.is_none();
                if waited && waiting_at(history, call.enter) > 0 {
                    let found = "it waited while a request of a user's was waiting in the driver";
                    report.breach(call.enter, found.to_owned());
                }
            }
        }
    },
};

/// Requests that had been returned PENDING and not completed.
fn waiting_at(history: &History<'_>, index: usize) -> usize {
    /// STATUS_PENDING.
    const PENDING: i32 = 0x103;
    let (mut waiting, mut completed) = (Vec::new(), Vec::new());
    for entry in &history.entries[..index] {
        match &entry.fact {
            Fact::Kernel(KernelFact::Io(IoFact::Dispatched { irp, status }))
                if *status == PENDING =>
            {
                waiting.push(irp);
            }
            Fact::Kernel(KernelFact::Io(IoFact::Completed { irp, .. })) => completed.push(irp),
            _ => {}
        }
    }
    waiting.iter().filter(|irp| !completed.contains(irp)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};
    use journal::RegisterFact;

    fn registered() -> Sample {
        let fact = RegisterFact {
            kind: 0x8B,
            revision: 2,
            size: 224,
            major: 6,
            minor: 30,
            runtime: (6, 89),
            flags: 0,
            handlers: vec![],
            unique_name: String::new(),
            service_name: String::new(),
            status: 0,
        };
        Sample::new().fact(NdisFact::Register(Box::new(fact)))
    }

    fn deregister() -> Fact {
        NdisFact::Call { import: "NdisFDeregisterFilterDriver", module: None, status: None }.into()
    }

    #[test]
    fn nv44_catches_a_missing_a_doubled_and_a_misplaced_deregistration() {
        let unloaded = || KernelFact::Driver { what: DriverFate::Unloaded };
        let in_unload = |facts: Vec<Fact>| registered().driver_call("DriverUnload", facts);
        in_unload(vec![]).fact(unloaded()).breaks(&DEREGISTERED);
        in_unload(vec![deregister(), deregister()]).breaks(&DEREGISTERED);
        registered().call("FilterDetach", None, None, [deregister()]).breaks(&DEREGISTERED);
        in_unload(vec![deregister()]).fact(unloaded()).keeps(&DEREGISTERED);
    }

    #[test]
    fn nv49_catches_a_detach_that_waits_while_a_user_waits() {
        let waiting =
            || Sample::new().fact(KernelFact::Io(IoFact::Dispatched { irp: 1, status: 0x103 }));
        let slow = |sample: Sample| {
            let module = || Some("eth0.1".to_owned());
            let callback = "FilterDetach";
            let enter = KernelFact::Enter { call: 3, callback, module: module(), code: None };
            let leave = KernelFact::Leave { call: 3, callback, module: module(), status: None };
            sample.fact(enter).later(5).fact(leave)
        };
        slow(waiting()).breaks(&USERS_DO_NOT_HOLD);
        slow(Sample::new()).keeps(&USERS_DO_NOT_HOLD);
        waiting().call("FilterDetach", None, None, []).keeps(&USERS_DO_NOT_HOLD);
    }
}
