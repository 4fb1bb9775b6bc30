//! The probe of large frames: a function with more than a page of locals calls it before it makes room.
#![allow(non_snake_case, reason = "Windows names")]

use std::arch::naked_asm;

use crate::door::exports::exports;
use crate::machine::{gate, raw, trap};

exports! {
    __chkstk: le ANY, since unknown, "learn:cpp/build/prolog-and-epilog";
}

const PAGE: usize = 4096;

/// rax has the bytes of the frame. It comes back unchanged, and so does every register but r10 and r11: the
/// caller has not saved its arguments yet (learn:cpp/build/prolog-and-epilog).
#[unsafe(naked)]
extern "win64" fn __chkstk() {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rax",
        "push rcx",
        "push rdx",
        "push r8",
        "push r9",
        "and rsp, -16",
        "sub rsp, 128",
        "movaps [rsp + 32], xmm0",
        "movaps [rsp + 48], xmm1",
        "movaps [rsp + 64], xmm2",
        "movaps [rsp + 80], xmm3",
        "movaps [rsp + 96], xmm4",
        "movaps [rsp + 112], xmm5",
        "mov rcx, rax",
        "lea rdx, [rbp + 16]",
        "call {touch}",
        "movaps xmm0, [rsp + 32]",
        "movaps xmm1, [rsp + 48]",
        "movaps xmm2, [rsp + 64]",
        "movaps xmm3, [rsp + 80]",
        "movaps xmm4, [rsp + 96]",
        "movaps xmm5, [rsp + 112]",
        "lea rsp, [rbp - 40]",
        "pop r9",
        "pop r8",
        "pop rdx",
        "pop rcx",
        "pop rax",
        "pop rbp",
        "ret",
        touch = sym touch,
    )
}

/// Touches every page of the frame, from the top down: one below the stack faults, as a kernel's stack does
/// that has no more pages. The frame counts as used.
extern "win64" fn touch(bytes: usize, top: usize) {
    trap::crossed();
    let lowest = top.saturating_sub(bytes);
    gate::note_lowest(lowest);
    let mut at = top & !(PAGE - 1);
    while at > lowest {
        at = at.saturating_sub(PAGE).max(lowest);
        std::hint::black_box(raw::get::<u8>(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::exports::ExportTables;
    use crate::door::ntoskrnl::Ntoskrnl;
    use crate::world::sample::machine;
    use crate::world::thread::Rest;
    use image::Exports;
    use std::arch::asm;

    /// Calls the probe as a compiler does, through its gate; what rax, rcx, r9 and xmm3 hold afterwards.
    fn probe(bytes: u64) -> [u64; 4] {
        let gate = ExportTables(&[&Ntoskrnl]).resolve("ntoskrnl.exe", "__chkstk").expect("a row");
        let (mut rax, mut rcx, mut r9, mut float) = (bytes, 11_u64, 22_u64, 0_u64);
        // SAFETY: the probe changes r10, r11 and flags only, and reads the stack below, which is the
        // fiber's own.
        unsafe {
            asm!(
                "movq xmm3, {given}",
                "call {gate}",
                "movq {float}, xmm3",
                given = in(reg) 33_u64,
                gate = in(reg) gate,
                float = lateout(reg) float,
                inout("rax") rax,
                inout("rcx") rcx,
                inout("r9") r9,
                out("xmm3") _,
                out("r10") _,
                out("r11") _,
            );
        }
        [rax, rcx, r9, float]
    }

    #[test]
    fn registers_survive_and_the_frame_counts_as_used() {
        let (rest, _) = machine(0, |_| {
            gate::take_lowest();
            let here = 0_u8;
            assert_eq!(probe(20_000), [20_000, 11, 22, 33]);
            let used = (&raw const here).addr() - gate::take_lowest();
            assert!((20_000..21_000).contains(&used), "{used}");
        });
        assert!(matches!(rest, Rest::Done), "{rest:?}");
    }

    #[test]
    fn a_frame_larger_than_the_stack_faults() {
        let (rest, _) = machine(0, |_| {
            probe(4 << 20);
        });
        assert!(!matches!(rest, Rest::Done));
    }
}
