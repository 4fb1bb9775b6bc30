//! Low power while the system runs: selective suspend, connected standby, D3 on disconnect
//! (contract e11 to e13). Whether NetEventSetPower is sent on these paths is not documented.

use crate::Ndis;
use crate::switches::Delivery;
use kernel::world::{MS, World};

use super::oid::{self, Question};
use super::power;
use super::stack::{self, LowPower};
use super::status;
use crate::id::AdapterId;

/// NetDeviceStateD0 and D3.
const D0: u32 = 1;
const D3: u32 = 4;

/// How an adapter came to idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdleReason {
    /// docs:network/handling-the-ndis-selective-suspend-idle-notification, ForceIdle FALSE.
    SelectiveSuspend,
    /// The same page, ForceIdle TRUE.
    ConnectedStandby,
    /// docs:network/low-power-on-media-disconnect.
    Disconnected,
}

/// The adapter goes to D3 while the stack runs on.
pub fn enter(world: &World, adapter: AdapterId, why: IdleReason) {
    if !is_up(world, adapter) {
        return;
    }
    match why {
        // OID_PM_PARAMETERS with the selective suspend flag goes past the filters.
        IdleReason::SelectiveSuspend => {
            stack::miniport(world, adapter, "MiniportIdleNotification ForceIdle=FALSE");
            stack::miniport(world, adapter, "NdisMIdleNotificationConfirm");
        }
        IdleReason::ConnectedStandby => {
            stack::miniport(world, adapter, "MiniportIdleNotification ForceIdle=TRUE");
            power::power_oid(world, adapter, &Question::set(oid::PM_PARAMETERS, &[0; 20]));
        }
        IdleReason::Disconnected => {
            status::link_state(world, adapter, false);
            power::power_oid(world, adapter, &Question::set(oid::PM_PARAMETERS, &[1; 20]));
        }
    }
    tell(world, adapter, D3);
    power::power_oid(world, adapter, &Question::set(oid::SET_POWER, &D3.to_le_bytes()));
    stack::miniport(world, adapter, "OID_PNP_SET_POWER D3");
    world.of::<Ndis>().borrow_mut().adapters[adapter].asleep =
        Some(LowPower { paused: false, halted: false, woken: false });
    world.sleep(50 * MS);
}

/// Returns the adapter to D0: docs:network/completing-the-ndis-selective-suspend-idle-notification.
pub fn leave(world: &World, adapter: AdapterId, why: IdleReason) {
    let asleep = world.of::<Ndis>().borrow_mut().adapters[adapter].asleep.take();
    if asleep.is_none() {
        return;
    }
    if why != IdleReason::Disconnected {
        stack::miniport(world, adapter, "MiniportCancelIdleNotification");
        stack::miniport(world, adapter, "NdisMIdleNotificationComplete");
    }
    power::power_oid(world, adapter, &Question::set(oid::SET_POWER, &D0.to_le_bytes()));
    stack::miniport(world, adapter, "OID_PNP_SET_POWER D0");
    tell(world, adapter, D0);
    if why == IdleReason::Disconnected {
        status::wake_reason(world, adapter, crate::given::WakeReason::MediaConnect);
        status::link_state(world, adapter, true);
    }
}

fn tell(world: &World, adapter: AdapterId, state: u32) {
    if crate::switches::of(world).set_power_in_idle == Delivery::Delivered {
        power::set_power(world, adapter, state);
    }
}

fn is_up(world: &World, adapter: AdapterId) -> bool {
    let ndis = world.of::<Ndis>().borrow();
    let this = &ndis.adapters[adapter];
    this.initialised && this.asleep.is_none()
}
