//! The tables of functions that a client is given, in memory that it can read.

use driver_abi::wsk::WSK_PROVIDER_DISPATCH;
use kernel::door::crossing::{DISPATCH, PASSIVE, cross};
use kernel::machine::block::Block;
use kernel::machine::export::{Failure, Row, Since};
use kernel::machine::{gate, raw};
use kernel::nt::bugcheck;

/// MAKE_WSK_VERSION(1, 0).
const VERSION: u16 = 0x0100;

/// The row of a function that stands in a table, not in an export list.
const fn row(name: &'static str, irql_max: u8, page: &'static str) -> Row {
    let failure = Failure { answers: &[], faults: &[] };
    let (address, since) = (function as fn() -> usize, Since::Build(6000));
    Row {
        name,
        recorded: name,
        address,
        irql_max,
        irql_min: PASSIVE,
        failure,
        calls_back: false,
        since,
        page,
    }
}

/// The functions of WSK_PROVIDER_DISPATCH, in its order.
static PROVIDER: [Row; 6] = [
    row("WskSocket", DISPATCH, "ddi:wsk/nc-wsk-pfn_wsk_socket"),
    row("WskSocketConnect", DISPATCH, "ddi:wsk/nc-wsk-pfn_wsk_socket_connect"),
    row("WskControlClient", DISPATCH, "ddi:wsk/nc-wsk-pfn_wsk_control_client"),
    row("WskGetAddressInfo", PASSIVE, "ddi:wsk/nc-wsk-pfn_wsk_get_address_info"),
    row("WskFreeAddressInfo", PASSIVE, "ddi:wsk/nc-wsk-pfn_wsk_free_address_info"),
    row("WskGetNameInfo", PASSIVE, "ddi:wsk/nc-wsk-pfn_wsk_get_name_info"),
];

fn function() -> usize {
    not_there as *const () as usize
}

/// A function of the provider's that this host does not have.
pub(super) extern "win64" fn not_there() {
    let world = cross();
    let what = format!("{}, which this host does not implement", world.import());
    bugcheck::stop(&world, bugcheck::KMODE_EXCEPTION, &what);
}

/// A WSK_PROVIDER_DISPATCH for the image to read.
pub struct ProviderTable(Block);

impl ProviderTable {
    pub fn new() -> Self {
        let [socket, connect, control, address, free, name] =
            PROVIDER.each_ref().map(|row| raw::pointer(gate::before(row)));
        let table = Block::of(WSK_PROVIDER_DISPATCH {
            Version: VERSION,
            Reserved: 0,
            WskSocket: socket,
            WskSocketConnect: connect,
            WskControlClient: control,
            WskGetAddressInfo: address,
            WskFreeAddressInfo: free,
            WskGetNameInfo: name,
        });
        Self(table)
    }

    pub fn address(&self) -> usize {
        self.0.address()
    }
}
