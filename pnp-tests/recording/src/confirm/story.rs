//! The driver's events of a recording, with what every question looks at read once.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::decode::{Event, Opcode};
use crate::layer::Layers;
use crate::value::Value;

/// Microsoft-Windows-Kernel-Power.
const KERNEL_POWER: &str = "{331c3b3a-2005-44c2-ac5e-77220c37d6b4}";

/// One event of the recording.
pub(super) struct Seen<'a> {
    pub(super) event: &'a Event,
    pub(super) name: &'a str,
    /// Field `Event`: the network event, device event or indication that it is about.
    pub(super) about: &'a str,
    pub(super) span: u64,
    pub(super) miniport: u64,
    /// A new one for each attach; 0 for the machine and the driver.
    pub(super) module: u64,
    /// Whether the module sits on the miniport.
    pub(super) lowest: bool,
    /// Adapter and layer, for people.
    pub(super) of: Rc<str>,
}

/// A recording, in the order of time.
pub(super) struct Story<'a> {
    pub(super) seen: Vec<Seen<'a>>,
}

impl<'a> Story<'a> {
    pub(super) fn of(events: &'a [Event]) -> Self {
        let mut names: BTreeMap<u64, &str> = BTreeMap::new();
        for event in events {
            if let (Some(luid), Some(name)) =
                (number(event, "MiniportLuid"), text(event, "Adapter"))
                && !name.is_empty()
            {
                names.insert(luid, name);
            }
        }
        let mut layers = Layers::default();
        let seen = events.iter().map(|event| {
            let miniport = number(event, "MiniportLuid").unwrap_or(0);
            let indices = (number(event, "MiniportIfIndex"), number(event, "IfIndex"));
            let lower = number(event, "LowerIfIndex");
            let of = match indices {
                (Some(miniport_index), Some(index)) => {
                    let layer = layers.name(miniport_index, lower, index);
                    let adapter = names.get(&miniport).copied().unwrap_or("adapter without a name");
                    format!("{adapter} {layer}")
                }
                _ => String::new(),
            };
            Seen {
                event,
                name: &event.name,
                about: text(event, "Event").unwrap_or(""),
                span: number(event, "SpanId").unwrap_or(0),
                miniport,
                module: number(event, "ModuleLuid").unwrap_or(0),
                lowest: indices.0.is_some() && indices.0 == lower,
                of: of.into(),
            }
        });
        Self { seen: seen.collect() }
    }

    /// Starts of this name with their places.
    pub(super) fn starts(&self, name: &'static str) -> impl Iterator<Item = (usize, &Seen<'a>)> {
        self.seen.iter().enumerate().filter(move |(_, seen)| seen.is_start(name))
    }

    /// What came after a place, with places.
    pub(super) fn after(&self, at: usize) -> impl Iterator<Item = (usize, &Seen<'a>)> {
        self.seen.iter().enumerate().skip(at + 1)
    }

    /// What came before a place, the latest first.
    pub(super) fn before(&self, at: usize) -> impl Iterator<Item = &Seen<'a>> {
        self.seen[..at].iter().rev()
    }

    /// The end of the span that starts at a place.
    pub(super) fn stop_of(&self, at: usize) -> Option<(usize, &Seen<'a>)> {
        let (span, name) = (self.seen[at].span, self.seen[at].name);
        self.after(at).find(|(_, seen)| {
            seen.span == span && seen.name == name && seen.event.opcode == Opcode::Stop
        })
    }
}

impl Seen<'_> {
    pub(super) fn is_start(&self, name: &str) -> bool {
        self.event.opcode == Opcode::Start && self.name == name
    }

    /// The arrival of a network event.
    pub(super) fn is_net(&self, about: &str) -> bool {
        self.is_start("NetPnPEvent") && self.about == about
    }

    /// SetPower to a sleeping state, or to D0.
    pub(super) fn is_set_power(&self, to_d0: bool) -> bool {
        let asked = self.text("NewPower");
        self.is_net("SetPower") && asked.starts_with('D') && (asked == "D0") == to_d0
    }

    /// An event of Windows's own provider of system power, by number.
    pub(super) fn is_kernel_power(&self, number: u16) -> bool {
        self.event.provider_guid.eq_ignore_ascii_case(KERNEL_POWER)
            && self.name == format!("Event {number}")
    }

    pub(super) fn number(&self, field: &str) -> Option<u64> {
        number(self.event, field)
    }

    pub(super) fn text(&self, field: &str) -> &str {
        text(self.event, field).unwrap_or("")
    }

    /// Time that the machine was asleep since the other one; None where a record lacks the clocks.
    pub(super) fn asleep_since(&self, other: &Self) -> Option<u64> {
        let passed = |field: &str| Some(self.number(field)?.saturating_sub(other.number(field)?));
        Some(passed("InterruptTime100ns")?.saturating_sub(passed("UnbiasedTime100ns")?))
    }
}

fn number(event: &Event, field: &str) -> Option<u64> {
    event.field(field)?.number()
}

fn text<'a>(event: &'a Event, field: &str) -> Option<&'a str> {
    event.field(field).and_then(Value::text)
}
