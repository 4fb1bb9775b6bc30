//! The telling of a session that asks for the state: the modules that there are, and the records.

use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;
use driver_kit::etw::{NoFields, Opcode, level, text, wide};
use driver_kit::kernel::etw::Control;
use ndis_filter::condition::Condition;

use super::PROVIDER;
use super::span::{Ids, activity, own_activity};
use crate::entry::MODULES;
use crate::events::{History, Rundown, RundownEnd, keyword};
use crate::module::Module;
use crate::recorder::{self, End, Record};

/// Writes a Rundown for each module, the History, oldest first, and a RundownEnd. PASSIVE_LEVEL;
/// no lock is held while something is written, and modules may come and go meanwhile. Two sessions
/// may ask at the same time: each is told everything.
pub(super) fn write(control: Control) {
    if control == Control::Disable || !PROVIDER.enabled(level::INFORMATIONAL, keyword::HISTORY) {
        return;
    }
    let modules = MODULES.visit(|module, condition| write_module(module, condition.load()));
    // What comes from here on, the session gets itself.
    let filling = recorder::filling();
    let mut records = 0;
    for number in filling.oldest..filling.next {
        // Overwritten since: the ring went round while we wrote.
        let Some((record, end)) = recorder::get(number) else { continue };
        write_record(number, &record, end.as_ref());
        records += 1;
    }
    let event = RundownEnd {
        Modules: modules,
        Records: records,
        Overwritten: filling.next.saturating_sub(records),
    };
    let id = activity(Ids::alone().span);
    PROVIDER.write(keyword::HISTORY, own_activity(&id), &NoFields, &NoFields, &event);
}

#[inline(never)]
fn write_module(module: &Module, condition: Condition) {
    let ids = Ids::alone();
    let event = Rundown {
        Module: wide(&module.guid_name),
        Miniport: wide(&module.miniport_name),
        Medium: module.medium,
        PhysicalMedium: module.physical_medium,
        MediaConnectState: module.media_connect_state,
        PreDetachSeen: condition.pre_detached,
        Removal: text(condition.removal.name()),
        State: text(condition.state.name()),
        Power: text(condition.power.name()),
    };
    let id = activity(ids.span);
    PROVIDER.write(
        keyword::HISTORY,
        own_activity(&id),
        &ids.head(&module.identity()),
        &NoFields,
        &event,
    );
}

/// Writes a record as History: a span as two events, its start and its end.
#[inline(never)]
fn write_record(number: u64, record: &Record, end: Option<&End>) {
    if !record.kind.is_span() {
        let status = end.map_or(NDIS_STATUS_SUCCESS, |end| end.status);
        let now = End { moment: record.moment, status, after: record.before };
        write_one(number * 2, record, Opcode::Info, &now);
        return;
    }
    if !record.is_end {
        let (moment, after) = (record.moment, record.before);
        let begun = End { moment, status: NDIS_STATUS_SUCCESS, after };
        write_one(number * 2, record, Opcode::Start, &begun);
    }
    if let Some(end) = end {
        write_one(number * 2 + 1, record, Opcode::Stop, end);
    }
}

#[inline(never)]
fn write_one(number: u64, record: &Record, opcode: Opcode, now: &End) {
    let (before, after) = (record.before.condition(), now.after.condition());
    let event = History {
        IfIndex: record.if_index,
        LowerIfIndex: record.lower_if_index,
        MiniportIfIndex: record.miniport_if_index,
        MiniportLuid: record.miniport_luid,
        ModuleLuid: record.luid,
        SpanId: record.span,
        ParentSpanId: record.parent,
        Sequence: number,
        Counter: now.moment.counter,
        InterruptTime100ns: now.moment.interrupt_100ns,
        UnbiasedTime100ns: now.moment.unbiased_100ns,
        Opcode: opcode as u8,
        Code: record.code,
        Value: record.value,
        Status: now.status.0,
        Of: text(record.kind.name()),
        Event: text(record.event()),
        State: text(before.state.name()),
        NewState: text(after.state.name()),
        Power: text(before.power.name()),
        NewPower: text(after.power.name()),
    };
    let id = activity(record.span);
    PROVIDER.write(keyword::HISTORY, own_activity(&id), &NoFields, &NoFields, &event);
}
