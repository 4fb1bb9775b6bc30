//! Bit masks that events carry. Bits without a name are kept: Windows may be newer than we are.

use bitflags::bitflags;
use driver_abi::ndis::filter as abi;
use driver_abi::ndis::net_pnp::{
    NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE, NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE,
    NDIS_DEVICE_WAKE_UP_ENABLE,
};

bitflags! {
    /// The ways in which the user allows an adapter to wake the machine, out of `PnpCapabilities`.
    ///
    /// Made with `from_bits_retain`: unknown bits survive. The two bits beyond `ENABLE` are header
    /// only. Source: ddi:netpnp/ns-netpnp-_net_pnp_event, `ndis.h`.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct WakeUp: u32 {
        /// The device may wake the machine.
        #[doc(alias = "NDIS_DEVICE_WAKE_UP_ENABLE")]
        const ENABLE = NDIS_DEVICE_WAKE_UP_ENABLE;
        /// On a packet that matches a pattern.
        #[doc(alias = "NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE")]
        const ON_PATTERN_MATCH = NDIS_DEVICE_WAKE_ON_PATTERN_MATCH_ENABLE;
        /// On a magic packet.
        #[doc(alias = "NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE")]
        const ON_MAGIC_PACKET = NDIS_DEVICE_WAKE_ON_MAGIC_PACKET_ENABLE;
    }
}

bitflags! {
    /// Why a stack is paused, as far as NDIS says: record it, never branch on it.
    ///
    /// The documentation says that filters and protocols of NDIS 6.40 and later always get
    /// `NDIS_INTERNAL`; the other bits are header only. Unknown bits survive.
    /// Source: ddi:ndis/ns-ndis-_ndis_protocol_pause_parameters, `ndis.h`; contract d.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub struct PauseReason: u32 {
        /// NDIS does not say.
        #[doc(alias = "NDIS_PAUSE_NDIS_INTERNAL")]
        const NDIS_INTERNAL = abi::NDIS_PAUSE_NDIS_INTERNAL;
        /// The adapter goes to a low-power state.
        #[doc(alias = "NDIS_PAUSE_LOW_POWER")]
        const LOW_POWER = abi::NDIS_PAUSE_LOW_POWER;
        /// A protocol is being bound.
        #[doc(alias = "NDIS_PAUSE_BIND_PROTOCOL")]
        const BIND_PROTOCOL = abi::NDIS_PAUSE_BIND_PROTOCOL;
        /// A protocol is being unbound.
        #[doc(alias = "NDIS_PAUSE_UNBIND_PROTOCOL")]
        const UNBIND_PROTOCOL = abi::NDIS_PAUSE_UNBIND_PROTOCOL;
        /// A filter is being attached.
        #[doc(alias = "NDIS_PAUSE_ATTACH_FILTER")]
        const ATTACH_FILTER = abi::NDIS_PAUSE_ATTACH_FILTER;
        /// A filter is being detached.
        #[doc(alias = "NDIS_PAUSE_DETACH_FILTER")]
        const DETACH_FILTER = abi::NDIS_PAUSE_DETACH_FILTER;
        /// A filter asked for a restart.
        #[doc(alias = "NDIS_PAUSE_FILTER_RESTART_STACK")]
        const FILTER_RESTART_STACK = abi::NDIS_PAUSE_FILTER_RESTART_STACK;
        /// The miniport's device is being removed.
        #[doc(alias = "NDIS_PAUSE_MINIPORT_DEVICE_REMOVE")]
        const MINIPORT_DEVICE_REMOVE = abi::NDIS_PAUSE_MINIPORT_DEVICE_REMOVE;
    }
}
