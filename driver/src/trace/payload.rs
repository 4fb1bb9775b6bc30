//! The Start of a network event, one function for each shape of payload, its values as typed
//! fields.

use core::cell::Cell;

use driver_kit::etw::{Event, Prefix, numbers, text, wide};
use driver_kit::kernel::etw::Activity;
use ndis_filter::event::{BindFailed, MultiSz, PortNumbers, Ports, ProtocolRestart};

use super::PROVIDER;
use crate::events::{
    Head, NetPnp, NetPnpBindFailed, NetPnpDevice, NetPnpNames, NetPnpPause, NetPnpPlain,
    NetPnpPorts, NetPnpPower, NetPnpRestart, NetPnpWakeUp,
};
use crate::observe::Payload;

/// The most port numbers that an event lists; the count beside them is exact.
const PORTS_MAX: usize = 16;

/// The parts of a Start that do not depend on the shape of the payload.
pub(super) struct Start<'a, 'b> {
    pub(super) keyword: u64,
    pub(super) activity: Activity<'b>,
    pub(super) head: Prefix<'a, Head<'a>>,
    pub(super) shared: NetPnp<'a>,
    /// Schema of the event that is written. In memory, because a constant argument would make a function of
    /// its own of each shape for each event again.
    pub(super) schema: Cell<&'static [u8]>,
}

impl Start<'_, '_> {
    fn with<E: Event<Head = Head<'static>, Kind = NetPnp<'static>>>(&self, event: &E) {
        self.schema.set(E::SCHEMA);
        self.with_schema(event);
    }

    /// One function for each shape of values: the linker folds those that are the same.
    #[inline(never)]
    fn with_schema<E: Event<Head = Head<'static>, Kind = NetPnp<'static>>>(&self, event: &E) {
        let (schema, keyword, activity) = (self.schema.get(), self.keyword, self.activity);
        PROVIDER.write_enabled(schema, keyword, activity, &self.head, &self.shared, event);
    }
}

/// Writes the Start of an event with whatever its payload is.
pub(super) fn write<'a>(start: &Start<'a, '_>, payload: &Payload<'a>) {
    match *payload {
        Payload::None => start.with(&NetPnpPlain { Problem: text("") }),
        Payload::Malformed { problem } => start.with(&NetPnpPlain { Problem: text(problem) }),
        Payload::Power(state) => start.with(&NetPnpPower { NewPower: text(state.name()) }),
        Payload::Names(names) => bind_list(start, names),
        Payload::WakeUp(flags) => start.with(&NetPnpWakeUp { WakeUp: flags.bits() }),
        Payload::Pause(reason) => start.with(&NetPnpPause { PauseReason: reason.bits() }),
        Payload::Restart(restart) => protocol_restart(start, restart),
        Payload::Ports(list) => ports(start, &list),
        Payload::PortNumbers(numbers) => port_numbers(start, &numbers),
        Payload::Device(name) => start.with(&NetPnpDevice { DeviceName: wide(name.bytes()) }),
        Payload::BindFailed(BindFailed { miniport_luid }) => {
            start.with(&NetPnpBindFailed { FailedMiniportLuid: miniport_luid });
        }
    }
}

fn bind_list<'a>(start: &Start<'a, '_>, names: MultiSz<'a>) {
    let count = saturating(names.names().count());
    start.with(&NetPnpNames { NameCount: count, BindList: wide(names.text().bytes()) });
}

fn protocol_restart(start: &Start<'_, '_>, restart: Option<ProtocolRestart<'_>>) {
    let general = restart.and_then(|restart| restart.attributes().general());
    start.with(&NetPnpRestart {
        AttributesChanged: restart.is_some(),
        FilterModules: restart.map_or(0, |restart| saturating(restart.filter_modules().count())),
        BoundIfIndex: restart.map_or(0, |restart| restart.bound_if_index),
        MtuBytes: general.map_or(0, |general| general.mtu_size),
    });
}

fn ports(start: &Start<'_, '_>, list: &Ports<'_>) {
    let mut count = 0_u32;
    let mut damage = "";
    let mut listed = Listed::new();
    for port in list {
        match port {
            Ok(port) => {
                count = count.saturating_add(1);
                listed.push(port.number);
            }
            Err(error) => damage = error.name(),
        }
    }
    write_ports(start, count, &listed, damage);
}

fn port_numbers(start: &Start<'_, '_>, numbers: &PortNumbers<'_>) {
    let mut listed = Listed::new();
    for number in numbers.iter().take(PORTS_MAX) {
        listed.push(number);
    }
    write_ports(start, saturating(numbers.len()), &listed, "");
}

#[inline(never)]
fn write_ports(start: &Start<'_, '_>, count: u32, listed: &Listed, damage: &str) {
    let event = NetPnpPorts {
        PortCount: count,
        Ports: numbers(listed.numbers()),
        ListDamage: text(damage),
    };
    start.with(&event);
}

/// The first [`PORTS_MAX`] port numbers, as an event lists them.
struct Listed {
    numbers: [[u8; 4]; PORTS_MAX],
    used: usize,
}

impl Listed {
    const fn new() -> Self {
        Self { numbers: [[0; 4]; PORTS_MAX], used: 0 }
    }

    fn push(&mut self, number: u32) {
        if let Some(slot) = self.numbers.get_mut(self.used) {
            *slot = number.to_le_bytes();
            self.used += 1;
        }
    }

    fn numbers(&self) -> &[[u8; 4]] {
        self.numbers.get(..self.used).unwrap_or_default()
    }
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
