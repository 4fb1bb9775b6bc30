//! Pool memory: tagged, every block between guard pages, freed blocks out of bounds for good.

use std::collections::BTreeMap;

use crate::machine::block::Block;
use crate::machine::space;
use crate::world::World;
use crate::world::owner::Owner;
use crate::world::thread::DISPATCH;
use journal::{KernelFact, PoolFact};

use super::{bugcheck, later};

/// Pool memory of the simulated machine.
const QUOTA: usize = 1 << 30;
/// Pool blocks are aligned so on 64-bit Windows.
const ALIGN: usize = 16;

/// All pool memory of a run, by address.
#[derive(Debug, Default)]
pub struct Pool {
    live: BTreeMap<usize, Allocation>,
    /// Of all live blocks together.
    bytes: usize,
    /// Sealed, so that a use after free is a fault.
    freed: BTreeMap<usize, Allocation>,
    next: u32,
}

/// A request for pool memory.
#[derive(Clone, Copy, Debug)]
pub struct PoolRequest {
    /// The size, bytes.
    pub bytes: usize,
    /// The pool tag.
    pub tag: [u8; 4],
    /// Whether the memory is zeroed; otherwise it holds garbage.
    pub zeroed: bool,
    /// May only be touched below DISPATCH_LEVEL.
    pub paged: bool,
    /// The owner of the handle with which the memory is asked for, if it is with one.
    pub owner: Option<Owner>,
}

#[derive(Debug)]
struct Allocation {
    number: u32,
    ask: PoolRequest,
    block: Block,
}

impl Pool {
    /// Blocks that nobody has freed: number, tag, bytes.
    pub fn live(&self) -> impl Iterator<Item = (u32, [u8; 4], usize)> {
        self.live.values().map(|a| (a.number, a.ask.tag, a.ask.bytes))
    }

    /// Whether `address` lies in or beside a block that was freed, and in none that lives.
    pub fn was_freed(&self, address: usize) -> bool {
        near(&self.live, address).is_none() && near(&self.freed, address).is_some()
    }

    /// Whether `address` lies in or beside a live paged block.
    pub fn is_paged(&self, address: usize) -> bool {
        near(&self.live, address).is_some_and(|a| a.ask.paged)
    }

    /// The number of the block that is or was at `address`.
    pub fn block_at(&self, address: usize) -> Option<u32> {
        near(&self.live, address).or_else(|| near(&self.freed, address)).map(|a| a.number)
    }

    /// A description of the block that is or was at `address`, for a person to read.
    pub fn describe(&self, address: usize) -> Option<String> {
        let tell = |list, what: &str| {
            near(list, address).map(|a| {
                let at = address.cast_signed().wrapping_sub(a.block.address().cast_signed());
                let (tag, bytes) = (text(a.ask.tag), a.ask.bytes);
                format!("offset {at} of {what} pool block {} ({bytes} bytes, {tag})", a.number)
            })
        };
        tell(&self.live, "live").or_else(|| tell(&self.freed, "freed"))
    }
}

/// The block at or around `address`.
fn near(list: &BTreeMap<usize, Allocation>, address: usize) -> Option<&Allocation> {
    let below = list.range(..=address).next_back();
    let above = list.range(address..).next();
    below.into_iter().chain(above).map(|(_, a)| a).find(|a| a.block.is_near(address))
}

/// The image is about to run at the current thread's IRQL: at or above DISPATCH_LEVEL paged memory
/// is not there.
pub fn page_for_irql(world: &World) {
    space::settle(world.threads.irql() >= DISPATCH);
}

/// A tag as `!poolused` shows it.
pub fn text(tag: [u8; 4]) -> String {
    tag.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }).collect()
}

/// Allocates; None when the run's faults say so.
pub fn allocate(world: &World, ask: PoolRequest) -> Option<usize> {
    let PoolRequest { bytes, tag, .. } = ask;
    let held = world.of::<Pool>().borrow().bytes;
    if world.faults.next_allocation_fails() || bytes > QUOTA - held {
        world.record(KernelFact::Pool(PoolFact::Refused { bytes, tag }));
        return None;
    }
    let mut block = Block::pool(bytes, ALIGN, ask.paged);
    if ask.zeroed {
        block.clear();
    }
    let address = block.address();
    let owner = ask.owner.map(|owner| world.owners.name(owner));
    let mut pool = world.of::<Pool>().borrow_mut();
    pool.next += 1;
    let number = pool.next;
    pool.bytes += bytes;
    pool.live.insert(address, Allocation { number, ask, block });
    drop(pool);
    world.record(KernelFact::Pool(PoolFact::Allocated { block: number, bytes, tag, owner }));
    Some(address)
}

/// Makes a block one that code may stand in, as NonPagedPool is.
pub fn make_executable(world: &World, address: usize) {
    if let Some(allocation) = world.of::<Pool>().borrow().live.get(&address) {
        allocation.block.make_executable();
    }
}

/// Frees; a wrong free is recorded and changes nothing.
pub fn free(world: &World, address: usize, tag: Option<[u8; 4]>) {
    let mut pool = world.of::<Pool>().borrow_mut();
    let Some(allocation) = pool.live.remove(&address) else {
        let what = match pool.describe(address) {
            Some(what) => what,
            None if address == 0 => "NULL".to_owned(),
            None => "an address that is no pool block".to_owned(),
        };
        let touched = pool.block_at(address);
        drop(pool);
        if let Some(block) = touched {
            world.record(KernelFact::Pool(PoolFact::Touched { block }));
        }
        world.record(KernelFact::Pool(PoolFact::BadFree { what }));
        return;
    };
    drop(pool);
    if later::has_armed_timer(world, address..address + allocation.ask.bytes) {
        let block = allocation.number;
        let what = format!("pool block {block} was freed with an armed timer in it");
        bugcheck::stop(world, bugcheck::TIMER_OR_DPC, &what);
    }
    let mut pool = world.of::<Pool>().borrow_mut();
    pool.bytes -= allocation.ask.bytes;
    if allocation.ask.paged {
        space::settle(false);
    }
    let block = allocation.number;
    let mut facts = Vec::new();
    if tag.is_some_and(|tag| tag != allocation.ask.tag) {
        let wanted = text(allocation.ask.tag);
        let what = format!("block {block} of tag {wanted} freed with another tag");
        facts.push(PoolFact::BadFree { what });
    }
    if !allocation.block.slack_is_intact() {
        facts.push(PoolFact::Overrun { block });
    }
    facts.push(PoolFact::Freed { block });
    allocation.block.seal();
    pool.freed.insert(address, allocation);
    drop(pool);
    for fact in facts {
        world.record(KernelFact::Pool(fact));
    }
}
