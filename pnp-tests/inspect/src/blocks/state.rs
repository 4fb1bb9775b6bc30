//! What is known of registers on one way through a function: addresses, entries of tables, bounds.

use iced_x86::{Instruction, InstructionInfoFactory, OpAccess, OpKind, Register};

/// The known content of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Value {
    #[default]
    Unknown,
    /// It points at this RVA.
    Address(u32),
    /// An entry of a table of jumps: where the table is, the number of entries if that is proven.
    Entry { table: u32, count: Option<u32> },
    /// That entry added to an RVA.
    Sum { table: u32, count: Option<u32>, base: u32 },
}

/// A thing that a comparison bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A general register, at least its lower four bytes.
    Register(usize),
    /// The lower bytes of one.
    Part(usize, usize),
    /// A local variable: register, displacement, bytes.
    Local(Register, u64, usize),
}

/// The state on one way.
#[derive(Debug, Clone, Default)]
pub struct State {
    registers: [Value; 16],
    /// The largest value that a thing can have.
    bounds: Vec<(Place, u32)>,
    /// The last comparison with a constant, while its flags hold.
    pub compared: Option<(Place, u32)>,
}

/// Larger switches are not compiled to tables.
const LARGEST: u64 = 4096;

impl State {
    pub fn value(&self, register: Register) -> Value {
        number(register).map_or(Value::Unknown, |number| self.registers[number])
    }

    pub fn bound(&self, place: Place) -> Option<u32> {
        self.bounds.iter().find(|(bounded, _)| *bounded == place).map(|(_, bound)| *bound)
    }

    /// The place that an operand names.
    pub fn place(instruction: &Instruction, operand: u32) -> Option<Place> {
        match instruction.op_kind(operand) {
            OpKind::Register => {
                let register = instruction.op_register(operand);
                number(register).map(|number| match register.size() {
                    4.. => Place::Register(number),
                    size => Place::Part(number, size),
                })
            }
            OpKind::Memory if is_local(instruction) => Some(Place::Local(
                instruction.memory_base(),
                instruction.memory_displacement64(),
                instruction.memory_size().size(),
            )),
            _ => None,
        }
    }

    /// The comparison and `bound` as the branch that follows it proves.
    pub fn set_bound(&mut self, place: Place, bound: u64) {
        self.bounds.retain(|(bounded, _)| *bounded != place);
        if let Some(bound) = u32::try_from(bound).ok().filter(|_| bound <= LARGEST) {
            self.bounds.push((place, bound));
        }
    }

    pub fn set(&mut self, register: Register, value: Value) {
        if let Some(number) = number(register) {
            self.registers[number] = value;
        }
    }

    /// Forgetting of everything that the instruction writes.
    pub fn forget(&mut self, instruction: &Instruction, factory: &mut InstructionInfoFactory) {
        for used in factory.info(instruction).used_registers() {
            let reads = matches!(used.access(), OpAccess::Read | OpAccess::NoMemAccess);
            let Some(number) = number(used.register()).filter(|_| !reads) else { continue };
            self.registers[number] = Value::Unknown;
            self.bounds.retain(|(place, _)| match place {
                Place::Register(register) | Place::Part(register, _) => *register != number,
                Place::Local(base, ..) => base.number() != number,
            });
        }
        if let Some(place @ Place::Local(..)) = Self::place(instruction, 0) {
            self.bounds.retain(|(bounded, _)| *bounded != place);
        }
        if instruction.rflags_modified() != 0 {
            self.compared = None;
        }
    }

    /// A call came back: volatile registers and locals may be anything.
    pub fn forget_call(&mut self) {
        const VOLATILE: [usize; 7] = [0, 1, 2, 8, 9, 10, 11];
        for register in VOLATILE {
            self.registers[register] = Value::Unknown;
        }
        self.bounds.retain(|(place, _)| match place {
            Place::Register(register) | Place::Part(register, _) => !VOLATILE.contains(register),
            Place::Local(..) => false,
        });
        self.compared = None;
    }
}

/// A memory operand of the stack without an index.
pub fn is_local(instruction: &Instruction) -> bool {
    let base = instruction.memory_base();
    (base == Register::RSP || base == Register::RBP)
        && instruction.memory_index() == Register::None
        && instruction.segment_prefix() == Register::None
}

/// Which of the sixteen a general register is a part of. The upper byte of four is not told apart.
fn number(register: Register) -> Option<usize> {
    register.is_gpr().then(|| register.full_register().number())
}
