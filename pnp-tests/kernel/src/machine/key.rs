//! A memory protection key: pages out of bounds and back without a system call.
//!
//! Whether the pages with the key may be touched is a matter of the host thread that asks.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;

/// The processor's key for paged memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key(u32);

/// CPUID.(7, 0):ECX.OSPKE: the system has turned protection keys on.
const OSPKE: u32 = 1 << 4;

impl Key {
    /// The process's one key; none where the processor, the system or valgrind has none.
    pub fn get() -> Option<Self> {
        static KEY: OnceLock<Option<u32>> = OnceLock::new();
        let number = KEY.get_or_init(|| {
            if __cpuid_count(7, 0).ecx & OSPKE == 0 {
                return None;
            }
            // SAFETY: takes two numbers and has no memory to get wrong.
            let key = unsafe { libc::syscall(libc::SYS_pkey_alloc, 0_u64, 0_u64) };
            u32::try_from(key).ok().filter(|key| (1..16).contains(key))
        });
        number.map(Self)
    }

    /// Gives pages of a reservation this key, and makes them readable and writable with it.
    #[must_use]
    pub fn protect(self, pages: Range<usize>) -> bool {
        let start: *mut u8 = ptr::with_exposed_provenance_mut(pages.start);
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: as in `space::protect`.
        let result = unsafe {
            libc::syscall(libc::SYS_pkey_mprotect, start, pages.len(), access, u64::from(self.0))
        };
        result == 0
    }

    /// Puts the pages with this key in or out of bounds, for this host thread.
    pub fn open(self, open: bool) {
        // Access-disable is the lower of a key's two bits.
        let bit = 1_u32 << (2 * self.0);
        let rights: u32;
        // SAFETY: reads a register of this thread's; CR4.PKE is on, or there would be no key.
        unsafe {
            asm!("rdpkru", in("ecx") 0, out("eax") rights, out("edx") _, options(nomem, nostack, preserves_flags));
        }
        let wanted = if open { rights & !bit } else { rights | bit };
        // SAFETY: as above; it takes access away from, or gives it to, pages that only blocks lie in. It
        // is a barrier for the compiler, since it may not be moved past an access to such a page.
        unsafe {
            asm!("wrpkru", in("eax") wanted, in("ecx") 0, in("edx") 0, options(nostack, preserves_flags));
        }
    }
}
