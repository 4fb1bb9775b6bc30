//! What the kernel has seen, in words.

use std::fmt;

use super::{Hex, of, returned, status_of_nt, subject};
use crate::etw::EtwWrite;
use crate::names::table;
use crate::{DriverFate, KernelFact, LockFact, PoolFact, ResourceFact, WaitFact};

impl fmt::Display for KernelFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setting { name, value } => write!(f, "setting {name}={value}"),
            Self::Interleaved { seed } => write!(f, "turns may be taken away, seed {seed}"),
            // The host's own step stands on no line.
            Self::Step { line: u32::MAX, text } => write!(f, "== {text}"),
            Self::Step { line, text } => write!(f, "== {text} (line {line})"),
            Self::Enter { call, callback, module, code } => {
                write!(f, "> {callback}{}, call {call}", of(module.as_deref()))?;
                code.map_or(Ok(()), |code| write!(f, ": {}", subject(callback, code)))
            }
            Self::Leave { call, callback, module, status } => {
                write!(f, "< {callback}{}, call {call}", of(module.as_deref()))?;
                status.map_or(Ok(()), |status| write!(f, ": {}", returned(callback, status)))
            }
            Self::Import { import } => f.write_str(import),
            Self::Stack { callback, bytes } => write!(f, "{callback} used {bytes} bytes of stack"),
            Self::IrqlLeaked { callback, entered, left } => {
                write!(f, "{callback} was called at IRQL {entered} and returned at {left}")
            }
            Self::IrqlTooHigh { import, irql, allowed } => {
                write!(f, "{import} at IRQL {irql}, allowed up to {allowed}")
            }
            Self::RegionNotEntered { import } => {
                write!(f, "{import} leaves a region that was not entered")
            }
            Self::IrqlMisused { import, from, to, locks: 0 } => {
                write!(f, "{import} from IRQL {from} to {to}")
            }
            Self::IrqlMisused { import, from, to, locks } => {
                write!(f, "{import} from IRQL {from} to {to} with {locks} spin locks held")
            }
            Self::Exception { status, from, to } => write!(
                f,
                "exception {} at {from}, handled at {to}",
                status_of_nt(status.cast_signed())
            ),
            Self::IrqlTooLow { import, irql, needed } => {
                write!(f, "{import} at IRQL {irql}, needed {needed}")
            }
            Self::PagedCode { name } => {
                write!(f, "{name} in pageable code at DISPATCH_LEVEL or above")
            }
            Self::Stalled { microseconds } => write!(f, "stalls for {microseconds} us"),
            Self::Assertion { expression, file, line, message } => {
                write!(f, "assertion failed: {expression}, {file}:{line}")?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            Self::OutOfStacks => f.write_str("more threads than the host has stacks for"),
            Self::BadHandle { import } => {
                write!(f, "{import} with a handle that names nothing alive")
            }
            Self::Driver { what: DriverFate::Loaded } => f.write_str("driver loaded"),
            Self::Driver { what: DriverFate::Refused { status } } => {
                write!(f, "driver not loaded: DriverEntry returned {}", status_of_nt(*status))
            }
            Self::Driver { what: DriverFate::Stays } => {
                f.write_str("driver not unloaded: it has no DriverUnload")
            }
            Self::Driver { what: DriverFate::Unloaded } => f.write_str("driver unloaded"),
            Self::Io(fact) => fact.fmt(f),
            Self::Lock(fact) => fact.fmt(f),
            Self::ExecutablePool { import } => write!(f, "{import} asks for executable pool"),
            Self::EventLog { code } => write!(f, "event log entry {code:#010X}"),
            Self::DebugPrint { text } => write!(f, "prints {text:?}"),
            Self::Pool(fact) => fact.fmt(f),
            Self::Resource(fact) => fact.fmt(f),
            Self::Wait(fact) => fact.fmt(f),
            Self::Provider { registered, guid } => {
                let what = if *registered { "registered" } else { "unregistered" };
                write!(f, "ETW provider {} {what}", Hex(guid))
            }
            Self::Etw(write) => write.fmt(f),
            Self::Session { on: true } => f.write_str("an ETW session listens"),
            Self::Session { on: false } => f.write_str("no ETW session listens"),
            Self::Leak { what } => write!(f, "left behind: {what}"),
            Self::Bugcheck { code, what, at, .. } => {
                write!(f, "BUGCHECK {}: {what}; {at}", table::bugcheck(*code))
            }
            Self::Garbage { what } => write!(f, "depends on unwritten memory: {what}"),
            Self::Endless { import } => {
                write!(f, "the driver calls the kernel without end, last {import}")
            }
            Self::Deadlock { waiting } => {
                write!(f, "nothing can move; waiting: {}", waiting.join(", "))
            }
        }
    }
}

impl fmt::Display for EtwWrite {
    /// A TraceLogging event by its name, with its payload in hex.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.descriptor.level;
        match name(&self.metadata) {
            Some(name) => write!(f, "event {name}")?,
            None => write!(f, "event {}", self.descriptor.id)?,
        }
        write!(f, ", level {level}, payload [{}]", Hex(&self.payload))
    }
}

/// The event's name in a TraceLogging schema: after a size of two bytes and tags, of which each but the
/// last has its highest bit set.
fn name(metadata: &[u8]) -> Option<&str> {
    let tags = metadata.get(2..)?;
    let last = tags.iter().position(|tag| tag & 0x80 == 0)?;
    let name = tags[last + 1..].split(|byte| *byte == 0).next()?;
    std::str::from_utf8(name).ok().filter(|name| !name.is_empty())
}

impl fmt::Display for PoolFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |tag: &[u8; 4]| -> String {
            tag.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '.' }).collect()
        };
        match self {
            Self::Allocated { block, bytes, tag, owner } => {
                write!(f, "pool block {block} allocated: {bytes} bytes, tag {}", text(tag))?;
                owner.as_ref().map_or(Ok(()), |owner| write!(f, ", for {owner}"))
            }
            Self::Refused { bytes, tag } => {
                write!(f, "no pool memory: {bytes} bytes, tag {}", text(tag))
            }
            Self::Freed { block } => write!(f, "pool block {block} freed"),
            Self::Touched { block } => write!(f, "pool block {block} is concerned"),
            Self::BadFree { what } => write!(f, "wrong free of {what}"),
            Self::Overrun { block } => {
                write!(f, "pool block {block} was written outside its bounds")
            }
        }
    }
}

impl fmt::Display for ResourceFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { kind, number, owner } => {
                write!(f, "{kind} {number} taken")?;
                owner.as_ref().map_or(Ok(()), |owner| write!(f, ", for {owner}"))
            }
            Self::Given { kind, number } => write!(f, "{kind} {number} given back"),
            Self::NotHeld { kind } => write!(f, "{kind} given back or used that is not held"),
        }
    }
}

impl fmt::Display for WaitFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks { import, on } => write!(f, "{import} waits for {on}"),
            Self::Waited { import, for_100ns } => {
                let (ms, rest) = (for_100ns / 10_000, for_100ns % 10_000);
                write!(f, "{import} waited {ms}.{rest:04} ms")
            }
            Self::AtDispatch { import } => write!(f, "{import} waits at DISPATCH_LEVEL or above"),
        }
    }
}

impl fmt::Display for LockFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recursive => f.write_str("a spin lock is acquired by the thread that holds it"),
            Self::NotHeld => {
                f.write_str("a spin lock is released by a thread that does not hold it")
            }
            Self::HeldAtReturn { callback, count } => {
                write!(f, "{callback} returned with {count} spin locks held")
            }
            Self::HeldAcross { import } => write!(f, "{import} with a spin lock held"),
        }
    }
}
