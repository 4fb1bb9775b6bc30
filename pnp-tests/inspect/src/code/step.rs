//! One instruction, as far as the call graph cares: where it goes and what it names.

use image::{Machine, Survey};

use super::{arm64, x64};

/// Where control goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Next,
    /// Perhaps there, perhaps on.
    Branch(u32),
    Jump(Target),
    Call(Target),
    /// Returns, or never goes on.
    Stop,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Code(u32),
    /// Through the pointer at this RVA: of an import, if it is one's slot.
    Slot(u32),
    /// To a distance out of a table, in the same function.
    Table,
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub length: u32,
    pub flow: Flow,
    /// An address that the instruction makes, whatever it is used for.
    pub taken: Option<u32>,
    /// Why it may not be in a kernel driver: its name, if it computes with floating point.
    pub float: Option<String>,
    /// Bytes that it takes from the stack.
    pub stack: u32,
    /// Takes from the stack as much as a register says.
    pub dynamic_stack: bool,
}

impl Step {
    pub fn plain(length: u32) -> Self {
        Self { length, flow: Flow::Next, taken: None, float: None, stack: 0, dynamic_stack: false }
    }
}

/// The known content of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Value {
    #[default]
    Unknown,
    /// It points at this RVA.
    Address(u32),
    /// It was loaded from this RVA.
    Loaded(u32),
    /// An address and something else.
    Sum,
}

impl Value {
    /// The sum of the two, as far as both are known.
    pub fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Address(_) | Self::Sum, _) | (_, Self::Address(_) | Self::Sum) => Self::Sum,
            (Self::Unknown | Self::Loaded(_), Self::Unknown | Self::Loaded(_)) => Self::Unknown,
        }
    }

    /// Where a jump to it goes.
    pub fn target(self) -> Target {
        match self {
            Self::Unknown => Target::Unknown,
            Self::Address(rva) => Target::Code(rva),
            Self::Loaded(rva) => Target::Slot(rva),
            Self::Sum => Target::Table,
        }
    }
}

/// General registers, in the order in which instructions number them.
pub type Registers = [Value; 32];

/// The instruction at `rva`, with what it does to `registers`; `None` if there is none.
pub fn step(image: &Survey, rva: u32, registers: &mut Registers) -> Option<Step> {
    let bytes = image.bytes(rva);
    match image.machine {
        Machine::X64 => x64::step(bytes, rva, registers),
        Machine::Arm64 => {
            let word = bytes.first_chunk().map(|word| u32::from_le_bytes(*word))?;
            Some(arm64::step(word, rva, registers))
        }
    }
}
