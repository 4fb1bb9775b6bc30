//! A device event cannot be vetoed: FilterDevicePnPEventNotify returns nothing.
#![no_std]
mod support;
use support::*;

struct Module;

impl FilterModule for Module {
    quiet!(spans, restarted, paused, detached, net_pnp_event, net_pnp_event_forwarded);
    quiet!(device_pnp_event, status);

    fn device_pnp_event_forwarded(&self, _: (), _: &ConditionCell) {
        Completion::Failure //~- E0308
    }
}
