//! Following instructions: what is reached, where blocks begin, and which tables were read on the way.

use std::collections::BTreeMap;

use iced_x86::{
    Decoder, DecoderOptions, FlowControl, InstructionInfoFactory, Mnemonic, OpKind, Register,
};

use super::state::{Place, State, Value};
use super::table::{self, Table};
use super::touch::{self, Touch};
use image::Survey;

/// Longest instruction of x86.
pub const LONGEST: u32 = 15;

/// One instruction that is reached.
#[derive(Debug, Clone, Copy)]
pub struct Instruction {
    pub length: u32,
    /// Nothing follows it in its block.
    pub ends: bool,
    pub touch: Option<Touch>,
    pub pauses: bool,
}

pub struct Descent<'a> {
    image: &'a Survey,
    /// Start, end and owner of each part of a function whose end is known.
    ranges: BTreeMap<u32, (u32, u32)>,
    factory: InstructionInfoFactory,
    pub code: BTreeMap<u32, Instruction>,
    /// Where blocks begin, and the function of each.
    pub leaders: BTreeMap<u32, u32>,
    pub tables: Vec<(u32, u32)>,
    pub unresolved: usize,
    pending: Vec<(u32, u32, State)>,
}

impl<'a> Descent<'a> {
    pub fn new(image: &'a Survey, ranges: BTreeMap<u32, (u32, u32)>) -> Self {
        let mut descent = Self {
            image,
            ranges,
            factory: InstructionInfoFactory::new(),
            code: BTreeMap::new(),
            leaders: BTreeMap::new(),
            tables: Vec::new(),
            unresolved: 0,
            pending: Vec::new(),
        };
        let parts: Vec<(u32, u32)> =
            descent.ranges.iter().map(|(start, (_, owner))| (*start, *owner)).collect();
        for (start, owner) in parts {
            descent.lead(start, owner, State::default());
        }
        descent
    }

    /// A function begins here.
    pub fn start(&mut self, rva: u32) {
        let owner = self.part(rva).map_or(rva, |(_, owner)| owner);
        self.lead(rva, owner, State::default());
    }

    pub fn run(&mut self) {
        while let Some((at, function, state)) = self.pending.pop() {
            self.follow(at, function, state);
        }
    }

    /// A block of `function` begins here.
    fn lead(&mut self, rva: u32, function: u32, state: State) {
        if self.image.is_code(rva) && !self.leaders.contains_key(&rva) {
            self.leaders.insert(rva, function);
            self.pending.push((rva, function, state));
        }
    }

    /// End and owner of the part of a function around `rva`.
    fn part(&self, rva: u32) -> Option<(u32, u32)> {
        let (_, part) = self.ranges.range(..=rva).next_back()?;
        Some(*part).filter(|(end, _)| rva < *end)
    }

    /// A branch goes there: within the function, or to another one.
    fn branch(&mut self, to: u64, function: u32, state: State) {
        let Ok(to) = u32::try_from(to) else { return };
        match self.part(to) {
            Some((_, owner)) if owner != function => self.lead(to, owner, State::default()),
            _ => self.lead(to, function, state),
        }
    }

    fn follow(&mut self, start: u32, function: u32, mut state: State) {
        // Without a known end a function ends where the next one begins.
        let end = match self.part(start) {
            Some((end, _)) => end,
            None => self.ranges.range(start..).next().map_or(u32::MAX, |(next, _)| *next),
        };
        let mut at = start;
        while at < end && self.image.is_code(at) && !self.code.contains_key(&at) {
            let bytes = self.image.bytes(at);
            let bytes = &bytes[..bytes.len().min(LONGEST as usize)];
            let decoded = Decoder::with_ip(64, bytes, u64::from(at), DecoderOptions::NONE).decode();
            let next = at + u32::try_from(decoded.len()).unwrap_or(LONGEST);
            if decoded.is_invalid() || next > end {
                return;
            }
            let flow = decoded.flow_control();
            let ends = match flow {
                FlowControl::Next
                | FlowControl::Call
                | FlowControl::IndirectCall
                | FlowControl::XbeginXabortXend => false,
                FlowControl::Interrupt => !is_harmless(&decoded),
                _ => true,
            };
            let touch = touch::of(&decoded, &mut self.factory);
            let pauses = decoded.mnemonic() == Mnemonic::Pause;
            self.code.insert(at, Instruction { length: next - at, ends, touch, pauses });
            match flow {
                FlowControl::Next | FlowControl::XbeginXabortXend => {
                    self.effect(&decoded, &mut state);
                }
                FlowControl::Call => {
                    if decoded.op0_kind() == OpKind::NearBranch64
                        && let Ok(to) = u32::try_from(decoded.near_branch_target())
                    {
                        self.start(to);
                    }
                    state.forget_call();
                }
                FlowControl::IndirectCall => state.forget_call(),
                FlowControl::ConditionalBranch => {
                    let (there, here) = bounds(&decoded, state);
                    self.branch(decoded.near_branch_target(), function, there);
                    if next < end {
                        self.leaders.entry(next).or_insert(function);
                    }
                    state = here;
                }
                FlowControl::UnconditionalBranch => {
                    self.branch(decoded.near_branch_target(), function, state);
                    return;
                }
                FlowControl::IndirectBranch => {
                    self.through_table(&decoded, function, &state);
                    return;
                }
                FlowControl::Interrupt if is_harmless(&decoded) => state.forget_call(),
                FlowControl::Return | FlowControl::Exception | FlowControl::Interrupt => return,
            }
            at = next;
        }
    }

    fn through_table(&mut self, jump: &iced_x86::Instruction, function: u32, state: &State) {
        let inside = |rva| self.part(rva).is_some_and(|(_, owner)| owner == function);
        let found: Option<Table> = match state.value(jump.op0_register()) {
            Value::Sum { table, count: Some(count), base } => {
                table::sums(self.image, (table, count, base), inside)
            }
            _ => table::pointers(self.image, jump, state, inside),
        };
        if let Some(Table { range, targets }) = found {
            self.tables.push(range);
            for target in targets {
                self.lead(target, function, State::default());
            }
        } else {
            let sum = matches!(state.value(jump.op0_register()), Value::Sum { .. });
            let indexed =
                jump.op0_kind() == OpKind::Memory && jump.memory_index() != Register::None;
            self.unresolved += usize::from(sum || indexed);
        }
    }

    /// What an instruction that goes on to the next one does to what is known.
    fn effect(&mut self, instruction: &iced_x86::Instruction, state: &mut State) {
        let to = instruction.op0_register();
        let from_register = instruction.op1_kind() == OpKind::Register;
        let mut compared = None;
        let mut bound = None;
        let value = match instruction.mnemonic() {
            Mnemonic::Lea if instruction.is_ip_rel_memory_operand() => {
                u32::try_from(instruction.ip_rel_memory_address())
                    .map_or(Value::Unknown, Value::Address)
            }
            Mnemonic::Mov | Mnemonic::Movsxd | Mnemonic::Movzx => {
                let bytes = table::largest_byte(self.image, instruction, state);
                if let Some((largest, range)) = bytes {
                    self.tables.push(range);
                    bound = Some(largest);
                } else {
                    bound = State::place(instruction, 1).and_then(|from| state.bound(from));
                }
                match table::entry(instruction, state) {
                    Some(entry) => entry,
                    None if from_register => state.value(instruction.op1_register()),
                    None => Value::Unknown,
                }
            }
            Mnemonic::Cdqe => {
                bound = state.bound(Place::Register(0));
                Value::Unknown
            }
            Mnemonic::Add if from_register => {
                match (state.value(to), state.value(instruction.op1_register())) {
                    (Value::Entry { table, count }, Value::Address(base))
                    | (Value::Address(base), Value::Entry { table, count }) => {
                        Value::Sum { table, count, base }
                    }
                    _ => Value::Unknown,
                }
            }
            Mnemonic::And => {
                bound = instruction.try_immediate(1).ok().and_then(|mask| u32::try_from(mask).ok());
                Value::Unknown
            }
            Mnemonic::Cmp => {
                let constant = instruction.try_immediate(1).ok();
                let constant = constant.and_then(|constant| u32::try_from(constant).ok());
                compared = State::place(instruction, 0).zip(constant);
                Value::Unknown
            }
            _ => Value::Unknown,
        };
        state.forget(instruction, &mut self.factory);
        if instruction.mnemonic() == Mnemonic::Cmp {
            state.compared = compared;
            return;
        }
        // `cdqe` has no operand: it is rax.
        let to = if instruction.mnemonic() == Mnemonic::Cdqe { Register::RAX } else { to };
        if to.size() >= 4 {
            state.set(to, value);
        }
        if let Some(bound) = bound {
            let place = match instruction.mnemonic() {
                Mnemonic::Cdqe => Some(Place::Register(0)),
                _ => State::place(instruction, 0),
            };
            if let Some(place) = place {
                state.set_bound(place, u64::from(bound));
            }
        }
    }
}

/// The states on both ways of a branch: where it goes, and where it does not.
fn bounds(branch: &iced_x86::Instruction, state: State) -> (State, State) {
    let (mut there, mut here) = (state.clone(), state);
    let Some((place, constant)) = here.compared else { return (there, here) };
    match branch.mnemonic() {
        Mnemonic::Ja => here.set_bound(place, u64::from(constant)),
        Mnemonic::Jae if constant > 0 => here.set_bound(place, u64::from(constant - 1)),
        Mnemonic::Jbe => there.set_bound(place, u64::from(constant)),
        Mnemonic::Jb if constant > 0 => there.set_bound(place, u64::from(constant - 1)),
        _ => {}
    }
    (there, here)
}

/// `int 29h` ends the machine, `int 2Ch` and `int3` a wrong path; others come back.
fn is_harmless(instruction: &iced_x86::Instruction) -> bool {
    instruction.mnemonic() == Mnemonic::Int && !matches!(instruction.immediate8(), 0x29 | 0x2C)
}
