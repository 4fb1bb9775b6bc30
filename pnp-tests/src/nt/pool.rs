//! Non-paged pool: tagged, every block between guard pages, freed blocks out of bounds for good.

use crate::door::block::Block;
use crate::journal::{Fact, PoolFact};
use crate::world::World;

/// Pool blocks are aligned so on 64-bit Windows.
const ALIGN: usize = 16;

/// All pool memory of a run.
#[derive(Debug, Default)]
pub struct Pool {
    live: Vec<Allocation>,
    /// Sealed, so that a use after free is a fault.
    freed: Vec<Allocation>,
    next: u32,
}

#[derive(Debug)]
struct Allocation {
    number: u32,
    tag: [u8; 4],
    block: Block,
}

impl Pool {
    /// Blocks that nobody has freed: number, tag, bytes.
    pub fn live(&self) -> impl Iterator<Item = (u32, [u8; 4], usize)> {
        self.live.iter().map(|a| (a.number, a.tag, a.block.len()))
    }

    /// What is or was at `address`, for a person to read.
    pub fn describe(&self, address: usize) -> Option<String> {
        let find = |list: &[Allocation], what: &str| {
            list.iter().find(|a| a.block.is_near(address)).map(|a| {
                let at = address.cast_signed().wrapping_sub(a.block.address().cast_signed());
                let (tag, bytes) = (text(a.tag), a.block.len());
                format!("offset {at} of {what} pool block {} ({bytes} bytes, {tag})", a.number)
            })
        };
        find(&self.live, "live").or_else(|| find(&self.freed, "freed"))
    }
}

/// A tag as `!poolused` shows it.
pub fn text(tag: [u8; 4]) -> String {
    tag.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }).collect()
}

/// Allocates; None when the run's faults say so.
pub fn allocate(world: &World, bytes: usize, tag: [u8; 4], zeroed: bool) -> Option<usize> {
    if world.faults.next_allocation_fails() {
        world.record(Fact::Pool(PoolFact::Refused { bytes, tag }));
        return None;
    }
    let mut block = Block::new(bytes, ALIGN);
    if zeroed {
        block.write(0, &vec![0; bytes]);
    }
    let address = block.address();
    let mut pool = world.pool.borrow_mut();
    pool.next += 1;
    let number = pool.next;
    pool.live.push(Allocation { number, tag, block });
    drop(pool);
    world.record(Fact::Pool(PoolFact::Allocated { block: number, bytes, tag }));
    Some(address)
}

/// Frees; a wrong free is recorded and changes nothing.
pub fn free(world: &World, address: usize, tag: Option<[u8; 4]>) {
    let mut pool = world.pool.borrow_mut();
    let Some(index) = pool.live.iter().position(|a| a.block.address() == address) else {
        let what = match pool.describe(address) {
            Some(what) => what,
            None if address == 0 => "NULL".to_owned(),
            None => "an address that is no pool block".to_owned(),
        };
        drop(pool);
        world.record(Fact::Pool(PoolFact::BadFree { what }));
        return;
    };
    let allocation = pool.live.remove(index);
    let block = allocation.number;
    let mut facts = Vec::new();
    if tag.is_some_and(|tag| tag != allocation.tag) {
        let wanted = text(allocation.tag);
        let what = format!("block {block} of tag {wanted} freed with another tag");
        facts.push(PoolFact::BadFree { what });
    }
    if !allocation.block.slack_is_intact() {
        facts.push(PoolFact::Overrun { block });
    }
    facts.push(PoolFact::Freed { block });
    allocation.block.seal();
    pool.freed.push(allocation);
    drop(pool);
    for fact in facts {
        world.record(Fact::Pool(fact));
    }
}
