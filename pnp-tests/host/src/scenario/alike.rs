//! Breaches of one run that are told once: the same rule in the same callback, at the same call or in the
//! same words.

use kernel::rules::Violation;

use crate::alike::without_numbers;

/// Breaches, each kind once, in the order in which they came.
#[derive(Default)]
pub(super) struct Alike {
    pub(super) list: Vec<Group>,
}

/// A breach, and how many more there are like it.
pub(super) struct Group {
    pub(super) first: Violation,
    pub(super) more: usize,
}

impl Alike {
    /// Adds a breach, or counts it where one like it is known.
    pub(super) fn add(&mut self, violation: &Violation) {
        let same = self.list.iter_mut().find(|group| is_alike(&group.first, violation));
        match same {
            Some(group) => group.more += 1,
            None => self.list.push(Group { first: violation.clone(), more: 0 }),
        }
    }
}

fn is_alike(a: &Violation, b: &Violation) -> bool {
    let same_words = || without_numbers(&a.found) == without_numbers(&b.found);
    (a.rule, a.callback, a.site) == (b.rule, b.callback, b.site)
        && (a.site.is_some() || same_words())
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::rules::Severity;

    fn violation(site: Option<u32>, found: &str) -> Violation {
        Violation {
            rule: "NV-15",
            severity: Severity::Contract,
            says: "",
            source: "",
            found: found.to_owned(),
            time_100ns: 0,
            module: None,
            callback: None,
            site,
            step: None,
            entry: 0,
            crash: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_breach_of_every_list_is_told_once_with_the_number_of_the_others() {
        let mut alike = Alike::default();
        for list in 1..=24 {
            alike.add(&violation(None, &format!("eth0.1 was paused and passed list {list} down")));
        }
        alike.add(&violation(None, "eth0.1 returned list 3, indicated with RESOURCES"));
        alike.add(&violation(Some(1), "x"));
        alike.add(&violation(Some(2), "x"));
        let counts: Vec<_> = alike.list.iter().map(|group| group.more).collect();
        assert_eq!(counts, [23, 0, 0, 0]);
    }
}
