//! Faults of the image, bugchecks and hangs, turned into the end of one thread.
//!
//! A signal handler rewrites the interrupted registers so that the thread's coroutine returns with
//! a [`Trap`]; nothing more runs on its stack. The host goes on and can tell what happened.

use std::cell::Cell;
use std::sync::Once;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use corosensei::trap::CoroutineTrapHandler;

use super::fiber::Ending;
use super::{breakpoint, preempt};

/// The result of emulating a faulting instruction, or its kind when it is not emulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Emulation {
    /// It was carried out; execution goes on at this address.
    Done { next: usize },
    /// `int 29h`.
    FastFail,
    /// `int 2Ch`.
    Assertion,
    /// A kernel may execute it, this host does not.
    Privileged,
    /// Nothing special: a fault is a fault.
    Ordinary,
}

/// General registers in the order in which an instruction encodes them.
pub type Registers = [u64; 16];

/// Carries out the image's instruction at an address if it is one of the kernel's.
pub type Emulator = fn(usize, &mut Registers) -> Emulation;

thread_local! {
    /// The emulator of the machine that runs on this host thread.
    static EMULATOR: Cell<Option<Emulator>> = const { Cell::new(None) };
}

/// Sets who carries out what a kernel may execute and a process may not. Without one every such
/// instruction is a fault.
pub fn emulate_with(emulator: Emulator) {
    EMULATOR.set(Some(emulator));
}

/// Why a thread ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The processor refused an instruction of the image, or of a crossing it made.
    Fault {
        /// What the processor said.
        kind: FaultKind,
        /// Where the instruction is.
        instruction: usize,
        /// What it tried to reach.
        address: usize,
    },
    /// No crossing of the door for a long time of the host's clock.
    Hang {
        /// Where the image was.
        instruction: usize,
    },
}

/// The processor's complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Memory that is not there, or not for this.
    Access,
    /// An instruction that does not exist or is privileged.
    Instruction,
    /// A division.
    Arithmetic,
    /// `int3`.
    Breakpoint,
    /// `int 29h`: the image found something broken.
    FastFail,
    /// `int 2Ch`: an assertion of the image.
    Assertion,
    /// A kernel's instruction that is not emulated.
    Privileged,
}

/// Seconds of host time without a crossing after which a thread counts as hung.
pub const HANG_SECONDS: u32 = 5;

thread_local! {
    static ARMED: Cell<Option<CoroutineTrapHandler<Ending>>> = const { Cell::new(None) };
}

/// Counts crossings, so that the watchdog can see that something moves.
static CROSSINGS: AtomicU64 = AtomicU64::new(0);
/// The count at the watchdog's last look.
static LAST_LOOK: AtomicU64 = AtomicU64::new(u64::MAX);
static INSTALLED: Once = Once::new();
const SIGNAL_STACK_BYTES: usize = 64 * 1024;

/// Where the image lies: only there a thread can hang. The host's own code is never interrupted,
/// since it may hold what it would have to give back.
static IMAGE: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Says where the image lies from here on.
pub fn watch(base: usize, size: usize) {
    let [start, end] = &IMAGE;
    start.store(base, Ordering::Relaxed);
    end.store(base + size, Ordering::Relaxed);
}

fn is_in_image(address: usize) -> bool {
    let [start, end] = &IMAGE;
    (start.load(Ordering::Relaxed)..end.load(Ordering::Relaxed)).contains(&address)
}

/// Says which coroutine runs from here on, if any.
pub(super) fn arm(handler: Option<CoroutineTrapHandler<Ending>>) {
    INSTALLED.call_once(install);
    ARMED.set(handler);
    LAST_LOOK.store(CROSSINGS.load(Ordering::Relaxed), Ordering::Relaxed);
    // SAFETY: alarm takes a number and has no memory to get wrong.
    unsafe { libc::alarm(if handler.is_some() { HANG_SECONDS } else { 0 }) };
}

/// Notes that the image crossed the door.
pub fn crossed() {
    CROSSINGS.fetch_add(1, Ordering::Relaxed);
}

fn install() {
    let stack = Box::leak(vec![0_u8; SIGNAL_STACK_BYTES].into_boxed_slice());
    let alternate = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK_BYTES,
    };
    // SAFETY: `alternate` names a leaked buffer of that size; no old stack is asked for.
    let result = unsafe { libc::sigaltstack(&raw const alternate, std::ptr::null_mut()) };
    assert_eq!(result, 0, "the kernel accepts a signal stack");
    for signal in
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGALRM]
    {
        // SAFETY: an all-zero sigaction is a valid value of that C structure.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        // SAFETY: `action` is filled in; no old action is asked for.
        let result = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
        assert_eq!(result, 0, "the kernel accepts a handler for signal {signal}");
    }
}

/// What the kernel saved of an interrupted thread.
pub(super) type Saved = [libc::greg_t; 23];

/// The saved registers in the order in which instructions number them.
pub(super) const ORDER: [libc::c_int; 16] = [
    libc::REG_RAX,
    libc::REG_RCX,
    libc::REG_RDX,
    libc::REG_RBX,
    libc::REG_RSP,
    libc::REG_RBP,
    libc::REG_RSI,
    libc::REG_RDI,
    libc::REG_R8,
    libc::REG_R9,
    libc::REG_R10,
    libc::REG_R11,
    libc::REG_R12,
    libc::REG_R13,
    libc::REG_R14,
    libc::REG_R15,
];

/// Carries out an instruction of the image that only a kernel may execute, if it is one of those.
#[expect(clippy::cast_sign_loss, reason = "register indices are small constants")]
fn emulate_at(saved: &mut Saved, instruction: usize) -> Emulation {
    let mut registers = ORDER.map(|index| saved[index as usize].cast_unsigned());
    let found =
        EMULATOR.get().map_or(Emulation::Ordinary, |step| step(instruction, &mut registers));
    for (index, value) in ORDER.into_iter().zip(registers) {
        saved[index as usize] = value.cast_signed();
    }
    found
}

/// # Safety
///
/// Called by the kernel as a SA_SIGINFO handler.
#[expect(
    clippy::cast_sign_loss,
    clippy::cast_possible_truncation,
    reason = "register indices are small constants, registers are addresses of this machine"
)]
unsafe extern "C" fn on_signal(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a ucontext_t as the third argument of a SA_SIGINFO handler.
    let registers = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs };
    let register = |index: libc::c_int| registers[index as usize].cast_unsigned() as usize;
    let (instruction, stack) = (register(libc::REG_RIP), register(libc::REG_RSP));
    // SAFETY: `info` is the kernel's and valid until the handler returns.
    let info = unsafe { &*info };
    // SAFETY: valid for the fault signals, and unused for the others.
    let address = unsafe { info.si_addr() } as usize;
    let mut special = FaultKind::Access;
    let has_stepped = signal != libc::SIGALRM && breakpoint::has_stepped(registers);
    if signal == libc::SIGTRAP && (has_stepped || breakpoint::is_hit(registers)) {
        return;
    }
    if signal != libc::SIGALRM && is_in_image(instruction) && ARMED.get().is_some() {
        match emulate_at(registers, instruction) {
            Emulation::Done { next } => {
                registers[libc::REG_RIP as usize] = next.cast_signed() as i64;
                return;
            }
            Emulation::FastFail => special = FaultKind::FastFail,
            Emulation::Assertion => special = FaultKind::Assertion,
            Emulation::Privileged => special = FaultKind::Privileged,
            Emulation::Ordinary => {}
        }
    }
    let trap = match signal {
        libc::SIGALRM => {
            let now = CROSSINGS.load(Ordering::Relaxed);
            let moved = LAST_LOOK.swap(now, Ordering::Relaxed) != now;
            if moved || !is_in_image(instruction) {
                // Look again later.
                // SAFETY: as in `arm`.
                unsafe { libc::alarm(HANG_SECONDS) };
                return;
            }
            if preempt::is_patient(registers) {
                // SAFETY: as in `arm`.
                unsafe { libc::alarm(HANG_SECONDS) };
                return;
            }
            Trap::Hang { instruction }
        }
        libc::SIGILL => Trap::Fault { kind: FaultKind::Instruction, instruction, address },
        libc::SIGFPE => Trap::Fault { kind: FaultKind::Arithmetic, instruction, address },
        libc::SIGTRAP => Trap::Fault { kind: FaultKind::Breakpoint, instruction, address },
        _ => Trap::Fault { kind: special, instruction, address },
    };
    let Some(handler) = ARMED.get().filter(|armed| armed.stack_ptr_in_bounds(stack)) else {
        if signal == libc::SIGALRM {
            return;
        }
        // Not the image's doing: die as if no handler had been there.
        // SAFETY: restores the default action; the instruction faults again on return.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    };
    // SAFETY: the interrupted stack pointer lies in the coroutine that is armed, and the registers
    // are set below as the result says. What the host had on that stack is abandoned; its shared
    // state is borrowed only between crossings, never while the image runs.
    let landing = unsafe { handler.setup_trap_handler(move || Ending::Trapped(trap)) };
    for (index, value) in [
        (libc::REG_RIP, landing.rip),
        (libc::REG_RSP, landing.rsp),
        (libc::REG_RBP, landing.rbp),
        (libc::REG_RDI, landing.rdi),
        (libc::REG_RSI, landing.rsi),
    ] {
        registers[index as usize] = value.cast_signed();
    }
}
