//! The Start of a network event, one function for each shape of payload, its values as typed
//! fields.

use ndis_filter::event::{
    BindFailed, DevicePowerState, MultiSz, PauseReason, PortNumbers, Ports, ProtocolRestart, Utf16,
    WakeUp,
};
use tracelogging::write_event;

use super::net_pnp::Head;
use super::{PROVIDER, counted, keyword};
use crate::observe::Payload;

/// The most port numbers that an event lists; the count beside them is exact.
const PORTS_MAX: usize = 16;

/// Writes the Start of an event with whatever its payload is.
pub(super) fn start(head: &Head<'_>, payload: &Payload<'_>) {
    match *payload {
        Payload::None => none(head),
        Payload::Power(state) => power(head, state),
        Payload::Names(names) => bind_list(head, names),
        Payload::WakeUp(flags) => wake_up(head, flags),
        Payload::Pause(reason) => pause(head, reason),
        Payload::Restart(restart) => protocol_restart(head, restart),
        Payload::Ports(list) => ports(head, &list),
        Payload::PortNumbers(numbers) => port_numbers(head, &numbers),
        Payload::Device(name) => device(head, name),
        Payload::BindFailed(failed) => bind_failed(head, failed),
        Payload::Malformed { problem } => malformed(head, problem),
    }
}

#[inline(never)]
fn none(head: &Head<'_>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::PNP),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
    );
}

#[inline(never)]
fn power(head: &Head<'_>, state: DevicePowerState) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::POWER),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        str8("NewPower", state.name()),
    );
}

#[inline(never)]
fn bind_list(head: &Head<'_>, names: MultiSz<'_>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    let count = saturating(names.names().count());
    let text = counted(names.text().bytes());
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::BINDING),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u32("NameCount", &count),
        raw_meta("BindList", Str16),
        raw_data(&text.length),
        raw_data(text.bytes),
    );
}

#[inline(never)]
fn wake_up(head: &Head<'_>, flags: WakeUp) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::PNP),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u32_hex("WakeUp", &flags.bits()),
    );
}

#[inline(never)]
fn pause(head: &Head<'_>, reason: PauseReason) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::BINDING),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u32_hex("PauseReason", &reason.bits()),
    );
}

#[inline(never)]
fn protocol_restart(head: &Head<'_>, restart: Option<ProtocolRestart<'_>>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    let modules = restart.map_or(0, |restart| saturating(restart.filter_modules().count()));
    let bound_if_index = restart.map_or(0, |restart| restart.bound_if_index);
    let general = restart.and_then(|restart| restart.attributes().general());
    let mtu_bytes = general.map_or(0, |general| general.mtu_size);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::BINDING),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        bool8("AttributesChanged", &restart.is_some()),
        u32("FilterModules", &modules),
        u32("BoundIfIndex", &bound_if_index),
        u32("MtuBytes", &mtu_bytes),
    );
}

#[inline(never)]
fn ports(head: &Head<'_>, list: &Ports<'_>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
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
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::PORTS),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u32("PortCount", &count),
        u32_slice("Ports", listed.numbers()),
        str8("ListDamage", damage),
    );
}

#[inline(never)]
fn port_numbers(head: &Head<'_>, numbers: &PortNumbers<'_>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    let mut listed = Listed::new();
    let count = saturating(numbers.len());
    for number in numbers.iter().take(PORTS_MAX) {
        listed.push(number);
    }
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::PORTS),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u32("PortCount", &count),
        u32_slice("Ports", listed.numbers()),
    );
}

#[inline(never)]
fn device(head: &Head<'_>, name: Utf16<'_>) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    let text = counted(name.bytes());
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::BINDING),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        raw_meta("DeviceName", Str16),
        raw_data(&text.length),
        raw_data(text.bytes),
    );
}

#[inline(never)]
fn bind_failed(head: &Head<'_>, failed: BindFailed) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::BINDING),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        u64_hex("FailedMiniportLuid", &failed.miniport_luid),
    );
}

#[inline(never)]
fn malformed(head: &Head<'_>, problem: &str) {
    let identity = head.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "NetPnPEvent",
        level(Informational),
        keyword(keyword::PNP),
        opcode(Start),
        activity_id(head.activity),
        related_id(head.enclosing),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        str8("Event", head.name),
        u32("Code", &head.code),
        u32("PortNumber", &head.port_number),
        u32_hex("Flags", &head.flags),
        u32("PayloadBytes", &head.payload_bytes),
        str8("State", head.before.state.name()),
        str8("Power", head.before.power.name()),
        str8("Problem", problem),
    );
}

/// The first [`PORTS_MAX`] port numbers.
struct Listed {
    numbers: [u32; PORTS_MAX],
    used: usize,
}

impl Listed {
    const fn new() -> Self {
        Self { numbers: [0; PORTS_MAX], used: 0 }
    }

    fn push(&mut self, number: u32) {
        if let Some(slot) = self.numbers.get_mut(self.used) {
            *slot = number;
            self.used += 1;
        }
    }

    fn numbers(&self) -> &[u32] {
        self.numbers.get(..self.used).unwrap_or_default()
    }
}

fn saturating(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
