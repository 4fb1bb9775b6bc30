//! Structured exceptions: raising them, and the handler that compilers put into unwind data.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::door::handler::{self, TARGET, UNWINDING, shown};
use crate::machine::raw;
use crate::nt::exception::{self, ACCESS_VIOLATION, MISALIGNMENT, USER_END};

exports! {
    ExRaiseAccessViolation: at PASSIVE, fails EXCEPTION, since 2195,
        "ddi:ntddk/nf-ntddk-exraiseaccessviolation";
    ExRaiseDatatypeMisalignment: at PASSIVE, fails EXCEPTION, since 2195,
        "ddi:ntddk/nf-ntddk-exraisedatatypemisalignment";
    ExRaiseStatus: le APC, fails EXCEPTION, since 2195, "ddi:wdm/nf-wdm-exraisestatus";
    ProbeForRead: le APC, fails EXCEPTION, since 2195, "ddi:wdm/nf-wdm-probeforread";
    ProbeForWrite: le APC, fails EXCEPTION, since 2195, "ddi:wdm/nf-wdm-probeforwrite";
    __C_specific_handler: le ANY, since unknown, "undocumented:excpt.h";
    _local_unwind: le ANY, since unknown, "undocumented:excpt.h";
}

const PAGE: usize = 4096;

extern "win64" fn ExRaiseStatus(status: u32) {
    let world = cross();
    let what = format!("ExRaiseStatus({status:#x}), which nobody handles");
    exception::raise(world, status, &[], &what)
}

extern "win64" fn ExRaiseAccessViolation() {
    let what = "ExRaiseAccessViolation, which nobody handles";
    exception::raise(cross(), ACCESS_VIOLATION, &[], what)
}

extern "win64" fn ExRaiseDatatypeMisalignment() {
    let what = "ExRaiseDatatypeMisalignment, which nobody handles";
    exception::raise(cross(), MISALIGNMENT, &[], what)
}

/// Whether the buffer is a user's, as far as its addresses tell, and aligned: else the status to raise, and where.
fn probe(address: usize, length: usize, alignment: u32) -> Result<(), (u32, usize)> {
    if length == 0 {
        return Ok(());
    }
    if !address.is_multiple_of((alignment as usize).max(1)) {
        return Err((MISALIGNMENT, address));
    }
    let world = crate::world::current();
    match address.checked_add(length) {
        Some(end) if end <= USER_END && !exception::is_kernels(&world, address) => Ok(()),
        _ => Err((ACCESS_VIOLATION, address)),
    }
}

fn raise_for(world: crate::door::crossing::Crossing, status: u32, address: usize) {
    let import = world.import();
    let what = match status {
        MISALIGNMENT => format!("{import} of a buffer that is not aligned, which nobody handles"),
        _ => format!("{import} of what is no user's buffer, which nobody handles"),
    };
    exception::raise(world, status, &[0, address as u64], &what)
}

extern "win64" fn ProbeForRead(address: usize, length: usize, alignment: u32) {
    let world = cross();
    if let Err((status, address)) = probe(address, length, alignment) {
        raise_for(world, status, address);
    }
}

/// Reads and writes a byte of each page: where a user has nothing, that is the exception.
extern "win64" fn ProbeForWrite(address: usize, length: usize, alignment: u32) {
    let world = cross();
    if let Err((status, address)) = probe(address, length, alignment) {
        raise_for(world, status, address);
        return;
    }
    if length == 0 {
        return;
    }
    let pages = (address & !(PAGE - 1)..address + length).step_by(PAGE);
    for page in pages {
        let at = page.max(address);
        raw::put(at, raw::get::<u8>(at));
    }
}

/// The image leaves guarded blocks, with a jump.
extern "win64" fn _local_unwind(frame: u64, target: u64) {
    exception::unwind_locally(cross(), frame, target)
}

/// Called by the host, through the image: as the handler of a frame, or by the image's own handler, which looks at the
/// stack cookie first. So it is no crossing.
extern "win64" fn __C_specific_handler(
    record: usize,
    frame: u64,
    context: usize,
    dispatcher: usize,
) -> i32 {
    const CONTINUE_EXECUTION: i32 = 0;
    const CONTINUE_SEARCH: i32 = 1;
    let flags: u32 = raw::get(record + 4);
    let base: usize = raw::get(dispatcher + shown::BASE);
    let table: usize = raw::get(dispatcher + shown::DATA);
    let rva = |at: usize| u32::try_from(raw::get::<usize>(at).wrapping_sub(base)).unwrap_or(0);
    let (control, target) = (rva(dispatcher + shown::CONTROL), rva(dispatcher + shown::TARGET));
    let first: u32 = raw::get(dispatcher + shown::SCOPE);
    for index in first..handler::scopes(table) {
        let scope = handler::scope(table, index);
        if !(scope.begin..scope.end).contains(&control) {
            continue;
        }
        let address = base + scope.handler as usize;
        if flags & UNWINDING == 0 {
            if scope.target == 0 {
                continue;
            }
            let answer = match scope.handler {
                1 => 1,
                _ => handler::filter(address, record, context, frame),
            };
            match answer {
                0 => {}
                1.. => exception::handle(frame, (base + scope.target as usize) as u64),
                ..0 => return CONTINUE_EXECUTION,
            }
        } else if flags & TARGET != 0
            && (scope.target == target || (scope.begin..scope.end).contains(&target))
        {
            // The image goes on in this scope, or in the handler of this one: those further out are left alone.
            break;
        } else if scope.target == 0 {
            raw::put(dispatcher + shown::SCOPE, index + 1);
            handler::terminate(address, frame);
        }
    }
    CONTINUE_SEARCH
}
