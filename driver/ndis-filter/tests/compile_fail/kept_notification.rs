//! A network event's buffer is the issuer's again when FilterNetPnPEvent returns.
#![no_std]
mod support;
use core::cell::Cell;
use support::*;

struct Module {
    kept: Cell<Option<&'static [u8]>>,
    length: Cell<usize>,
}

impl FilterModule for Module {
    quiet!(spans, restarted, paused, detached, net_pnp_event_forwarded);
    quiet!(device_pnp_event, device_pnp_event_forwarded, status);

    fn net_pnp_event(
        &self,
        _: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        _: &ConditionCell,
    ) {
        self.kept.set(notification.buffer()); //~- E0521
        self.length.set(notification.buffer().map_or(0, <[u8]>::len));
    }
}
