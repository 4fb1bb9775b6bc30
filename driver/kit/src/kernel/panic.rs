//! The panic handler of builds without the WDK; with it, `wdk-panic` brings the same.

use core::panic::PanicInfo;

use super::import::KeBugCheckEx;

/// "RPNC", the code `wdk-panic` uses too, so that one decoder serves both builds.
const RUST_PANIC: u32 = u32::from_be_bytes(*b"RPNC");

/// Stops the machine with the place of the panic: pointer to the file's name, its length in bytes, line,
/// column.
///
/// Nothing leads here: `netpnp inspect --strict` proves it on the linked image, and so does
/// `cargo xtask test` on the driver's for both processors.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let [file, length, line, column] = match info.location() {
        Some(at) => {
            let file = at.file();
            [file.as_ptr() as usize, file.len(), at.line() as usize, at.column() as usize]
        }
        None => [0; 4],
    };
    // SAFETY: KeBugCheckEx may be called at any IRQL and does not return
    // (ddi:wdm/nf-wdm-kebugcheckex).
    unsafe { KeBugCheckEx(RUST_PANIC, file, length, line, column) }
}
