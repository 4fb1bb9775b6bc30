//! NDIS's rules: the demands on a filter driver, beside those on any driver. A rule is one constant.
//!
//! - A rule sees a finished journal and nothing else.
//! - A rule names its source: a page of Microsoft's, a bug report, or a decision of ours.
//!
//! The steps to a new rule stand in [`kernel::rules`].

mod attach;
mod completion;
mod device;
mod forward;
mod input;
mod lives;
mod monitor;
mod oid;
mod origin;
mod packet;
mod register;
mod request;
#[cfg(test)]
mod sample;
mod surprise;
mod wait;

use kernel::rules::Rule;

/// The rules for filter drivers.
pub const RULES: &[&Rule] = &[
    &register::HEADER,
    &register::VERSION,
    &register::READY,
    &register::HANDLERS,
    &register::NAMES,
    &attach::STATUS,
    &attach::SET_ATTRIBUTES,
    &attach::FAILED_ATTACH_LEAKS,
    &wait::QUICK_START,
    &origin::WHILE_ATTACHING,
    &completion::STATUS,
    &completion::ONCE,
    &packet::ACCOUNT,
    &wait::WATCHED,
    &packet::WHILE_PAUSED,
    &packet::QUIET_WHILE_PAUSED,
    &forward::STATUS,
    &wait::POWER_EVENTS,
    &forward::ONCE,
    &oid::QUIET_IN_LOW_POWER,
    &forward::RELAYED,
    &input::MALFORMED,
    &input::UNKNOWN,
    &oid::AFTER_PREDETACH,
    &origin::WHILE_DETACHING,
    &forward::DEVICE_ONCE,
    &origin::OPTIONAL_HANDLERS,
    &wait::RESTART_REQUEST,
    &input::ATTRIBUTES,
    &input::RESTART_UNTOUCHED,
    &input::ATTACH_UNTOUCHED,
    &oid::ASKS_LITTLE,
    &forward::INDICATION_ONCE,
    &monitor::NO_LOG,
    &lives::ADDS_UP,
    &oid::CLONED,
    &oid::OWN_OR_FOREIGN,
    &oid::CANCELLED,
    &oid::POWER_UNTOUCHED,
    &device::DEREGISTERED,
    &input::NEWER,
    &surprise::TEARDOWN,
    &monitor::EVERY_STEP,
    &monitor::BOUNDED,
    &device::USERS_DO_NOT_HOLD,
    &monitor::REMOVALS_CLOSED,
    &monitor::LAYERS_DIFFER,
    &packet::ONCE,
    &packet::FLAGS,
    &packet::CANCELLED,
    &request::HEADER,
    &request::PACKET_FILTER,
    &request::ATTRIBUTES,
];
