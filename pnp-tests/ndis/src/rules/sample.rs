//! Miniature journals with calls of a filter module, for the tests of rules.

use journal::{Fact, KernelFact};

pub use kernel::rules::sample::{CALL, Sample};

/// Calls of a filter module.
pub trait FilterCalls {
    /// A callback of module `eth0.1`, with what happens inside it.
    fn call(
        self,
        callback: &'static str,
        code: Option<u32>,
        status: Option<i32>,
        during: impl IntoIterator<Item = Fact>,
    ) -> Self;

    /// The same, with a number of its own and no code.
    fn numbered(
        self,
        call: u32,
        callback: &'static str,
        status: Option<i32>,
        during: Vec<Fact>,
    ) -> Self;
}

impl FilterCalls for Sample {
    fn call(
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

    fn numbered(
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
}
