//! Sleep and resume (contract e5 to e10, g.4).

use driver_abi::ndis::net_pnp::NET_PNP_EVENT_CODE as Code;
use driver_abi::ndis::status::NDIS_STATUS_SUCCESS;

use crate::Ndis;
use crate::door::handlers::Lane;
use crate::door::structure;
use crate::given::{DeviceState, WakeReason};
use crate::switches::{HaltDetach, PowerOids, Presence};
use kernel::world::World;

use super::attach;
use super::device_pnp;
use super::net_pnp;
use super::oid::{self, Question};
use super::pause;
use super::stack::{self, LowPower};
use super::status;
use crate::id::AdapterId;

/// NET_DEVICE_POWER_STATE of D0.
const D0: u32 = 1;

/// NetEventSetPower alone.
pub fn set_power(world: &World, adapter: AdapterId, state: u32) {
    event(world, adapter, Code::NetEventSetPower, state);
}

fn raw_state(state: DeviceState) -> u32 {
    match state {
        DeviceState::D1 => 2,
        DeviceState::D2 => 3,
        DeviceState::D3 => 4,
    }
}

fn event(world: &World, adapter: AdapterId, code: Code, state: u32) -> bool {
    let raw = structure::power_event(code.0, state);
    net_pnp::deliver(world, adapter, raw, code.0) == NDIS_STATUS_SUCCESS
}

/// The adapter goes to a low-power state: perhaps QueryPower, SetPower, perhaps a pause, OID_PNP_SET_POWER or
/// halt (docs:network/handling-a-set-power-request, docs:network/oid-pnp-set-power).
pub fn sleep(world: &World, adapter: AdapterId, state: DeviceState) {
    if crate::switches::of(world).query_power == Presence::Present
        && !event(world, adapter, Code::NetEventQueryPower, raw_state(state))
    {
        cancel_query(world, adapter);
        return;
    }
    event(world, adapter, Code::NetEventSetPower, raw_state(state));
    let (halts, pauses) = {
        let ndis = world.of::<Ndis>().borrow();
        let this = &ndis.adapters[adapter];
        // One driver below 6.30 anywhere in the stack brings the pause back (contract g.5).
        let old = ndis.filter.as_ref().is_some_and(|filter| filter.version.1 < 30);
        (this.halt_on_suspend, this.halt_on_suspend || !this.no_pause_on_suspend || old)
    };
    if pauses {
        pause::pause(world, adapter);
    }
    if !halts {
        // Where it stands next to SetPower and the pause is not documented (contract e5).
        power_oid(world, adapter, &Question::set(oid::PM_PARAMETERS, &[0; 20]));
        power_oid(world, adapter, &Question::set(oid::SET_POWER, &raw_state(state).to_le_bytes()));
    }
    if halts {
        // Whether modules are detached here is not documented (contract e9).
        if crate::switches::of(world).halt_detach == HaltDetach::Detached {
            attach::detach_all(world, adapter);
        }
        oid::abort_all(world, adapter);
        world.of::<Ndis>().borrow_mut().adapters[adapter].initialised = false;
        stack::miniport(world, adapter, "MiniportHaltEx PoweredDown");
    } else {
        stack::miniport(world, adapter, &format!("OID_PNP_SET_POWER {state:?}"));
    }
    world.of::<Ndis>().borrow_mut().adapters[adapter].asleep =
        Some(LowPower { paused: pauses, halted: halts, woken: false });
}

/// The adapter comes back: OID_PNP_SET_POWER(D0) or re-initialisation, wake reason, the restart if it paused,
/// SetPower(D0) (contract e6, e8, e9).
pub fn resume(world: &World, adapter: AdapterId) {
    let asleep = world.of::<Ndis>().borrow_mut().adapters[adapter].asleep.take();
    let Some(asleep) = asleep else { return };
    if asleep.halted {
        stack::miniport(world, adapter, "MiniportInitializeEx");
        world.of::<Ndis>().borrow_mut().adapters[adapter].initialised = true;
        attach::attach_missing(world, adapter);
    } else if !asleep.woken {
        power_oid(world, adapter, &Question::set(oid::SET_POWER, &D0.to_le_bytes()));
        stack::miniport(world, adapter, "OID_PNP_SET_POWER D0");
    }
    if asleep.paused {
        pause::restart(world, adapter);
    }
    event(world, adapter, Code::NetEventSetPower, D0);
    // Raised after D0; its place next to SetPower(D0) is not documented (contract e6).
    device_pnp::power_profile(world, adapter, true);
}

/// A power request, past the filters or through them: whether they see it is not stated
/// (docs:network/oid-pnp-set-power).
pub fn power_oid(world: &World, adapter: AdapterId, ask: &Question) {
    if crate::switches::of(world).power_oids == PowerOids::Filtered && oid::is_watched(world) {
        let _ = oid::ask(world, adapter, Lane::Regular, ask);
    }
}

/// The adapter woke the machine: reported while OID_PNP_SET_POWER(D0) is handled, so that comes
/// first and `resume` goes on from there (docs:network/ndis-status-pm-wake-reason).
pub fn wake(world: &World, adapter: AdapterId, reason: WakeReason) {
    let waking = match &mut world.of::<Ndis>().borrow_mut().adapters[adapter].asleep {
        Some(asleep) if !asleep.halted => !std::mem::replace(&mut asleep.woken, true),
        _ => false,
    };
    if waking {
        stack::miniport(world, adapter, "OID_PNP_SET_POWER D0");
    }
    status::wake_reason(world, adapter, reason);
}

/// QueryPower, then someone else refuses: SetPower with the state in force (contract e10).
pub fn refused(world: &World, adapter: AdapterId, state: DeviceState) {
    event(world, adapter, Code::NetEventQueryPower, raw_state(state));
    cancel_query(world, adapter);
}

fn cancel_query(world: &World, adapter: AdapterId) {
    event(world, adapter, Code::NetEventSetPower, D0);
}
