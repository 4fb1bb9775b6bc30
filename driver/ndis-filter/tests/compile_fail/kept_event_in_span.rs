//! Nor does an event outlive the callback by way of what is handed over to the second half of it:
//! that comes after the forward, when the layers above have had the buffer.
#![no_std]
mod support;
use support::*;

struct Module;

impl FilterModule for Module {
    type Span = Option<&'static [u8]>; //-
    //= type Span = u32;
    type DeviceSpan = ();
    type PauseSpan = ();
    quiet!(restarted, paused, detached, device_pnp_event, device_pnp_event_forwarded, status);

    fn net_pnp_event(
        &self,
        _: &Result<NetPnpEvent<'_>, DecodeError>,
        notification: &Notification<'_>,
        _: &ConditionCell,
    ) -> Self::Span {
        notification.buffer() //~- lifetime may not live long enough
        //= notification.code
    }

    fn net_pnp_event_forwarded(
        &self,
        _: Self::Span,
        from_above: NDIS_STATUS,
        _: &ConditionCell,
        _: &Requests<'_, Self>,
    ) -> Completion {
        Completion::from_above(from_above)
    }
}
