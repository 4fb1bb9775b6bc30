//! The instructions of one function, found by following its branches.

use std::collections::{BTreeMap, BTreeSet};

use super::step::{self, Flow, Registers, Target};
use image::Survey;

/// The effects of one function's instructions.
#[derive(Debug, Default)]
pub struct Body {
    /// Where it calls, and the first instruction that does.
    pub calls: BTreeMap<Target, u32>,
    /// Where it jumps to without coming back, and the first instruction that does.
    pub jumps: BTreeMap<Target, u32>,
    /// Addresses it makes.
    pub taken: BTreeMap<u32, u32>,
    /// Where it computes with floating point, and the instruction's name.
    pub floats: Vec<(u32, String)>,
    /// Bytes that its instructions take from the stack: a prologue's, as a rule.
    pub stack: u64,
    pub dynamic_stack: bool,
}

/// `ranges` are the code of the function that begins at `start`. No instruction is decoded twice.
pub fn walk(image: &Survey, ranges: &[(u32, u32)], start: u32) -> Body {
    let mut walk = Walk {
        image,
        ranges,
        seen: BTreeSet::new(),
        pending: vec![(start, Registers::default())],
        ends: Vec::new(),
        sweeps: false,
    };
    let mut body = Body::default();
    while let Some((at, registers)) = walk.pending.pop() {
        walk.run(at, registers, &mut body);
        if walk.sweeps {
            let ends = walk.ends.drain(..).map(|at| (at, Registers::default()));
            walk.pending.extend(ends);
        }
    }
    body
}

struct Walk<'a> {
    image: &'a Survey,
    ranges: &'a [(u32, u32)],
    /// Where an instruction begins.
    seen: BTreeSet<u32>,
    pending: Vec<(u32, Registers)>,
    /// What stands behind a return or a jump.
    ends: Vec<u32>,
    /// A jump through a table has targets that no instruction names: all that stands in such a
    /// function is taken for code.
    sweeps: bool,
}

impl Walk<'_> {
    fn inside(&self, rva: u32) -> bool {
        self.ranges.iter().any(|(start, end)| (*start..*end).contains(&rva))
    }

    fn run(&mut self, start: u32, mut registers: Registers, body: &mut Body) {
        let mut at = start;
        while self.inside(at) && !self.seen.contains(&at) {
            let Some(step) = step::step(self.image, at, &mut registers) else { return };
            self.seen.insert(at);
            let Some(next) = at.checked_add(step.length) else { return };
            if let Some(taken) = step.taken {
                body.taken.entry(taken).or_insert(at);
            }
            body.floats.extend(step.float.map(|name| (at, name)));
            body.stack += u64::from(step.stack);
            body.dynamic_stack |= step.dynamic_stack;
            match step.flow {
                Flow::Next => {}
                Flow::Branch(to) if self.inside(to) => self.pending.push((to, registers)),
                Flow::Branch(to) => {
                    body.jumps.entry(Target::Code(to)).or_insert(at);
                }
                Flow::Call(target) => {
                    body.calls.entry(target).or_insert(at);
                }
                Flow::Jump(Target::Code(to)) if self.inside(to) => {
                    self.ends.push(next);
                    self.pending.push((to, registers));
                    return;
                }
                Flow::Jump(Target::Table) => {
                    self.ends.push(next);
                    self.sweeps = true;
                    return;
                }
                Flow::Jump(target) => {
                    self.ends.push(next);
                    self.sweeps |= target == Target::Unknown;
                    body.jumps.entry(target).or_insert(at);
                    return;
                }
                Flow::Stop => {
                    self.ends.push(next);
                    return;
                }
            }
            at = next;
        }
    }
}
