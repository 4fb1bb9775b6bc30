//! Which events reach a filter at all.

use super::Question;
use super::answer::Tally;
use super::story::{Seen, Story};

pub(super) static BIND_EVENTS: Question = Question {
    id: "bind-events",
    asks: "Do NetEventPause and NetEventRestart reach filters?",
    needs: "a stack that is paused and restarted with its modules kept: rebind a protocol",
    settle: |story, tally| {
        for about in ["Pause", "Restart"] {
            let reading = ("yes", "bind-events=delivered");
            for seen in story.seen.iter().filter(|seen| seen.is_net(about)) {
                tally
                    .add_reading(reading, seen, || format!("NetEvent{about} in FilterNetPnPEvent"));
            }
        }
        for (at, pause) in story.starts("Pause").filter(|(_, seen)| seen.lowest) {
            if is_for_bindings(story, at) && !told_around(story, at) {
                tally.add_reading(("no", "bind-events=withheld"), pause, || {
                    "the stack was paused and restarted; neither of the two events came".to_owned()
                });
            }
        }
    },
};

/// Whether the paused module runs again, so that its protocols were paused and restarted with it.
fn is_for_bindings(story: &Story<'_>, pause: usize) -> bool {
    let module = story.seen[pause].module;
    let next = story.after(pause).map(|(_, seen)| seen).find(|seen| {
        seen.module == module && (seen.is_start("Restart") || seen.is_start("Detach"))
    });
    next.is_some_and(|seen| seen.is_start("Restart"))
}

/// Whether one of the events came between the stack's last start and its next pause.
fn told_around(story: &Story<'_>, pause: usize) -> bool {
    let miniport = story.seen[pause].miniport;
    let before = story.before(pause).filter(|seen| seen.miniport == miniport);
    let after = story.after(pause).map(|(_, seen)| seen).filter(|seen| seen.miniport == miniport);
    let tells = |seen: &Seen<'_>| seen.is_net("Pause") || seen.is_net("Restart");
    before.take_while(|seen| !seen.is_start("Restart")).any(tells)
        || after.take_while(|seen| !(seen.lowest && seen.is_start("Pause"))).any(tells)
}

pub(super) static BIND_LIST: Question = Question {
    id: "bind-list",
    asks: "Does NetEventBindList reach filters?",
    needs: "a change of bindings or of their order",
    settle: |story, tally| arrives(story, tally, "BindList"),
};

pub(super) static RECONFIGURE: Question = Question {
    id: "reconfigure",
    asks: "Does NetEventReconfigure reach filters?",
    needs: "a change of an adapter's or a protocol's configuration",
    settle: |story, tally| arrives(story, tally, "Reconfigure"),
};

pub(super) static PORT_EVENTS: Question = Question {
    id: "port-events",
    asks: "Do NetEventPortActivation and NetEventPortDeactivation reach filters?",
    needs: "a miniport with ports, or one that controls its default port (Wi-Fi)",
    settle: |story, tally| {
        let reading = ("yes", "port-events=delivered");
        for about in ["PortActivation", "PortDeactivation"] {
            for seen in story.seen.iter().filter(|seen| seen.is_net(about)) {
                tally
                    .add_reading(reading, seen, || format!("NetEvent{about} in FilterNetPnPEvent"));
            }
        }
    },
};

pub(super) static CAPABILITIES: Question = Question {
    id: "capability-events",
    asks: "Does NetEventPnPCapabilities reach filters?",
    needs: "a change of what may wake the machine: Set-NetAdapterPowerManagement",
    settle: |story, tally| arrives(story, tally, "PnPCapabilities"),
};

/// An event that comes answers yes; that it did not come says nothing.
fn arrives(story: &Story<'_>, tally: &mut Tally, about: &str) {
    for seen in story.seen.iter().filter(|seen| seen.is_net(about)) {
        tally.add("yes", seen, || format!("NetEvent{about} in FilterNetPnPEvent"));
    }
}
