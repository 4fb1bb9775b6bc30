//! The load configuration: of all it says, a driver on this host needs the stack cookie.
//!
//! It also names the Control Flow Guard check and dispatch pointers. They stay as the image has
//! them: the linker makes them point at routines inside the image that accept every target,
//! and a kernel that does not enforce CFG leaves them so.

use super::cursor;
use super::relocation;

/// What MSVC and clang-cl compile in, and what a driver's own start-up code refuses to run with.
const DEFAULT: u64 = 0x0000_2b99_2ddf_a232;

/// Not the default, the upper 16 bits zero as `__security_check_cookie` demands; the same in every
/// run because a run is a value of (image, scenario, seed).
const COOKIE: u64 = 0x0000_7066_6e70_6c77;

/// Where the cookie is, if there is one that still has its compiled-in value.
pub(super) fn cookie(flat: &[u8], rva: u32, preferred_base: u64) -> Option<u32> {
    const FIELD: usize = 88;
    let mut cursor = cursor::at(flat, rva)?;
    // The structure grows with every Windows; its first field says how far this one goes.
    let size = { cursor }.len()?;
    let mut config = cursor::Cursor(cursor.take(size)?);
    config.take(FIELD)?;
    let rva = config.u64()?.checked_sub(preferred_base)?;
    let rva = u32::try_from(rva).ok()?;
    let value = cursor::at(flat, rva)?.u64()?;
    matches!(value, 0 | DEFAULT).then_some(rva)
}

/// Gives the stack cookie its value, as the Windows loader does before the entry point runs.
pub(super) fn set_cookie(flat: &mut [u8], rva: u32) {
    relocation::write(flat, rva, COOKIE);
}
