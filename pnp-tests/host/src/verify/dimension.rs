//! What may be different about a run of a flow: the readings of a switch, the versions of a system.

use super::case::Case;
use ndis::{switches, words};

/// A property of a run with a usual value and others, of which a case has one.
#[derive(Clone, Debug)]
pub struct Dimension {
    /// As `given` names it; a flow that settles it is not run with another value.
    pub name: &'static str,
    /// The values that are tried, in this order.
    pub values: Vec<&'static str>,
    /// Makes a case one with this value.
    pub apply: fn(&mut Case, &Self, &'static str),
}

impl Dimension {
    /// The readings of a switch.
    fn switch(name: &'static str, values: Vec<&'static str>) -> Self {
        let apply = |case: &mut Case, dimension: &Self, value: &'static str| {
            case.readings.push(format!("{}={value}", dimension.name));
        };
        Self { name, values, apply }
    }

    /// A plain case with one of the values.
    pub fn case(&self, plain: &Case, value: &'static str) -> Case {
        let mut case = plain.clone();
        (self.apply)(&mut case, self, value);
        case
    }
}

/// The dimensions of NDIS: every switch, then its version.
pub fn ndis() -> Vec<Dimension> {
    let switches = switches::unusual().map(|(name, values)| Dimension::switch(name, values));
    let runtime = Dimension {
        name: "runtime",
        values: words::RUNTIMES.to_vec(),
        apply: |case, _, value| case.runtime = Some(value.to_owned()),
    };
    switches.chain([runtime]).collect()
}
