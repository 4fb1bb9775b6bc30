//! One run of the plan: a flow, and what is different about it.

use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::scenario::ast::Scenario;
use crate::scenario::options;
use crate::scenario::play::Options;
use kernel::nt::race;
use kernel::rules::Severity;

/// STATUS_INSUFFICIENT_RESOURCES, which is NDIS_STATUS_RESOURCES: what an injected failure returns.
pub const INJECTED: i32 = 0xC000_009A_u32.cast_signed();

/// A run to be made. All that happens in it follows from the case and from the driver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// Name of the flow.
    pub flow: String,
    /// The word that names the flow on a command line.
    pub word: String,
    /// `predetach=absent`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<String>,
    /// `6.30`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<String>,
    /// The calls that are made to fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// With a number, the seed takes turns away at crossings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<u64>,
    /// The place between two instructions at which the turn is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preempt: Option<Preempt>,
    /// Whether the instructions at which another thread could have moved are noted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notes: bool,
    /// Run twice, with different garbage in unwritten memory.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub garbage: bool,
}

/// A call that is made to fail, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Fault {
    Allocation(u32),
    Call { import: String, nth: u32 },
}

/// The turn that is taken away between two instructions: from the thread that comes by the one at an RVA
/// for the n-th time, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the description")]
pub struct Preempt {
    pub rva: u32,
    pub nth: u32,
}

impl Preempt {
    /// As the kernel is told.
    pub fn plan(self) -> race::Plan {
        race::Plan::Stand { rva: self.rva, nth: self.nth }
    }
}

impl fmt::Display for Preempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}:{}", self.rva, self.nth)
    }
}

impl Case {
    /// The flow as it stands.
    pub fn plain(flow: &Scenario) -> Self {
        Self { flow: flow.name.clone(), word: catalogue::word_for(flow), ..Self::default() }
    }

    /// A schedule of the flow, and the instructions at which another thread could have moved.
    pub fn notes(flow: &Scenario, schedule: u64) -> Self {
        Self { notes: true, schedule: Some(schedule), ..Self::plain(flow) }
    }

    /// Whether turns are taken away.
    pub fn is_raced(&self) -> bool {
        self.schedule.is_some() || self.preempt.is_some()
    }

    /// `sleep_s3_s4_with_pause[predetach=absent]`
    pub fn name(&self) -> String {
        let mut name = self.flow.clone();
        for reading in &self.readings {
            let _ = write!(name, "[{reading}]");
        }
        if let Some(runtime) = &self.runtime {
            let _ = write!(name, "[runtime={runtime}]");
        }
        for fault in &self.faults {
            let _ = match fault {
                Fault::Allocation(nth) => write!(name, "[fail-allocation={nth}]"),
                Fault::Call { import, nth } => write!(name, "[fail-call={import}:{nth}]"),
            };
        }
        if let Some(schedule) = self.schedule {
            let _ = write!(name, "[schedule={schedule}]");
        }
        if let Some(preempt) = self.preempt {
            let _ = write!(name, "[preempt={preempt}]");
        }
        if self.garbage {
            name.push_str("[garbage]");
        }
        name
    }

    /// The command that runs this case alone and shows it.
    pub fn command(&self, driver: &str, severity: Severity) -> String {
        let mut command = format!("netpnp run --driver {driver} --scenario {}", self.word);
        for reading in &self.readings {
            let _ = write!(command, " --set {reading}");
        }
        if let Some(runtime) = &self.runtime {
            let _ = write!(command, " --runtime {runtime}");
        }
        for fault in &self.faults {
            let _ = match fault {
                Fault::Allocation(nth) => write!(command, " --fail-allocation {nth}"),
                Fault::Call { import, nth } => write!(command, " --fail-call {import}:{nth}"),
            };
        }
        if let Some(schedule) = self.schedule {
            let _ = write!(command, " --schedule {schedule}");
        }
        if let Some(preempt) = self.preempt {
            let _ = write!(command, " --preempt {preempt}");
        }
        if self.garbage {
            command.push_str(" --garbage");
        }
        if severity != Severity::Contract {
            command.push_str(" --all-rules");
        }
        command
    }

    /// How the flow is to be played.
    ///
    /// # Errors
    ///
    /// A reading or a version that does not exist.
    pub fn options(&self) -> Result<Options, String> {
        let mut options = Options::default();
        for reading in &self.readings {
            options.switches.push(options::reading(reading)?);
        }
        options.runtime = self.runtime.as_deref().map(options::runtime).transpose()?;
        for fault in &self.faults {
            match fault {
                Fault::Allocation(nth) => options.fail_allocations.push(*nth),
                Fault::Call { import, nth } => {
                    options.fail_calls.push((import.clone(), *nth, INJECTED));
                }
            }
        }
        if let Some(schedule) = self.schedule {
            options.seed = schedule;
            options.interleaves = true;
        }
        options.turns = match (self.preempt, self.notes) {
            (Some(preempt), _) => preempt.plan(),
            (None, true) => race::Plan::Note,
            (None, false) => race::Plan::None,
        };
        options.exercises = true;
        options.compares_garbage = self.garbage;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A case of a flow by name alone.
    fn plain(flow: &str) -> Case {
        let word = format!("flows/{flow}");
        Case { flow: flow.to_owned(), word, ..Case::default() }
    }

    #[test]
    fn a_case_is_named_and_reproduced_by_what_is_different_about_it() {
        let faults = vec![Fault::Call { import: "NdisFSetAttributes".to_owned(), nth: 2 }];
        let case = Case {
            readings: vec!["predetach=absent".to_owned()],
            faults,
            schedule: Some(7),
            preempt: Some(Preempt { rva: 0x1234, nth: 2 }),
            garbage: true,
            ..plain("live_install")
        };
        assert_eq!(
            case.name(),
            "live_install[predetach=absent][fail-call=NdisFSetAttributes:2][schedule=7]\
             [preempt=0x1234:2][garbage]"
        );
        assert_eq!(
            case.command("a.sys", Severity::Contract),
            "netpnp run --driver a.sys --scenario flows/live_install --set predetach=absent \
             --fail-call NdisFSetAttributes:2 --schedule 7 --preempt 0x1234:2 --garbage"
        );
        let options = case.options().expect("a right reading");
        assert!(options.interleaves && options.seed == 7 && options.fail_calls.len() == 1);
    }

    #[test]
    fn a_case_survives_the_trip_to_a_worker() {
        let case = Case { faults: vec![Fault::Allocation(3)], ..plain("live_install") };
        let line = serde_json::to_string(&case).expect("it serialises");
        assert_eq!(serde_json::from_str::<Case>(&line).expect("it parses"), case);
    }
}
