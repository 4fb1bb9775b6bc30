//! JUnit XML: one suite of flows, one of rules, as CI systems show them.

use std::fmt::Write as _;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Verdict, occasion};
use crate::verify::findings::Finding;
use kernel::rules::Severity;

/// The whole report.
///
/// # Errors
///
/// When the XML cannot be written.
pub fn render(verdict: &Verdict<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(format!("netpnp verify {}", verdict.driver));
    let mut flows = TestSuite::new("flows");
    for flow in &verdict.flows {
        let of_flow = |finding: &&Finding| finding.case.flow == *flow;
        flows.add_test_case(case(verdict, flow, &mut verdict.findings.list.iter().filter(of_flow)));
    }
    let mut rules = TestSuite::new("rules");
    for rule in verdict.rules() {
        let of_rule = |finding: &&Finding| finding.breach.rule == rule.id;
        let name = format!("{} {}", rule.id, rule.says);
        rules.add_test_case(case(
            verdict,
            &name,
            &mut verdict.findings.list.iter().filter(of_rule),
        ));
    }
    report.add_test_suites([flows, rules]);
    report.to_string()
}

/// Fails with what was found; risky things are told in the output of a test that passes.
fn case(
    verdict: &Verdict<'_>,
    name: &str,
    findings: &mut dyn Iterator<Item = &Finding>,
) -> TestCase {
    let (mut message, mut details, mut warnings) = (None, String::new(), String::new());
    for finding in findings {
        let breach = &finding.breach;
        let risky = breach.severity == Severity::Risky;
        if !risky {
            message.get_or_insert_with(|| format!("{}: {}", breach.rule, breach.found));
        }
        let text = if risky { &mut warnings } else { &mut details };
        let _ = writeln!(
            text,
            "{}: {}\n  in {}\n  at {}\n  {}",
            breach.rule,
            breach.found,
            occasion(finding),
            verdict.place(finding).unwrap_or_else(|| "no call of the driver's".to_owned()),
            finding.case.command(&verdict.driver_words(), finding.breach.severity),
        );
    }
    let status = match message {
        None => TestCaseStatus::success(),
        Some(message) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(message).set_description(details);
            status
        }
    };
    let mut case = TestCase::new(name, status);
    if !warnings.is_empty() {
        case.set_system_out(warnings);
    }
    case
}
