//! Two journals of one run that differ in what unwritten memory held: whether that decided anything.

use super::names::status_name;
use super::{Entry, Journal, KernelFact};

impl Journal {
    /// Notes where `other` first goes another way. Both are of the same run: in this one unwritten
    /// memory holds `usual_byte`, in `other` it holds `other_byte`.
    pub fn note_difference(&mut self, other: &Self, usual_byte: u8, other_byte: u8) {
        let (ours, theirs) = (&self.entries, &other.entries);
        let same = ours.iter().zip(theirs).take_while(|(a, b)| is_same(a, b)).count();
        if same == ours.len() && same == theirs.len() {
            return;
        }
        let (usual, otherwise) = (ours.get(same), theirs.get(same));
        let what = format!(
            "with {usual_byte:#04x} in unwritten memory it {}, with {other_byte:#04x} it {}",
            tell(usual),
            tell(otherwise),
        );
        // At the end of a journal there is nothing that could be the occasion.
        let Some(near) = usual.or(otherwise) else { return };
        let note = Entry { fact: KernelFact::Garbage { what }.into(), ..near.clone() };
        self.entries.insert(same, note);
    }
}

/// Stops of the machine name addresses, which differ from run to run.
fn is_same(a: &Entry, b: &Entry) -> bool {
    match (a.fact.kernel(), b.fact.kernel()) {
        (
            Some(KernelFact::Bugcheck { code, at, .. }),
            Some(KernelFact::Bugcheck { code: code2, at: at2, .. }),
        ) => code == code2 && at == at2,
        _ => a == b,
    }
}

fn tell(entry: Option<&Entry>) -> String {
    let Some(entry) = entry else { return "ends".to_owned() };
    match entry.fact.kernel() {
        Some(KernelFact::Import { import }) => format!("calls {import}"),
        Some(KernelFact::Leave { callback, status: Some(status), .. }) => {
            format!("returns {} from {callback}", status_name(*status))
        }
        Some(KernelFact::Leave { callback, status: None, .. }) => {
            format!("returns from {callback}")
        }
        Some(KernelFact::Bugcheck { code, .. }) => format!("stops the machine with {code:#x}"),
        Some(KernelFact::Etw(_)) => "writes an event".to_owned(),
        Some(KernelFact::DebugPrint { text }) => format!("prints {text:?}"),
        _ => format!("comes to: {}", entry.fact),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(facts: impl IntoIterator<Item = KernelFact>) -> Journal {
        let mut journal = Journal::default();
        for fact in facts {
            let fact = fact.into();
            journal.push(Entry { time_100ns: 0, thread: 1, site: Some(7), fact });
        }
        journal
    }

    fn import(import: &'static str) -> KernelFact {
        KernelFact::Import { import }
    }

    fn bugcheck(what: &str) -> KernelFact {
        KernelFact::Bugcheck { code: 0x50, what: what.to_owned(), at: String::new(), freed: false }
    }

    #[test]
    fn the_first_difference_is_noted_with_its_call_site() {
        let mut ours = journal([import("a"), import("b"), import("c")]);
        ours.note_difference(&journal([import("a"), import("x"), import("c")]), 0xDD, 0);
        let note = &ours.entries()[1];
        assert_eq!(note.site, Some(7));
        let what = "with 0xdd in unwritten memory it calls b, with 0x00 it calls x".to_owned();
        assert_eq!(note.fact, KernelFact::Garbage { what }.into());
    }

    #[test]
    fn a_run_that_goes_on_longer_differs_and_equal_runs_do_not() {
        let mut ours = journal([import("a")]);
        let short = ours.clone();
        ours.note_difference(&short, 0xDD, 0);
        assert_eq!(ours, short);
        ours.note_difference(&journal([import("a"), import("b")]), 0xDD, 0);
        assert_eq!(ours.entries().len(), 2);
    }

    #[test]
    fn stops_of_the_machine_at_the_same_place_are_the_same_whatever_the_address() {
        let mut ours = journal([bugcheck("reading 0x1000")]);
        ours.note_difference(&journal([bugcheck("reading 0x2000")]), 0xDD, 0);
        assert_eq!(ours.entries().len(), 1);
    }
}
