//! x86-64 instructions, decoded by iced-x86.

use iced_x86::{
    Code, CpuidFeature, Decoder, DecoderOptions, EncodingKind, FlowControl, Instruction, Mnemonic,
    OpKind, Register,
};

use super::step::{Flow, Registers, Step, Target, Value};

/// Longest instruction of x86.
const LONGEST: usize = 15;
/// What a callee may change, by number: rax, rcx, rdx, r8 to r11.
const VOLATILE: [usize; 7] = [0, 1, 2, 8, 9, 10, 11];

pub fn step(bytes: &[u8], rva: u32, registers: &mut Registers) -> Option<Step> {
    let bytes = bytes.get(..bytes.len().min(LONGEST))?;
    let mut decoder = Decoder::with_ip(64, bytes, u64::from(rva), DecoderOptions::NONE);
    let instruction = decoder.decode();
    if instruction.is_invalid() {
        return None;
    }
    let mut step = Step::plain(u32::try_from(instruction.len()).ok()?);
    step.float = float(&instruction);
    step.flow = flow(&instruction, registers);
    step.dynamic_stack =
        instruction.code() == Code::Sub_r64_rm64 || instruction.code() == Code::Sub_rm64_r64;
    step.dynamic_stack &= instruction.op0_register() == Register::RSP;
    step.stack = stack(&instruction);
    let named = ip_relative(&instruction);
    let value = match (instruction.mnemonic(), named) {
        (Mnemonic::Lea, Some(rva)) => {
            step.taken = Some(rva);
            Value::Address(rva)
        }
        (Mnemonic::Mov, Some(rva)) => Value::Loaded(rva),
        (Mnemonic::Mov, None) if instruction.op1_kind() == OpKind::Register => {
            number(instruction.op1_register()).map_or(Value::Unknown, |from| registers[from])
        }
        (Mnemonic::Add, None) if instruction.op1_kind() == OpKind::Register => {
            let value = |register| number(register).map_or(Value::Unknown, |at| registers[at]);
            value(instruction.op0_register()).plus(value(instruction.op1_register()))
        }
        _ => Value::Unknown,
    };
    write(&instruction, value, registers);
    Some(step)
}

fn flow(instruction: &Instruction, registers: &Registers) -> Flow {
    let near =
        || u32::try_from(instruction.near_branch_target()).map_or(Target::Unknown, Target::Code);
    match instruction.flow_control() {
        FlowControl::Next | FlowControl::XbeginXabortXend => Flow::Next,
        // `int 29h` ends the machine, `int 2Ch` and `int 3` a wrong path; others come back.
        FlowControl::Interrupt => match instruction.mnemonic() {
            Mnemonic::Int if !matches!(instruction.immediate8(), 0x29 | 0x2c) => Flow::Next,
            _ => Flow::Stop,
        },
        FlowControl::ConditionalBranch => match near() {
            Target::Code(rva) => Flow::Branch(rva),
            Target::Slot(_) | Target::Table | Target::Unknown => Flow::Next,
        },
        FlowControl::UnconditionalBranch => Flow::Jump(near()),
        FlowControl::IndirectBranch => Flow::Jump(indirect(instruction, registers)),
        FlowControl::Call => match instruction.op0_kind() {
            OpKind::NearBranch64 => Flow::Call(near()),
            // `syscall` and its like.
            _ => Flow::Next,
        },
        FlowControl::IndirectCall => Flow::Call(indirect(instruction, registers)),
        FlowControl::Return | FlowControl::Exception => Flow::Stop,
    }
}

fn indirect(instruction: &Instruction, registers: &Registers) -> Target {
    if let Some(rva) = ip_relative(instruction) {
        return Target::Slot(rva);
    }
    if instruction.op0_kind() != OpKind::Register {
        return Target::Unknown;
    }
    number(instruction.op0_register())
        .map_or(Target::Unknown, |register| registers[register].target())
}

fn ip_relative(instruction: &Instruction) -> Option<u32> {
    let relative = instruction.is_ip_rel_memory_operand();
    relative.then(|| u32::try_from(instruction.ip_rel_memory_address()).ok()).flatten()
}

/// `push`, and `sub rsp, constant`.
fn stack(instruction: &Instruction) -> u32 {
    match instruction.mnemonic() {
        Mnemonic::Push => 8,
        Mnemonic::Sub if instruction.op0_register() == Register::RSP => {
            let constant = instruction.try_immediate(1).unwrap_or(0);
            // One that is negative gives back.
            u32::try_from(constant).ok().filter(|taken| *taken < 1 << 31).unwrap_or(0)
        }
        _ => 0,
    }
}

/// Which of the sixteen, for a whole general register.
fn number(register: Register) -> Option<usize> {
    register.is_gpr64().then(|| register.number())
}

/// The first operand is the one that instructions of interest write; whatever else writes a
/// register (`xchg`, string operations) makes it unknown.
fn write(instruction: &Instruction, value: Value, registers: &mut Registers) {
    if matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall) {
        for register in VOLATILE {
            registers[register] = Value::Unknown;
        }
        return;
    }
    let mut info = iced_x86::InstructionInfoFactory::new();
    for used in info.info(instruction).used_registers() {
        let writes =
            !matches!(used.access(), iced_x86::OpAccess::Read | iced_x86::OpAccess::NoMemAccess);
        if writes && used.register().is_gpr() {
            registers[used.register().full_register().number()] = Value::Unknown;
        }
    }
    if let (OpKind::Register, Some(to)) =
        (instruction.op0_kind(), number(instruction.op0_register()))
        && value != Value::Unknown
    {
        registers[to] = value;
    }
}

/// Of SSE, a kernel driver may move and combine bits: Windows saves XMM registers at interrupts.
/// It computes with nothing that has its own state (x87, MMX, AVX) nor with floats.
fn float(instruction: &Instruction) -> Option<String> {
    const X87: [CpuidFeature; 6] = [
        CpuidFeature::FPU,
        CpuidFeature::FPU287,
        CpuidFeature::FPU287XL_ONLY,
        CpuidFeature::FPU387,
        CpuidFeature::FPU387SL_ONLY,
        CpuidFeature::MMX,
    ];
    let operands = (0..instruction.op_count())
        .filter(|operand| instruction.op_kind(*operand) == OpKind::Register)
        .map(|operand| instruction.op_register(operand));
    let (mut old, mut sse, mut wide) = (false, false, false);
    for register in operands {
        old |= register.is_st() || register.is_mm();
        sse |= register.is_xmm();
        wide |= register.is_ymm() || register.is_zmm() || register.is_k() || register.is_tmm();
    }
    let name = format!("{:?}", instruction.mnemonic()).to_lowercase();
    let old = old || instruction.cpuid_features().iter().any(|feature| X87.contains(feature));
    let vector = sse && instruction.encoding() != EncodingKind::Legacy;
    let control = matches!(instruction.mnemonic(), Mnemonic::Ldmxcsr | Mnemonic::Vzeroupper);
    let wrong = old || wide || vector || control || (sse && !is_move_or_logic(&name));
    wrong.then_some(name)
}

/// `name` is of a legacy SSE instruction with XMM operands.
fn is_move_or_logic(name: &str) -> bool {
    const LOGIC: [&str; 19] = [
        "andps",
        "andpd",
        "andnps",
        "andnpd",
        "orps",
        "orpd",
        "xorps",
        "xorpd",
        "shufps",
        "shufpd",
        "unpcklps",
        "unpckhps",
        "unpcklpd",
        "unpckhpd",
        "lddqu",
        "insertps",
        "extractps",
        "blendps",
        "blendpd",
    ];
    // All that begins with p is arithmetic on integers.
    name.starts_with("mov") || name.starts_with('p') || LOGIC.contains(&name)
}
