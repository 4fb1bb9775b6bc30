//! Sleeping, waking and shutting down.

use super::Question;
use super::answer::Tally;
use super::story::{Seen, Story};
use crate::duration;

/// A machine that slept less was awake: clocks are not read at the same instant.
const AWAKE_100NS: u64 = 100_000;

/// Numbers of Microsoft-Windows-Kernel-Power: connected standby begins and ends, shutdown begins.
const STANDBY: u16 = 506;
const STANDBY_OVER: u16 = 507;
const SHUTDOWN_BEGINS: u16 = 109;

/// A SetPower to Dx at the lowest module, and its D0.
struct Sleep<'a, 'b> {
    down: &'b Seen<'a>,
    at: usize,
    /// A QueryPower stood before it.
    asked: bool,
    up: Option<(usize, &'b Seen<'a>)>,
}

fn sleeps<'a, 'b>(story: &'b Story<'a>) -> impl Iterator<Item = Sleep<'a, 'b>> {
    let downs = story.seen.iter().enumerate();
    let downs = downs.filter(|(_, seen)| seen.lowest && seen.is_set_power(false));
    downs.map(|(at, down)| {
        let mut before = story
            .before(at)
            .filter(|seen| seen.module == down.module)
            .take_while(|seen| !seen.is_net("SetPower"));
        let asked = before.any(|seen| seen.is_net("QueryPower"));
        // A module that was detached for the sleep is another one when it wakes.
        let up = story.after(at).find(|(_, seen)| {
            seen.miniport == down.miniport && seen.lowest && seen.is_set_power(true)
        });
        Sleep { down, at, asked, up }
    })
}

impl<'a, 'b> Sleep<'a, 'b> {
    /// What the stack went through until it was told D0, or until the recording ends.
    fn during(&self, story: &'b Story<'a>) -> impl Iterator<Item = &'b Seen<'a>> {
        let until = self.up.map_or(story.seen.len(), |(at, _)| at);
        let miniport = self.down.miniport;
        story.seen[self.at..until].iter().filter(move |seen| seen.miniport == miniport)
    }

    /// Whether the adapter alone was down: nobody was asked, the stack ran on, the machine was awake.
    fn is_idle(&self, story: &'b Story<'a>) -> bool {
        let stays = |seen: &Seen<'_>| !seen.is_start("Pause") && !seen.is_start("Detach");
        let asleep = self.up.and_then(|(_, up)| up.asleep_since(self.down));
        !self.asked
            && asleep.is_some_and(|asleep| asleep < AWAKE_100NS)
            && self.during(story).all(stays)
    }
}

pub(super) static QUERY_POWER: Question = Question {
    id: "query-power",
    asks: "Does a sleep begin with QueryPower?",
    needs: "a sleep or a hibernation",
    settle: |story, tally| {
        // An adapter that idles alone is no sleep of the machine, and what does not end may be that.
        let of_machine =
            |sleep: &Sleep<'_, '_>| sleep.asked || (sleep.up.is_some() && !sleep.is_idle(story));
        for sleep in sleeps(story).filter(of_machine) {
            let state = sleep.down.text("NewPower");
            if sleep.asked {
                let what = || format!("QueryPower, then SetPower {state}");
                tally.add_reading(("yes", "query-power=present"), sleep.down, what);
            } else {
                let what = || format!("SetPower {state} without one");
                tally.add_reading(("no", "query-power=absent"), sleep.down, what);
            }
        }
    },
};

pub(super) static SET_POWER_IN_IDLE: Question = Question {
    id: "set-power-in-idle",
    asks: "Does SetPower come while the machine stays awake: selective suspend, standby, no cable?",
    needs: "hardware that idles (no virtual machine), or connected standby with NetPnP.Verbose",
    settle: |story, tally| {
        for sleep in sleeps(story).filter(|sleep| sleep.is_idle(story)) {
            let up = sleep.up.map_or(sleep.down, |(_, up)| up);
            let took = up.event.time_100ns.saturating_sub(sleep.down.event.time_100ns);
            let state = sleep.down.text("NewPower");
            let what = || format!("{state} for {} while the machine was awake", duration(took));
            tally.add_reading(("yes", "set-power-in-idle=delivered"), sleep.down, what);
        }
        remark_standby(story, tally);
    },
};

/// A connected standby in which no adapter was told anything.
fn remark_standby(story: &Story<'_>, tally: &mut Tally) {
    let begins = story.seen.iter().enumerate();
    for (at, standby) in begins.filter(|(_, seen)| seen.is_kernel_power(STANDBY)) {
        let Some((over, _)) = story.after(at).find(|(_, seen)| seen.is_kernel_power(STANDBY_OVER))
        else {
            continue;
        };
        let told = story.seen[at..over].iter().any(|seen| seen.is_net("SetPower"));
        // Whoever was there to be told is known by an event of a module, before or after.
        let modules = story.seen.iter().any(|seen| seen.module != 0);
        if modules && !told {
            let what = || "a connected standby without SetPower".to_owned();
            tally.add_reading(("no", "set-power-in-idle=withheld"), standby, what);
        }
    }
}

pub(super) static HALT_DETACH: Question = Question {
    id: "halt-detach",
    asks: "Are modules detached when their miniport is halted for a sleep?",
    needs: "a sleep of an adapter without power management; kept modules look like any other sleep",
    settle: |story, tally| {
        for sleep in sleeps(story) {
            let gone = sleep.during(story).find(|seen| seen.is_start("Detach"));
            if let (Some(gone), Some(_)) = (gone, sleep.up) {
                let what = || "Detach between SetPower Dx and SetPower D0".to_owned();
                tally.add_reading(("detached", "halt-detach=detached"), gone, what);
            }
        }
    },
};

pub(super) static ATTRIBUTES_AT_RESUME: Question = Question {
    id: "restart-attributes-at-resume",
    asks: "Is FilterRestart given attributes at a resume, or NULL?",
    needs: "a sleep with a pause: an adapter or filter without NO_PAUSE_ON_SUSPEND",
    settle: |story, tally| restarts(story, tally, true),
};

pub(super) static ATTRIBUTES_ELSEWHERE: Question = Question {
    id: "restart-attributes-elsewhere",
    asks: "Is FilterRestart given attributes at other restarts, or NULL?",
    needs: "a restart: rebind a protocol, disable and enable an adapter",
    settle: |story, tally| restarts(story, tally, false),
};

fn restarts(story: &Story<'_>, tally: &mut Tally, at_resume: bool) {
    for (at, restart) in story.starts("Restart") {
        // Records of the history lack it.
        let Some(has) = restart.number("AttributesChanged") else { continue };
        let slept = story
            .before(at)
            .filter(|seen| seen.module == restart.module)
            .take_while(|seen| !seen.is_start("Restart"))
            .any(|seen| seen.is_set_power(false));
        if slept != at_resume {
            continue;
        }
        if has == 0 {
            tally.add("NULL", restart, || "FilterRestart with NULL".to_owned());
        } else {
            let mtu = restart.number("MtuBytes").unwrap_or(0);
            tally.add("attributes", restart, || format!("FilterRestart with an MTU of {mtu}"));
        }
    }
}

pub(super) static SHUTDOWN: Question = Question {
    id: "shutdown",
    asks: "Which events come on a shutdown?",
    needs: "NetPnP.Verbose to a file through a shutdown: Kernel-Power event 109 marks it",
    settle: |story, tally| {
        let begins = story.seen.iter().enumerate();
        for (at, begin) in begins.filter(|(_, seen)| seen.is_kernel_power(SHUTDOWN_BEGINS)) {
            let until = story.after(at).map(|(_, seen)| seen);
            let until = until.take_while(|seen| seen.name != "Load");
            let starts = ["NetPnPEvent", "DevicePnPEvent", "Pause", "Detach"];
            let mut told = false;
            for seen in until.filter(|seen| starts.iter().any(|name| seen.is_start(name))) {
                told = true;
                let name = if seen.about.is_empty() { seen.name } else { seen.about };
                let name = [name, seen.text("NewPower")].join(" ");
                tally.add(name.trim_end(), seen, || "after the shutdown began".to_owned());
            }
            if !told {
                tally.add("none", begin, || "a shutdown began and nothing came".to_owned());
            }
        }
    },
};
