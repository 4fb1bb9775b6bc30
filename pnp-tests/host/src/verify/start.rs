//! Whether there was anything to test: a driver that refuses to load, or that attaches to no adapter, has
//! broken nothing and kept nothing.

use std::collections::BTreeSet;

use journal::names::table::{ndis_status, nt_status};
use journal::{DriverFate, Entry, Fact, Journal, KernelFact, ModuleState, NdisFact};
use serde::{Deserialize, Serialize};

/// How far a driver came in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start {
    /// Whether the driver was loaded at least once.
    pub loaded: bool,
    /// DriverEntry failed.
    pub refused: Option<Refusal>,
    /// Adapters to which a module was to be attached.
    pub adapters: usize,
    /// The adapters to which a module was attached.
    pub attached: usize,
    /// FilterAttach failed.
    pub attach: Option<Refusal>,
    /// The machine stopped.
    pub crashed: bool,
}

/// A failure of the driver's, and the call in it that failed before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The status that the callback returned.
    pub status: i32,
    /// The callback or function that failed last, and its status.
    pub because: Option<(String, i32)>,
}

impl Start {
    /// The start that a finished journal tells.
    pub fn of(journal: &Journal) -> Self {
        let (mut start, mut adapters, mut attached) =
            (Self::default(), BTreeSet::new(), BTreeSet::new());
        let entries = journal.entries();
        for (index, entry) in entries.iter().enumerate() {
            match &entry.fact {
                Fact::Kernel(KernelFact::Driver { what: DriverFate::Loaded }) => {
                    start.loaded = true;
                }
                Fact::Kernel(KernelFact::Driver { what: DriverFate::Refused { status } }) => {
                    let because = because(&entries[..index], "DriverEntry");
                    start.refused = Some(Refusal { status: *status, because });
                }
                Fact::Kernel(KernelFact::Bugcheck { .. }) => start.crashed = true,
                Fact::Kernel(KernelFact::Leave { callback, status: Some(status), .. })
                    if *callback == "FilterAttach" && *status != 0 =>
                {
                    let because = because(&entries[..index], callback);
                    start.attach = Some(Refusal { status: *status, because });
                }
                Fact::Ndis(NdisFact::Module { adapter, state, .. }) => match state {
                    ModuleState::Attaching => drop(adapters.insert(adapter.as_str())),
                    ModuleState::Paused => drop(attached.insert(adapter.as_str())),
                    _ => {}
                },
                _ => {}
            }
        }
        (start.adapters, start.attached) = (adapters.len(), attached.len());
        start
    }
}

/// What failed last in a call of `callback` that is about to return, if something did.
fn because(before: &[Entry], callback: &str) -> Option<(String, i32)> {
    for entry in before.iter().rev() {
        let failed = match &entry.fact {
            Fact::Kernel(KernelFact::Enter { callback: entered, .. }) if *entered == callback => {
                return None;
            }
            Fact::Kernel(KernelFact::Leave { callback, status: Some(status), .. })
                if *callback != "DriverEntry" =>
            {
                Some((*callback, *status))
            }
            Fact::Ndis(NdisFact::Register(register)) => {
                Some(("NdisFRegisterFilterDriver", register.status))
            }
            Fact::Ndis(NdisFact::Call { import, status: Some(status), .. }) => {
                Some((*import, *status))
            }
            _ => None,
        };
        if let Some((name, status)) = failed.filter(|(_, status)| *status != 0) {
            return Some((name.to_owned(), status));
        }
    }
    None
}

/// Why nothing was tested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untested {
    /// A word for programs: `refused-to-load`, `attached-nowhere`.
    pub kind: &'static str,
    /// The sentence for people.
    pub says: String,
}

impl Untested {
    /// The sentence about a driver that started so in every run as it stands; none when one of them tests it.
    pub fn of<'a>(starts: impl Iterator<Item = &'a Start> + Clone) -> Option<Self> {
        if starts.clone().any(|start| start.crashed) {
            return None;
        }
        let refusal = starts.clone().find_map(|start| start.refused.as_ref());
        if let Some(refusal) = refusal.filter(|_| starts.clone().all(|start| !start.loaded)) {
            let status = numbered(nt_status(refusal.status), refusal.status);
            let because = refusal.because();
            let says = format!("DriverEntry returned {status}{because}; nothing was tested");
            return Some(Self { kind: "refused-to-load", says });
        }
        let refusal = starts.clone().find_map(|start| start.attach.as_ref());
        if let Some(refusal) = refusal.filter(|_| starts.clone().all(|start| start.attached == 0)) {
            let adapters = starts.map(|start| start.adapters).max().unwrap_or(0);
            let status = numbered(ndis_status(refusal.status), refusal.status);
            let because = refusal.because();
            let says = format!(
                "attached to 0 of {adapters} adapter{}: FilterAttach returned {status}{because}; \
                 nothing was tested",
                if adapters == 1 { "" } else { "s" },
            );
            return Some(Self { kind: "attached-nowhere", says });
        }
        None
    }
}

impl Refusal {
    fn because(&self) -> String {
        self.because.as_ref().map_or_else(String::new, |(name, status)| {
            format!(": {name} returned {}", numbered(ndis_status(*status), *status))
        })
    }
}

/// `STATUS_INVALID_PARAMETER (0xC000000D)`
fn numbered(name: String, status: i32) -> String {
    if name.starts_with("0x") { name } else { format!("{name} (0x{status:08X})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVALID: i32 = 0xC000_000D_u32.cast_signed();
    const FAILURE: i32 = 0xC000_0001_u32.cast_signed();

    fn start(facts: Vec<Fact>) -> Start {
        let mut journal = Journal::default();
        for fact in facts {
            journal.push(Entry { time_100ns: 0, thread: 1, site: None, fact });
        }
        Start::of(&journal)
    }

    fn enter(callback: &'static str) -> Fact {
        KernelFact::Enter { call: 1, callback, module: None, code: None }.into()
    }

    fn leave(callback: &'static str, status: i32) -> Fact {
        KernelFact::Leave { call: 1, callback, module: None, status: Some(status) }.into()
    }

    fn module(adapter: &str, state: ModuleState) -> Fact {
        let (module, adapter) = (format!("{adapter}.1"), adapter.to_owned());
        NdisFact::Module { module, adapter, state }.into()
    }

    fn says(starts: &[Start]) -> Option<String> {
        Untested::of(starts.iter()).map(|untested| untested.says)
    }

    fn refused() -> Start {
        let what = DriverFate::Refused { status: INVALID };
        start(vec![
            enter("DriverEntry"),
            enter("FilterSetOptions"),
            leave("FilterSetOptions", FAILURE),
            leave("DriverEntry", INVALID),
            KernelFact::Driver { what }.into(),
        ])
    }

    fn loaded() -> Fact {
        KernelFact::Driver { what: DriverFate::Loaded }.into()
    }

    fn nowhere() -> Start {
        start(vec![
            loaded(),
            module("eth0", ModuleState::Attaching),
            enter("FilterAttach"),
            leave("FilterAttach", FAILURE),
            module("eth1", ModuleState::Attaching),
            enter("FilterAttach"),
            leave("FilterAttach", FAILURE),
        ])
    }

    #[test]
    fn a_driver_that_never_loads_is_told_with_its_status_and_the_reason_inside() {
        assert_eq!(
            says(&[refused(), refused()]).as_deref(),
            Some(
                "DriverEntry returned STATUS_INVALID_PARAMETER (0xC000000D): FilterSetOptions \
                 returned NDIS_STATUS_FAILURE (0xC0000001); nothing was tested"
            )
        );
        assert_eq!(says(&[refused(), start(vec![loaded()])]), None, "it loads elsewhere");
    }

    #[test]
    fn a_driver_that_attaches_nowhere_is_told_with_the_number_of_adapters() {
        assert_eq!(
            says(&[nowhere()]).as_deref(),
            Some(
                "attached to 0 of 2 adapters: FilterAttach returned NDIS_STATUS_FAILURE \
                 (0xC0000001); nothing was tested"
            )
        );
        let somewhere = start(vec![
            loaded(),
            module("eth0", ModuleState::Attaching),
            module("eth0", ModuleState::Paused),
        ]);
        assert_eq!(says(&[nowhere(), somewhere]), None);
        assert_eq!(says(&[start(vec![loaded()])]), None, "no filter, nothing to attach");
    }

    #[test]
    fn a_crash_is_a_finding_and_not_a_driver_that_was_not_tested() {
        let mut crashed = nowhere();
        crashed.crashed = true;
        assert_eq!(says(&[crashed]), None);
    }
}
