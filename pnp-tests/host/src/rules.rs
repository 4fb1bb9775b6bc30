//! Every rule: the sum of the kernel's and each subsystem's.
//!
//! - A rule is in the sum once, under an id of its own.
//! - The order of the rules is that of their ids, whatever the order of the subsystems.

use std::sync::LazyLock;

use journal::{Journal, history::History};
use kernel::rules;
use kernel::rules::{Rule, Violation};

/// Every rule, in the order of the ids.
pub static RULES: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let mut all = [rules::RULES, ndis::rules::RULES].concat();
    all.sort_unstable_by_key(|rule| rule.id);
    all
});

/// Checks a journal against every rule. Rules of a circumstance say nothing of the end of the machine:
/// that takes another run to compare with.
pub fn check(journal: &Journal) -> Vec<Violation> {
    let stands = |found: &Violation| !(found.crash.is_some() && is_of_circumstance(found.rule));
    suspicions(journal).into_iter().filter(stands).collect()
}

/// Like [`check`], with everything that a run beside this one may bear out.
pub fn suspicions(journal: &Journal) -> Vec<Violation> {
    let history = History::new(journal);
    RULES.iter().flat_map(|rule| rule.violations(&history)).collect()
}

/// Whether a rule says that something went wrong because of a circumstance: the registration was under
/// way, attributes or headers were unusual, another thread ran, memory held other garbage.
pub fn is_of_circumstance(rule: &str) -> bool {
    ["NV-03", "NV-29", "NV-36", "NV-45", "NV-62"].contains(&rule)
}

/// The rule of this id.
pub fn find(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_from_one_without_a_gap_and_without_a_double() {
        for (number, rule) in (1..).zip(RULES.iter()) {
            assert_eq!(rule.id, format!("NV-{number:02}"), "the next free id is the right one");
        }
    }

    #[test]
    fn a_rule_is_found_by_its_id_in_either_case() {
        assert_eq!(find("nv-43").map(|rule| rule.id), Some("NV-43"));
        assert!(find("NV-0").is_none());
    }
}
