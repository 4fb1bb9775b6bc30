//! JUnit XML: one suite of flows, one of rules, as CI systems show them.

use std::fmt::Write as _;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{Verdict, occasion};
use crate::verify::findings::Finding;
use crate::verify::start::Untested;
use kernel::rules::Severity;

/// The whole report.
///
/// # Errors
///
/// When the XML cannot be written.
pub fn render(verdict: &Verdict<'_>) -> Result<String, quick_junit::SerializeError> {
    let mut report = Report::new(format!("netpnp verify {}", verdict.driver));
    if let Some(untested) = &verdict.untested {
        report.add_test_suite(not_tested(untested));
        return report.to_string().map(|text| as_jenkins_reads_it(&text));
    }
    let mut flows = TestSuite::new("flows");
    for (index, flow) in verdict.flows.iter().enumerate() {
        let of_flow = |finding: &&Finding| finding.case.flow == *flow;
        let mut case = case(verdict, flow, &mut verdict.findings.list.iter().filter(of_flow));
        case.set_classname("netpnp.flows");
        case.set_time(verdict.taken.get(index).copied().unwrap_or_default());
        flows.add_test_case(case);
    }
    flows.set_time(verdict.taken.iter().sum());
    let mut rules = TestSuite::new("rules");
    for rule in verdict.rules() {
        let of_rule = |finding: &&Finding| finding.breach.rule == rule.id;
        let name = format!("{} {}", rule.id, rule.says);
        let mut case = case(verdict, &name, &mut verdict.findings.list.iter().filter(of_rule));
        case.set_classname("netpnp.rules");
        // Every rule looks at the runs of the flows: it takes no time of its own.
        case.set_time(Duration::ZERO);
        rules.add_test_case(case);
    }
    rules.set_time(Duration::ZERO);
    report.set_time(verdict.taken.iter().sum());
    report.add_test_suites([flows, rules]);
    report.to_string().map(|text| as_jenkins_reads_it(&text))
}

/// A suite with an error: the driver did not start.
fn not_tested(untested: &Untested) -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(untested.says.clone()).set_type(untested.kind);
    let mut case = TestCase::new("the driver starts", status);
    case.set_classname("netpnp.driver").set_time(Duration::ZERO);
    let mut suite = TestSuite::new("driver");
    suite.add_test_case(case);
    suite
}

/// Without the attribute of `testsuites` that junit-10.xsd of Jenkins does not have.
fn as_jenkins_reads_it(text: &str) -> String {
    let begin = text.find("<testsuites ").unwrap_or(text.len());
    let end = text[begin..].find('>').map_or(text.len(), |end| begin + end);
    let tag = &text[begin..end];
    let attribute = tag.split_once(" skipped=\"").and_then(|(before, after)| {
        let (_, after) = after.split_once('"')?;
        Some(format!("{before}{after}"))
    });
    match attribute {
        Some(tag) => format!("{}{tag}{}", &text[..begin], &text[end..]),
        None => text.to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_has_the_attributes_of_jenkins_schema_only() {
        let mut report = Report::new("netpnp verify x.sys");
        let untested = Untested { kind: "refused-to-load", says: "it <refused>".to_owned() };
        report.add_test_suite(not_tested(&untested));
        let text = report.to_string().expect("it can be written");
        let right = as_jenkins_reads_it(&text);
        let root = right.lines().find(|line| line.contains("<testsuites")).expect("a root");
        let names: Vec<&str> =
            root.split("=\"").filter_map(|part| part.rsplit(' ').next()).collect();
        let names = &names[..names.len() - 1];
        let allowed = ["name", "time", "tests", "failures", "errors"];
        assert!(names.iter().all(|name| allowed.contains(name)), "{names:?} in {root}");
        assert!(right.contains("<testsuite name=\"driver\""), "{right}");
        assert!(right.contains("errors=\"1\"") && right.contains("&lt;refused&gt;"), "{right}");
        assert_eq!(as_jenkins_reads_it("<testsuites/>"), "<testsuites/>");
    }
}
