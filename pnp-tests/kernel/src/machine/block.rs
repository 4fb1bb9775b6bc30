//! Memory that the image may touch, exactly: every block ends at a guard page and begins behind
//! one, and a freed block stays out of bounds.

use std::ptr;

use super::arena::{Purpose, Run};
use super::garbage;

/// What the slack around a block is filled with, to see an underrun or a small overrun.
const CANARY: u8 = 0xC5;

/// One block between two pages that nobody may touch.
#[derive(Debug)]
pub struct Block {
    run: Run,
    /// Offset of the block within the run.
    offset: usize,
    length: usize,
}

impl Block {
    /// A block of `length` bytes aligned to `align` (a power of two, at most a page), as close to
    /// the guard page behind it as the alignment allows.
    pub fn new(length: usize, align: usize) -> Self {
        Self::within(Run::new(length, Purpose::Structure), length, align)
    }

    /// A block of pool memory, of which there may be very many at a time: where guard pages are scarce,
    /// those past some thousands have none. What is `paged` is not there at DISPATCH_LEVEL.
    pub fn pool(length: usize, align: usize, paged: bool) -> Self {
        let purpose = if paged { Purpose::Paged } else { Purpose::Pool };
        Self::within(Run::new(length, purpose), length, align)
    }

    /// A block like that of [`new`](Self::new), in memory of a user's.
    pub fn of_user(length: usize, align: usize) -> Self {
        let block = Self::new(length, align);
        block.run.give_to_user();
        block
    }

    /// A block like that of [`new`](Self::new), beside others of its kind that go in and out of bounds with it.
    pub fn parcel(length: usize, align: usize) -> Self {
        Self::within(Run::new(length, Purpose::Parcel), length, align)
    }

    fn within(run: Run, length: usize, align: usize) -> Self {
        let offset = (run.bytes - length) & !(align - 1);
        let block = Self { run, offset, length };
        // SAFETY: the run is writable and begins with that many bytes of slack.
        unsafe { block.inner().write_bytes(CANARY, offset) };
        // SAFETY: offset + length <= bytes of the run by construction.
        unsafe { block.start().write_bytes(garbage::byte(), length) };
        // SAFETY: as above, so this is in the run or one past its end.
        let end = unsafe { block.start().add(length) };
        // SAFETY: the run is writable, and this many bytes of it lie behind the block.
        unsafe { end.write_bytes(CANARY, block.run.bytes - offset - length) };
        block
    }

    /// A block holding `bytes`, at an odd address if `unaligned`.
    pub fn with(bytes: &[u8], unaligned: bool) -> Self {
        let mut block = Self::new(bytes.len(), if unaligned { 1 } else { 16 });
        if unaligned && block.address().is_multiple_of(2) {
            // One byte lower is odd; the slack behind it is canary.
            block.offset = block.offset.saturating_sub(1);
        }
        block.write(0, bytes);
        block
    }

    /// A block holding `value` as Windows lays it out.
    pub fn of<T: Copy>(value: T) -> Self {
        let block = Self::new(size_of::<T>(), 16);
        // SAFETY: a fresh block of that size, aligned to 16, which no ABI type exceeds.
        unsafe { block.start().cast::<T>().write(value) };
        block
    }

    /// A block holding the first `length` bytes of `value`, and no more.
    pub fn prefix_of<T: Copy>(value: T, length: usize) -> Self {
        let whole = Self::of(value).bytes();
        Self::with(&whole[..length.min(whole.len())], false)
    }

    fn inner(&self) -> *mut u8 {
        ptr::with_exposed_provenance_mut(self.run.start)
    }

    fn start(&self) -> *mut u8 {
        // SAFETY: `offset` lies within the run.
        unsafe { self.inner().add(self.offset) }
    }

    /// Puts the block in bounds, or out of bounds when the image runs next.
    pub fn protect(&self, open: bool) {
        self.run.open(open);
    }

    /// Puts blocks in bounds, parcels that lie side by side at once.
    pub fn open_all<'a>(blocks: impl Iterator<Item = &'a Self>) {
        Run::open_all(blocks.map(|block| &block.run));
    }

    /// Lets the block's pages be executed.
    pub fn make_executable(&self) {
        self.run.make_executable();
    }

    /// The address of the block's first byte.
    pub fn address(&self) -> usize {
        self.start() as usize
    }

    /// The block's length, bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether the block has no bytes.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Copies `bytes` to `at`.
    pub fn write(&mut self, at: usize, bytes: &[u8]) {
        assert!(at + bytes.len() <= self.length, "a write inside the block");
        // SAFETY: within the block by the assertion.
        let to = unsafe { self.start().add(at) };
        // SAFETY: the room is there by the assertion; `bytes` is host memory, elsewhere.
        unsafe { to.copy_from(bytes.as_ptr(), bytes.len()) };
    }

    /// Fills the block with zeros.
    pub fn clear(&mut self) {
        // SAFETY: the block is that long, and writable.
        unsafe { self.start().write_bytes(0, self.length) };
    }

    /// The block's present content.
    pub fn bytes(&self) -> Vec<u8> {
        // SAFETY: readable as long as the block is not sealed; the image does not run meanwhile,
        // and the slice is copied before it can.
        unsafe { std::slice::from_raw_parts(self.start(), self.length) }.to_vec()
    }

    /// Whether the slack around the block is as it was made.
    pub fn slack_is_intact(&self) -> bool {
        // SAFETY: the inner pages are readable until the image runs after `seal`; as for `bytes`.
        let inner = unsafe { std::slice::from_raw_parts(self.inner(), self.run.bytes) };
        let end = self.offset + self.length;
        inner[..self.offset].iter().chain(&inner[end..]).all(|&byte| byte == CANARY)
    }

    /// Puts the block out of bounds for good: when the image runs next, a touch of it is a fault.
    pub fn seal(&self) {
        self.protect(false);
    }

    /// Whether `address` lies in the block or in a guard page of it.
    pub fn is_near(&self, address: usize) -> bool {
        self.run.is_near(address)
    }
}
