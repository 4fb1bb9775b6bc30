//! Sleeping and waking.

use super::{Findings, Rule, Severity, Story, is_set_power};
use crate::attribute::spans::{Kind, Span};
use crate::duration;

/// A stack's way down and, if the trace has it, up again.
struct Sleep<'a> {
    down: &'a Span,
    up: Option<&'a Span>,
    /// What the stack went through before the way up, and from there to the next way down.
    asleep: Vec<&'a Span>,
    awake: Vec<&'a Span>,
}

/// The sleeps of every adapter, as its lowest module saw them.
fn sleeps<'a>(story: &Story<'a>) -> Vec<Sleep<'a>> {
    let mut sleeps = Vec::new();
    for stack in story.stacks() {
        let spans = story.of_stack(&stack);
        let downs: Vec<usize> = (0..spans.len())
            .filter(|at| is_set_power(spans[*at], false) && spans[*at].parent.is_none())
            .collect();
        for (index, at) in downs.iter().enumerate() {
            let until = downs.get(index + 1).copied().unwrap_or(spans.len());
            let during = &spans[at + 1..until];
            let wakes = |span: &&Span| is_set_power(span, true) && span.parent.is_none();
            let up = during.iter().position(wakes);
            let (asleep, awake) = during.split_at(up.unwrap_or(during.len()));
            sleeps.push(Sleep {
                down: spans[*at],
                up: up.map(|at| during[at]),
                asleep: asleep.to_vec(),
                awake: awake.to_vec(),
            });
        }
    }
    sleeps
}

pub static NO_D0: Rule = Rule {
    id: "no-d0",
    says: "An adapter that went to sleep is told D0 when it wakes: its modules restart, or other \
           adapters wake, only if it does too",
    severity: Severity::Breach,
    check: |story, findings| {
        let sleeps = sleeps(story);
        for sleep in sleeps.iter().filter(|sleep| sleep.up.is_none()) {
            let Some(start) = sleep.down.start_100ns else { continue };
            let restarted = sleep.asleep.iter().find(|span| span.kind == Kind::Restart);
            let other = sleeps.iter().filter_map(|other| other.up).find(|up| {
                story.luid(up) != story.luid(sleep.down) && up.start_100ns > Some(start)
            });
            let Some(sign) = restarted.copied().or(other).and_then(|span| span.start_100ns) else {
                continue;
            };
            // Whoever is detached waits no longer.
            let detached = sleep.asleep.iter().filter(|span| span.kind == Kind::Detach);
            let gone = detached.filter_map(|span| span.start_100ns).min();
            let until = gone.unwrap_or(story.spans.to_100ns);
            let waited = until.saturating_sub(sign);
            if waited > story.limit_100ns {
                let why = if restarted.is_some() { "its modules restarted" } else { "others woke" };
                let found = format!("no SetPower D0 for {} after {why}", duration(waited));
                findings.stack(sleep.down.module, sign, found);
            }
        }
    },
};

pub static NO_RESTART: Rule = Rule {
    id: "no-restart",
    says: "A module that was paused for a sleep runs again after D0",
    severity: Severity::Breach,
    check: |story, findings| {
        for sleep in sleeps(story) {
            let Some(woken) = sleep.up.and_then(|up| up.stop_100ns) else { continue };
            let waited = story.spans.to_100ns.saturating_sub(woken);
            let mut paused: Vec<usize> = Vec::new();
            for span in sleep.asleep.iter().chain(&sleep.awake) {
                match span.kind {
                    Kind::Pause => paused.push(span.module),
                    Kind::Restart | Kind::Detach => paused.retain(|module| *module != span.module),
                    _ => {}
                }
            }
            for module in paused.into_iter().filter(|_| waited > story.limit_100ns) {
                let found = format!("it is still paused {} after D0", duration(waited));
                findings.module(module, woken, found);
            }
        }
    },
};

pub static BRACKET: Rule = Rule {
    id: "suspend",
    says: "Whether this stack is paused for a sleep, or sleeps without",
    severity: Severity::Remark,
    check: remark_brackets,
};

/// NDIS spares a stack the pause if the miniport and every filter say NO_PAUSE_ON_SUSPEND or are of
/// NDIS 6.30 and newer (ddi:ndis/ns-ndis-_ndis_miniport_adapter_registration_attributes). One remark
/// for each way a stack takes.
fn remark_brackets(story: &Story<'_>, findings: &mut Findings<'_>) {
    let mut told = Vec::new();
    for sleep in sleeps(story).iter().filter(|sleep| sleep.up.is_some()) {
        let kinds: Vec<Kind> = sleep.asleep.iter().map(|span| span.kind).collect();
        let way = if kinds.contains(&Kind::Detach) {
            "the stack is halted for a sleep and built anew: the miniport has no power management"
        } else if kinds.contains(&Kind::Pause) {
            "the stack is paused for a sleep: the miniport or one of its filters does not support \
             NO_PAUSE_ON_SUSPEND"
        } else {
            "the stack sleeps without a pause: all of it supports NO_PAUSE_ON_SUSPEND"
        };
        let key = (story.luid(sleep.down), way);
        if let Some(start) = sleep.down.start_100ns.filter(|_| !told.contains(&key)) {
            told.push(key);
            findings.stack(sleep.down.module, start, way.to_owned());
        }
    }
}
