//! printf into buffers, by all its names in the C library of the kernel.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::exports::exports;
use crate::door::variadic::{argument, variadic};
use crate::machine::{raw, trap};
use crate::nt::format::{Arguments, Formatted, Units, format};

exports! {
    _snprintf: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    _snprintf_s: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    _snwprintf: le ANY, fails negative, since unknown, "undocumented:wchar.h";
    _snwprintf_s: le ANY, fails negative, since unknown, "undocumented:wchar.h";
    _swprintf = swprintf: le ANY, since unknown, "undocumented:wchar.h";
    _vsnprintf: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    _vsnprintf_s: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    _vsnwprintf: le ANY, fails negative, since unknown, "undocumented:wchar.h";
    _vsnwprintf_s: le ANY, fails negative, since unknown, "undocumented:wchar.h";
    _vswprintf: le ANY, since unknown, "undocumented:wchar.h";
    sprintf: le ANY, since unknown, "undocumented:stdio.h";
    sprintf_s: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    swprintf: le ANY, since unknown, "undocumented:wchar.h";
    swprintf_s: le ANY, fails negative, since unknown, "undocumented:wchar.h";
    vsprintf: le ANY, since unknown, "undocumented:stdio.h";
    vsprintf_s: le ANY, fails negative, since unknown, "undocumented:stdio.h";
    vswprintf_s: le ANY, fails negative, since unknown, "undocumented:wchar.h";
}

/// What happens to a text that does not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// The caller says that there is room.
    Unbounded,
    /// The buffer is filled to its end, without a terminator if need be.
    Fill,
    /// The buffer ends with a terminator: cut if that was asked for, else empty.
    Safe { cut: bool },
}

/// A buffer of the caller's.
#[derive(Clone, Copy)]
struct Target {
    buffer: usize,
    /// In characters.
    room: usize,
    fit: Fit,
}

/// _TRUNCATE.
const TRUNCATE: usize = usize::MAX;

impl Target {
    fn unbounded(buffer: usize) -> Self {
        Self { buffer, room: usize::MAX, fit: Fit::Unbounded }
    }

    fn fill(buffer: usize, room: usize) -> Self {
        Self { buffer, room, fit: Fit::Fill }
    }

    fn safe(buffer: usize, room: usize) -> Self {
        Self { buffer, room, fit: Fit::Safe { cut: false } }
    }

    /// Of the `_s` functions with a count: as many characters at most, and a terminator.
    fn counted(buffer: usize, room: usize, count: usize) -> Self {
        let cut = count == TRUNCATE || count < room;
        Self { buffer, room: room.min(count.saturating_add(1)), fit: Fit::Safe { cut } }
    }

    /// Writes the text; its length, or a negative number when it was cut.
    fn put(self, units: Units, text: &Formatted) -> i32 {
        let length = text.text.len();
        let whole = i32::try_from(length).unwrap_or(-1);
        if self.buffer == 0 {
            return whole;
        }
        let (written, end, answer) = match self.fit {
            _ if length < self.room => (length, true, whole),
            Fit::Fill if length == self.room => (length, false, whole),
            Fit::Fill | Fit::Unbounded => (self.room, false, -1),
            Fit::Safe { cut: true } if self.room > 0 => (self.room - 1, true, -1),
            Fit::Safe { .. } => (0, self.room > 0, -1),
        };
        match units {
            Units::Narrow => {
                let mut bytes = text.narrow();
                bytes.truncate(written);
                bytes.extend(end.then_some(0));
                raw::write(self.buffer, &bytes);
            }
            Units::Wide => {
                let units = text.text.iter().take(written).chain(end.then_some(&0));
                let bytes: Vec<u8> = units.flat_map(|unit| unit.to_le_bytes()).collect();
                raw::write(self.buffer, &bytes);
            }
        }
        answer
    }
}

fn narrow(target: Target, text: usize, arguments: usize) -> i32 {
    trap::crossed();
    let text: Vec<u16> = raw::narrow(text).into_iter().map(u16::from).collect();
    target.put(Units::Narrow, &format(Units::Narrow, &text, Arguments::at(arguments)))
}

fn wide(target: Target, text: usize, arguments: usize) -> i32 {
    trap::crossed();
    target.put(Units::Wide, &format(Units::Wide, &raw::wide(text), Arguments::at(arguments)))
}

#[unsafe(naked)]
extern "win64" fn sprintf() -> i32 {
    variadic!(sprintf_of)
}

extern "win64" fn sprintf_of(at: usize) -> i32 {
    narrow(Target::unbounded(argument(at, 0)), argument(at, 1), at + 16)
}

#[unsafe(naked)]
extern "win64" fn swprintf() -> i32 {
    variadic!(swprintf_of)
}

extern "win64" fn swprintf_of(at: usize) -> i32 {
    wide(Target::unbounded(argument(at, 0)), argument(at, 1), at + 16)
}

#[unsafe(naked)]
extern "win64" fn _snprintf() -> i32 {
    variadic!(snprintf_of)
}

extern "win64" fn snprintf_of(at: usize) -> i32 {
    narrow(Target::fill(argument(at, 0), argument(at, 1)), argument(at, 2), at + 24)
}

#[unsafe(naked)]
extern "win64" fn _snwprintf() -> i32 {
    variadic!(snwprintf_of)
}

extern "win64" fn snwprintf_of(at: usize) -> i32 {
    wide(Target::fill(argument(at, 0), argument(at, 1)), argument(at, 2), at + 24)
}

#[unsafe(naked)]
extern "win64" fn sprintf_s() -> i32 {
    variadic!(sprintf_s_of)
}

extern "win64" fn sprintf_s_of(at: usize) -> i32 {
    narrow(Target::safe(argument(at, 0), argument(at, 1)), argument(at, 2), at + 24)
}

#[unsafe(naked)]
extern "win64" fn swprintf_s() -> i32 {
    variadic!(swprintf_s_of)
}

extern "win64" fn swprintf_s_of(at: usize) -> i32 {
    wide(Target::safe(argument(at, 0), argument(at, 1)), argument(at, 2), at + 24)
}

#[unsafe(naked)]
extern "win64" fn _snprintf_s() -> i32 {
    variadic!(snprintf_s_of)
}

extern "win64" fn snprintf_s_of(at: usize) -> i32 {
    let target = Target::counted(argument(at, 0), argument(at, 1), argument(at, 2));
    narrow(target, argument(at, 3), at + 32)
}

#[unsafe(naked)]
extern "win64" fn _snwprintf_s() -> i32 {
    variadic!(snwprintf_s_of)
}

extern "win64" fn snwprintf_s_of(at: usize) -> i32 {
    let target = Target::counted(argument(at, 0), argument(at, 1), argument(at, 2));
    wide(target, argument(at, 3), at + 32)
}

extern "win64" fn vsprintf(buffer: usize, text: usize, list: usize) -> i32 {
    narrow(Target::unbounded(buffer), text, list)
}

extern "win64" fn _vswprintf(buffer: usize, text: usize, list: usize) -> i32 {
    wide(Target::unbounded(buffer), text, list)
}

extern "win64" fn _vsnprintf(buffer: usize, room: usize, text: usize, list: usize) -> i32 {
    narrow(Target::fill(buffer, room), text, list)
}

extern "win64" fn _vsnwprintf(buffer: usize, room: usize, text: usize, list: usize) -> i32 {
    wide(Target::fill(buffer, room), text, list)
}

extern "win64" fn vsprintf_s(buffer: usize, room: usize, text: usize, list: usize) -> i32 {
    narrow(Target::safe(buffer, room), text, list)
}

extern "win64" fn vswprintf_s(buffer: usize, room: usize, text: usize, list: usize) -> i32 {
    wide(Target::safe(buffer, room), text, list)
}

extern "win64" fn _vsnprintf_s(
    buffer: usize,
    room: usize,
    count: usize,
    text: usize,
    list: usize,
) -> i32 {
    narrow(Target::counted(buffer, room, count), text, list)
}

extern "win64" fn _vsnwprintf_s(
    buffer: usize,
    room: usize,
    count: usize,
    text: usize,
    list: usize,
) -> i32 {
    wide(Target::counted(buffer, room, count), text, list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    /// `"%d"` of 1234 into a buffer of `room` bytes that ends where it ends.
    fn printed(
        room: usize,
        how: impl FnOnce(usize, usize, usize) -> i32 + 'static,
    ) -> (i32, Vec<u8>) {
        let out = std::rc::Rc::new(std::cell::RefCell::new(None));
        let inside = std::rc::Rc::clone(&out);
        machine(0, move |_| {
            let (text, list) = (Block::with(b"%d\0", false), Block::of([1234_u64]));
            let buffer = Block::with(&vec![0xEE; room], false);
            let answer = how(buffer.address(), text.address(), list.address());
            *inside.borrow_mut() = Some((answer, buffer.bytes()));
        });
        out.take().expect("it ran")
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_as_the_name_of_the_function_says() {
        let fill = |room| printed(room, move |b, t, l| _vsnprintf(b, room, t, l));
        assert_eq!(fill(5), (4, b"1234\0".to_vec()));
        assert_eq!(fill(4), (4, b"1234".to_vec()), "without a terminator");
        assert_eq!(fill(3), (-1, b"123".to_vec()));
        let cut = |room| printed(room, move |b, t, l| _vsnprintf_s(b, room, TRUNCATE, t, l));
        assert_eq!(cut(4), (-1, b"123\0".to_vec()));
        assert_eq!(cut(5), (4, b"1234\0".to_vec()));
        let (answer, bytes) = printed(4, |b, t, l| vsprintf_s(b, 4, t, l));
        assert_eq!((answer, bytes[0]), (-1, 0), "empty");
        assert_eq!(printed(5, |b, t, l| vsprintf(b, t, l)).0, 4);
        assert_eq!(printed(1, |_, t, l| _vsnprintf(0, 0, t, l)).0, 4, "how long it would be");
    }

    #[test]
    fn wide_text_has_two_bytes_a_character() {
        machine(0, |_| {
            let wide = |text: &str| {
                let bytes = text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes);
                Block::with(&bytes.collect::<Vec<u8>>(), false)
            };
            let (text, name, buffer) = (wide("<%s>"), wide("eth0"), wide("......"));
            let list = Block::of([name.address()]);
            assert_eq!(_vsnwprintf(buffer.address(), 7, text.address(), list.address()), 6);
            assert_eq!(String::from_utf16_lossy(&raw::wide(buffer.address())), "<eth0>");
        });
    }
}
