//! Tracing by WPP: nobody listens, so drivers keep what they have to say to themselves.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;
use crate::world::resource;

exports! {
    IoWMIRegistrationControl: le PASSIVE, fails STATUS_INVALID_PARAMETER | NTSTATUS by call,
        since 2195, "ddi:wdm/nf-wdm-iowmiregistrationcontrol";
    WmiQueryTraceInformation: le ANY,
        fails STATUS_INFO_LENGTH_MISMATCH | STATUS_INVALID_HANDLE | STATUS_INVALID_INFO_CLASS |
            STATUS_INVALID_PARAMETER | STATUS_INVALID_PARAMETER_MIX | STATUS_NOT_FOUND,
        since 2600, "ddi:wdm/nf-wdm-wmiquerytraceinformation";
    WmiTraceMessage: le ANY, fails STATUS_INVALID_HANDLE | STATUS_NO_MEMORY | NTSTATUS,
        since 2600, "ddi:wdm/nf-wdm-wmitracemessage";
    WmiTraceMessageVa: le ANY, fails STATUS_INVALID_HANDLE | STATUS_NO_MEMORY | NTSTATUS,
        since 2600, "ddi:wdm/nf-wdm-wmitracemessageva";
}

const SUCCESS: i32 = 0;
const INVALID_HANDLE: i32 = 0xC000_0008_u32.cast_signed();
const INVALID_PARAMETER: i32 = 0xC000_000D_u32.cast_signed();
const INVALID_INFO_CLASS: i32 = 0xC000_0003_u32.cast_signed();

/// How a registration that is never taken back is told.
const PROVIDER: &str = "WMI registration";

/// A device of the driver's, or the block of a WPP provider in its place. What the driver would provide is not
/// asked for: no IRP_MN_REGINFO is sent.
extern "win64" fn IoWMIRegistrationControl(device: usize, action: u32) -> i32 {
    /// WMIREG_ACTION_ codes; the flags of a trace provider stand above them.
    const REGISTER: u32 = 1;
    const DEREGISTER: u32 = 2;
    const REREGISTER: u32 = 3;
    const UPDATE_GUIDS: u32 = 4;
    const BLOCK_IRPS: u32 = 5;
    let world = cross();
    let held = world.resources.borrow().holds(PROVIDER, device);
    match action & 0xFFFF {
        REGISTER | REREGISTER | UPDATE_GUIDS | BLOCK_IRPS if held => SUCCESS,
        REGISTER => {
            if let Some(status) = world.fails() {
                return status;
            }
            resource::take(&world, PROVIDER, device, None);
            SUCCESS
        }
        DEREGISTER if held => {
            resource::give(&world, PROVIDER, device);
            SUCCESS
        }
        _ => INVALID_PARAMETER,
    }
}

/// The handle that a session would have given is no one's.
extern "win64" fn WmiTraceMessage(_logger: u64, _flags: u32, _guid: usize, _number: u16) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

extern "win64" fn WmiTraceMessageVa(
    _logger: u64,
    _flags: u32,
    _guid: usize,
    _number: u16,
    _list: usize,
) -> i32 {
    let _ = cross();
    INVALID_HANDLE
}

extern "win64" fn WmiQueryTraceInformation(
    class: u32,
    _information: usize,
    _length: u32,
    needed: usize,
    _buffer: usize,
) -> i32 {
    /// MaxTraceInformationClass of wdm.h.
    const CLASSES: u32 = 16;
    let _ = cross();
    if needed != 0 {
        raw::put(needed, 0_u32);
    }
    if class < CLASSES { INVALID_HANDLE } else { INVALID_INFO_CLASS }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::sample::machine;

    #[test]
    fn a_registration_is_held_until_it_is_taken_back() {
        machine(0, |world| {
            const TRACE_PROVIDER: u32 = 0x1_0000;
            let held = || world.resources.borrow().holds(PROVIDER, 0x1000);
            assert_eq!(IoWMIRegistrationControl(0x1000, 1 | TRACE_PROVIDER), SUCCESS);
            assert!(held());
            assert_eq!(IoWMIRegistrationControl(0x1000, 2), SUCCESS);
            assert!(!held());
            assert_eq!(IoWMIRegistrationControl(0x1000, 2), INVALID_PARAMETER);
            assert_eq!(WmiTraceMessage(0, 0, 0, 0), INVALID_HANDLE);
        });
    }
}
