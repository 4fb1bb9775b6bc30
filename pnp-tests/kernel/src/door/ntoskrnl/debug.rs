//! Text for the debugger, and the assertions of checked builds.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::{Crossing, PASSIVE, cross};
use crate::door::exports::exports;
use crate::door::variadic::{argument, variadic};
use crate::machine::raw;
use crate::nt::format::{Arguments, Units, format};
use journal::KernelFact;

exports! {
    DbgPrint: le ANY, fails NTSTATUS, since unknown, "ddi:wdm/nf-wdm-dbgprint";
    DbgPrintEx: le ANY, fails NTSTATUS, since 2600, "ddi:wdm/nf-wdm-dbgprintex";
    RtlAssert: le ANY, since 2195, "undocumented:wdm.h";
    vDbgPrintEx: le ANY, fails NTSTATUS, since 2600, "ddi:wdm/nf-wdm-vdbgprintex";
    vDbgPrintExWithPrefix: le ANY, fails NTSTATUS, since 2600,
        "ddi:wdm/nf-wdm-vdbgprintexwithprefix";
}

/// Formats and writes down. Unicode conversions are allowed at PASSIVE_LEVEL only, by the pages.
fn print(world: &Crossing, prefix: &str, text: usize, arguments: Arguments) -> i32 {
    let text: Vec<u16> = raw::narrow(text).into_iter().map(u16::from).collect();
    let formatted = format(Units::Narrow, &text, arguments);
    let irql = world.threads.current().irql.get();
    if formatted.unicode && irql > PASSIVE {
        let import = world.import();
        world.record(KernelFact::IrqlTooHigh { import, irql, allowed: PASSIVE });
    }
    world.record(KernelFact::DebugPrint { text: format!("{prefix}{}", formatted.readable()) });
    0
}

#[unsafe(naked)]
extern "win64" fn DbgPrint() -> i32 {
    variadic!(print_usual)
}

extern "win64" fn print_usual(arguments: usize) -> i32 {
    let world = cross();
    print(&world, "", argument(arguments, 0), Arguments::at(arguments + 8))
}

#[unsafe(naked)]
extern "win64" fn DbgPrintEx() -> i32 {
    variadic!(print_of_component)
}

/// Behind component and level.
extern "win64" fn print_of_component(arguments: usize) -> i32 {
    let world = cross();
    print(&world, "", argument(arguments, 2), Arguments::at(arguments + 24))
}

extern "win64" fn vDbgPrintEx(_component: u32, _level: u32, text: usize, list: usize) -> i32 {
    let world = cross();
    print(&world, "", text, Arguments::at(list))
}

extern "win64" fn vDbgPrintExWithPrefix(
    prefix: usize,
    _component: u32,
    _level: u32,
    text: usize,
    list: usize,
) -> i32 {
    let world = cross();
    let prefix = String::from_utf8_lossy(&raw::narrow(prefix)).into_owned();
    print(&world, &prefix, text, Arguments::at(list))
}

/// ASSERT and ASSERTMSG of a checked build. The driver goes on, as a debugger lets it.
extern "win64" fn RtlAssert(expression: usize, file: usize, line: u32, message: usize) {
    let world = cross();
    let text = |address: usize| match address {
        0 => String::new(),
        _ => String::from_utf8_lossy(&raw::narrow(address)).into_owned(),
    };
    let (expression, file, message) = (text(expression), text(file), text(message));
    world.record(KernelFact::Assertion { expression, file, line, message });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::door::crossing::DISPATCH;
    use crate::machine::block::Block;
    use crate::world::sample::machine;
    use journal::{Fact, Journal};

    fn texts(journal: &Journal) -> Vec<String> {
        let text = |entry: &journal::Entry| match &entry.fact {
            Fact::Kernel(KernelFact::DebugPrint { text }) => Some(text.clone()),
            _ => None,
        };
        journal.entries().iter().filter_map(text).collect()
    }

    /// DbgPrint as the image calls it, with two arguments in registers and two on the stack.
    type Printing = unsafe extern "win64" fn(usize, u64, usize, u64, u64, u64) -> i32;

    #[test]
    fn arguments_in_registers_and_on_the_stack_are_printed_in_their_order() {
        let (_, journal) = machine(0, |_| {
            let text = Block::with(b"%d %s %I64x %u %c\0", false);
            let name = Block::with(b"eth0\0", false);
            let address = DbgPrint as *const () as usize;
            // SAFETY: takes any number of arguments.
            let print = unsafe { std::mem::transmute::<usize, Printing>(address) };
            // SAFETY: the text and what it names live for the call.
            unsafe { print(text.address(), u64::MAX, name.address(), 1 << 40, 7, 0x41) };
        });
        assert_eq!(texts(&journal), ["-1 eth0 10000000000 7 A"]);
    }

    #[test]
    fn a_list_and_a_prefix_are_printed() {
        let (_, journal) = machine(0, |_| {
            let (prefix, text) = (Block::with(b"flt: \0", false), Block::with(b"%x\0", false));
            let list = Block::of([0xAB_u64]);
            vDbgPrintExWithPrefix(prefix.address(), 0, 0, text.address(), list.address());
            vDbgPrintEx(0, 0, text.address(), list.address());
        });
        assert_eq!(texts(&journal), ["flt: ab", "ab"]);
    }

    #[test]
    fn unicode_above_passive_level_is_told() {
        let (_, journal) = machine(0, |world| {
            let (text, list) = (Block::with(b"%ws\0", false), Block::of([0_u64]));
            vDbgPrintEx(0, 0, text.address(), list.address());
            world.threads.current().irql.set(DISPATCH);
            vDbgPrintEx(0, 0, text.address(), list.address());
        });
        let told = |entry: &&journal::Entry| {
            matches!(entry.fact, Fact::Kernel(KernelFact::IrqlTooHigh { .. }))
        };
        assert_eq!(journal.entries().iter().filter(told).count(), 1);
    }
}
