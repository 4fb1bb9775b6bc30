//! Reads INF files with the setupapi of the Windows that it runs on, or of Wine, and prints what that
//! found: `read_inf.exe FOLDER COUNT` reads FOLDER\0000.inf and so on. `pnp-tests/tests/host/second_opinion.rs`
//! builds it and compares.
//!
//! A program without a standard library: its import libraries are not here.
//!
//! ```text
//! file 0
//! refused e0000100 3          error, line: SetupOpenInfFile failed; nothing more of that file
//! section Version
//! line 2                      how many fields
//! 0 Class                     the key
//! 1 NetService
//! ```
#![no_std]
#![no_main]

use core::ffi::c_void;
use core::ptr;

/// Long enough for any field of the tests.
const UNITS: usize = 8192;
const INF_STYLE_WIN4: u32 = 2;
const STD_OUTPUT_HANDLE: u32 = 0xFFFF_FFF5;

/// INFCONTEXT: two pointers and two numbers, for setupapi alone.
type Context = [u64; 3];

#[link(name = "setupapi.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    fn SetupOpenInfFileW(name: *const u16, class: *const u16, style: u32, line: *mut u32) -> isize;
    fn SetupCloseInfFile(inf: isize);
    fn SetupEnumInfSectionsW(
        inf: isize,
        index: u32,
        buffer: *mut u16,
        size: u32,
        needed: *mut u32,
    ) -> i32;
    fn SetupFindFirstLineW(
        inf: isize,
        section: *const u16,
        key: *const u16,
        context: *mut Context,
    ) -> i32;
    fn SetupFindNextLine(from: *const Context, to: *mut Context) -> i32;
    fn SetupGetFieldCount(context: *const Context) -> u32;
    fn SetupGetStringFieldW(
        context: *const Context,
        index: u32,
        buffer: *mut u16,
        size: u32,
        needed: *mut u32,
    ) -> i32;
}

#[link(name = "kernel32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "system" {
    fn GetCommandLineW() -> *const u16;
    fn GetLastError() -> u32;
    fn GetStdHandle(which: u32) -> *mut c_void;
    fn WriteFile(
        file: *mut c_void,
        bytes: *const u8,
        count: u32,
        written: *mut u32,
        overlapped: *mut c_void,
    ) -> i32;
    fn ExitProcess(code: u32) -> !;
}

// What the compiler calls by these names.
#[link(name = "ntdll.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    #[allow(dead_code)]
    fn memcpy(to: *mut u8, from: *const u8, count: usize) -> *mut u8;
    #[allow(dead_code)]
    fn memset(to: *mut u8, byte: i32, count: usize) -> *mut u8;
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: takes a number.
    unsafe { ExitProcess(99) }
}

fn print(bytes: &[u8]) {
    let mut written = 0;
    // SAFETY: takes a number.
    let out = unsafe { GetStdHandle(STD_OUTPUT_HANDLE) };
    let count = bytes.len() as u32;
    // SAFETY: the bytes are alive for the call, and there are that many.
    unsafe { WriteFile(out, bytes.as_ptr(), count, &mut written, ptr::null_mut()) };
}

fn print_number(mut number: u32, base: u32) {
    let mut digits = [0; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b"0123456789abcdef"[(number % base) as usize];
        number /= base;
        if number == 0 {
            break;
        }
    }
    print(&digits[at..]);
}

/// Up to a NUL, as UTF-8.
fn print_text(units: &[u16]) {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    for letter in char::decode_utf16(units[..end].iter().copied()) {
        let letter = letter.unwrap_or(char::REPLACEMENT_CHARACTER);
        print(letter.encode_utf8(&mut [0; 4]).as_bytes());
    }
    print(b"\n");
}

/// The command line without the program: the folder, with what follows it, and the count.
fn arguments(folder: &mut [u16; 512]) -> (usize, u32) {
    // SAFETY: no argument; the result lives as long as the process.
    let line = unsafe { GetCommandLineW() };
    let (mut at, mut word, mut length, mut count) = (0, 0, 0, 0);
    loop {
        // SAFETY: ends with a NUL, which ends this loop.
        let unit = unsafe { *line.add(at) };
        at += 1;
        match unit {
            0 => return (length, count),
            0x20 => word += 1,
            _ if word == 1 => {
                folder[length] = unit;
                length += 1;
            }
            _ if word == 2 => count = count * 10 + u32::from(unit - 0x30),
            _ => {}
        }
    }
}

fn print_line(context: &Context, buffer: &mut [u16; UNITS]) {
    // SAFETY: a context of an open file.
    let count = unsafe { SetupGetFieldCount(context) };
    print(b"line ");
    print_number(count, 10);
    print(b"\n");
    for index in 0..=count {
        let mut needed = 0;
        let size = UNITS as u32;
        // SAFETY: a context of an open file; room for as many units as it is told.
        let found =
            unsafe { SetupGetStringFieldW(context, index, buffer.as_mut_ptr(), size, &mut needed) };
        if found == 0 {
            continue;
        }
        print_number(index, 10);
        print(b" ");
        print_text(&buffer[..]);
    }
}

fn print_section(inf: isize, name: &[u16; UNITS], buffer: &mut [u16; UNITS]) {
    print(b"section ");
    print_text(&name[..]);
    let mut context = [0; 3];
    // SAFETY: an open file, a name with a NUL, room for a context.
    let mut found = unsafe { SetupFindFirstLineW(inf, name.as_ptr(), ptr::null(), &mut context) };
    while found != 0 {
        print_line(&context, buffer);
        let from = context;
        // SAFETY: a context of an open file, and room for the next.
        found = unsafe { SetupFindNextLine(&from, &mut context) };
    }
}

fn print_file(path: &[u16; 512]) {
    static mut NAME: [u16; UNITS] = [0; UNITS];
    static mut FIELD: [u16; UNITS] = [0; UNITS];
    // SAFETY: one thread, and no other reference while these live.
    let (name, field) = unsafe { (&mut *(&raw mut NAME), &mut *(&raw mut FIELD)) };
    let mut line = 0;
    // SAFETY: a path with a NUL; room for a number.
    let inf = unsafe { SetupOpenInfFileW(path.as_ptr(), ptr::null(), INF_STYLE_WIN4, &mut line) };
    if inf == -1 {
        print(b"refused ");
        // SAFETY: no argument.
        print_number(unsafe { GetLastError() }, 16);
        print(b" ");
        print_number(line, 10);
        print(b"\n");
        return;
    }
    let (mut index, mut needed) = (0, 0);
    // SAFETY: an open file; room for as many units as it is told.
    while unsafe { SetupEnumInfSectionsW(inf, index, name.as_mut_ptr(), UNITS as u32, &mut needed) }
        != 0
    {
        print_section(inf, name, field);
        index += 1;
    }
    // SAFETY: opened above, closed once.
    unsafe { SetupCloseInfFile(inf) };
}

/// The program.
#[unsafe(no_mangle)]
pub extern "system" fn start() -> ! {
    let mut path = [0; 512];
    let (length, count) = arguments(&mut path);
    for number in 0..count {
        print(b"file ");
        print_number(number, 10);
        print(b"\n");
        // `\0012.inf`
        let mut rest = number;
        path[length] = u16::from(b'\\');
        for digit in (1..=4).rev() {
            path[length + digit] = 0x30 + (rest % 10) as u16;
            rest /= 10;
        }
        for (at, letter) in (length + 5..).zip(*b".inf\0") {
            path[at] = u16::from(letter);
        }
        print_file(&path);
    }
    // SAFETY: takes a number.
    unsafe { ExitProcess(0) }
}
