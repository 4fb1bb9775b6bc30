//! Machine code that is executed as a driver's image is, for tests.

use std::ptr;

use super::trap::{self, Emulator};

const PAGE: usize = 4096;

/// A page with code in it.
pub struct Code {
    page: usize,
}

impl Code {
    /// Code at the beginning of a page.
    pub fn new(code: &[u8]) -> Self {
        let protection = libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing else.
        let page = unsafe { libc::mmap(ptr::null_mut(), PAGE, protection, flags, -1, 0) };
        assert!(page != libc::MAP_FAILED, "the host can map a page");
        let code = Self::checked(code);
        // SAFETY: a fresh writable page, and the code is shorter.
        unsafe { ptr::copy_nonoverlapping(code.as_ptr(), page.cast(), code.len()) };
        Self { page: page.expose_provenance() }
    }

    fn checked(code: &[u8]) -> &[u8] {
        assert!(code.len() < PAGE, "tests are short");
        code
    }

    /// The address of the first instruction.
    pub fn address(&self) -> usize {
        self.page
    }

    /// Makes this the image of the host thread.
    pub fn watch(&self, emulator: Emulator) {
        trap::emulate_with(emulator);
        trap::watch(self.page, PAGE);
    }

    /// Calls it with rcx and rdx.
    pub fn call(&self, first: u64, second: u64) -> u64 {
        // SAFETY: code of a test, which is a function of this convention.
        let code =
            unsafe { std::mem::transmute::<usize, extern "win64" fn(u64, u64) -> u64>(self.page) };
        code(first, second)
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // SAFETY: our own page, which nobody executes any more.
        unsafe { libc::munmap(ptr::with_exposed_provenance_mut(self.page), PAGE) };
    }
}
