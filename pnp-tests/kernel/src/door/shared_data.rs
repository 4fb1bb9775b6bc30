//! Pages that only a kernel can read: KUSER_SHARED_DATA and the processor's control region (KPCR).
//!
//! - What is here of them is what the headers of the WDK name: KUSER_SHARED_DATA
//!   (ddi:ntddk/ns-ntddk-kuser_shared_data) whole, of the KPCR of amd64 the fields that ntddk.h and wdm.h declare or
//!   read inline. Another offset of the KPCR is told as an instruction that this host does not emulate.
//! - Nothing is mapped there: each load is carried out on a page made for it ([`shadow`](crate::machine::shadow)).

use crate::machine::arena;
use crate::nt::{thread, time};
use crate::world::{self, World};

use super::ntoskrnl::processor;

/// The length of both, a page.
pub const PAGE: usize = 4096;
/// KI_USER_SHARED_DATA (wdm.h).
const SHARED: u64 = 0xFFFF_F780_0000_0000;
/// Offsets of what moves with the clock: InterruptTime and SystemTime, TickCount.
const CLOCKS: [std::ops::Range<usize>; 2] = [0x8..0x20, 0x320..0x32C];

/// KPCR (ntddk.h, amd64), and in the PRCB behind it what wdm.h and ntddk.h read inline.
mod pcr {
    pub const SELF: usize = 0x18;
    pub const CURRENT_PRCB: usize = 0x20;
    pub const MAJOR_VERSION: usize = 0x60;
    pub const MINOR_VERSION: usize = 0x62;
    /// The PRCB is within the KPCR: "fixed for all time".
    pub const PRCB: usize = 0x180;
    pub const LEGACY_NUMBER: usize = 0x184;
    pub const CURRENT_THREAD: usize = 0x188;
    pub const NUMBER: usize = 0x1A4;
    /// Offset and length of each field that is filled.
    pub const FIELDS: [(usize, usize); 7] = [
        (SELF, 8),
        (CURRENT_PRCB, 8),
        (MAJOR_VERSION, 2),
        (MINOR_VERSION, 2),
        (LEGACY_NUMBER, 1),
        (CURRENT_THREAD, 8),
        (NUMBER, 4),
    ];
}

thread_local! {
    /// The address that KPCR.Self has: nobody can read there, so each read through it is carried out like
    /// one through gs, and shows the thread that runs then.
    static PCR: usize = arena::nowhere();
}

/// A page that is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Window {
    SharedData,
    ControlRegion,
}

/// The page that an address is in, and its place there; with `through_gs` the address counts from the
/// control region.
pub fn find(address: u64, through_gs: bool) -> Option<(Window, usize)> {
    let within = |base: u64| {
        let offset = usize::try_from(address.wrapping_sub(base)).ok()?;
        (offset < PAGE).then_some(offset)
    };
    if through_gs {
        return Some((Window::ControlRegion, within(0)?));
    }
    let shared = within(SHARED).map(|offset| (Window::SharedData, offset));
    shared.or_else(|| {
        let pcr = PCR.try_with(|page| *page as u64).ok()?;
        Some((Window::ControlRegion, within(pcr)?))
    })
}

impl Window {
    /// The page as a load of `length` bytes at `offset` finds it; None when it is not known what is there.
    pub fn page(self, world: &World, offset: usize, length: usize) -> Option<[u8; PAGE]> {
        let end = offset.checked_add(length).filter(|end| *end <= PAGE)?;
        match self {
            Self::SharedData => {
                let is_clock =
                    |clock: &std::ops::Range<usize>| offset < clock.end && clock.start < end;
                let now =
                    if CLOCKS.iter().any(is_clock) { time::read(world) } else { world.clock.get() };
                Some(shared(now))
            }
            Self::ControlRegion => {
                // The driver asks which processor it is on.
                if [pcr::LEGACY_NUMBER, pcr::NUMBER].contains(&offset) {
                    world.knows_processors.set(true);
                }
                let is_in = |(at, bytes): &(usize, usize)| *at <= offset && end <= at + bytes;
                pcr::FIELDS.iter().any(is_in).then(|| control_region(world))
            }
        }
    }
}

fn control_region(world: &World) -> [u8; PAGE] {
    let mut page = [0; PAGE];
    let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
    let own = PCR.with(|page| *page);
    let processor = processor::current(world).to_le_bytes();
    let object = thread::with_current(world, |thread| thread.object);
    put(pcr::SELF, &own.to_le_bytes());
    put(pcr::CURRENT_PRCB, &(own + pcr::PRCB).to_le_bytes());
    put(pcr::MAJOR_VERSION, &1_u16.to_le_bytes());
    put(pcr::MINOR_VERSION, &1_u16.to_le_bytes());
    put(pcr::LEGACY_NUMBER, &processor[..1]);
    put(pcr::CURRENT_THREAD, &object.to_le_bytes());
    put(pcr::NUMBER, &processor);
    page
}

/// KUSER_SHARED_DATA at a virtual time. What is zero here is zero on a machine where nothing of it is on.
fn shared(now: u64) -> [u8; PAGE] {
    const TICK_COUNT_MULTIPLIER: usize = 0x4;
    const INTERRUPT_TIME: usize = 0x8;
    const SYSTEM_TIME: usize = 0x14;
    /// IMAGE_FILE_MACHINE_AMD64, lowest and highest.
    const IMAGE_NUMBERS: usize = 0x2C;
    const SYSTEM_ROOT: usize = 0x30;
    const LARGE_PAGE_MINIMUM: usize = 0x244;
    const BUILD: usize = 0x260;
    const PRODUCT_TYPE: usize = 0x264;
    const PRODUCT_TYPE_IS_VALID: usize = 0x268;
    /// PROCESSOR_ARCHITECTURE_AMD64.
    const ARCHITECTURE: usize = 0x26A;
    const MAJOR: usize = 0x26C;
    const PHYSICAL_PAGES: usize = 0x2E8;
    const QPC_FREQUENCY: usize = 0x300;
    const TICK_COUNT: usize = 0x320;
    const ACTIVE_PROCESSORS: usize = 0x3C0;
    const ACTIVE_GROUPS: usize = 0x3C4;
    let mut page = [0; PAGE];
    let mut put = |at: usize, bytes: &[u8]| page[at..at + bytes.len()].copy_from_slice(bytes);
    // KSYSTEM_TIME: the high part stands there twice.
    let mut put_time = |at: usize, time: u64| {
        let bytes = time.to_le_bytes();
        put(at, &bytes);
        put(at + 8, &bytes[4..]);
    };
    put_time(INTERRUPT_TIME, now);
    put_time(SYSTEM_TIME, world::BOOT_100NS + now);
    put_time(TICK_COUNT, now / world::TICK_100NS);
    // Milliseconds of a tick, 24 bits behind the point.
    put(TICK_COUNT_MULTIPLIER, &0x0FA0_0000_u32.to_le_bytes());
    put(IMAGE_NUMBERS, &[0x64, 0x86, 0x64, 0x86]);
    for (index, unit) in "C:\\Windows".encode_utf16().enumerate() {
        put(SYSTEM_ROOT + 2 * index, &unit.to_le_bytes());
    }
    put(LARGE_PAGE_MINIMUM, &(2_u32 << 20).to_le_bytes());
    put(BUILD, &26_100_u32.to_le_bytes());
    put(PRODUCT_TYPE, &1_u32.to_le_bytes());
    put(PRODUCT_TYPE_IS_VALID, &[1]);
    put(ARCHITECTURE, &9_u16.to_le_bytes());
    put(MAJOR, &10_u32.to_le_bytes());
    put(PHYSICAL_PAGES, &(1_u32 << 20).to_le_bytes());
    put(QPC_FREQUENCY, &10_000_000_u64.to_le_bytes());
    put(ACTIVE_PROCESSORS, &processor::COUNT.to_le_bytes());
    put(ACTIVE_GROUPS, &[1]);
    page
}
