//! Floating point in the machine code.

use serde::Serialize;

use super::check::Checks;
use super::code::{Functions, Names};

/// One instruction that computes with floating point.
#[derive(Debug, Clone, Serialize)]
pub struct Use {
    pub function: String,
    pub rva: u32,
    pub instruction: String,
}

pub fn check(functions: &Functions, names: &Names, checks: &mut Checks) -> Vec<Use> {
    let mut uses = Vec::new();
    for function in functions.by_start.values() {
        for (rva, instruction) in &function.body.floats {
            let function = names.of(function.start);
            uses.push(Use { function, rva: *rva, instruction: instruction.clone() });
        }
    }
    let evidence = match uses.len() {
        0 => "none; moves of SIMD registers are not counted".to_owned(),
        count => format!("{count} instructions"),
    };
    checks.house("floating point", uses.is_empty(), evidence);
    let lines = uses.iter().take(8);
    checks.details(
        lines
            .map(|used| format!("{:#x} {} in {}", used.rva, used.instruction, used.function))
            .collect(),
    );
    uses
}
