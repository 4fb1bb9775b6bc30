//! The answers to what the contract marks unknown or contradicted, for one run.

use crate::scenario::ast::{
    Attach, BindEvents, Completion, Delivery, Forwarding, HaltDetach, Headers, PowerOids,
    Predetach, Presence, RestartAttributes, StackChange, Switch,
};

/// One value for every switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switches {
    pub predetach: Predetach,
    pub attach: Attach,
    pub query_power: Presence,
    pub restart_attributes: RestartAttributes,
    pub bind_events: BindEvents,
    pub halt_detach: HaltDetach,
    pub stack_change: StackChange,
    pub completion: Completion,
    pub power_oids: PowerOids,
    pub set_power_in_idle: Delivery,
    pub forwarding: Forwarding,
    pub port_events: Delivery,
    pub status_before_attach: Presence,
    pub headers: Headers,
}

impl Default for Switches {
    /// The reading that shows a filter the most.
    fn default() -> Self {
        Self {
            predetach: Predetach::AfterPause,
            attach: Attach::DuringRegister,
            query_power: Presence::Present,
            restart_attributes: RestartAttributes::General,
            bind_events: BindEvents::Withheld,
            halt_detach: HaltDetach::Detached,
            stack_change: StackChange::DeviceEvent,
            completion: Completion::Async,
            power_oids: PowerOids::Filtered,
            set_power_in_idle: Delivery::Delivered,
            forwarding: Forwarding::Chain,
            port_events: Delivery::Delivered,
            status_before_attach: Presence::Absent,
            headers: Headers::Exact,
        }
    }
}

impl Switches {
    pub fn set(&mut self, switch: Switch) {
        match switch {
            Switch::Predetach(value) => self.predetach = value,
            Switch::Attach(value) => self.attach = value,
            Switch::QueryPower(value) => self.query_power = value,
            Switch::RestartAttributes(value) => self.restart_attributes = value,
            Switch::BindEvents(value) => self.bind_events = value,
            Switch::HaltDetach(value) => self.halt_detach = value,
            Switch::StackChange(value) => self.stack_change = value,
            Switch::Completion(value) => self.completion = value,
            Switch::PowerOids(value) => self.power_oids = value,
            Switch::SetPowerInIdle(value) => self.set_power_in_idle = value,
            Switch::Forwarding(value) => self.forwarding = value,
            Switch::PortEvents(value) => self.port_events = value,
            Switch::StatusBeforeAttach(value) => self.status_before_attach = value,
            Switch::Headers(value) => self.headers = value,
        }
    }
}
