//! Taking the turn away between two instructions of the image.
//!
//! The signal handler sends the interrupted thread into a trampoline, on the thread's own stack: it saves
//! every register, lets the kernel give way, and goes back to the instruction as if nothing had been.

use std::arch::naked_asm;
use std::cell::Cell;

use super::raw;
use super::trap::{Saved, address_in};

/// Gives way on the thread's stack, where other threads may run before it returns.
pub type GiveWay = fn();

/// Says whether a thread that spins may give way to one whose turn was taken away.
pub type Patience = fn() -> bool;

thread_local! {
    static GIVE_WAY: Cell<Option<GiveWay>> = const { Cell::new(None) };
    static PATIENCE: Cell<Option<Patience>> = const { Cell::new(None) };
}

/// Sets what a thread does whose turn is taken away.
pub fn give_way_with(give_way: GiveWay) {
    GIVE_WAY.set(Some(give_way));
}

/// Sets who says whether a thread that seems to hang waits for one whose turn was taken away.
pub fn be_patient_with(patience: Patience) {
    PATIENCE.set(Some(patience));
}

/// The thread seems to hang: it gives way instead, if somebody stands whom it may wait for.
pub(super) fn is_patient(saved: &mut Saved) -> bool {
    let waits = PATIENCE.get().is_some_and(|patience| patience());
    if waits {
        redirect(saved);
    }
    waits
}

/// Lets the thread give way before the instruction at which it was interrupted. It was in the image: what is
/// below its stack pointer is nobody's there.
pub(super) fn redirect(saved: &mut Saved) {
    let stack = saved.get(libc::REG_RSP) - 8;
    saved.set(libc::REG_RSP, stack);
    raw::put(address_in(stack), saved.get(libc::REG_RIP));
    saved.set(libc::REG_RIP, trampoline as *const () as u64);
}

extern "sysv64" fn turn() {
    if let Some(give_way) = GIVE_WAY.get() {
        give_way();
    }
}

/// Entered with the address of the interrupted instruction on top of the stack. 7: what `xsave` saves, x87,
/// SSE and AVX; its area is of 832 bytes ("Intel SDM", volume 1, 13.4), its header begins as zeros.
#[unsafe(naked)]
unsafe extern "sysv64" fn trampoline() {
    naked_asm!(
        "pushfq",
        "cld",
        "push rax",
        "push rcx",
        "push rdx",
        "push rbx",
        "push rbp",
        "push rsi",
        "push rdi",
        "push r8",
        "push r9",
        "push r10",
        "push r11",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "mov rbp, rsp",
        "sub rsp, 896",
        "and rsp, -64",
        "xor eax, eax",
        "mov [rsp + 512], rax",
        "mov [rsp + 520], rax",
        "mov [rsp + 528], rax",
        "mov [rsp + 536], rax",
        "mov [rsp + 544], rax",
        "mov [rsp + 552], rax",
        "mov [rsp + 560], rax",
        "mov [rsp + 568], rax",
        "mov eax, 7",
        "xor edx, edx",
        "xsave64 [rsp]",
        "call {turn}",
        "mov eax, 7",
        "xor edx, edx",
        "xrstor64 [rsp]",
        "mov rsp, rbp",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop r11",
        "pop r10",
        "pop r9",
        "pop r8",
        "pop rdi",
        "pop rsi",
        "pop rbp",
        "pop rbx",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "popfq",
        "ret",
        turn = sym turn,
    )
}
