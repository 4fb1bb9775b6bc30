//! The parts of a filter that a case is not about.
#![allow(dead_code, unused_imports, unused_macros, missing_docs)]

pub use driver_abi::ndis::status::{NDIS_STATUS, NDIS_STATUS_PENDING};
pub use ndis_filter::condition::{Applied, ConditionCell};
pub use ndis_filter::event::{
    DecodeError, DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, NetPnpEvent,
    Notification, StatusDecodeError, StatusEvent, StatusIndication, Utf16,
};
pub use ndis_filter::gate::Query;
pub use ndis_filter::kernel::pool::{Pool, PoolBytes};
pub use ndis_filter::kernel::{
    AttachError, AttachParameters, Completion, DataPath, FilterDriver, FilterModule, ModuleList,
    PauseParameters, Requests, RestartParameters, Tap,
};
pub use ndis_filter::packet::{Lengths, Packets};

/// Items of `FilterModule`, by name, for a module that does nothing.
macro_rules! quiet {
    (spans) => {
        type Span = ();
        type DeviceSpan = ();
    type PauseSpan = ();
    };
    (restarted) => {
        fn restarted(
            &self,
            _: &RestartParameters<'_>,
            _: Applied,
            _: Applied,
            _: &Requests<'_, Self>,
        ) {
        }
    };
    (paused) => {
        fn pausing(&self, _: &PauseParameters, _: Applied) {}
        fn paused(&self, _: (), _: Applied) {}
    };
    (detached) => {
        fn detached(&self, _: Applied) {}
    };
    (net_pnp_event) => {
        fn net_pnp_event(
            &self,
            _: &Result<NetPnpEvent<'_>, DecodeError>,
            _: &Notification<'_>,
            _: &ConditionCell,
        ) {
        }
    };
    (net_pnp_event_forwarded) => {
        fn net_pnp_event_forwarded(
            &self,
            _: (),
            from_above: NDIS_STATUS,
            _: &ConditionCell,
            _: &Requests<'_, Self>,
        ) -> Completion {
            Completion::from_above(from_above)
        }
    };
    (device_pnp_event) => {
        fn device_pnp_event(
            &self,
            _: &Result<NetDevicePnpEvent, DeviceDecodeError>,
            _: &DeviceNotification<'_>,
            _: &ConditionCell,
        ) {
        }
    };
    (device_pnp_event_forwarded) => {
        fn device_pnp_event_forwarded(&self, _: (), _: &ConditionCell) {}
    };
    (status) => {
        fn status(
            &self,
            _: &Result<Option<StatusEvent>, StatusDecodeError>,
            _: &StatusIndication<'_>,
            _: &ConditionCell,
        ) {
        }
    };
    (everything) => {
        quiet!(spans, restarted, paused, detached, net_pnp_event, net_pnp_event_forwarded);
        quiet!(device_pnp_event, device_pnp_event_forwarded, status);
    };
    ($($name:ident),+) => {
        $(quiet!($name);)+
    };
}
pub(crate) use quiet;
