//! Frames of the image's functions, undone one after another by what .pdata and .xdata say
//! (learn:cpp/build/exception-handling-x64).
//!
//! - Nothing is believed: the image's data is read inside the image only, the stack inside the thread's own stack
//!   only, and each frame lies above the one before.
//! - As on Windows a function without an entry is a leaf: its return address is on top of the stack.
//! - A thread is never interrupted in an epilogue: faults there need a stack that is gone, and no call is made from
//!   one. So epilogues are not looked for.

use std::ops::Range;

use super::context::{Context, RSP};
use super::raw;

/// RUNTIME_FUNCTION: where a function begins and ends, and where its unwind data is; RVAs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Function {
    begin: u32,
    end: u32,
    info: u32,
    /// Where the entry itself is in the image, RVA.
    pub entry: u32,
}

/// An image's functions, and the stack that is unwound.
#[derive(Clone, Debug)]
pub struct Functions {
    base: usize,
    size: usize,
    /// In order of their beginnings.
    table: Vec<Function>,
}

/// A function's handler of exceptions that go through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    /// The routine, RVA.
    pub routine: u32,
    /// The handler's data, RVA: for `__C_specific_handler` a scope table.
    pub data: u32,
    /// Whether the handler is asked in the search.
    pub for_exceptions: bool,
    /// Whether the handler is called when the frame is unwound.
    pub for_termination: bool,
}

/// A frame that was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The address that names it: what handlers and filters are given.
    pub establisher: u64,
    /// The function's entry, unless it is a leaf.
    pub function: Option<Function>,
    /// The function's handler, unless it was interrupted before its frame was complete.
    pub handler: Option<Handler>,
}

/// Unwind data that cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken(pub &'static str);

/// UNW_FLAG_EHANDLER, UNW_FLAG_UHANDLER, UNW_FLAG_CHAININFO.
const EHANDLER: u8 = 1;
const UHANDLER: u8 = 2;
const CHAINED: u8 = 4;
/// Unwind data refers to other unwind data at most so often.
const CHAIN_MAX: usize = 32;
const ENTRY: usize = 12;

impl Functions {
    /// The functions of the image that is mapped at `base`.
    pub fn of(base: usize, size: usize) -> Self {
        let mut functions = Self { base, size, table: Vec::new() };
        functions.table = functions.list().unwrap_or_default();
        functions
    }

    /// Out of the exception directory, which is the fourth of the PE32+ header.
    fn list(&self) -> Option<Vec<Function>> {
        const E_LFANEW: u32 = 0x3C;
        const DIRECTORIES: u32 = 24 + 112;
        const EXCEPTION: u32 = 3;
        let directory = self.read::<u32>(E_LFANEW)?.checked_add(DIRECTORIES + 8 * EXCEPTION)?;
        let (first, bytes): (u32, u32) =
            (self.read(directory)?, self.read(directory.checked_add(4)?)?);
        let count = bytes / u32::try_from(ENTRY).ok()?;
        let mut list: Vec<_> =
            (0..count).map_while(|index| self.entry(first.checked_add(12 * index)?)).collect();
        list.sort_unstable_by_key(|function| function.begin);
        Some(list)
    }

    fn entry(&self, entry: u32) -> Option<Function> {
        let [begin, end, info]: [u32; 3] = self.read(entry)?;
        Some(Function { begin, end, info, entry })
    }

    /// A value of the image's, if all of it is in the image.
    fn read<T: Copy>(&self, rva: u32) -> Option<T> {
        let end = (rva as usize).checked_add(size_of::<T>())?;
        (end <= self.size).then(|| raw::get(self.base + rva as usize))
    }

    /// Whether an address is in the image.
    pub fn contain(&self, address: u64) -> bool {
        usize::try_from(address).is_ok_and(|at| (self.base..self.base + self.size).contains(&at))
    }

    /// The address of a place in the image.
    pub fn address(&self, rva: u32) -> usize {
        self.base + rva as usize
    }

    /// Where the image is.
    pub fn base(&self) -> usize {
        self.base
    }

    fn find(&self, address: u64) -> Option<Function> {
        let rva = u32::try_from(usize::try_from(address).ok()?.checked_sub(self.base)?).ok()?;
        let after = self.table.partition_point(|function| function.begin <= rva);
        let function = self.table.get(after.checked_sub(1)?)?;
        if rva >= function.end {
            return None;
        }
        // An odd address of unwind data is that of another entry.
        if function.info & 1 == 0 { Some(*function) } else { self.entry(function.info & !1) }
    }

    /// Undoes the frame that `context` is in, so that it is the caller's afterwards.
    pub fn undo(&self, context: &mut Context, stack: &Range<usize>) -> Result<Frame, Broken> {
        let before = context.stack();
        let load = |at: u64| load(at, stack);
        let mut frame = Frame { establisher: before, function: None, handler: None };
        if let Some(function) = self.find(context.rip) {
            frame.function = Some(function);
            self.undo_prologue(context, function, &mut frame, &load)?;
        }
        let top = context.stack();
        context.rip = load(top)?;
        context.general[RSP] = top.wrapping_add(8);
        if context.stack() <= before {
            return Err(Broken("a frame does not lie above the one that it called"));
        }
        Ok(frame)
    }

    fn undo_prologue(
        &self,
        context: &mut Context,
        function: Function,
        frame: &mut Frame,
        load: &dyn Fn(u64) -> Result<u64, Broken>,
    ) -> Result<(), Broken> {
        const OUTSIDE: Broken = Broken("unwind data lies outside the image");
        let place = context.rip.wrapping_sub((self.base + function.begin as usize) as u64);
        // How much of the prologue was executed; of chained data, all.
        let mut done = u32::try_from(place).unwrap_or(u32::MAX);
        let mut info = function.info;
        let mut is_complete = true;
        for link in 0..CHAIN_MAX {
            let [version, prologue, count, register]: [u8; 4] = self.read(info).ok_or(OUTSIDE)?;
            let flags = version >> 3;
            if !matches!(version & 7, 1 | 2) {
                return Err(Broken("unwind data of a version that x64 does not have"));
            }
            let codes: Vec<u16> = (0..u32::from(count))
                .map(|index| self.read(info + 4 + 2 * index))
                .collect::<Option<_>>()
                .ok_or(OUTSIDE)?;
            let (pointer, offset) = (usize::from(register & 15), u64::from(register >> 4) * 16);
            if link == 0 {
                is_complete = done >= u32::from(prologue);
                let has_pointer = pointer != 0
                    && (is_complete || codes_until(&codes, done).any(|code| code.operation == 3));
                if has_pointer {
                    frame.establisher = context.general[pointer].wrapping_sub(offset);
                }
            }
            for code in codes_until(&codes, done) {
                code.undo(context, frame.establisher, (pointer, offset), load)?;
            }
            let behind = info + 4 + 2 * u32::from(count.next_multiple_of(2));
            if flags & CHAINED == 0 {
                if is_complete && flags & (EHANDLER | UHANDLER) != 0 {
                    frame.handler = Some(Handler {
                        routine: self.read(behind).ok_or(OUTSIDE)?,
                        data: behind + 4,
                        for_exceptions: flags & EHANDLER != 0,
                        for_termination: flags & UHANDLER != 0,
                    });
                }
                return Ok(());
            }
            info = self.entry(behind).ok_or(OUTSIDE)?.info;
            done = u32::MAX;
        }
        Err(Broken("unwind data refers to itself"))
    }
}

fn load(address: u64, stack: &Range<usize>) -> Result<u64, Broken> {
    let at = usize::try_from(address).unwrap_or(usize::MAX);
    if at >= stack.start && at <= stack.end.saturating_sub(8) {
        Ok(raw::get(at))
    } else {
        Err(Broken("the stack pointer is not in the thread's stack"))
    }
}

/// One step of a prologue.
#[derive(Clone, Copy)]
struct Code {
    operation: u8,
    register: usize,
    /// The slots behind it, as numbers of 16 and of 32 bits.
    short: u64,
    long: u64,
}

/// How many slots an operation takes: UWOP_ codes, 6 being that of epilogues.
fn slots(operation: u8, information: u8) -> usize {
    match operation {
        1 if information == 0 => 2,
        1 | 5 | 7 | 9 => 3,
        4 | 6 | 8 => 2,
        _ => 1,
    }
}

/// The steps that were taken up to an offset in the prologue, the latest first.
fn codes_until(codes: &[u16], done: u32) -> impl Iterator<Item = Code> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(&slot) = codes.get(at) {
            let [place, code] = slot.to_le_bytes();
            let (operation, information) = (code & 15, code >> 4);
            let next = |index: usize| u64::from(codes.get(at + index).copied().unwrap_or(0));
            let (short, long) = (next(1), next(1) | next(2) << 16);
            at += slots(operation, information);
            if u32::from(place) <= done && operation != 6 {
                return Some(Code { operation, register: usize::from(information), short, long });
            }
        }
        None
    })
}

impl Code {
    fn undo(
        self,
        context: &mut Context,
        frame: u64,
        (pointer, offset): (usize, u64),
        load: &dyn Fn(u64) -> Result<u64, Broken>,
    ) -> Result<(), Broken> {
        let Self { operation, register, short, long } = self;
        let stack = context.stack();
        match operation {
            0 => {
                context.general[register] = load(stack)?;
                context.general[RSP] = stack.wrapping_add(8);
            }
            1 => {
                let bytes = if register == 0 { 8 * short } else { long };
                context.general[RSP] = stack.wrapping_add(bytes);
            }
            2 => context.general[RSP] = stack.wrapping_add(8 * register as u64 + 8),
            3 => context.general[RSP] = context.general[pointer].wrapping_sub(offset),
            4 => context.general[register] = load(frame.wrapping_add(8 * short))?,
            5 => context.general[register] = load(frame.wrapping_add(long))?,
            8 | 9 => {
                let at = frame.wrapping_add(if operation == 8 { 16 * short } else { long });
                let (low, high) = (load(at)?, load(at.wrapping_add(8))?);
                context.vectors[register] = u128::from(low) | u128::from(high) << 64;
            }
            _ => return Err(Broken("an unwind code that drivers do not have")),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;

    const FIRST: u32 = 0x400;
    const SECOND: u32 = 0x440;

    /// An image with two functions: one that saves rbx and xmm6, has 40h bytes of stack and a handler, and one whose
    /// unwind data is chained to that of the first.
    fn image() -> Block {
        let mut image = Block::with(&[0; 0x1000], false);
        image.write(0x3C, &0x40_u32.to_le_bytes());
        // The exception directory: two entries.
        image.write(0x40 + 24 + 112 + 24, &[0x200_u32, 24].map(u32::to_le_bytes).concat());
        let entries = [FIRST, SECOND, 0x300, SECOND, 0x480, 0x340];
        image.write(0x200, &entries.map(u32::to_le_bytes).concat());
        // Version 1, both kinds of handler; ten bytes of prologue, four codes, no frame pointer.
        image.write(0x300, &[1 | 3 << 3, 10, 4, 0]);
        // xmm6 at 20h, 40h bytes allocated, rbx pushed: the latest first.
        image.write(0x304, &[10, 0x68, 2, 0, 5, 0x72, 1, 0x30]);
        image.write(0x30C, &0x4F0_u32.to_le_bytes());
        // Nothing of its own; the first one's entry follows.
        image.write(0x340, &[1 | 4 << 3, 0, 0, 0]);
        image.write(0x344, &[FIRST, SECOND, 0x300].map(u32::to_le_bytes).concat());
        image
    }

    fn stack() -> Block {
        let mut stack = Block::with(&[0; 0x100], false);
        stack.write(0x20, &[0x66; 16]);
        stack.write(0x40, &0xBB_u64.to_le_bytes());
        stack.write(0x48, &0x7777_u64.to_le_bytes());
        stack
    }

    fn undo(rva: u32, offset: usize) -> Result<(Context, Frame, usize), Broken> {
        let (image, stack) = (image(), stack());
        let functions = Functions::of(image.address(), image.len());
        let mut general = [0; 16];
        general[RSP] = (stack.address() + offset) as u64;
        let mut context = Context::new(functions.address(rva) as u64, general, [0; 16]);
        let range = stack.address()..stack.address() + stack.len();
        let frame = functions.undo(&mut context, &range)?;
        Ok((context, frame, stack.address()))
    }

    #[test]
    fn a_frame_gives_back_what_its_prologue_saved() {
        for rva in [FIRST + 0x20, SECOND + 8] {
            let (context, frame, stack) = undo(rva, 0).expect("a right frame");
            assert_eq!((context.rip, context.stack()), (0x7777, (stack + 0x50) as u64));
            assert_eq!(
                (context.general[3], context.vectors[6]),
                (0xBB, u128::from_le_bytes([0x66; 16]))
            );
            assert_eq!(frame.establisher, stack as u64);
            let handler = frame.handler.expect("it has one");
            assert_eq!((handler.routine, handler.data), (0x4F0, 0x310));
            assert!(handler.for_exceptions && handler.for_termination);
        }
    }

    #[test]
    fn what_a_prologue_has_not_done_yet_is_not_undone() {
        // Behind the push: only that is undone, and the handler does not count yet.
        let (context, frame, _) = undo(FIRST + 1, 0x40).expect("a right frame");
        assert_eq!((context.rip, context.general[3], frame.handler), (0x7777, 0xBB, None));
        // Before it: nothing.
        let (context, ..) = undo(FIRST, 0x48).expect("a right frame");
        assert_eq!((context.rip, context.general[3]), (0x7777, 0));
    }

    #[test]
    fn a_function_without_an_entry_is_a_leaf() {
        let (context, frame, stack) = undo(0x500, 0x48).expect("a right frame");
        assert_eq!((context.rip, context.stack()), (0x7777, (stack + 0x50) as u64));
        assert_eq!((frame.function, frame.handler), (None, None));
    }

    #[test]
    fn a_stack_pointer_that_is_astray_is_told() {
        assert!(undo(FIRST + 0x20, 0xF0).is_err());
        assert!(undo(0x500, 0x1000).is_err());
    }
}
