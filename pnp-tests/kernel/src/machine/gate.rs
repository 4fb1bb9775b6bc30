//! The gate in front of every export: a few instructions that note which row the image called, from
//! where, and what the registers held that a function must preserve.
//!
//! - Every call of the image passes a gate, and every gate stands before one row.
//! - What a gate notes is its host thread's own. Row and lowest stack pointer must be read before the next
//!   gate is passed, so at the beginning of a crossing; [`Noted`] is kept for a kernel thread that gives way and
//!   for a function that calls the image, so it is always of the call under way.
//!
//! A thunk is an ordinary function and cannot see its return address; when the image hands one of
//! them a bad pointer, the fault is in host code, and without this nobody could say whose it was.

use std::arch::asm;
use std::cell::Cell;
use std::ptr;
use std::sync::Mutex;

use super::context::{Context, RSP};
use super::export::Row;

/// What the gates write.
struct Notes {
    /// The return address of the image's latest call.
    site: Cell<usize>,
    /// The row that it called, until it is taken.
    row: Cell<Option<&'static Row>>,
    /// The lowest stack pointer with which the image made a call since [`take_lowest`].
    lowest: Cell<usize>,
    /// General registers by number, those that a function preserves and rsp; zero for the others.
    general: Cell<[u64; 16]>,
    /// xmm6 to xmm15.
    vectors: Cell<[u128; PRESERVED_VECTORS]>,
}

/// How many of the vector registers a function preserves: those from xmm6 on.
const PRESERVED_VECTORS: usize = 10;
/// The first of them.
const FIRST_VECTOR: usize = 6;
/// The general registers that a function preserves, and rsp.
const PRESERVED: [u8; 9] = [3, 4, 5, 6, 7, 12, 13, 14, 15];

/// The notes of a gate about a call that is under way.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    site: usize,
    general: [u64; 16],
    vectors: [u128; PRESERVED_VECTORS],
}

impl Noted {
    /// The image as it goes on behind the call: what the registers hold that a function preserves.
    pub fn caller(&self) -> Context {
        let mut vectors = [0; 16];
        vectors[FIRST_VECTOR..].copy_from_slice(&self.vectors);
        let mut context = Context::new(self.site as u64, self.general, vectors);
        // The return address is popped.
        context.general[RSP] = context.stack().wrapping_add(8);
        context
    }
}

thread_local! {
    static NOTES: Notes = const {
        Notes {
            site: Cell::new(0),
            row: Cell::new(None),
            lowest: Cell::new(usize::MAX),
            general: Cell::new([0; 16]),
            vectors: Cell::new([0; PRESERVED_VECTORS]),
        }
    };
    /// Whether functions may be called past their gates.
    static OPEN: Cell<bool> = const { Cell::new(false) };
}

/// Gates made so far, by the address of their row. They stay for the life of the process.
static GATES: Mutex<Vec<(usize, usize)>> = Mutex::new(Vec::new());

/// Room for one gate.
const GATE_BYTES: usize = 256;
const PAGE: usize = 4096;

/// Where the image called the kernel from last: the last byte of the call instruction. The return
/// address itself may belong to the next line, or after a call that never returns to the next
/// function.
pub fn caller() -> usize {
    NOTES.with(|notes| notes.site.get()).saturating_sub(1)
}

/// The row of the image's latest call; none if it was taken already, or if the host itself called.
pub fn take_row() -> Option<&'static Row> {
    NOTES.with(|notes| notes.row.take())
}

/// The lowest stack pointer with which the image made a call since this was asked last; the highest
/// number if it made none. Copying memory counts, so a frame with a large buffer is seen.
pub fn take_lowest() -> usize {
    NOTES.with(|notes| notes.lowest.replace(usize::MAX))
}

/// Notes a stack pointer that the image is about to have.
pub fn note_lowest(stack: usize) {
    NOTES.with(|notes| notes.lowest.set(notes.lowest.get().min(stack)));
}

/// The notes of the call under way.
pub fn noted() -> Noted {
    NOTES.with(|notes| Noted {
        site: notes.site.get(),
        general: notes.general.get(),
        vectors: notes.vectors.get(),
    })
}

/// Makes another call the one that is under way.
pub fn restore(noted: &Noted) {
    NOTES.with(|notes| {
        notes.site.set(noted.site);
        notes.general.set(noted.general);
        notes.vectors.set(noted.vectors);
    });
}

/// For tests of exported functions: from here on this host thread may call them past their gates.
pub fn open() {
    OPEN.set(true);
}

/// Whether this host thread may call exported functions past their gates.
pub fn is_open() -> bool {
    OPEN.get()
}

/// The address to give the image for a row.
pub fn before(row: &'static Row) -> usize {
    let key = ptr::from_ref(row).addr();
    let mut gates = GATES.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((_, gate)) = gates.iter().find(|(known, _)| *known == key) {
        return *gate;
    }
    let gate = make(row);
    gates.push((key, gate));
    gate
}

/// How far behind the thread pointer a field of this thread's notes is. It is the same for every
/// thread: the variable is an executable's own.
fn behind_thread_pointer<T>(field: impl FnOnce(&Notes) -> &Cell<T>) -> [u8; 4] {
    let thread: usize;
    // SAFETY: reads the thread pointer, which the System V ABI for x86-64 keeps at offset 0 from
    // itself ("ELF Handling For Thread-Local Storage", variant II).
    unsafe {
        asm!("mov {}, fs:[0]", out(reg) thread, options(nostack, readonly, preserves_flags));
    }
    let address = NOTES.with(|notes| ptr::from_ref(field(notes)).addr());
    let distance = address.wrapping_sub(thread).cast_signed();
    i32::try_from(distance).expect("static thread-local storage is near").to_le_bytes()
}

/// `distance` bytes further on.
fn plus(distance: [u8; 4], bytes: usize) -> [u8; 4] {
    let bytes = i32::try_from(bytes).expect("notes are small");
    (i32::from_le_bytes(distance) + bytes).to_le_bytes()
}

/// A page with one gate in it: note the return address, the row, the stack pointer and the registers that a
/// function preserves, go on to the function. r11 is volatile in the Windows x64 convention and carries no
/// argument, not even to the probe of large frames, whose argument is in rax (learn:cpp/build/prolog-and-epilog).
fn make(row: &'static Row) -> usize {
    let lowest = behind_thread_pointer(|notes| &notes.lowest);
    let mut code = Vec::with_capacity(GATE_BYTES);
    code.extend([0x4C, 0x8B, 0x1C, 0x24]); // mov r11, [rsp]
    code.extend([0x64, 0x4C, 0x89, 0x1C, 0x25]); // mov fs:[site], r11
    code.extend(behind_thread_pointer(|notes| &notes.site));
    code.extend([0x49, 0xBB]); // mov r11, row
    code.extend(ptr::from_ref(row).expose_provenance().to_le_bytes());
    code.extend([0x64, 0x4C, 0x89, 0x1C, 0x25]); // mov fs:[row], r11
    code.extend(behind_thread_pointer(|notes| &notes.row));
    code.extend([0x64, 0x48, 0x3B, 0x24, 0x25]); // cmp rsp, fs:[lowest]
    code.extend(lowest);
    code.extend([0x73, 0x09]); // jae over the next
    code.extend([0x64, 0x48, 0x89, 0x24, 0x25]); // mov fs:[lowest], rsp
    code.extend(lowest);
    let general = behind_thread_pointer(|notes| &notes.general);
    for register in PRESERVED {
        let (high, low) = (register >> 3, register & 7);
        code.extend([0x64, 0x48 | high << 2, 0x89, 0x04 | low << 3, 0x25]); // mov fs:[...], register
        code.extend(plus(general, 8 * usize::from(register)));
    }
    let vectors = behind_thread_pointer(|notes| &notes.vectors);
    for index in 0..PRESERVED_VECTORS {
        let [register, ..] = (FIRST_VECTOR + index).to_le_bytes();
        let (high, low) = (register >> 3, register & 7);
        code.extend([0x64, 0x40 | high << 2, 0x0F, 0x11, 0x04 | low << 3, 0x25]); // movups fs:[...], xmm
        code.extend(plus(vectors, 16 * index));
    }
    code.extend([0x49, 0xBB]); // mov r11, function
    code.extend((row.address)().to_le_bytes());
    code.extend([0x41, 0xFF, 0xE3]); // jmp r11
    let page = page_for(row);
    // SAFETY: a fresh writable page, and the code is far shorter.
    unsafe { ptr::copy_nonoverlapping(code.as_ptr(), page.cast(), code.len()) };
    // SAFETY: our own page, which nobody writes from here on.
    let result = unsafe { libc::mprotect(page, PAGE, libc::PROT_READ | libc::PROT_EXEC) };
    assert_eq!(result, 0, "the host can change the protection of its own page");
    page as usize
}

/// A fresh writable page: for the same function at the same address in every process, since a driver may look
/// at the addresses of its imports.
fn page_for(row: &'static Row) -> *mut libc::c_void {
    /// Where gates lie, a page for each hash of a name.
    const FIRST: usize = 0x0C00_0000_0000;
    const PLACES: u64 = 1 << 24;
    let hash = row.name.bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    let place = usize::try_from(hash % PLACES).expect("a page number");
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // An alias in another module has the same name; so it goes into the next page.
    let fixed = (place..place + 16).map(|place| (FIRST + place * PAGE, libc::MAP_FIXED_NOREPLACE));
    for (at, fixed) in fixed.chain([(0, 0)]) {
        let hint = ptr::without_provenance_mut(at);
        // SAFETY: a new anonymous mapping, which replaces nothing that exists.
        let page = unsafe { libc::mmap(hint, PAGE, access, flags | fixed, -1, 0) };
        if page != libc::MAP_FAILED {
            return page;
        }
    }
    panic!("the host can map a page");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::export::{Failure, Since};

    /// Which of the rows below its gate noted; 0 for none.
    extern "win64" fn noted() -> usize {
        let taken = take_row();
        let is_taken = |row: &Row| taken.is_some_and(|taken| ptr::eq(taken, row));
        ROWS.iter().position(is_taken).map_or(0, |at| at + 1)
    }

    const fn row(name: &'static str) -> Row {
        Row {
            name,
            recorded: "noted",
            address: || noted as *const () as usize,
            irql_max: 15,
            irql_min: 0,
            failure: Failure { answers: &[], faults: &[] },
            calls_back: false,
            since: Since::Unknown,
            page: "",
        }
    }

    /// A function and an alias of it.
    static ROWS: [Row; 2] = [row("noted"), row("alias")];

    fn through(gate: usize) -> usize {
        // SAFETY: the address of a gate before `noted`, which has this type.
        let gate = unsafe { std::mem::transmute::<usize, extern "win64" fn() -> usize>(gate) };
        gate()
    }

    #[test]
    fn a_gate_notes_the_row_that_it_stands_before_even_if_two_share_a_function() {
        let gates = [before(&ROWS[0]), before(&ROWS[1])];
        assert_eq!(gates.map(through), [1, 2]);
        assert_eq!(noted(), 0, "the row was taken, and no gate was passed since");
        assert_eq!([before(&ROWS[0]), before(&ROWS[1])], gates, "made once");
    }

    #[test]
    fn what_a_gate_notes_is_the_host_threads_own() {
        let gate = before(&ROWS[1]);
        take_lowest();
        let other = std::thread::spawn(move || (through(gate), caller(), take_lowest()));
        let (row, site, lowest) = other.join().expect("it returns");
        assert_eq!(row, 2);
        assert!(site != 0 && lowest != usize::MAX);
        assert_eq!((noted(), take_lowest()), (0, usize::MAX), "nothing was noted here");
    }
}
