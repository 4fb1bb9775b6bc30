//! Functions with a variable number of arguments.
//!
//! Rust has no such functions of the Windows convention, so each is a few instructions that do what a C
//! compiler does at the beginning of one: the four arguments in registers go into the room that every caller
//! leaves above its return address, and then all arguments stand in a row (learn:cpp/build/x64-calling-convention).

/// The body of a naked function: calls `inner` with the address of the first argument's slot.
macro_rules! variadic {
    ($inner:ident) => {
        std::arch::naked_asm!(
            "mov [rsp + 8], rcx",
            "mov [rsp + 16], rdx",
            "mov [rsp + 24], r8",
            "mov [rsp + 32], r9",
            "lea rcx, [rsp + 8]",
            "sub rsp, 40",
            "call {inner}",
            "add rsp, 40",
            "ret",
            inner = sym $inner,
        )
    };
}
pub(super) use variadic;

/// The value of a named argument: the one in slot `index`.
pub(super) fn argument<T: Copy>(arguments: usize, index: usize) -> T {
    crate::machine::raw::get(arguments + 8 * index)
}
