//! Attach, pause and detach.

use super::Question;
use super::story::{Seen, Story};

pub(super) static ATTACH: Question = Question {
    id: "attach",
    asks: "Does FilterAttach run before NdisFRegisterFilterDriver has returned?",
    needs: "the driver is unloaded and loaded again while it is recorded: remove and install it",
    settle: |story, tally| {
        let attaches = |seen: &&Seen<'_>| seen.is_start("Attach") && !seen.event.history;
        let loads = story.seen.iter().enumerate().filter(|(_, seen)| seen.name == "Load");
        for (at, _) in loads {
            let unload = story.seen[..at].iter().rposition(|seen| seen.name == "Unload");
            let since = unload.map_or(0, |unload| unload + 1);
            if let Some(attach) = story.seen[since..at].iter().find(attaches) {
                let reading = ("during-register", "attach=during-register");
                tally.add_reading(reading, attach, || "Attach stands before Load".to_owned());
                continue;
            }
            // That none stands before it says something only of an adapter that was there.
            let was_there = |attach: &&Seen<'_>| {
                story.seen[..since].iter().any(|seen| seen.miniport == attach.miniport)
            };
            let life = story.after(at).map(|(_, seen)| seen);
            let mut life = life.take_while(|seen| seen.name != "Unload").filter(attaches);
            if let Some(attach) = life.find(was_there) {
                let reading = ("after-register", "attach=after-register");
                tally.add_reading(reading, attach, || {
                    "Attach stands after Load, of an adapter known from before".to_owned()
                });
            }
        }
    },
};

pub(super) static STATUS_BEFORE_ATTACH: Question = Question {
    id: "status-before-attach",
    asks: "Does FilterStatus come before FilterAttach has returned?",
    needs: "an attach: disable and enable an adapter",
    settle: |story, tally| {
        for (at, attach) in story.starts("Attach").filter(|(_, seen)| !seen.event.history) {
            let Some((stop, _)) = story.stop_of(at) else { continue };
            let status = story.seen[at..stop]
                .iter()
                .find(|seen| seen.name == "Status" && seen.module == attach.module);
            if let Some(status) = status {
                let what = || format!("Status {} inside Attach", status.about);
                tally.add_reading(("yes", "status-before-attach=present"), status, what);
            } else {
                let what = || "no status of those that are traced inside Attach".to_owned();
                tally.add_reading(("no", "status-before-attach=absent"), attach, what);
            }
        }
    },
};

pub(super) static PREDETACH: Question = Question {
    id: "predetach",
    asks: "Where does NetEventFilterPreDetach stand, seen from FilterPause?",
    needs: "a detach: disable an adapter, or the filter's binding to it",
    settle: |story, tally| {
        for (at, detach) in story.starts("Detach") {
            // Records of the history lack it.
            let Some(came) = detach.number("PreDetachSeen") else { continue };
            // What was paused already, for a sleep or a change of its stack, was paused when it came.
            if detach.text("Power") != "D0" || changes(story, at) {
                continue;
            }
            let states: Vec<&str> = story
                .before(at)
                .filter(|seen| seen.module == detach.module)
                .take_while(|seen| !seen.is_start("Attach"))
                .filter(|seen| seen.is_net("FilterPreDetach"))
                .map(|seen| seen.text("State"))
                .collect();
            let answer = match states.as_slice() {
                [] if came == 0 => "absent",
                // It came before the recording began.
                [] => continue,
                ["Running"] => "before-pause",
                ["Paused"] => "after-pause",
                ["Paused", "Running"] => "twice",
                _ => "otherwise",
            };
            let reading = format!("predetach={answer}");
            let what = || match states.as_slice() {
                [] => "Detach says that none came".to_owned(),
                states => format!("before Detach, state then: {}", backwards(states)),
            };
            if answer == "otherwise" {
                tally.add(answer, detach, what);
            } else {
                tally.add_reading((answer, &reading), detach, what);
            }
        }
    },
};

fn backwards(states: &[&str]) -> String {
    states.iter().rev().copied().collect::<Vec<_>>().join(", ")
}

pub(super) static PAUSE_REASONS: Question = Question {
    id: "pause-reasons",
    asks: "Which values of PauseReason does FilterPause get?",
    needs: "a pause: rebind a protocol, sleep",
    settle: |story, tally| {
        for (_, pause) in story.starts("Pause") {
            if let Some(reason) = pause.number("PauseReason") {
                let what = || format!("FilterPause while {}", pause.text("State"));
                tally.add(&format!("{reason:#x}"), pause, what);
            }
        }
    },
};

pub(super) static STACK_CHANGE: Question = Question {
    id: "filter-list-changed",
    asks: "Is the device event FilterListChanged ever raised, as at a change of a running stack?",
    needs: "a modifying filter that comes or goes: Disable-NetAdapterBinding -ComponentID ms_pacer",
    settle: |story, tally| {
        let is_it =
            |seen: &Seen<'_>| seen.is_start("DevicePnPEvent") && seen.about == "FilterListChanged";
        for seen in story.seen.iter().filter(|seen| is_it(seen)) {
            let what = || "FilterListChanged in FilterDevicePnPEventNotify".to_owned();
            tally.add_reading(("yes", "stack-change=device-event"), seen, what);
        }
        for (at, change) in story.seen.iter().enumerate().filter(|(at, _)| changes(story, *at)) {
            let mut behind = story
                .after(at)
                .map(|(_, seen)| seen)
                .filter(|seen| seen.miniport == change.miniport)
                .take_while(|seen| !(seen.lowest && seen.is_start("Pause")));
            if !behind.any(is_it) {
                let what = || format!("{} in a stack that runs on, and no such event", change.name);
                tally.add_reading(("no", "stack-change=none"), change, what);
            }
        }
    },
};

/// Whether a module comes or goes while another of its stack, which has run, stays and runs on.
fn changes(story: &Story<'_>, at: usize) -> bool {
    let change = &story.seen[at];
    if !(change.is_start("Attach") || change.is_start("Detach")) {
        return false;
    }
    let others = |seen: &&Seen<'_>| {
        seen.miniport == change.miniport
            && seen.module != change.module
            && ["Attach", "Restart", "Pause", "Detach"].iter().any(|name| seen.is_start(name))
    };
    let Some(before) = story.before(at).find(others) else { return false };
    let next = story
        .after(at)
        .map(|(_, seen)| seen)
        .find(|seen| others(seen) && seen.module == before.module);
    before.is_start("Pause") && next.is_some_and(|next| next.is_start("Restart"))
}
