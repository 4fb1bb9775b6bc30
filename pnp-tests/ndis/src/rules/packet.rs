//! Packets: whose they are, when they may move, how they come back.

use std::fmt::Write as _;

use journal::history::History;
use journal::names::table::ndis_status;
use journal::tell::lists;
use journal::{Entry, Fact, KernelFact, ModuleState, NdisFact, PacketFact};
use kernel::rules::{Rule, Severity, Stop};

/// How many occasions on which lists came are told.
const GROUPS_MAX: usize = 4;
/// NDIS_STATUS_PAUSED.
const PAUSED: i32 = 0xC023_002A_u32.cast_signed();

fn facts<'a>(history: &'a History<'_>) -> impl Iterator<Item = (usize, &'a PacketFact)> {
    history.ndis().filter_map(|(index, fact)| match fact {
        NdisFact::Packet(fact) => Some((index, fact)),
        _ => None,
    })
}

pub const ACCOUNT: Rule = Rule {
    id: "NV-13",
    severity: Severity::Contract,
    says: "When a pause or a detach is done, no packet of the filter's is out and it holds no packet \
           of anyone else's",
    source: "docs:network/pausing-a-filter-module; bugcheck 0x7C, 0x27",
    provoked_by: "packets on their way when the pause begins",
    bugchecks: &[Stop::with(0x7C, 0x27), Stop::with(0xC4, 0x9_2011), Stop::with(0xC4, 0x9_2012)],
    check: |history, report| {
        for (index, fact) in facts(history) {
            if let PacketFact::Owed { module, own, foreign, at_detach } = fact {
                let when = if *at_detach { "detached" } else { "paused" };
                let lists = owed(history, index);
                let found = format!(
                    "{module} {when} with {own} of its own out, {foreign} foreign held{lists}"
                );
                report.breach(index, found);
            }
        }
    },
};

/// Which lists those are that the entry at `owed` counts: how they came to the filter, and when.
fn owed(history: &History<'_>, owed: usize) -> String {
    let held = history.entries[..owed].iter().rev().map_while(|entry| match &entry.fact {
        Fact::Ndis(NdisFact::Packet(PacketFact::Held { list, own, .. })) => Some((*list, *own)),
        _ => None,
    });
    let mut held: Vec<(u32, bool)> = held.collect();
    held.reverse();
    // Those that came together are told together.
    let mut groups: Vec<(String, Vec<u32>)> = Vec::new();
    for (list, own) in held {
        let came = match (own, offered(history, owed, list)) {
            (true, _) => " of its own".to_owned(),
            (false, None) => String::new(),
            (false, Some(at)) => {
                let (ms, rest) = (history.time(at) / 10_000, history.time(at) % 10_000);
                let callback = handler(history, at).unwrap_or("a handler");
                format!(" came to {callback} at {ms}.{rest:04} ms")
            }
        };
        match groups.iter_mut().find(|(known, _)| *known == came) {
            Some((_, lists)) => lists.push(list),
            None => groups.push((came, vec![list])),
        }
    }
    let mut text = String::new();
    for (came, numbers) in groups.iter().take(GROUPS_MAX) {
        let _ = write!(text, "; {}{came}", lists(numbers));
    }
    if groups.len() > GROUPS_MAX {
        text.push_str("; and more at other times");
    }
    text
}

/// When a list was last offered to a module, before `end`.
fn offered(history: &History<'_>, end: usize, list: u32) -> Option<usize> {
    history.entries[..end].iter().rposition(|entry| match &entry.fact {
        Fact::Ndis(NdisFact::Packet(PacketFact::Offered { lists, .. })) => lists.contains(&list),
        _ => false,
    })
}

/// The handler that the offer at `at` goes to: it is entered next on that thread.
fn handler(history: &History<'_>, at: usize) -> Option<&'static str> {
    let thread = history.entries[at].thread;
    let mut next = history.entries[at + 1..].iter().filter(|entry| entry.thread == thread);
    match next.next()?.fact {
        Fact::Kernel(KernelFact::Enter { callback, .. }) => Some(callback),
        _ => None,
    }
}

pub const WHILE_PAUSED: Rule = Rule {
    id: "NV-15",
    severity: Severity::Contract,
    says: "A send that arrives while the module is paused is completed with PAUSED and not passed \
           down (risky: NDIS pauses what is above first); what was indicated with RESOURCES is not \
           returned by call",
    source: "ddi:ndis/nc-ndis-filter_send_net_buffer_lists, docs:network/pausing-a-filter-module, \
             ddi:ndis/nc-ndis-filter_receive_net_buffer_lists",
    provoked_by: "packets in every state",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            match fact {
                PacketFact::PassedWhilePaused { list, module } => {
                    let found = format!("{module} was paused and passed list {list} down");
                    report.graded(Severity::Risky, index, found);
                }
                PacketFact::RejectedWhilePaused { list, module, status } if *status != PAUSED => {
                    let status = ndis_status(*status);
                    let found =
                        format!("{module} was paused and completed list {list} with {status}");
                    report.graded(Severity::Risky, index, found);
                }
                PacketFact::ReturnedResources { list, module } => {
                    let found = format!("{module} returned list {list}, indicated with RESOURCES");
                    report.breach(index, found);
                }
                _ => {}
            }
        }
    },
};

pub const QUIET_WHILE_PAUSED: Rule = Rule {
    id: "NV-16",
    severity: Severity::Contract,
    says: "A module that is not running originates no packets",
    source: "docs:network/filter-module-states-and-operations",
    provoked_by: "every state",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            if let PacketFact::Originated { module, way, state } = fact {
                let severity = match state {
                    ModuleState::Running | ModuleState::Pausing => continue,
                    // Whether receives may begin before the restart is complete is contradicted.
                    ModuleState::Restarting => Severity::Risky,
                    _ => Severity::Contract,
                };
                let found =
                    format!("{module}, {state:?}, began a {way:?} of its own").to_lowercase();
                report.graded(severity, index, found);
            }
        }
    },
};

pub const ONCE: Rule = Rule {
    id: "NV-57",
    severity: Severity::Contract,
    says: "Every packet goes on or back exactly once, by the function of its way, with its buffers as \
           they were and the members that are NDIS's or its sender's",
    source: "docs:network/sending-data-from-a-filter-driver, \
             docs:network/receiving-data-in-a-filter-driver, \
             docs:network/net-buffer-list-structure",
    provoked_by: "chains of several lists, buffers and MDLs",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            match fact {
                PacketFact::Misused { what, .. } => report.breach(index, what.clone()),
                PacketFact::Overwrote { list, module, member } => {
                    // Which driver a reserved member is for depends on who looks.
                    let severity = match *member {
                        "MiniportReserved" | "ParentNetBufferList" => Severity::Risky,
                        _ => Severity::Contract,
                    };
                    let found = format!("{module} wrote {member} of list {list}, which is not its");
                    report.graded(severity, index, found);
                }
                PacketFact::Finished { list, changed: true, .. } => {
                    report.breach(index, format!("list {list} came back with other buffers"));
                }
                _ => {}
            }
        }
    },
};

pub const FLAGS: Rule = Rule {
    id: "NV-58",
    severity: Severity::Contract,
    says: "The flag that says DISPATCH_LEVEL is set at DISPATCH_LEVEL only",
    source: "docs:network/dispatch-irql-tracking, \
             ddi:ndis/nf-ndis-ndisfsendnetbufferlistscomplete",
    provoked_by: "completions at both levels",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            if let PacketFact::WrongFlag { import } = fact {
                report.breach(index, format!("{import} was called below DISPATCH_LEVEL with it"));
            }
        }
    },
};

pub const CANCELLED: Rule = Rule {
    id: "NV-66",
    severity: Severity::Contract,
    says: "FilterCancelSendNetBufferLists passes the cancellation on to the layers below",
    source: "ddi:ndis/nc-ndis-filter_cancel_send_net_buffer_lists",
    provoked_by: "sends that are cancelled while the miniport has them",
    bugchecks: &[],
    check: |history, report| {
        for call in history.of("FilterCancelSendNetBufferLists") {
            let passes_on = |entry: &Entry| {
                let import = "NdisFCancelSendNetBufferLists";
                entry.fact == Fact::Kernel(KernelFact::Import { import })
            };
            let returned = call.leave.is_some();
            if returned && !history.own(call).any(|(_, entry)| passes_on(entry)) {
                report.breach(call.enter, "it did not pass the cancellation on".to_owned());
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};
    use journal::Direction;

    fn sample(fact: PacketFact) -> Sample {
        Sample::new().fact(NdisFact::Packet(fact))
    }

    fn module() -> String {
        "eth0.1".to_owned()
    }

    #[test]
    fn nv13_catches_what_is_owed_after_a_pause() {
        let owed = PacketFact::Owed { module: module(), own: 0, foreign: 1, at_detach: false };
        sample(owed).breaks(&ACCOUNT);
        let offered = PacketFact::Offered {
            lists: vec![3, 4],
            module: module(),
            way: Direction::Receive,
            state: ModuleState::Running,
            resources: false,
            packets: 2,
            bytes: 120,
        };
        let held = PacketFact::Held { module: module(), list: 4, own: false };
        let owed = PacketFact::Owed { module: module(), own: 0, foreign: 1, at_detach: false };
        let told = Sample::new()
            .later(15_000)
            .fact(NdisFact::Packet(offered))
            .call("FilterReceiveNetBufferLists", None, None, [])
            .fact(NdisFact::Packet(held))
            .fact(NdisFact::Packet(owed));
        assert_eq!(
            told.violations(&ACCOUNT)[0].found,
            "eth0.1 paused with 0 of its own out, 1 foreign held; list 4 came to \
             FilterReceiveNetBufferLists at 1.5000 ms"
        );
        Sample::new().call("FilterPause", None, Some(0), []).keeps(&ACCOUNT);
    }

    #[test]
    fn nv15_catches_passing_wrong_rejections_and_returned_resources() {
        sample(PacketFact::PassedWhilePaused { list: 1, module: module() }).breaks(&WHILE_PAUSED);
        let rejected =
            |status| PacketFact::RejectedWhilePaused { list: 1, module: module(), status };
        sample(rejected(0)).breaks(&WHILE_PAUSED);
        sample(rejected(PAUSED)).keeps(&WHILE_PAUSED);
        sample(PacketFact::ReturnedResources { list: 1, module: module() }).breaks(&WHILE_PAUSED);
    }

    #[test]
    fn nv16_catches_packets_out_of_a_paused_module() {
        let originated =
            |state| PacketFact::Originated { module: module(), way: Direction::Send, state };
        sample(originated(ModuleState::Paused)).breaks(&QUIET_WHILE_PAUSED);
        sample(originated(ModuleState::Running)).keeps(&QUIET_WHILE_PAUSED);
    }

    #[test]
    fn nv66_catches_a_cancellation_that_ends_in_the_filter() {
        let callback = "FilterCancelSendNetBufferLists";
        let import = "NdisFCancelSendNetBufferLists";
        Sample::new().call(callback, None, None, []).breaks(&CANCELLED);
        let passed_on = KernelFact::Import { import }.into();
        Sample::new().call(callback, None, None, [passed_on]).keeps(&CANCELLED);
    }

    #[test]
    fn nv57_and_nv58_catch_misuse_changed_packets_and_wrong_flags() {
        sample(PacketFact::Misused { module: module(), what: String::new() }).breaks(&ONCE);
        let finished =
            |changed| PacketFact::Finished { list: 1, way: Direction::Send, status: 0, changed };
        sample(finished(true)).breaks(&ONCE);
        sample(finished(false)).keeps(&ONCE);
        let overwrote = PacketFact::Overwrote { list: 1, module: module(), member: "SourceHandle" };
        sample(overwrote).breaks(&ONCE);
        sample(PacketFact::WrongFlag { import: "NdisFReturnNetBufferLists" }).breaks(&FLAGS);
        sample(finished(false)).keeps(&FLAGS);
    }
}
