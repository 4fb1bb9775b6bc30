//! How long callbacks take, and what they wait for.

use super::oid;
use journal::history::{Call, History};
use journal::{Entry, Fact, KernelFact, ModuleState, NdisFact, WaitFact};
use kernel::rules::{Report, Rule, Severity, Stop};

/// Units of 100 ns.
const MS: u64 = 10_000;
/// Where Driver Verifier and NDIS's own watchdog begin to complain.
const WATCHDOG: u64 = 10_000 * MS;
/// NetEventSetPower and NetEventQueryPower.
const POWER: [u32; 2] = [0, 1];

pub const WATCHED: Rule = Rule {
    id: "NV-14",
    severity: Severity::Risky,
    says: "A module is paused within 10 s; FilterDetach, FilterNetPnPEvent and FilterStatus take \
           less than that themselves; no request stays in a filter for 12 s",
    source: "docs:devtest/ndisfiltertimedpausecomplete-, bugcheck 0x7C/0x25",
    provoked_by: "requests that are answered late, or never",
    bugchecks: &[Stop::with(0x7C, 0x25), Stop::with(0xC4, 0x9_2010)],
    check: |history, report| {
        oid::in_time(history, report);
        for call in history.of("FilterPause") {
            let paused = paused_at(history, call);
            let took = paused.map(|at| history.time(at) - history.time(call.enter));
            if let (Some(at), Some(took)) = (paused, took)
                && took >= WATCHDOG
            {
                report.breach(at, format!("the pause took {} ms", took / MS));
            }
        }
        for callback in ["FilterDetach", "FilterNetPnPEvent", "FilterStatus"] {
            for call in history.returned(callback) {
                let took = own_time(history, call);
                if took >= WATCHDOG {
                    let at = call.leave.unwrap_or(call.enter);
                    report.breach(at, format!("{callback} took {} ms", took / MS));
                }
            }
        }
    },
};

pub const POWER_EVENTS: Rule = Rule {
    id: "NV-18",
    severity: Severity::Contract,
    says: "FilterNetPnPEvent does not wait over SetPower and QueryPower; over any event, it takes \
           under 1 ms itself",
    source: "ddi:netpnp/ns-netpnp-_net_pnp_event, docs:network/handling-a-set-power-request",
    provoked_by: "power events while requests are answered late, or never",
    bugchecks: &[Stop::any(0x9F), Stop::with(0x7C, 0x25)],
    check: power_events,
};

fn power_events(history: &History<'_>, report: &mut Report) {
    for call in history.of("FilterNetPnPEvent") {
        let is_power = call.code.is_some_and(|code| POWER.contains(&code));
        let Some(leave) = call.leave else {
            if let Some((at, import)) = never_woke(history, call).filter(|_| is_power) {
                report.breach(at, format!("{import} waits for what never comes"));
            }
            continue;
        };
        let took = own_time(history, call);
        if is_power && took > 0 {
            report.breach(leave, format!("it kept the event for {} us itself", took / 10));
        } else if took > MS {
            let found = format!("it kept the event for {} ms itself", took / MS);
            report.graded(Severity::Policy, leave, found);
        }
    }
}

pub const QUICK_START: Rule = Rule {
    id: "NV-09",
    severity: Severity::Policy,
    says: "FilterAttach and FilterRestart take under 50 ms, and touch no file, no device and no \
           registry value but to read it",
    source: "KB2019184, nmap/nmap#1334: seconds without a network at every boot",
    provoked_by: "any attach or restart",
    bugchecks: &[],
    check: |history, report| {
        for callback in ["FilterAttach", "FilterRestart"] {
            for call in history.of(callback) {
                for (at, entry) in history.own(call) {
                    if let Fact::Kernel(KernelFact::Import { import }) = entry.fact
                        && is_input_output(import)
                    {
                        report.breach(at, format!("{callback} called {import}"));
                    }
                }
                let Some(leave) = call.leave else { continue };
                let took = history.time(leave) - history.time(call.enter);
                if took >= 50 * MS {
                    report.breach(leave, format!("{callback} took {} ms", took / MS));
                }
            }
        }
    },
};

pub const RESTART_REQUEST: Rule = Rule {
    id: "NV-28",
    severity: Severity::Contract,
    says: "A callback that asked for a restart with NdisFRestartFilter does not wait afterwards",
    source: "ddi:ndis/nf-ndis-ndisfrestartfilter",
    provoked_by: "a filter that has itself restarted",
    bugchecks: &[],
    check: |history, report| {
        for call in &history.calls {
            // A thread of the driver's own may wait.
            if !call.callback.starts_with("Filter") {
                continue;
            }
            let mut asked = false;
            for (at, entry) in history.own(call).filter(|(at, _)| history.is_directly_in(call, *at))
            {
                match entry.fact {
                    Fact::Kernel(KernelFact::Import { import: "NdisFRestartFilter" }) => {
                        asked = true;
                    }
                    // A mutex is held by someone who will soon let go.
                    Fact::Kernel(KernelFact::Wait(WaitFact::Blocks { import, on }))
                        if asked && on != "mutex" =>
                    {
                        let callback = call.callback;
                        let found = format!("{callback} waits in {import} after it asked");
                        report.breach(at, found);
                    }
                    _ => {}
                }
            }
        }
    },
};

/// Reads or writes of files and devices, and writes to the registry.
fn is_input_output(import: &str) -> bool {
    let others = ["ZwCreateKey", "ZwSetValueKey", "IoCallDriver", "IofCallDriver"];
    (import.starts_with("Zw") && import.ends_with("File")) || others.contains(&import)
}

/// Where the module of a FilterPause became paused.
fn paused_at(history: &History<'_>, call: &Call<'_>) -> Option<usize> {
    (call.enter..history.entries.len()).find(|&index| {
        matches!(&history.entries[index].fact,
            Fact::Ndis(NdisFact::Module { module, state: ModuleState::Paused, .. })
                if call.module == Some(module.as_str()))
    })
}

/// Virtual time between a call's entry and its return that was spent neither in the layers it
/// passed something on to, nor in calls of the image nested in it.
fn own_time(history: &History<'_>, call: &Call<'_>) -> u64 {
    let mut took = 0;
    let mut last = history.time(call.enter);
    let mut away = false;
    let mut inside = 0_u32;
    for (_, entry) in history.own(call) {
        if inside == 0 && !away {
            took += entry.time_100ns - last;
        }
        last = entry.time_100ns;
        inside = nested(entry, call, inside);
        away = is_away(entry, call, away);
    }
    let end = call.leave.map_or(last, |leave| history.time(leave));
    if away || inside > 0 { took } else { took + end - last }
}

/// How many calls of the image are open inside `call` after an entry.
fn nested(entry: &Entry, call: &Call<'_>, before: u32) -> u32 {
    match entry.fact {
        Fact::Kernel(KernelFact::Enter { call: number, .. }) if number != call.number => before + 1,
        Fact::Kernel(KernelFact::Leave { call: number, .. }) if number != call.number => {
            before.saturating_sub(1)
        }
        _ => before,
    }
}

/// Whether `call` is inside its forward of a network event after an entry.
fn is_away(entry: &Entry, call: &Call<'_>, before: bool) -> bool {
    match entry.fact {
        Fact::Ndis(NdisFact::Forward { import: "NdisFNetPnPEvent", during, .. })
            if during == Some(call.number) =>
        {
            true
        }
        Fact::Ndis(NdisFact::Answered { during, .. }) if during == Some(call.number) => false,
        _ => before,
    }
}

/// The wait of its own that a call never came back from, when the machine hangs.
fn never_woke(history: &History<'_>, call: &Call<'_>) -> Option<(usize, &'static str)> {
    let hangs = history
        .entries
        .iter()
        .any(|entry| matches!(entry.fact, Fact::Kernel(KernelFact::Deadlock { .. })));
    let mut waits = None;
    for (at, entry) in history.own(call) {
        match entry.fact {
            Fact::Kernel(KernelFact::Wait(WaitFact::Blocks { import, .. }))
                if history.is_directly_in(call, at) =>
            {
                waits = Some((at, import));
            }
            Fact::Kernel(KernelFact::Wait(WaitFact::Waited { .. })) => waits = None,
            _ => {}
        }
    }
    waits.filter(|_| hangs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{CALL, FilterCalls as _, Sample};

    fn blocks(on: &'static str) -> Fact {
        KernelFact::Wait(WaitFact::Blocks { import: "KeWaitForSingleObject", on }).into()
    }

    /// A callback that takes `own` before it forwards and whose layers above take `above`.
    fn event(code: u32, own: u64, above: u64) -> Sample {
        let module = || Some("eth0.1".to_owned());
        let callback = "FilterNetPnPEvent";
        let forward = NdisFact::Forward {
            import: "NdisFNetPnPEvent",
            module: "eth0.1".to_owned(),
            during: Some(CALL),
            same: true,
            unchanged: true,
        };
        Sample::new()
            .fact(KernelFact::Enter { call: CALL, callback, module: module(), code: Some(code) })
            .later(own)
            .fact(forward)
            .later(above)
            .fact(NdisFact::Answered { during: Some(CALL), status: 0 })
            .fact(KernelFact::Leave { call: CALL, callback, module: module(), status: Some(0) })
    }

    fn timed(callback: &'static str, own: u64, then: u64) -> Sample {
        let module = || Some("eth0.1".to_owned());
        let (state, adapter) = (ModuleState::Paused, "eth0".to_owned());
        Sample::new()
            .fact(KernelFact::Enter { call: CALL, callback, module: module(), code: None })
            .later(own)
            .fact(KernelFact::Leave { call: CALL, callback, module: module(), status: Some(0) })
            .later(then)
            .fact(NdisFact::Module { module: "eth0.1".to_owned(), adapter, state })
    }

    #[test]
    fn nv14_catches_a_pause_and_a_detach_of_ten_seconds() {
        timed("FilterPause", 0, WATCHDOG).breaks(&WATCHED);
        timed("FilterPause", 0, WATCHDOG - 1).keeps(&WATCHED);
        timed("FilterDetach", WATCHDOG, 0).breaks(&WATCHED);
        timed("FilterDetach", 0, WATCHDOG).keeps(&WATCHED);
        timed("FilterStatus", WATCHDOG, 0).breaks(&WATCHED);
    }

    #[test]
    fn nv14_does_not_blame_a_filter_for_the_layers_above() {
        event(8, 0, WATCHDOG).keeps(&WATCHED);
        event(8, WATCHDOG, 0).breaks(&WATCHED);
    }

    #[test]
    fn nv18_catches_time_that_passes_outside_the_forward() {
        event(0, 1, 0).breaks(&POWER_EVENTS);
        event(1, 1, 0).breaks(&POWER_EVENTS);
        event(0, 0, WATCHDOG).keeps(&POWER_EVENTS);
        event(8, MS, WATCHDOG).keeps(&POWER_EVENTS);
        event(8, MS + 1, 0).breaks(&POWER_EVENTS);
    }

    #[test]
    fn nv18_catches_a_wait_that_never_ends() {
        let callback = "FilterNetPnPEvent";
        let enter = || KernelFact::Enter { call: CALL, callback, module: None, code: Some(0) };
        let hangs = || KernelFact::Deadlock { waiting: vec!["System".to_owned()] };
        Sample::new().fact(enter()).fact(blocks("event")).fact(hangs()).breaks(&POWER_EVENTS);
        let woke =
            KernelFact::Wait(WaitFact::Waited { import: "KeWaitForSingleObject", for_100ns: 0 });
        let sample = Sample::new().fact(enter()).fact(blocks("event")).fact(woke).fact(hangs());
        sample.keeps(&POWER_EVENTS);
    }

    #[test]
    fn nv09_catches_a_slow_attach_and_one_that_opens_a_file() {
        timed("FilterAttach", 50 * MS, 0).breaks(&QUICK_START);
        timed("FilterAttach", 50 * MS - 1, WATCHDOG).keeps(&QUICK_START);
        let with = |import| {
            Sample::new().call(
                "FilterRestart",
                None,
                Some(0),
                [KernelFact::Import { import }.into()],
            )
        };
        with("ZwCreateFile").breaks(&QUICK_START);
        with("IofCallDriver").breaks(&QUICK_START);
        with("ZwOpenKey").keeps(&QUICK_START);
    }

    #[test]
    fn nv28_catches_a_wait_for_the_restart_one_asked_for() {
        let asks = || KernelFact::Import { import: "NdisFRestartFilter" }.into();
        let during = |callback, facts: Vec<Fact>| Sample::new().call(callback, None, None, facts);
        during("FilterStatus", vec![asks(), blocks("event")]).breaks(&RESTART_REQUEST);
        during("FilterStatus", vec![blocks("event"), asks()]).keeps(&RESTART_REQUEST);
        during("FilterStatus", vec![asks(), blocks("mutex")]).keeps(&RESTART_REQUEST);
        during("SystemThread", vec![asks(), blocks("event")]).keeps(&RESTART_REQUEST);
    }
}
