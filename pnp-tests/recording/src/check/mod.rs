//! What a trace says about whether a stack behaves: rules over time, each with its evidence.
//!
//! A breach is something that a healthy stack does not do; a remark is what an engineer wants to
//! know and nothing to repair by itself. A trace may begin and end anywhere: what lies outside is
//! nobody's fault.

mod lifecycle;
mod power;
mod time;

use serde::Serialize;

use super::attribute::spans::{Kind, Module, Span, Spans};
use super::attribute::{Attribution, of_spans};

/// A rule of `netpnp trace check`.
pub struct Rule {
    /// The rule's name in the output.
    pub id: &'static str,
    /// The rule's subject, in a sentence.
    pub says: &'static str,
    /// How bad it is where it finds something.
    pub severity: Severity,
    check: fn(&Story<'_>, &mut Findings<'_>),
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The driver, or the stack, does not keep what it has to keep.
    Breach,
    /// Worth a look.
    Remark,
}

/// Every rule, in the order in which they are told.
pub const RULES: [&Rule; 12] = [
    &time::NEVER_ENDED,
    &time::SLOW,
    &lifecycle::PAUSE_UNFINISHED,
    &power::NO_D0,
    &power::NO_RESTART,
    &lifecycle::DETACH_WITHOUT_PAUSE,
    &lifecycle::ATTACH_STORM,
    &time::ANOMALY,
    &time::VETO,
    &power::BRACKET,
    &lifecycle::REMOVAL_CAUSE,
    &lifecycle::PAUSE_CAUSE,
];

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// `Rule::id`.
    pub rule: &'static str,
    /// `Rule::severity`.
    pub severity: Severity,
    /// When, on the clock of the session.
    pub time_100ns: u64,
    /// The adapter's name, or its `NET_LUID` where the trace has no name.
    pub adapter: String,
    /// The module's layer; None when it is about the whole stack.
    pub layer: Option<u32>,
    /// The observation, in a sentence.
    pub found: String,
}

/// The input of rules: the spans, and the components that held them.
pub struct Story<'a> {
    pub(self) spans: &'a Spans,
    pub(self) attribution: Attribution,
    pub(self) limit_100ns: u64,
}

/// Where rules write.
pub struct Findings<'a> {
    spans: &'a Spans,
    rule: &'static Rule,
    list: Vec<Finding>,
}

impl Findings<'_> {
    /// About one module.
    fn module(&mut self, module: usize, time_100ns: u64, found: String) {
        let layer = Some(self.spans.modules[module].layer);
        self.push(module, layer, time_100ns, found);
    }

    /// About the stack that the module is in.
    fn stack(&mut self, module: usize, time_100ns: u64, found: String) {
        self.push(module, None, time_100ns, found);
    }

    fn push(&mut self, module: usize, layer: Option<u32>, time_100ns: u64, found: String) {
        let Module { adapter, miniport_luid, .. } = &self.spans.modules[module];
        let adapter = if adapter.is_empty() {
            format!("adapter {miniport_luid:#x}")
        } else {
            adapter.to_string()
        };
        let Rule { id, severity, .. } = *self.rule;
        self.list.push(Finding { rule: id, severity, time_100ns, adapter, layer, found });
    }
}

/// Checks a trace. What takes longer than `limit_100ns` is too slow.
#[must_use]
pub fn check(spans: &Spans, limit_100ns: u64) -> Vec<Finding> {
    let story = Story { spans, attribution: of_spans(spans), limit_100ns };
    let mut findings = Findings { spans, rule: RULES[0], list: Vec::new() };
    for rule in RULES {
        findings.rule = rule;
        (rule.check)(&story, &mut findings);
    }
    // Within a rule in time order already; breaches before remarks.
    findings.list.sort_by_key(|finding| (finding.severity, finding.time_100ns));
    findings.list
}

impl<'a> Story<'a> {
    /// The spans of one kind, in time order.
    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &'a Span> {
        self.spans.spans.iter().filter(move |span| span.kind == kind)
    }

    /// Every adapter's modules.
    fn stacks(&self) -> Vec<Vec<usize>> {
        let mut stacks = std::collections::BTreeMap::<u64, Vec<usize>>::new();
        for (at, module) in self.spans.modules.iter().enumerate() {
            stacks.entry(module.miniport_luid).or_default().push(at);
        }
        stacks.into_values().collect()
    }

    /// The spans of a stack, in time order.
    fn of_stack(&self, stack: &[usize]) -> Vec<&'a Span> {
        self.spans.spans.iter().filter(|span| stack.contains(&span.module)).collect()
    }

    fn luid(&self, span: &Span) -> u64 {
        self.spans.modules[span.module].miniport_luid
    }
}

/// SetPower to a sleeping state, or to D0.
fn is_set_power(span: &Span, to_d0: bool) -> bool {
    span.kind == Kind::NetPnp
        && span.event.as_str() == "SetPower"
        && span.asked.as_ref().is_some_and(|asked| (asked.as_str() == "D0") == to_d0)
}

#[cfg(test)]
mod tests;
