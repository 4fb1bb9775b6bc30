//! What a processor holds at one moment of a thread, and the CONTEXT of Windows that says the same.

/// Registers that a thread of the image can see, of those that exceptions are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// General registers in the order in which an instruction encodes them.
    pub general: [u64; 16],
    /// The address of the next instruction.
    pub rip: u64,
    /// EFLAGS.
    pub flags: u32,
    /// MXCSR.
    pub mxcsr: u32,
    /// XMM registers.
    pub vectors: [u128; 16],
}

/// rax, rsp, as instructions number registers.
pub const RAX: usize = 0;
/// The stack pointer.
pub const RSP: usize = 4;

/// sizeof(CONTEXT) of amd64 (winnt.h).
pub const SIZE: usize = 1232;
/// CONTEXT_CONTROL, CONTEXT_INTEGER, CONTEXT_SEGMENTS and CONTEXT_FLOATING_POINT of amd64.
const EVERYTHING: u32 = 0x0010_000F;
/// Offsets of the members of CONTEXT.
mod at {
    pub const CONTEXT_FLAGS: usize = 0x30;
    pub const MX_CSR: usize = 0x34;
    pub const EFLAGS: usize = 0x44;
    pub const RAX: usize = 0x78;
    pub const RIP: usize = 0xF8;
    pub const XMM0: usize = 0x1A0;
}
/// MXCSR with every exception masked, which is how a kernel runs.
const MASKED: u32 = 0x1F80;

impl Context {
    /// A thread that is about to go on at `rip` with these registers, and nothing in the others.
    pub fn new(rip: u64, general: [u64; 16], vectors: [u128; 16]) -> Self {
        Self { general, rip, flags: 0x202, mxcsr: MASKED, vectors }
    }

    /// The stack pointer.
    pub fn stack(&self) -> u64 {
        self.general[RSP]
    }

    /// The registers as a CONTEXT.
    pub fn to_windows(&self) -> [u8; SIZE] {
        let mut bytes = [0; SIZE];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(at::CONTEXT_FLAGS, &EVERYTHING.to_le_bytes());
        put(at::MX_CSR, &self.mxcsr.to_le_bytes());
        put(at::EFLAGS, &self.flags.to_le_bytes());
        for (index, value) in self.general.iter().enumerate() {
            put(at::RAX + 8 * index, &value.to_le_bytes());
        }
        put(at::RIP, &self.rip.to_le_bytes());
        for (index, value) in self.vectors.iter().enumerate() {
            put(at::XMM0 + 16 * index, &value.to_le_bytes());
        }
        bytes
    }

    /// The registers that a CONTEXT says.
    pub fn from_windows(bytes: &[u8; SIZE]) -> Self {
        let four = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let eight = |at: usize| u64::from(four(at)) | u64::from(four(at + 4)) << 32;
        let sixteen = |at: usize| u128::from(eight(at)) | u128::from(eight(at + 8)) << 64;
        Self {
            general: std::array::from_fn(|index| eight(at::RAX + 8 * index)),
            rip: eight(at::RIP),
            flags: four(at::EFLAGS),
            mxcsr: four(at::MX_CSR),
            vectors: std::array::from_fn(|index| sixteen(at::XMM0 + 16 * index)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_is_the_same_after_it_was_windows() {
        let mut context = Context::new(7, [0; 16], [0; 16]);
        context.general = std::array::from_fn(|index| 0x1111_1111_1111_1111 * index as u64);
        context.vectors = std::array::from_fn(|index| u128::MAX - index as u128);
        let bytes = context.to_windows();
        assert_eq!(Context::from_windows(&bytes), context);
        // winnt.h: Rsp is the fifth of the integer registers, Xmm6 the seventh of its kind.
        assert_eq!(bytes[0x98..0xA0], context.stack().to_le_bytes());
        assert_eq!(bytes[0x200..0x210], context.vectors[6].to_le_bytes());
    }
}
