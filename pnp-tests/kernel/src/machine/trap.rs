//! Faults of the image, bugchecks and hangs, turned into the end of one thread.
//!
//! A signal handler rewrites the interrupted registers so that the thread's coroutine returns with
//! a [`Trap`]; nothing more runs on its stack. The host goes on and can tell what happened.

use std::arch::asm;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use corosensei::trap::CoroutineTrapHandler;

use super::context::Context;
use super::fiber::Ending;
use super::{breakpoint, preempt, shadow};

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
        /// What it tried to reach; of a fast fail, its code.
        address: usize,
    },
    /// No crossing of the door for a long time of the processor's.
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
    /// The end of the thread's stack.
    Stack,
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

/// A fault and the thread that it interrupted.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The processor's word for it, and the place.
    pub kind: FaultKind,
    /// The address that the instruction tried to reach; none where the processor does not say.
    pub address: Option<usize>,
    /// EXCEPTION_RECORD's word for it: 0 for a read, 1 for a write, 8 for an execution.
    pub operation: u64,
    /// The interrupted thread; its instruction is the image's own, never a copy.
    pub context: Context,
    /// The instruction is the image's.
    pub in_image: bool,
}

impl Fault {
    /// The fault as the end of its thread.
    pub fn trap(&self) -> Trap {
        let instruction = usize::try_from(self.context.rip).unwrap_or(usize::MAX);
        Trap::Fault { kind: self.kind, instruction, address: self.address.unwrap_or(0) }
    }
}

/// The maker of exceptions out of faults.
#[derive(Clone, Copy)]
pub struct Dispatcher {
    /// Whether this fault is an exception that the driver may handle. Asked in the signal handler, so that a
    /// fault that it may not handle ends the thread where it is.
    pub may_handle: fn(&Fault) -> bool,
    /// Dispatches it, on the stack of the thread that it interrupted.
    pub dispatch: fn(&Fault) -> !,
}

/// Seconds of processor time without a crossing after which a thread counts as hung: on a machine with
/// other work to do the clock on the wall says nothing.
pub const HANG_SECONDS: u32 = 5;
/// What a thread must have left of its stack for an exception to be dispatched on it.
const DISPATCH_BYTES: usize = 128 * 1024;
/// Below the stack pointer the System V ABI keeps this for leaf functions of the host.
const RED_ZONE: usize = 128;
/// Below the last page of a stack: a frame that is larger than a page steps over it.
const OVERSHOOT: usize = 1 << 20;
const PAGE: usize = 4096;

/// The coroutine that runs, and where its stack is.
#[derive(Clone, Copy)]
pub(super) struct Armed {
    pub(super) handler: CoroutineTrapHandler<Ending>,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl Armed {
    /// Whether an address is in the lowest page of the stack, which is a guard, or not far below.
    fn is_past(&self, address: usize) -> bool {
        (self.start.saturating_sub(OVERSHOOT)..self.start + PAGE).contains(&address)
    }
}

/// What the thread is to do when the signal handler is entered by [`leave`].
#[derive(Clone, Copy)]
#[expect(
    clippy::large_enum_variant,
    reason = "it lies in a cell of the thread, and nothing may be allocated"
)]
enum Landing {
    Resume(Context),
    End(Trap),
}

thread_local! {
    static ARMED: Cell<Option<Armed>> = const { Cell::new(None) };
    /// Where the image lies, from its first byte to the one behind its last: only there a thread can hang.
    /// The host's own code is never interrupted, since it may hold what it would have to give back.
    static IMAGE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    static DISPATCHER: Cell<Option<Dispatcher>> = const { Cell::new(None) };
    /// The fault that the thread dispatches as soon as the signal handler has returned.
    static CAUGHT: Cell<Option<Fault>> = const { Cell::new(None) };
    static LANDING: Cell<Option<Landing>> = const { Cell::new(None) };
    /// This host thread has a stack for signals.
    static HAS_STACK: Cell<bool> = const { Cell::new(false) };
}

/// Counts crossings, so that the watchdog can see that something moves.
static CROSSINGS: AtomicU64 = AtomicU64::new(0);
/// The count at the watchdog's last look.
static LAST_LOOK: AtomicU64 = AtomicU64::new(u64::MAX);
/// Looks in a row at which nothing had moved.
static STILL: AtomicU32 = AtomicU32::new(0);
static INSTALLED: Once = Once::new();
const SIGNAL_STACK_BYTES: usize = 64 * 1024;

/// Says where the image lies from here on.
pub fn watch(base: usize, size: usize) {
    IMAGE.set((base, base + size));
}

/// Sets who makes exceptions of faults. Without one every fault ends its thread.
pub fn dispatch_with(dispatcher: Dispatcher) {
    DISPATCHER.set(Some(dispatcher));
}

fn is_in_image(address: usize) -> bool {
    let (start, end) = IMAGE.get();
    (start..end).contains(&address)
}

/// Where the stack of the running thread is; empty on the host's own stack.
pub fn stack() -> Range<usize> {
    ARMED.get().map_or(0..0, |armed| armed.start + PAGE..armed.end)
}

/// Whether something is mapped at an address, readable or not.
pub fn is_mapped(address: usize) -> bool {
    let page = address & !(PAGE - 1);
    let mut residence = 0_u8;
    // SAFETY: mincore reads no memory of the range it is asked about, and writes one byte for one page.
    unsafe {
        libc::mincore(std::ptr::with_exposed_provenance_mut(page), PAGE, &raw mut residence) == 0
    }
}

/// Says which coroutine runs from here on, if any.
pub(super) fn arm(armed: Option<Armed>) {
    INSTALLED.call_once(install);
    if !HAS_STACK.replace(true) {
        give_signal_stack();
    }
    ARMED.set(armed);
    // A thread that has its turn has moved.
    crossed();
}

/// Has the watchdog look for every second of the processor's that the process uses: always, since turns are too
/// many for a system call at each.
fn look_every_second() {
    let second = libc::timeval { tv_sec: 1, tv_usec: 0 };
    let timer = libc::itimerval { it_interval: second, it_value: second };
    // SAFETY: a filled-in structure, which the call only reads; no old value is asked for.
    unsafe { libc::setitimer(libc::ITIMER_PROF, &raw const timer, std::ptr::null_mut()) };
}

/// Notes that the image crossed the door.
pub fn crossed() {
    CROSSINGS.fetch_add(1, Ordering::Relaxed);
}

/// Goes on with these registers, on the stack of the running thread; what is below their stack pointer is
/// abandoned.
pub fn resume(context: &Context) -> ! {
    leave(Landing::Resume(*context))
}

/// Ends the running thread.
pub fn end(trap: Trap) -> ! {
    leave(Landing::End(trap))
}

/// Enters the signal handler, which can set every register.
#[expect(clippy::large_types_passed_by_value, reason = "it is moved into the cell")]
fn leave(landing: Landing) -> ! {
    LANDING.set(Some(landing));
    // SAFETY: an instruction that does not exist; the handler finds the landing, and does not come back here.
    unsafe { asm!("ud2", options(noreturn)) }
}

/// What an interrupted thread does next when its fault is an exception.
extern "C" fn dispatch() -> ! {
    let (Some(dispatcher), Some(fault)) = (DISPATCHER.get(), CAUGHT.take()) else {
        unreachable!("the signal handler has found both")
    };
    (dispatcher.dispatch)(&fault)
}

/// A stack for the signal handlers of this host thread: a fault may be that its own is used up.
fn give_signal_stack() {
    let stack = Box::leak(vec![0_u8; SIGNAL_STACK_BYTES].into_boxed_slice());
    let alternate = libc::stack_t {
        ss_sp: stack.as_mut_ptr().cast(),
        ss_flags: 0,
        ss_size: SIGNAL_STACK_BYTES,
    };
    // SAFETY: `alternate` names a leaked buffer of that size; no old stack is asked for.
    let result = unsafe { libc::sigaltstack(&raw const alternate, std::ptr::null_mut()) };
    assert_eq!(result, 0, "the kernel accepts a signal stack");
}

fn install() {
    for signal in
        [libc::SIGSEGV, libc::SIGBUS, libc::SIGILL, libc::SIGFPE, libc::SIGTRAP, libc::SIGPROF]
    {
        // SAFETY: an all-zero sigaction is a valid value of that C structure.
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
        // The watchdog looks when an instruction has been carried out, not while it is: else it would see
        // a loop of such instructions in the host's code only.
        // SAFETY: a set of signals within the structure above.
        unsafe { libc::sigaddset(&raw mut action.sa_mask, libc::SIGPROF) };
        // SAFETY: `action` is filled in; no old action is asked for.
        let result = unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
        assert_eq!(result, 0, "the kernel accepts a handler for signal {signal}");
    }
    look_every_second();
}

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
fn emulate_at(saved: &mut [libc::greg_t; 23], instruction: usize) -> Emulation {
    let mut registers = ORDER.map(|index| saved[index as usize].cast_unsigned());
    let found =
        EMULATOR.get().map_or(Emulation::Ordinary, |step| step(instruction, &mut registers));
    for (index, value) in ORDER.into_iter().zip(registers) {
        saved[index as usize] = value.cast_signed();
    }
    found
}

/// A set of registers as the kernel saves it for a signal handler.
pub(super) struct Saved {
    general: *mut [libc::greg_t; 23],
    /// The vector registers; NULL if there are none.
    vectors: *mut libc::_libc_fpstate,
}

impl Saved {
    fn general(&mut self) -> &mut [libc::greg_t; 23] {
        // SAFETY: part of the ucontext_t that the kernel made for the handler that runs.
        unsafe { &mut *self.general }
    }

    fn vectors(&mut self) -> Option<&mut libc::_libc_fpstate> {
        // SAFETY: as above; the kernel leaves NULL or the address of the saved state.
        unsafe { self.vectors.as_mut() }
    }

    #[expect(clippy::cast_sign_loss, reason = "register indices are small constants")]
    pub(super) fn get(&mut self, index: libc::c_int) -> u64 {
        self.general()[index as usize].cast_unsigned()
    }

    #[expect(clippy::cast_sign_loss, reason = "register indices are small constants")]
    pub(super) fn set(&mut self, index: libc::c_int, value: u64) {
        self.general()[index as usize] = value.cast_signed();
    }

    fn context(&mut self) -> Context {
        let general = ORDER.map(|index| self.get(index));
        let mut context = Context::new(self.get(libc::REG_RIP), general, [0; 16]);
        context.flags = u32::try_from(self.get(libc::REG_EFL)).unwrap_or(0);
        if let Some(vectors) = self.vectors() {
            context.mxcsr = vectors.mxcsr;
            context.vectors = vectors._xmm.map(|register| {
                let [a, b, c, d] = register.element.map(u128::from);
                a | b << 32 | c << 64 | d << 96
            });
        }
        context
    }

    #[expect(clippy::cast_possible_truncation, reason = "a register is cut into its parts")]
    fn restore(&mut self, context: &Context) {
        for (index, value) in ORDER.into_iter().zip(context.general) {
            self.set(index, value);
        }
        self.set(libc::REG_RIP, context.rip);
        self.set(libc::REG_EFL, u64::from(context.flags));
        if let Some(vectors) = self.vectors() {
            vectors.mxcsr = context.mxcsr;
            for (register, value) in vectors._xmm.iter_mut().zip(context.vectors) {
                register.element = [0, 32, 64, 96].map(|shift| (value >> shift) as u32);
            }
        }
    }
}

/// # Safety
///
/// Called by the kernel as a SA_SIGINFO handler.
unsafe extern "C" fn on_signal(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    // SAFETY: the kernel passes a ucontext_t as the third argument of a SA_SIGINFO handler.
    let machine = unsafe { &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext };
    let mut saved = Saved { general: &raw mut machine.gregs, vectors: machine.fpregs };
    let landing = LANDING.take();
    if let Some(Landing::Resume(context)) = landing {
        saved.restore(&context);
        return;
    }
    if landing.is_none() && signal != libc::SIGPROF {
        let has_stepped = breakpoint::has_stepped(&mut saved, signal == libc::SIGTRAP);
        if signal == libc::SIGTRAP && (has_stepped || breakpoint::is_hit(&mut saved)) {
            return;
        }
    }
    let instruction = shadow::origin(address_in(saved.get(libc::REG_RIP)));
    let armed = ARMED.get();
    let trap = match landing {
        Some(Landing::End(trap)) => trap,
        _ if signal == libc::SIGPROF => {
            let now = CROSSINGS.load(Ordering::Relaxed);
            let moved = LAST_LOOK.swap(now, Ordering::Relaxed) != now;
            if moved || !is_in_image(instruction) || armed.is_none() {
                STILL.store(0, Ordering::Relaxed);
                return;
            }
            let still = STILL.fetch_add(1, Ordering::Relaxed) + 1;
            // On the copy of an instruction nobody can give way: the next thread makes another of it.
            let is_there = instruction == address_in(saved.get(libc::REG_RIP));
            if is_there && preempt::is_patient(&mut saved) {
                STILL.store(0, Ordering::Relaxed);
                return;
            }
            if still < HANG_SECONDS {
                return;
            }
            STILL.store(0, Ordering::Relaxed);
            Trap::Hang { instruction }
        }
        _ => {
            // SAFETY: `info` is the kernel's and valid until the handler returns.
            let info = unsafe { &*info };
            let Some(fault) = fault(signal, info, &mut saved, instruction) else { return };
            if let Some(armed) = armed
                && let Some(dispatcher) = DISPATCHER.get()
                && armed.has_room(fault.context.stack())
                && (dispatcher.may_handle)(&fault)
            {
                CAUGHT.set(Some(fault));
                let stack = (fault.context.stack() - RED_ZONE as u64) & !15;
                saved.set(libc::REG_RSP, stack - 8);
                saved.set(libc::REG_RIP, dispatch as *const () as u64);
                return;
            }
            fault.trap()
        }
    };
    let stack = address_in(saved.get(libc::REG_RSP));
    let is_ours = |armed: &Armed| {
        armed.handler.stack_ptr_in_bounds(stack) || armed.is_past(stack) || is_in_image(instruction)
    };
    let Some(armed) = armed.filter(is_ours) else {
        // Not the image's doing: die as if no handler had been there.
        // SAFETY: restores the default action; the instruction faults again on return.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
        return;
    };
    // SAFETY: the coroutine that is armed was interrupted, on its own stack or in the image that has led the stack
    // pointer astray, and the registers are set below as the result says. What the host had on that stack is abandoned;
    // its shared state is borrowed only between crossings, never while the image runs.
    let landing = unsafe { armed.handler.setup_trap_handler(move || Ending::Trapped(trap)) };
    for (index, value) in [
        (libc::REG_RIP, landing.rip),
        (libc::REG_RSP, landing.rsp),
        (libc::REG_RBP, landing.rbp),
        (libc::REG_RDI, landing.rdi),
        (libc::REG_RSI, landing.rsi),
    ] {
        saved.set(index, value);
    }
}

impl Armed {
    /// Whether an exception can be dispatched from here on down.
    fn has_room(&self, stack: u64) -> bool {
        (self.start + PAGE + DISPATCH_BYTES..self.end).contains(&address_in(stack))
    }
}

pub(super) fn address_in(register: u64) -> usize {
    usize::try_from(register).unwrap_or(usize::MAX)
}

/// The fault that a signal tells of; None if the instruction was one of the kernel's and is carried out.
fn fault(
    signal: libc::c_int,
    info: &libc::siginfo_t,
    saved: &mut Saved,
    instruction: usize,
) -> Option<Fault> {
    /// Of a SIGSEGV without an address: the general protection fault (asm-generic/siginfo.h).
    const SI_KERNEL: libc::c_int = 0x80;
    /// The processor's words for a page fault: a write, an execution.
    const WRITE: u64 = 2;
    const EXECUTION: u64 = 0x10;
    let armed = ARMED.get();
    let in_image = is_in_image(instruction);
    // SAFETY: valid for the fault signals.
    let mut address = unsafe { info.si_addr() } as usize;
    let mut kind = match signal {
        libc::SIGILL => FaultKind::Instruction,
        libc::SIGFPE => FaultKind::Arithmetic,
        libc::SIGTRAP => FaultKind::Breakpoint,
        _ if armed.is_some_and(|armed| armed.is_past(address)) => FaultKind::Stack,
        _ => FaultKind::Access,
    };
    // What cannot be fetched cannot be looked at.
    let is_fetch = saved.get(libc::REG_ERR) & EXECUTION != 0;
    // Behind an int3, and at a division, stands nothing to emulate.
    let may_be = matches!(kind, FaultKind::Access | FaultKind::Instruction);
    if in_image && armed.is_some() && may_be && !is_fetch {
        match emulate_at(saved.general(), instruction) {
            Emulation::Done { next } => {
                saved.set(libc::REG_RIP, next as u64);
                return None;
            }
            Emulation::FastFail => {
                kind = FaultKind::FastFail;
                // __fastfail takes its code in ECX.
                address = address_in(saved.get(libc::REG_RCX) & 0xFFFF_FFFF);
            }
            Emulation::Assertion => kind = FaultKind::Assertion,
            Emulation::Privileged => kind = FaultKind::Privileged,
            Emulation::Ordinary => {}
        }
    }
    let error = saved.get(libc::REG_ERR);
    let operation = match error {
        _ if error & EXECUTION != 0 => 8,
        _ if error & WRITE != 0 => 1,
        _ => 0,
    };
    let mut context = saved.context();
    context.rip = instruction as u64;
    if kind == FaultKind::Breakpoint {
        // The processor stands behind the instruction, an exception at it.
        context.rip = context.rip.wrapping_sub(1);
    }
    let known = info.si_code != SI_KERNEL || kind == FaultKind::FastFail;
    let address = known.then_some(address);
    Some(Fault { kind, address, operation, context, in_image })
}
