//! What a driver says of itself in a checked build.

use super::rule::{Rule, Severity};
use journal::KernelFact;

pub const HOLDS: Rule = Rule {
    id: "NV-65",
    severity: Severity::Contract,
    says: "The driver's own assertions hold: a machine stops at one that does not, in the debugger or for good",
    source: "docs:debugger/breaking-into-the-debugger, ddi:wdm/nf-wdm-assertmsg",
    provoked_by: "a checked build (DBG=1), whose ASSERT calls RtlAssert",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            if let KernelFact::Assertion { expression, file, line, message } = fact {
                let message = match message.as_str() {
                    "" => String::new(),
                    message => format!(": {message}"),
                };
                report
                    .breach(index, format!("ASSERT({expression}) failed, {file}:{line}{message}"));
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    #[test]
    fn an_assertion_that_fails_is_told_with_its_place() {
        let failed = KernelFact::Assertion {
            expression: "FALSE".to_owned(),
            file: "filter.c".to_owned(),
            line: 542,
            message: String::new(),
        };
        Sample::new().fact(failed).breaks(&HOLDS);
        Sample::new().fact(KernelFact::DebugPrint { text: "ASSERT".to_owned() }).keeps(&HOLDS);
    }
}
