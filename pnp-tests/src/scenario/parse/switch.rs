//! The switches by name, with their readings: one table for `given`, `vary` and messages.

use crate::scenario::ast::{
    Attach, BindEvents, Completion, Delivery, Forwarding, HaltDetach, Headers, PowerOids,
    Predetach, Presence, RestartAttributes, StackChange, Switch,
};
use crate::world::switches::Switches;

/// A switch and its readings.
pub type Readings = (&'static str, &'static [(&'static str, Switch)]);

/// Every switch. What each reading means and who says so stands in `docs/scenarios.md`.
pub const SWITCHES: [Readings; 14] = [
    (
        "predetach",
        &[
            ("before-pause", Switch::Predetach(Predetach::BeforePause)),
            ("after-pause", Switch::Predetach(Predetach::AfterPause)),
            ("twice", Switch::Predetach(Predetach::Twice)),
            ("absent", Switch::Predetach(Predetach::Absent)),
        ],
    ),
    (
        "attach",
        &[
            ("during-register", Switch::Attach(Attach::DuringRegister)),
            ("after-register", Switch::Attach(Attach::AfterRegister)),
        ],
    ),
    (
        "query-power",
        &[
            ("present", Switch::QueryPower(Presence::Present)),
            ("absent", Switch::QueryPower(Presence::Absent)),
        ],
    ),
    (
        "restart-attributes",
        &[
            ("general", Switch::RestartAttributes(RestartAttributes::General)),
            ("null", Switch::RestartAttributes(RestartAttributes::Null)),
            ("revision1", Switch::RestartAttributes(RestartAttributes::Revision1)),
            ("foreign-first", Switch::RestartAttributes(RestartAttributes::ForeignFirst)),
            ("foreign-last", Switch::RestartAttributes(RestartAttributes::ForeignLast)),
            ("empty-data", Switch::RestartAttributes(RestartAttributes::EmptyData)),
        ],
    ),
    (
        "bind-events",
        &[
            ("delivered", Switch::BindEvents(BindEvents::Delivered)),
            ("withheld", Switch::BindEvents(BindEvents::Withheld)),
        ],
    ),
    (
        "halt-detach",
        &[
            ("detached", Switch::HaltDetach(HaltDetach::Detached)),
            ("kept", Switch::HaltDetach(HaltDetach::Kept)),
        ],
    ),
    (
        "stack-change",
        &[
            ("device-event", Switch::StackChange(StackChange::DeviceEvent)),
            ("none", Switch::StackChange(StackChange::None)),
        ],
    ),
    (
        "completion",
        &[
            ("async", Switch::Completion(Completion::Async)),
            ("reentrant", Switch::Completion(Completion::Reentrant)),
            ("late", Switch::Completion(Completion::Late)),
            ("never", Switch::Completion(Completion::Never)),
        ],
    ),
    (
        "power-oids",
        &[
            ("filtered", Switch::PowerOids(PowerOids::Filtered)),
            ("direct", Switch::PowerOids(PowerOids::Direct)),
        ],
    ),
    (
        "set-power-in-idle",
        &[
            ("delivered", Switch::SetPowerInIdle(Delivery::Delivered)),
            ("withheld", Switch::SetPowerInIdle(Delivery::Withheld)),
        ],
    ),
    (
        "forwarding",
        &[
            ("chain", Switch::Forwarding(Forwarding::Chain)),
            ("broadcast", Switch::Forwarding(Forwarding::Broadcast)),
        ],
    ),
    (
        "port-events",
        &[
            ("delivered", Switch::PortEvents(Delivery::Delivered)),
            ("withheld", Switch::PortEvents(Delivery::Withheld)),
        ],
    ),
    (
        "status-before-attach",
        &[
            ("absent", Switch::StatusBeforeAttach(Presence::Absent)),
            ("present", Switch::StatusBeforeAttach(Presence::Present)),
        ],
    ),
    (
        "headers",
        &[("exact", Switch::Headers(Headers::Exact)), ("newer", Switch::Headers(Headers::Newer))],
    ),
];

/// The readings of the switch called `name`.
pub fn readings(name: &str) -> Option<&'static [(&'static str, Switch)]> {
    SWITCHES.iter().find(|(switch, _)| *switch == name).map(|(_, readings)| *readings)
}

/// Which readings differ from the default, by name.
pub fn changed(switches: &Switches) -> Vec<(&'static str, &'static str)> {
    let is_set = |switches: &Switches, reading: Switch| {
        let mut changed = *switches;
        changed.set(reading);
        changed == *switches
    };
    SWITCHES
        .iter()
        .flat_map(|(name, readings)| readings.iter().map(move |reading| (*name, reading)))
        .filter(|(_, (_, reading))| {
            is_set(switches, *reading) && !is_set(&Switches::default(), *reading)
        })
        .map(|(name, (value, _))| (name, *value))
        .collect()
}

/// The name of a switch, whatever it is set to.
pub fn name(switch: Switch) -> &'static str {
    match switch {
        Switch::Predetach(_) => "predetach",
        Switch::Attach(_) => "attach",
        Switch::QueryPower(_) => "query-power",
        Switch::RestartAttributes(_) => "restart-attributes",
        Switch::BindEvents(_) => "bind-events",
        Switch::HaltDetach(_) => "halt-detach",
        Switch::StackChange(_) => "stack-change",
        Switch::Completion(_) => "completion",
        Switch::PowerOids(_) => "power-oids",
        Switch::SetPowerInIdle(_) => "set-power-in-idle",
        Switch::Forwarding(_) => "forwarding",
        Switch::PortEvents(_) => "port-events",
        Switch::StatusBeforeAttach(_) => "status-before-attach",
        Switch::Headers(_) => "headers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_stands_under_the_name_of_its_switch() {
        for (switch, readings) in SWITCHES {
            assert!(readings.len() > 1, "{switch} has one reading only");
            assert!(readings.iter().all(|(_, reading)| name(*reading) == switch), "{switch}");
        }
    }

    #[test]
    fn readings_are_written_as_serde_writes_them() {
        for (switch, readings) in SWITCHES {
            for (value, reading) in readings {
                let expected = serde_json::json!({ "switch": switch, "value": value });
                assert_eq!(serde_json::to_value(reading).unwrap(), expected);
            }
        }
    }
}
