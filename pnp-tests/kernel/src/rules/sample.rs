//! Miniature journals for the tests of rules, the kernel's and every subsystem's. A subsystem adds calls
//! of its own kind.

use super::rule::{Rule, Violation};
use journal::history::History;
use journal::{Entry, Fact, Journal, KernelFact};

/// Number of the call that [`Sample::driver_call`] makes.
pub const CALL: u32 = 7;

/// A journal in the making, and the virtual time of what comes next.
#[derive(Default)]
#[must_use]
pub struct Sample(Journal, u64);

impl Sample {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact on the usual thread.
    pub fn fact(self, fact: impl Into<Fact>) -> Self {
        self.fact_on(1, fact)
    }

    /// Lets time pass.
    pub fn later(mut self, for_100ns: u64) -> Self {
        self.1 += for_100ns;
        self
    }

    /// Adds a fact on another thread than the usual.
    pub fn fact_on(mut self, thread: u32, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        self.0.push(Entry { time_100ns: self.1, thread, site: None, fact });
        self
    }

    /// A callback that is for the driver as such, with what happens inside it.
    pub fn driver_call(self, callback: &'static str, during: Vec<Fact>) -> Self {
        let enter = KernelFact::Enter { call: CALL, callback, module: None, code: None };
        let leave = KernelFact::Leave { call: CALL, callback, module: None, status: None };
        during.into_iter().fold(self.fact(enter), Self::fact).fact(leave)
    }

    /// The violations that the rule finds, with everything that belongs to them.
    pub fn violations(&self, rule: &Rule) -> Vec<Violation> {
        rule.violations(&History::new(&self.0))
    }

    fn breaches(&self, rule: &Rule) -> Vec<String> {
        self.violations(rule).into_iter().map(|violation| violation.found).collect()
    }

    /// The rule finds something.
    pub fn breaks(&self, rule: &Rule) {
        assert!(!self.breaches(rule).is_empty(), "{} must catch\n{}", rule.id, self.0);
    }

    /// The rule finds nothing.
    pub fn keeps(&self, rule: &Rule) {
        assert_eq!(self.breaches(rule), Vec::<String>::new(), "{} must not catch", rule.id);
    }
}
