//! OID requests: passed on as clones, completed once, never in the way of power.

use std::collections::{BTreeMap, BTreeSet};

use journal::history::{Call, History};
use journal::names::table;
use journal::{Direction, Fact, KernelFact, NdisFact, OidFact, PacketFact};
use kernel::rules::{Report, Rule, Severity, Stop};

/// OID_PNP_SET_POWER and OID_PM_PARAMETERS.
const POWER: [u32; 2] = [0xFD01_0101, 0xFD01_0109];
/// NDIS_STATUS_LOW_POWER_STATE.
const LOW_POWER: i32 = 0xC023_002F_u32.cast_signed();
/// What a miniport has under Driver Verifier: no filter may take longer.
const TOO_LONG_100NS: u64 = 12 * 10_000_000;

/// OID facts with their indices.
fn facts<'a>(history: &'a History<'_>) -> impl Iterator<Item = (usize, &'a OidFact)> {
    history.ndis().filter_map(|(index, fact)| match fact {
        NdisFact::Oid(fact) => Some((index, fact)),
        _ => None,
    })
}

pub const CLONED: Rule = Rule {
    id: "NV-39",
    severity: Severity::Contract,
    says: "A request is passed on as a clone; what came back is copied into the original, the clone \
           is freed before the original is completed, NDIS's part of it is left alone",
    source: "docs:network/filtering-oid-requests-in-an-ndis-filter-driver",
    provoked_by: "requests that the miniport completes at once, from inside, and later",
    bugchecks: &[Stop::with(0x7C, 0x1D), Stop::with(0xC4, 0x9_100E), Stop::with(0xC4, 0x9_2003)],
    check: |history, report| {
        for (index, fact) in facts(history) {
            match fact {
                OidFact::PassedOn { original: true, .. } => {
                    report.breach(index, "the original was passed down, not a clone".to_owned());
                }
                OidFact::Completed { clones, copied, revision_copied, reserved_intact, .. } => {
                    if *clones > 0 {
                        report.breach(
                            index,
                            "it was completed before its clone was freed".to_owned(),
                        );
                    }
                    if !copied {
                        let found = "the byte counts of the clone were not copied";
                        report.breach(index, found.to_owned());
                    }
                    if !revision_copied {
                        // The reference's own boilerplate copies the counts only.
                        let found = "SupportedRevision of the clone was not copied".to_owned();
                        report.graded(Severity::Risky, index, found);
                    }
                    if !reserved_intact {
                        report.breach(index, "NdisReserved of the request was written".to_owned());
                    }
                }
                _ => {}
            }
        }
    },
};

pub const OWN_OR_FOREIGN: Rule = Rule {
    id: "NV-40",
    severity: Severity::Contract,
    says: "NdisFOidRequestComplete is called once for each request of NDIS's that pended, and never \
           for one of the filter's own",
    source: "ddi:ndis/nf-ndis-ndisfoidrequestcomplete, ddi:ndis/nc-ndis-filter_oid_request_complete",
    provoked_by: "requests of NDIS's and of the filter's at the same time",
    bugchecks: &[Stop::with(0x7C, 0x26), Stop::with(0xC4, 0x9_1001), Stop::with(0xC4, 0x9_1002)],
    check: |history, report| {
        for (index, fact) in facts(history) {
            match fact {
                OidFact::NotOutstanding { own, .. } => {
                    let what = if *own { "the filter's own" } else { "not outstanding" };
                    report.breach(index, format!("it was called for a request that is {what}"));
                }
                OidFact::NeverCompleted { request } => {
                    report.breach(index, format!("request {request} pended and never came back"));
                }
                _ => {}
            }
        }
    },
};

pub const CANCELLED: Rule = Rule {
    id: "NV-41",
    severity: Severity::Contract,
    says: "A cancellation is passed on with the id of a request that is out, or ignored; the \
           cancelled request still comes to its end",
    source: "docs:network/filtering-oid-requests-in-an-ndis-filter-driver, \
             ddi:ndis/nc-ndis-filter_cancel_oid_request",
    provoked_by: "requests cancelled while they are out, and when they have just completed",
    bugchecks: &[],
    check: cancelled,
};

fn cancelled(history: &History<'_>, report: &mut Report) {
    for (index, entry) in history.entries.iter().enumerate() {
        if let Fact::Kernel(KernelFact::Bugcheck { what, .. }) = &entry.fact {
            let around = history.around(index).map(|call| call.callback);
            if around == Some("FilterCancelOidRequest") {
                report.breach(index, what.clone());
            }
        }
    }
    let unloaded = history.entries.iter().any(|entry| {
        matches!(
            entry.fact,
            Fact::Kernel(KernelFact::Driver { what: journal::DriverFate::Unloaded })
        )
    });
    for (index, fact) in facts(history) {
        match fact {
            OidFact::CancelPassedOn { known: false, .. } if history.around(index).is_some() => {
                let found = "it was passed on with an id that names nothing below the filter";
                report.breach(index, found.to_owned());
            }
            OidFact::Cancelled { request } if unloaded => {
                let ended = facts(history).any(|(_, fact)| {
                    matches!(fact, OidFact::Answered { request: answered, .. } if answered == request)
                });
                if !ended {
                    report.breach(index, format!("request {request} never came to its end"));
                }
            }
            _ => {}
        }
    }
}

pub const POWER_UNTOUCHED: Rule = Rule {
    id: "NV-42",
    severity: Severity::Contract,
    says: "OID_PNP_SET_POWER and OID_PM_PARAMETERS are passed on as they came and without delay",
    source: "docs:network/oid-pnp-set-power",
    provoked_by: "sleep and resume with power requests that filters see",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            let OidFact::Issued { request, oid, .. } = fact else { continue };
            if !POWER.contains(oid) {
                continue;
            }
            let answered = facts(history).find_map(|(at, fact)| match fact {
                OidFact::Answered { request: number, status } if number == request => {
                    Some((at, *status))
                }
                _ => None,
            });
            let arrived = facts(history).find_map(|(at, fact)| match fact {
                OidFact::AtMiniport { request: Some(number), unchanged, .. }
                    if number == request =>
                {
                    Some((at, *unchanged))
                }
                _ => None,
            });
            match (arrived, answered) {
                // A clone that could not be made is nobody's choice.
                (None, Some((at, status))) if !history.has_faults() => {
                    let name = table::ndis_status(status);
                    report.breach(
                        at,
                        format!("{} ended with {name} on the way down", table::oid(*oid)),
                    );
                }
                (Some((at, false)), _) => {
                    report.breach(at, format!("{} reached the miniport changed", table::oid(*oid)));
                }
                (Some((at, true)), _)
                    if handed(history, index, *oid)
                        .is_some_and(|enter| history.time(at) > history.time(enter)) =>
                {
                    let enter = handed(history, index, *oid).unwrap_or(index);
                    let late = (history.time(at) - history.time(enter)) / 10;
                    report.breach(at, format!("{} was {late} us late", table::oid(*oid)));
                }
                _ => {}
            }
        }
    },
};

/// When a request that was issued at `issued` was first handed to a filter: before that it waits in
/// NDIS.
fn handed(history: &History<'_>, issued: usize, oid: u32) -> Option<usize> {
    let first = history.of("FilterOidRequest").find(|c| c.enter > issued && c.code == Some(oid));
    first.map(|call| call.enter)
}

pub const QUIET_IN_LOW_POWER: Rule = Rule {
    id: "NV-20",
    severity: Severity::Contract,
    says: "Between SetPower to a low-power state and the first sign of D0 (SetPower, OID_PNP_SET_POWER, \
           its own restart) a filter sends no request of its own; after SetPower(D0) it serves \
           again, requests and sends, restarted or not",
    source: "ddi:netpnp/ns-netpnp-_net_pnp_event, docs:network/oid-pnp-set-power, \
             docs:network/starting-a-filter-module",
    provoked_by: "sleep with and without a pause, Dx to Dx, a query that is cancelled",
    bugchecks: &[],
    check: quiet_in_low_power,
};

/// Follows each module's power as NetEventSetPower told it, and as the first sign of D0 shows it.
fn quiet_in_low_power(history: &History<'_>, report: &mut Report) {
    let mut low: Vec<&str> = Vec::new();
    // Those of them that have seen no sign of D0 either: they may not ask.
    let mut quiet: Vec<&str> = Vec::new();
    // Those that are being told of D0: they know when their handler has returned.
    let mut waking: Vec<&str> = Vec::new();
    // Whether a list came to a module that was not low.
    let mut awake: BTreeMap<(&str, u32), bool> = BTreeMap::new();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Ndis(NdisFact::PowerTold { module, d0 }) => {
                quiet.retain(|known| known != module);
                waking.retain(|known| known != module);
                if *d0 {
                    waking.push(module);
                } else {
                    low.retain(|known| known != module);
                    low.push(module);
                    quiet.push(module);
                }
            }
            Fact::Kernel(KernelFact::Leave {
                callback: "FilterNetPnPEvent",
                module: Some(module),
                ..
            }) if waking.contains(&module.as_str()) => {
                low.retain(|known| known != module);
                waking.retain(|known| known != module);
            }
            Fact::Ndis(NdisFact::Packet(PacketFact::Offered {
                lists,
                module,
                way: Direction::Send,
                ..
            })) => {
                let knows = !low.contains(&module.as_str());
                awake.extend(lists.iter().map(|list| ((module.as_str(), *list), knows)));
            }
            Fact::Ndis(NdisFact::Packet(PacketFact::RefusedForPower { list, module }))
                if awake.get(&(module.as_str(), *list)) == Some(&true) =>
            {
                let found = "it refused a send with LOW_POWER_STATE although D0 was told";
                report.breach(index, found.to_owned());
            }
            // In the Restarting state requests are allowed (docs:network/starting-a-filter-module).
            Fact::Kernel(KernelFact::Enter {
                callback: "FilterRestart",
                module: Some(module),
                ..
            }) => {
                quiet.retain(|known| known != module);
            }
            Fact::Ndis(NdisFact::Miniport { adapter, what }) if what == "OID_PNP_SET_POWER D0" => {
                quiet.retain(|known| known.rsplit_once('.').is_none_or(|(of, _)| of != adapter));
            }
            Fact::Ndis(NdisFact::Module {
                module, state: journal::ModuleState::Detached, ..
            }) => {
                low.retain(|known| known != module);
                quiet.retain(|known| known != module);
            }
            Fact::Ndis(NdisFact::Oid(OidFact::Own { module, oid, .. }))
                if quiet.contains(&module.as_str()) =>
            {
                let found = format!("{module} sent {} in low power", table::oid(*oid));
                report.breach(index, found);
            }
            Fact::Kernel(KernelFact::Leave {
                call,
                callback: "FilterOidRequest",
                module: Some(module),
                status,
            }) => {
                let refused = *status == Some(LOW_POWER);
                if refused && !low.contains(&module.as_str()) && !came_from_below(history, *call) {
                    let found = "it refused a request with LOW_POWER_STATE although D0 was told";
                    report.breach(index, found.to_owned());
                }
            }
            _ => {}
        }
    }
}

/// Whether the request of this call went on below, so that the refusal is not the filter's own.
fn came_from_below(history: &History<'_>, number: u32) -> bool {
    let call = history.calls.iter().find(|call| call.number == number);
    call.is_some_and(|call| {
        history.own(call).any(|(_, entry)| {
            matches!(entry.fact, Fact::Ndis(NdisFact::Oid(OidFact::PassedOn { .. })))
        })
    })
}

pub const AFTER_PREDETACH: Rule = Rule {
    id: "NV-24",
    severity: Severity::Contract,
    says: "After NetEventFilterPreDetach a filter originates no requests and no status, and at its \
           detach none of its own is out",
    source: "ddi:netpnp/ns-netpnp-_net_pnp_event",
    provoked_by: "PreDetach before the pause, after it, twice and not at all",
    bugchecks: &[],
    check: after_predetach,
};

fn after_predetach(history: &History<'_>, report: &mut Report) {
    /// NetEventFilterPreDetach.
    const PREDETACH: u32 = 15;
    let mut told: Vec<&str> = Vec::new();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            // Once the handler has returned: inside it the last requests may still go out.
            Fact::Kernel(KernelFact::Leave {
                call,
                callback: "FilterNetPnPEvent",
                module: Some(module),
                ..
            }) => {
                let of = |known: &&Call<'_>| known.number == *call && known.code == Some(PREDETACH);
                if history.calls.iter().any(|known| of(&known)) {
                    told.push(module);
                }
            }
            Fact::Ndis(NdisFact::Module {
                module, state: journal::ModuleState::Detached, ..
            }) => {
                told.retain(|known| known != module);
            }
            Fact::Ndis(NdisFact::Oid(OidFact::Own { module, oid, .. }))
                if told.contains(&module.as_str()) =>
            {
                let found = format!("{module} sent {} after PreDetach", table::oid(*oid));
                report.breach(index, found);
            }
            Fact::Ndis(NdisFact::OwnStatus { module, code, .. })
                if told.contains(&module.as_str()) =>
            {
                let status = table::ndis_status(code.cast_signed());
                report.breach(index, format!("{module} indicated {status} after PreDetach"));
            }
            Fact::Ndis(NdisFact::Oid(OidFact::OutAtDetach { module, count })) => {
                report.breach(index, format!("{count} requests of {module}'s own were out"));
            }
            _ => {}
        }
    }
}

pub const ASKS_LITTLE: Rule = Rule {
    id: "NV-33",
    severity: Severity::Policy,
    says: "A monitor sends no set and no method request, no deprecated OID, and nothing \
           periodically: a request wakes an idle adapter",
    source: "docs:network/handling-the-ndis-selective-suspend-idle-notification",
    provoked_by: "every flow; hours that pass without anything happening",
    bugchecks: &[],
    check: |history, report| {
        // OID_GEN_LINK_SPEED, OID_GEN_MEDIA_CONNECT_STATUS, OID_GEN_MAXIMUM_FRAME_SIZE.
        let deprecated = [0x0001_0107, 0x0001_0114, 0x0001_0106];
        let (mut quiet_step, mut in_step) = (false, 0);
        for (index, entry) in history.entries.iter().enumerate() {
            match &entry.fact {
                Fact::Kernel(KernelFact::Step { text, .. }) => {
                    quiet_step = text.ends_with(" pass") || text.ends_with(" passes");
                    in_step = 0;
                }
                Fact::Ndis(NdisFact::Oid(OidFact::Own { module, oid, set, .. })) => {
                    if *set {
                        let oid = table::oid(*oid);
                        let found = format!("{module} sent a set or method request, {oid}");
                        report.breach(index, found);
                    }
                    if deprecated.contains(oid) {
                        let found = format!("{module} asked for {}", table::oid(*oid));
                        report.breach(index, found);
                    }
                    in_step += 1;
                    if quiet_step && in_step == 3 {
                        let found =
                            format!("{module} asked again and again while nothing happened");
                        report.breach(index, found);
                    }
                }
                _ => {}
            }
        }
    },
};

/// NV-14 for requests: none stays in a filter for 12 s (bugcheck 0x7C, watchdog 0x24).
pub(super) fn in_time(history: &History<'_>, report: &mut Report) {
    let mut below = BTreeSet::new();
    let mut ends = BTreeMap::new();
    for (at, fact) in facts(history) {
        match fact {
            OidFact::AtMiniport { request: Some(number), .. } => {
                below.insert(*number);
            }
            OidFact::Answered { request, .. } => {
                ends.entry(*request).or_insert(at);
            }
            _ => {}
        }
    }
    for (index, fact) in facts(history) {
        let OidFact::Issued { request, oid, .. } = fact else { continue };
        let Some(enter) = handed(history, index, *oid) else { continue };
        if let Some(&at) = ends.get(request)
            && !below.contains(request)
            && at > enter
            && history.time(at) - history.time(enter) >= TOO_LONG_100NS
        {
            report.breach(at, format!("request {request} stayed in a filter for 12 s or more"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};
    use crate::rules::wait::WATCHED;
    use journal::{DriverFate, ModuleState};

    fn oid(fact: OidFact) -> NdisFact {
        NdisFact::Oid(fact)
    }

    fn module() -> String {
        "eth0.1".to_owned()
    }

    fn completed(clones: usize, copied: bool, reserved_intact: bool) -> Sample {
        let fact = OidFact::Completed {
            request: 1,
            module: module(),
            clones,
            copied,
            revision_copied: true,
            reserved_intact,
        };
        Sample::new().fact(oid(fact))
    }

    #[test]
    fn nv39_catches_originals_passed_down_leaked_clones_lost_counts_and_overwritten_parts() {
        completed(1, true, true).breaks(&CLONED);
        completed(0, false, true).breaks(&CLONED);
        completed(0, true, false).breaks(&CLONED);
        completed(0, true, true).keeps(&CLONED);
        let passed = |original| OidFact::PassedOn { request: Some(1), module: module(), original };
        Sample::new().fact(oid(passed(true))).breaks(&CLONED);
        Sample::new().fact(oid(passed(false))).keeps(&CLONED);
    }

    #[test]
    fn nv40_catches_a_completion_of_something_else() {
        let wrong = OidFact::NotOutstanding { module: module(), own: true };
        Sample::new().fact(oid(wrong)).breaks(&OWN_OR_FOREIGN);
        let lost = OidFact::NeverCompleted { request: 1 };
        Sample::new().fact(oid(lost)).breaks(&OWN_OR_FOREIGN);
        completed(0, true, true).keeps(&OWN_OR_FOREIGN);
    }

    #[test]
    fn nv41_catches_a_cancelled_request_that_never_ends_and_a_wrong_id() {
        let cancelled = || Sample::new().fact(oid(OidFact::Cancelled { request: 1 }));
        let unloaded = KernelFact::Driver { what: DriverFate::Unloaded };
        cancelled().fact(unloaded.clone()).breaks(&CANCELLED);
        let answered = oid(OidFact::Answered { request: 1, status: 0 });
        cancelled().fact(answered).fact(unloaded).keeps(&CANCELLED);
        let passed = |known| oid(OidFact::CancelPassedOn { module: module(), known });
        let cancel = |known| {
            Sample::new().call("FilterCancelOidRequest", None, None, [passed(known).into()])
        };
        cancel(false).breaks(&CANCELLED);
        cancel(true).keeps(&CANCELLED);
    }

    #[test]
    fn nv42_catches_a_power_request_that_is_changed_stopped_or_late() {
        let issued = || OidFact::Issued { request: 1, oid: POWER[0], set: true, adapter: module() };
        let arrived =
            |unchanged| OidFact::AtMiniport { request: Some(1), oid: POWER[0], unchanged };
        let answered = || oid(OidFact::Answered { request: 1, status: 0 });
        let sample = || {
            let pending = Some(0x103);
            Sample::new().fact(oid(issued())).call("FilterOidRequest", Some(POWER[0]), pending, [])
        };
        sample().fact(oid(arrived(false))).fact(answered()).breaks(&POWER_UNTOUCHED);
        sample().fact(answered()).breaks(&POWER_UNTOUCHED);
        sample().later(50).fact(oid(arrived(true))).breaks(&POWER_UNTOUCHED);
        sample().fact(oid(arrived(true))).fact(answered()).keeps(&POWER_UNTOUCHED);
    }

    #[test]
    fn nv20_catches_a_request_in_low_power_and_a_filter_that_stays_mute_after_d0() {
        let told = |d0| NdisFact::PowerTold { module: module(), d0 };
        let own =
            || oid(OidFact::Own { module: module(), oid: 1, set: false, attributes_set: true });
        Sample::new().fact(told(false)).fact(own()).breaks(&QUIET_IN_LOW_POWER);
        let woken = Sample::new().fact(told(false)).fact(told(true));
        woken.fact(own()).keeps(&QUIET_IN_LOW_POWER);
        // Each sign of D0 will do.
        let restarts = Sample::new().fact(told(false)).call("FilterRestart", None, Some(0), []);
        restarts.fact(own()).keeps(&QUIET_IN_LOW_POWER);
        let powered = |adapter: &str, to| {
            let what = format!("OID_PNP_SET_POWER {to}");
            Sample::new()
                .fact(told(false))
                .fact(NdisFact::Miniport { adapter: adapter.to_owned(), what })
                .fact(own())
        };
        powered("eth0", "D0").keeps(&QUIET_IN_LOW_POWER);
        powered("eth0", "D3").breaks(&QUIET_IN_LOW_POWER);
        powered("eth1", "D0").breaks(&QUIET_IN_LOW_POWER);
        let refuses =
            |sample: Sample| sample.call("FilterOidRequest", Some(1), Some(LOW_POWER), []);
        refuses(Sample::new().fact(told(true))).breaks(&QUIET_IN_LOW_POWER);
        refuses(Sample::new().fact(told(false))).keeps(&QUIET_IN_LOW_POWER);
    }

    #[test]
    fn nv20_catches_a_send_that_is_refused_after_the_handler_has_been_told_of_d0() {
        let told = |d0| NdisFact::PowerTold { module: module(), d0 };
        let offered = || {
            NdisFact::Packet(PacketFact::Offered {
                lists: vec![7],
                module: module(),
                way: Direction::Send,
                state: journal::ModuleState::Running,
                resources: false,
                packets: 1,
                bytes: 60,
            })
        };
        let refused =
            || NdisFact::Packet(PacketFact::RefusedForPower { list: 7, module: module() });
        let asleep = || Sample::new().fact(told(false)).fact(offered());
        asleep().fact(refused()).keeps(&QUIET_IN_LOW_POWER);
        let wakes = |sample: Sample| {
            sample.fact(told(true)).call("FilterNetPnPEvent", Some(0), Some(0), [])
        };
        // It came too early, or while the handler was being told.
        wakes(asleep()).fact(refused()).keeps(&QUIET_IN_LOW_POWER);
        let at_once = Sample::new().fact(told(false)).fact(told(true)).fact(offered());
        at_once.fact(refused()).keeps(&QUIET_IN_LOW_POWER);
        wakes(Sample::new().fact(told(false)))
            .fact(offered())
            .fact(refused())
            .breaks(&QUIET_IN_LOW_POWER);
    }

    #[test]
    fn nv24_catches_what_comes_after_predetach() {
        let told = || Sample::new().call("FilterNetPnPEvent", Some(15), Some(0), []);
        let status = || NdisFact::OwnStatus { module: module(), code: 1, attributes_set: true };
        told().fact(status()).breaks(&AFTER_PREDETACH);
        Sample::new().fact(status()).keeps(&AFTER_PREDETACH);
        let out = oid(OidFact::OutAtDetach { module: module(), count: 1 });
        Sample::new().fact(out).breaks(&AFTER_PREDETACH);
        let detached =
            NdisFact::Module { module: module(), adapter: module(), state: ModuleState::Detached };
        told().fact(detached).fact(status()).keeps(&AFTER_PREDETACH);
    }

    #[test]
    fn nv33_catches_sets_deprecated_ids_and_polling() {
        let own = |oid_value, set| {
            oid(OidFact::Own { module: module(), oid: oid_value, set, attributes_set: true })
        };
        Sample::new().fact(own(1, true)).breaks(&ASKS_LITTLE);
        Sample::new().fact(own(0x0001_0107, false)).breaks(&ASKS_LITTLE);
        let hour = || KernelFact::Step { line: 1, text: "1h passes".to_owned() };
        let polls = (0..3).fold(Sample::new().fact(hour()), |s, _| s.fact(own(1, false)));
        polls.breaks(&ASKS_LITTLE);
        Sample::new().fact(hour()).fact(own(1, false)).keeps(&ASKS_LITTLE);
    }

    #[test]
    fn nv14_catches_a_request_that_stays_in_the_filter() {
        let issued = || OidFact::Issued { request: 1, oid: 1, set: false, adapter: module() };
        let answered = || oid(OidFact::Answered { request: 1, status: 0 });
        let sample =
            || Sample::new().fact(oid(issued())).call("FilterOidRequest", Some(1), Some(0x103), []);
        sample().later(TOO_LONG_100NS).fact(answered()).breaks(&WATCHED);
        let below = oid(OidFact::AtMiniport { request: Some(1), oid: 1, unchanged: true });
        sample().fact(below).later(TOO_LONG_100NS).fact(answered()).keeps(&WATCHED);
    }
}
