//! Registration, and the way of an event from module to module.

use std::collections::BTreeMap;

use super::Question;
use crate::decode::Opcode;
use crate::value::guid_text;

/// How every activity id of our driver begins.
const OURS: &[u8] = b"NetPnP";

pub(super) static REGISTRATION: Question = Question {
    id: "registration",
    asks: "Which NDIS version and which handlers does NDIS accept?",
    needs: "the driver is loaded while it is recorded; once more with QueryWakeSettings on",
    settle: |story, tally| {
        let asks = |name: &str| matches!(name, "WakeSettings" | "WakeHardware" | "QueryFailed");
        for (at, seen) in story.seen.iter().enumerate() {
            let number = |field| seen.number(field).unwrap_or(0);
            if seen.name == "Load" {
                let until = story.after(at).map(|(_, seen)| seen);
                let mut until = until.take_while(|seen| seen.name != "Load");
                let handlers =
                    if until.any(|seen| asks(seen.name)) { " with OID handlers" } else { "" };
                let version = format!("{}.{}", number("NdisMajor"), number("NdisMinor"));
                tally.add(&format!("{version}{handlers}"), seen, || "Load".to_owned());
            } else if seen.name == "LoadFailed" {
                let refused = format!("refused with {:#010x}", number("Status"));
                tally.add(&refused, seen, || format!("LoadFailed: {}", seen.text("Reason")));
            }
        }
    },
};

pub(super) static FORWARDING: Question = Question {
    id: "forwarding",
    asks: "Does a forward carry an event to the next filter, or does NDIS call each filter itself?",
    needs: "two modules on an adapter, so a modifying filter (ms_pacer), and any event",
    settle: |story, tally| {
        // By adapter and event: the modules that have it open, and the last one that closed it.
        let mut open: BTreeMap<(u64, &str), Vec<u64>> = BTreeMap::new();
        let mut closed: BTreeMap<(u64, &str), u64> = BTreeMap::new();
        // A FilterPreDetach is for one module alone.
        let events = story
            .seen
            .iter()
            .filter(|seen| seen.name == "NetPnPEvent" && seen.about != "FilterPreDetach");
        for seen in events {
            let key = (seen.miniport, seen.about);
            let inside = open.entry(key).or_default();
            if seen.event.opcode == Opcode::Stop {
                inside.retain(|module| *module != seen.module);
                closed.insert(key, seen.module);
                continue;
            }
            if seen.event.opcode != Opcode::Start {
                continue;
            }
            // The number of the span around is that of our call below, on whatever thread.
            let within = seen.number("ParentSpanId").is_some_and(|around| around != 0);
            let around = inside.iter().any(|module| *module != seen.module);
            // Records of the history that have the same time may stand in any order.
            let after =
                closed.get(&key).is_some_and(|other| *other != seen.module) && !seen.event.history;
            if !seen.lowest && (within || (around && !seen.event.history)) {
                let what = || format!("{} inside that of the module below", seen.about);
                tally.add_reading(("chain", "forwarding=chain"), seen, what);
            } else if !seen.lowest && after {
                let what = || format!("{} after that of the module below had ended", seen.about);
                tally.add_reading(("broadcast", "forwarding=broadcast"), seen, what);
            }
            inside.push(seen.module);
        }
    },
};

pub(super) static ACTIVITY: Question = Question {
    id: "activity",
    asks: "Does a thread of NDIS come with an activity of its own?",
    needs: "any network event",
    settle: |story, tally| {
        // A record of the history has no activities.
        let outermost = story
            .starts("NetPnPEvent")
            .map(|(_, seen)| seen)
            .filter(|seen| !seen.event.history && seen.number("ParentSpanId") == Some(0));
        for seen in outermost {
            match seen.event.related {
                None => tally.add("no", seen, || format!("{} without one", seen.about)),
                Some(id) if id.starts_with(OURS) => {}
                Some(id) => {
                    tally.add("yes", seen, || format!("{} with {}", seen.about, guid_text(&id)));
                }
            }
        }
    },
};
