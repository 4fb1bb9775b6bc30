//! The events of the provider `NdisPacketCounter`: the one table of names, types and meanings.

use driver_abi::nt::GUID;
use driver_kit::etw::NoFields;
use driver_kit::events;
use driver_kit::kernel::etw::{traits, traits_length};

/// The provider's name.
const PROVIDER: &str = "NdisPacketCounter";

pub static TRAITS: [u8; traits_length(PROVIDER)] = traits(PROVIDER);

/// `{159f38dd-cab2-5672-995a-fdd5fa548ba4}`: the hash of the provider's name, as TraceLogging has it.
pub const GUID_OF_NAME: GUID = GUID {
    Data1: 0x159f_38dd,
    Data2: 0xcab2,
    Data3: 0x5672,
    Data4: [0x99, 0x5a, 0xfd, 0xd5, 0xfa, 0x54, 0x8b, 0xa4],
};

/// The keyword of counts. A session that enables it makes the driver count.
pub const COUNTS: u64 = 0x01;

events! {
    /// Every event.
    TABLE;

    /// The counts of a module since it was attached; it counts only while a session listens.
    Counted = "Counted", Info, INFORMATIONAL, [NoFields, NoFields] {
        /// The adapter's name for people
        Adapter: Wide,
        /// NET_LUID of this module
        ModuleLuid: Hex64,
        /// Interface index of this module
        IfIndex: U32,
        /// Whether packets came by since the last restart
        Counting: Bool,
        /// NET_BUFFERs on their way down
        SentPackets: U64,
        /// Sum of NET_BUFFER::DataLength of those packets, bytes
        SentBytes: U64,
        /// NET_BUFFERs on their way up
        ReceivedPackets: U64,
        /// Sum of NET_BUFFER::DataLength of those packets, bytes
        ReceivedBytes: U64,
        /// Chains that were too long, or too broken, to be counted to their end
        CutChains: U64,
    }
}
