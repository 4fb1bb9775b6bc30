//! What an adapter goes through, as one word: each with what plays it.

use std::fmt;

use crate::idle::IdleReason;
use crate::{AdapterId, guest, idle, pnp, reconfigure};
use kernel::world::World;

/// A verb that needs no more words.
pub struct Flow {
    /// The verb.
    pub word: &'static str,
    /// The flow, played on the thread that takes the steps.
    pub play: fn(&World, AdapterId),
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl PartialEq for Flow {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

const fn row(word: &'static str, play: fn(&World, AdapterId)) -> Flow {
    Flow { word, play }
}

/// Every flow, as messages list them.
pub static FLOWS: &[Flow] = &[
    // e32: the miniport has the stack paused, reconfigures, and lets it start.
    row("require-pause", reconfigure::require_pause),
    // e33: the miniport has everything above it detached and unbound; then everything may come back.
    row("inhibits-binds", reconfigure::inhibit_binds),
    row("allows-binds", reconfigure::allow_binds),
    // e17: the device is stopped for a rebalance of resources, and started again.
    row("stops", reconfigure::stop),
    row("starts", pnp::start),
    // e15: the order of Windows Vista.
    row("surprise-removed-vista", reconfigure::surprise_vista),
    // e11: selective suspend.
    row("idles", |world, adapter| idle::enter(world, adapter, IdleReason::SelectiveSuspend)),
    row("wakes-from-idle", |world, adapter| {
        idle::leave(world, adapter, IdleReason::SelectiveSuspend);
    }),
    // e12: connected standby.
    row("enters-standby", |world, adapter| {
        idle::enter(world, adapter, IdleReason::ConnectedStandby);
    }),
    row("leaves-standby", |world, adapter| {
        idle::leave(world, adapter, IdleReason::ConnectedStandby);
    }),
    // e13: D3 on disconnect.
    row("disconnects", |world, adapter| idle::enter(world, adapter, IdleReason::Disconnected)),
    row("reconnects", |world, adapter| idle::leave(world, adapter, IdleReason::Disconnected)),
    // e35.
    row("shuts-down", guest::shut_down),
    // e36: the virtual machine is saved and restored.
    row("saved-and-restored", guest::saved_and_restored),
    // e19: a mandatory filter comes and goes: protocols are unbound.
    row("mandatory-rebind", reconfigure::mandatory_rebind),
    // e26: the binding of the filter under test is disabled, and enabled.
    row("own-binding-off", reconfigure::own_binding_off),
    row("own-binding-on", reconfigure::own_binding_on),
    // e22: the default port is activated late.
    row("default-port-on", reconfigure::default_port_on),
    row("default-port-off", reconfigure::default_port_off),
    // e39: traffic moves to a virtual function.
    row("vf-added", guest::vf_added),
    // e38.
    row("live-migrates", guest::live_migrates),
    // e27: what NdisFRestartFilter brings about.
    row("restarts-stack", reconfigure::restart_stack),
];
