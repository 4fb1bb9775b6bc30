//! One filter module: its names and its counts.

use core::sync::atomic::{AtomicU64, Ordering};

use driver_abi::ndis::status::NDIS_STATUS;
use driver_abi::nt::GUID;
use driver_kit::etw::{NoFields, level, wide};
use driver_kit::kernel::etw::Activity;
use ndis_filter::condition::{Applied, ConditionCell};
use ndis_filter::event::{
    DecodeError, DeviceDecodeError, DeviceNotification, NetDevicePnpEvent, NetPnpEvent,
    Notification, StatusDecodeError, StatusEvent, StatusIndication,
};
use ndis_filter::kernel::pool::{Pool, PoolBytes};
use ndis_filter::kernel::{
    AttachError, AttachParameters, Completion, DataPath, FilterModule, PauseParameters, Requests,
    RestartParameters, Tap,
};
use ndis_filter::packet::Packets;

use crate::PROVIDER;
use crate::events::{COUNTS, Counted};

/// A count belongs to no activity.
const NO_ACTIVITY: GUID = GUID { Data1: 0, Data2: 0, Data3: 0, Data4: [0; 8] };

/// The packets in one direction. Relaxed throughout: each number stands for itself.
struct Direction {
    packets: AtomicU64,
    bytes: AtomicU64,
    cut_chains: AtomicU64,
}

impl Direction {
    const fn new() -> Self {
        Self { packets: AtomicU64::new(0), bytes: AtomicU64::new(0), cut_chains: AtomicU64::new(0) }
    }

    fn add(&self, packets: Packets<'_>) {
        let count = packets.count();
        self.packets.fetch_add(count.packets, Ordering::Relaxed);
        self.bytes.fetch_add(count.bytes, Ordering::Relaxed);
        if count.cut {
            self.cut_chains.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One filter module. Nothing in it is allocated after attach.
pub struct Module {
    /// UTF-16, the adapter's name for people.
    adapter: PoolBytes,
    if_index: u32,
    luid: u64,
    sent: Direction,
    received: Direction,
    tap: Tap,
}

impl Module {
    /// Copies what the trace needs out of the attach parameters. PASSIVE_LEVEL.
    pub fn new(parameters: &AttachParameters<'_>, pool: Pool) -> Result<Self, AttachError> {
        Ok(Self {
            adapter: pool.copy(parameters.miniport_instance_name.bytes())?,
            if_index: parameters.if_index,
            luid: parameters.luid,
            sent: Direction::new(),
            received: Direction::new(),
            tap: Tap::new(),
        })
    }

    /// Writes what was counted so far, if somebody listens. At most DISPATCH_LEVEL.
    pub fn write(&self) {
        let read = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let event = Counted {
            Adapter: wide(&self.adapter),
            ModuleLuid: self.luid,
            IfIndex: self.if_index,
            Counting: self.tap.is_open(),
            SentPackets: read(&self.sent.packets),
            SentBytes: read(&self.sent.bytes),
            ReceivedPackets: read(&self.received.packets),
            ReceivedBytes: read(&self.received.bytes),
            CutChains: read(&self.sent.cut_chains) + read(&self.received.cut_chains),
        };
        let activity = Activity { id: &NO_ACTIVITY, related: None };
        PROVIDER.write(COUNTS, activity, &NoFields, &NoFields, &event);
    }
}

impl DataPath for Module {
    fn tap(&self) -> &Tap {
        &self.tap
    }

    fn wants_packets(&self) -> bool {
        PROVIDER.enabled(level::INFORMATIONAL, COUNTS)
    }

    fn sending(&self, packets: Packets<'_>) {
        self.sent.add(packets);
    }

    fn received(&self, packets: Packets<'_>) {
        self.received.add(packets);
    }
}

/// Everything but packets goes by unseen: the layer forwards it.
impl FilterModule for Module {
    type Span = ();
    type DeviceSpan = ();
    type PauseSpan = ();

    fn restarted(
        &self,
        _parameters: &RestartParameters<'_>,
        _entered: Applied,
        _done: Applied,
        _requests: &Requests<'_, Self>,
    ) {
    }

    fn pausing(&self, _parameters: &PauseParameters, _entered: Applied) {}

    fn paused(&self, _span: (), _done: Applied) {
        self.write();
    }

    fn detached(&self, _applied: Applied) {}

    fn net_pnp_event(
        &self,
        _event: &Result<NetPnpEvent<'_>, DecodeError>,
        _notification: &Notification<'_>,
        _condition: &ConditionCell,
    ) {
    }

    fn net_pnp_event_forwarded(
        &self,
        _span: (),
        from_above: NDIS_STATUS,
        _condition: &ConditionCell,
        _: &Requests<'_, Self>,
    ) -> Completion {
        Completion::from_above(from_above)
    }

    fn device_pnp_event(
        &self,
        _event: &Result<NetDevicePnpEvent, DeviceDecodeError>,
        _notification: &DeviceNotification<'_>,
        _condition: &ConditionCell,
    ) {
    }

    fn device_pnp_event_forwarded(&self, _span: (), _condition: &ConditionCell) {}

    fn status(
        &self,
        _event: &Result<Option<StatusEvent>, StatusDecodeError>,
        _indication: &StatusIndication<'_>,
        _condition: &ConditionCell,
    ) {
    }
}
