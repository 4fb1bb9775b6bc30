//! Breakpoints in the loaded image: `int3` over the first byte of an instruction.
//!
//! - Whoever sets them says where instructions begin; here nobody looks.
//! - One that only marks is taken away when the image gets there. One that is visited asks its visitor
//!   what becomes of it; to stand again it lets its instruction pass by a single step.
//! - Pages of code are writable only while a byte is written: the image does not run then.
//! - They are the host thread's own, and of the image that was loaded last.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ptr;

use super::preempt;
use super::raw;
use super::space::PAGE;
use super::trap::{ORDER, Registers, Saved, address_in};

const INT3: u8 = 0xCC;
/// The trap flag of EFLAGS: one instruction, then a trap.
const TRAP_FLAG: u64 = 0x100;

/// One breakpoint.
#[derive(Clone, Copy, Debug)]
struct Point {
    /// The byte that stands under it.
    original: u8,
    /// Whoever asks is told that it was reached.
    marks: bool,
    /// The visitor is asked.
    is_visited: bool,
}

/// The breakpoints of one image.
#[derive(Debug, Default)]
struct Points {
    base: usize,
    /// By address.
    standing: BTreeMap<usize, Point>,
    /// RVAs that were reached since somebody asked.
    reached: Vec<u32>,
    /// The breakpoint whose instruction passes by a single step.
    stepping: Option<usize>,
}

/// The fate of a breakpoint and of the thread that ran into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// It is taken away.
    Done,
    /// It stands again when the instruction is done.
    Again,
    /// It is taken away, and the thread gives way before the instruction.
    GivesWay,
    /// It stays, and the instruction, which has so many bytes and no effect, is passed over.
    Skips(usize),
    /// The same, and the thread gives way.
    SkipsAndGivesWay(usize),
}

/// Says what becomes of a breakpoint at an RVA, before its instruction.
pub type Visitor = fn(u32, &Registers) -> Visit;

thread_local! {
    static POINTS: RefCell<Points> = RefCell::default();
    static VISITOR: Cell<Option<Visitor>> = const { Cell::new(None) };
}

/// Sets who is asked at breakpoints that are visited.
pub fn visit_with(visitor: Visitor) {
    VISITOR.set(Some(visitor));
}

/// Sets breakpoints in the image at `base`, at the RVAs of instructions: those that mark and those that are
/// visited. The ones of an image before it are forgotten. The image is mapped, and executable there.
pub fn set(base: usize, marks: impl Iterator<Item = u32>, visited: impl Iterator<Item = u32>) {
    let mut standing: BTreeMap<usize, Point> = BTreeMap::new();
    let mut add = |rva: u32, marks: bool| {
        let address = base + rva as usize;
        let original = raw::get::<u8>(address);
        let point = standing.entry(address);
        let point = point.or_insert(Point { original, marks: false, is_visited: false });
        point.marks |= marks;
        point.is_visited |= !marks;
    };
    marks.for_each(|rva| add(rva, true));
    visited.for_each(|rva| add(rva, false));
    let mut pages: Vec<(usize, usize)> = Vec::new();
    for address in standing.keys() {
        let page = address & !(PAGE - 1);
        match pages.last_mut() {
            Some((_, end)) if *end > page => {}
            Some((_, end)) if *end == page => *end += PAGE,
            _ => pages.push((page, page + PAGE)),
        }
    }
    for (start, end) in pages {
        patch((start, end), standing.range(start..end).map(|(address, _)| (*address, INT3)));
    }
    POINTS.with_borrow_mut(|points| {
        points.base = base;
        points.standing = standing;
        points.stepping = None;
    });
}

/// The image is gone, and its breakpoints with it.
pub fn forget() {
    POINTS.with_borrow_mut(|points| points.standing.clear());
}

/// The RVAs of breakpoints that were reached since the last call, and mark.
pub fn take_reached() -> Vec<u32> {
    POINTS.with_borrow_mut(|points| std::mem::take(&mut points.reached))
}

/// The single step under way, if there is one, is over. When its instruction was carried out, its breakpoint
/// stands again; after a fault it does not, since who handles the fault looks at the instruction.
pub(super) fn has_stepped(saved: &mut Saved, is_carried_out: bool) -> bool {
    POINTS.with_borrow_mut(|points| {
        let Some(address) = points.stepping.take() else { return false };
        let flags = saved.get(libc::REG_EFL);
        saved.set(libc::REG_EFL, flags & !TRAP_FLAG);
        if !is_carried_out {
            points.standing.remove(&address);
        } else if points.standing.contains_key(&address) {
            write(address, INT3);
        }
        true
    })
}

/// The image ran into an `int3`: whether it was one of ours. Then the registers say how it goes on.
pub(super) fn is_hit(saved: &mut Saved) -> bool {
    // It has one byte, and the processor stands behind it.
    let before = saved.get(libc::REG_RIP).wrapping_sub(1);
    let address = address_in(before);
    let Some((rva, point)) = POINTS.with_borrow_mut(|points| mark(points, address)) else {
        return false;
    };
    saved.set(libc::REG_RIP, before);
    // The visitor looks at the instruction.
    write(address, point.original);
    let visitor = VISITOR.get().filter(|_| point.is_visited);
    let visit = visitor
        .map_or(Visit::Done, |visitor| visitor(rva, &ORDER.map(|register| saved.get(register))));
    POINTS.with_borrow_mut(|points| match visit {
        Visit::Done | Visit::GivesWay => {
            points.standing.remove(&address);
        }
        Visit::Again => {
            points.stepping = Some(address);
            let flags = saved.get(libc::REG_EFL);
            saved.set(libc::REG_EFL, flags | TRAP_FLAG);
        }
        Visit::Skips(bytes) | Visit::SkipsAndGivesWay(bytes) => {
            write(address, INT3);
            saved.set(libc::REG_RIP, before + bytes as u64);
        }
    });
    if matches!(visit, Visit::GivesWay | Visit::SkipsAndGivesWay(_)) {
        preempt::redirect(saved);
    }
    true
}

/// Notes that a breakpoint was reached; its RVA, and what it was until then.
fn mark(points: &mut Points, address: usize) -> Option<(u32, Point)> {
    let point = points.standing.get_mut(&address)?;
    let rva = u32::try_from(address - points.base).ok()?;
    if std::mem::take(&mut point.marks) {
        points.reached.push(rva);
    }
    Some((rva, *point))
}

fn write(address: usize, byte: u8) {
    let page = address & !(PAGE - 1);
    patch((page, page + PAGE), [(address, byte)].into_iter());
}

/// Writes bytes of code in pages of the image's, and nowhere else.
fn patch((start, end): (usize, usize), bytes: impl Iterator<Item = (usize, u8)>) {
    protect(start, end, libc::PROT_READ | libc::PROT_WRITE);
    for (address, byte) in bytes {
        raw::put(address, byte);
    }
    protect(start, end, libc::PROT_READ | libc::PROT_EXEC);
}

fn protect(start: usize, end: usize, protection: libc::c_int) {
    let page = ptr::with_exposed_provenance_mut(start);
    // SAFETY: whole pages of a loaded image's code, which hold no value of Rust's; the image does not run
    // between the two calls of `patch`, and the second gives the pages the protection that the loader gave.
    let result = unsafe { libc::mprotect(page, end - start, protection) };
    assert_eq!(result, 0, "the host can change the protection of an image's pages");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::fiber::{self, Fiber, Progress, Wait};
    use crate::machine::trap;

    /// These bytes in a page of code of their own.
    fn code(bytes: &[u8]) -> usize {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
        let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, protection, flags, -1, 0) };
        assert!(page != libc::MAP_FAILED, "the host can map a page");
        let page = page.expose_provenance();
        raw::write(page, bytes);
        protect(page, page + PAGE, libc::PROT_READ | libc::PROT_EXEC);
        trap::watch(page, PAGE);
        page
    }

    /// `xor eax, eax; again: inc eax; cmp eax, 5; jne again; ret`
    const LOOP: [u8; 10] = [0x31, 0xC0, 0xFF, 0xC0, 0x83, 0xF8, 0x05, 0x75, 0xF9, 0xC3];

    /// What a function in the image returns, and how often it gave way.
    fn call(base: usize) -> (u32, usize) {
        let result = std::rc::Rc::new(Cell::new(0));
        let inside = std::rc::Rc::clone(&result);
        let mut fiber = Fiber::new(move || {
            // SAFETY: the address of code that has this type.
            let function =
                unsafe { std::mem::transmute::<usize, extern "win64" fn() -> u32>(base) };
            inside.set(function());
        })
        .expect("the host has a stack for a thread");
        let mut waits = 0;
        loop {
            match fiber.resume() {
                Progress::Waits(_) => waits += 1,
                Progress::Returned => return (result.get(), waits),
                Progress::Trapped(trap) => panic!("{trap:?}"),
            }
        }
    }

    #[test]
    fn a_mark_is_reached_once_and_leaves_the_code_as_it_was() {
        let base = code(&LOOP);
        set(base, [2, 9].into_iter(), std::iter::empty());
        assert_eq!((raw::get::<u8>(base + 2), raw::get::<u8>(base + 9)), (INT3, INT3));
        assert_eq!(call(base), (5, 0));
        assert_eq!(raw::bytes(base, LOOP.len()), LOOP);
        assert_eq!((take_reached(), take_reached()), (vec![2, 9], vec![]));
    }

    thread_local! {
        static VISITS: Cell<u64> = const { Cell::new(0) };
    }

    /// Gives way the third time.
    fn third(_: u32, registers: &Registers) -> Visit {
        VISITS.set(VISITS.get() * 10 + registers[0]);
        if VISITS.get() > 10 { Visit::GivesWay } else { Visit::Again }
    }

    #[test]
    fn a_visited_one_stands_again_until_the_visitor_has_seen_enough() {
        preempt::give_way_with(|| {
            // All that a crossing may do: whatever is in xmm registers and flags comes back.
            std::hint::black_box([1.5_f64; 16].map(f64::sqrt));
            fiber::wait(Wait::Turn);
        });
        visit_with(third);
        let base = code(&LOOP);
        set(base, std::iter::empty(), [2].into_iter());
        assert_eq!(call(base), (5, 1), "the loop is not disturbed");
        assert_eq!(VISITS.get(), 12, "eax was 0, 1 and 2");
        assert_eq!(raw::bytes(base, LOOP.len()), LOOP);
    }

    #[test]
    fn flags_and_vector_registers_come_back_from_giving_way() {
        // mov eax, 7; movd xmm3, eax; cmp eax, 7; nop; jne out; movd eax, xmm3; ret; out: xor eax, eax; ret
        let bytes = [
            0xB8, 7, 0, 0, 0, 0x66, 0x0F, 0x6E, 0xD8, 0x83, 0xF8, 0x07, 0x90, 0x75, 0x05, 0x66,
            0x0F, 0x7E, 0xD8, 0xC3, 0x31, 0xC0, 0xC3,
        ];
        preempt::give_way_with(|| {
            let sum: f64 = std::hint::black_box([2.0_f64; 32]).iter().map(|x| x.sqrt()).sum();
            std::hint::black_box(sum);
            fiber::wait(Wait::Turn);
        });
        visit_with(|_, _| Visit::GivesWay);
        let base = code(&bytes);
        set(base, std::iter::empty(), [12].into_iter());
        assert_eq!(call(base), (7, 1));
    }

    #[test]
    fn an_int3_of_the_images_own_is_a_trap_still() {
        let base = code(&[0xCC, 0xC3]);
        set(base, std::iter::empty(), std::iter::empty());
        let mut fiber = Fiber::new(move || {
            // SAFETY: the address of code that has this type.
            let function = unsafe { std::mem::transmute::<usize, extern "win64" fn()>(base) };
            function();
        })
        .expect("the host has a stack for a thread");
        assert!(matches!(fiber.resume(), Progress::Trapped(_)));
    }
}
