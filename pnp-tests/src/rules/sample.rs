//! Miniature journals for the rules' tests.

use super::{Report, Rule};
use crate::journal::history::History;
use crate::journal::{Entry, Fact, Journal, KernelFact};

/// Number of the call that [`Sample::call`] makes.
pub const CALL: u32 = 7;

/// A journal in the making.
pub struct Sample(Journal, u64);

impl Sample {
    pub fn new() -> Self {
        Self(Journal::default(), 0)
    }

    pub fn fact(self, fact: impl Into<Fact>) -> Self {
        self.fact_on(1, fact)
    }

    /// Lets time pass.
    pub fn later(mut self, for_100ns: u64) -> Self {
        self.1 += for_100ns;
        self
    }

    /// The same on another thread than the usual.
    pub fn fact_on(mut self, thread: u32, fact: impl Into<Fact>) -> Self {
        let fact = fact.into();
        self.0.push(Entry { time_100ns: self.1, thread, site: None, fact });
        self
    }

    /// A callback of module `eth0.1`, with what happens inside it.
    pub fn call(
        self,
        callback: &'static str,
        code: Option<u32>,
        status: Option<i32>,
        during: impl IntoIterator<Item = Fact>,
    ) -> Self {
        let module = || Some("eth0.1".to_owned());
        let enter = KernelFact::Enter { call: CALL, callback, module: module(), code };
        let leave = KernelFact::Leave { call: CALL, callback, module: module(), status };
        let entered = self.fact(enter);
        during.into_iter().fold(entered, Self::fact).fact(leave)
    }

    /// As [`Self::call`], with a number of its own.
    pub fn numbered(
        self,
        call: u32,
        callback: &'static str,
        status: Option<i32>,
        during: Vec<Fact>,
    ) -> Self {
        let module = || Some("eth0.1".to_owned());
        let enter = KernelFact::Enter { call, callback, module: module(), code: None };
        let leave = KernelFact::Leave { call, callback, module: module(), status };
        during.into_iter().fold(self.fact(enter), Self::fact).fact(leave)
    }

    /// A call that is for no module, with what happens inside it.
    pub fn driver_call(self, callback: &'static str, during: Vec<Fact>) -> Self {
        let enter = KernelFact::Enter { call: CALL, callback, module: None, code: None };
        let leave = KernelFact::Leave { call: CALL, callback, module: None, status: None };
        during.into_iter().fold(self.fact(enter), Self::fact).fact(leave)
    }

    fn breaches(&self, rule: &Rule) -> Vec<String> {
        let mut report = Report::default();
        (rule.check)(&History::new(&self.0), &mut report);
        report.found.into_iter().map(|(_, _, found)| found).collect()
    }

    pub fn breaks(&self, rule: &Rule) {
        assert!(!self.breaches(rule).is_empty(), "{} must catch\n{}", rule.id, self.0);
    }

    pub fn keeps(&self, rule: &Rule) {
        assert_eq!(self.breaches(rule), Vec::<String>::new(), "{} must not catch", rule.id);
    }
}
