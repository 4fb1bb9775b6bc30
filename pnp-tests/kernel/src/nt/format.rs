//! The printf of the kernel: `%wZ`, `%I64x` and the rest, with every argument read where the caller put it.
//!
//! Text is in UTF-16 units inside; a byte of an ANSI string is one unit.

use crate::machine::raw;

/// The arguments behind the named ones: slots of eight bytes, one for each (learn:cpp/build/x64-calling-convention).
#[derive(Clone, Copy, Debug)]
pub struct Arguments {
    next: usize,
}

impl Arguments {
    /// Arguments from the slot at this address on, which is what a va_list is.
    pub fn at(address: usize) -> Self {
        Self { next: address }
    }

    fn take(&mut self) -> u64 {
        let value = raw::get(self.next);
        self.next += 8;
        value
    }

    fn address(&mut self) -> usize {
        usize::try_from(self.take()).unwrap_or(0)
    }

    /// An int.
    fn int(&mut self) -> i32 {
        let [a, b, c, d, ..] = self.take().to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }
}

/// The kind of text that a conversion without a prefix means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    /// `char`: printf, DbgPrint.
    Narrow,
    /// `WCHAR`: wprintf and its kind.
    Wide,
}

/// A formatted text.
#[derive(Debug, Default)]
pub struct Formatted {
    /// The text's units.
    pub text: Vec<u16>,
    /// Whether a conversion went through Unicode, which the kernel does at PASSIVE_LEVEL only.
    pub unicode: bool,
}

impl Formatted {
    /// The text for a person to read.
    pub fn readable(&self) -> String {
        String::from_utf16_lossy(&self.text)
    }

    /// The text in bytes, a question mark for what has none.
    pub fn narrow(&self) -> Vec<u8> {
        self.text.iter().map(|unit| u8::try_from(*unit).unwrap_or(b'?')).collect()
    }
}

#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "printf has five flags, each there or not")]
struct Flags {
    left: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    zero: bool,
}

/// The size prefix of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Size {
    #[default]
    Usual,
    Short,
    Char,
    Long,
    LongLong,
    Wide,
}

#[derive(Debug, Default)]
struct Conversion {
    flags: Flags,
    width: usize,
    precision: Option<usize>,
    size: Size,
}

/// Widths and precisions past this are cut: the text would not fit anywhere.
const WIDEST: usize = 1 << 16;

/// Formats; what the arguments point at is read as far as the conversion asks.
pub fn format(units: Units, format: &[u16], mut arguments: Arguments) -> Formatted {
    let mut out = Formatted::default();
    let mut rest = format.iter().copied().peekable();
    while let Some(unit) = rest.next() {
        if unit != u16::from(b'%') {
            out.text.push(unit);
            continue;
        }
        let mut conversion = Conversion::default();
        while let Some(flag) = rest.next_if(|unit| b"-+ #0".iter().any(|f| u16::from(*f) == *unit))
        {
            match u8::try_from(flag) {
                Ok(b'-') => conversion.flags.left = true,
                Ok(b'+') => conversion.flags.plus = true,
                Ok(b' ') => conversion.flags.space = true,
                Ok(b'#') => conversion.flags.alternate = true,
                _ => conversion.flags.zero = true,
            }
        }
        if let Some(width) = number(&mut rest, &mut arguments) {
            conversion.flags.left |= width < 0;
            conversion.width = (width.unsigned_abs() as usize).min(WIDEST);
        }
        if rest.next_if_eq(&u16::from(b'.')).is_some() {
            let precision = number(&mut rest, &mut arguments).unwrap_or(0);
            conversion.precision = usize::try_from(precision).ok().map(|p| p.min(WIDEST));
        }
        conversion.size = size(&mut rest);
        let Some(kind) = rest.next() else { break };
        convert(units, &conversion, kind, &mut arguments, &mut out);
    }
    out
}

type Rest<'a> = std::iter::Peekable<std::iter::Copied<std::slice::Iter<'a, u16>>>;

/// `*` or digits.
fn number(rest: &mut Rest<'_>, arguments: &mut Arguments) -> Option<i32> {
    if rest.next_if_eq(&u16::from(b'*')).is_some() {
        return Some(arguments.int());
    }
    let mut value = None;
    while let Some(digit) = rest.next_if(|unit| (0x30..0x3A).contains(unit)) {
        let digit = i32::from(digit - 0x30);
        value = Some(value.unwrap_or(0_i32).saturating_mul(10).saturating_add(digit));
    }
    value
}

fn size(rest: &mut Rest<'_>) -> Size {
    let mut is = |letter: u8| rest.next_if_eq(&u16::from(letter)).is_some();
    if is(b'h') {
        return if is(b'h') { Size::Char } else { Size::Short };
    }
    if is(b'l') {
        return if is(b'l') { Size::LongLong } else { Size::Long };
    }
    if is(b'w') {
        return Size::Wide;
    }
    if is(b'z') || is(b't') || is(b'j') {
        return Size::LongLong;
    }
    if is(b'I') {
        if is(b'3') {
            is(b'2');
            return Size::Usual;
        }
        // I64, or I alone: as wide as a pointer.
        let _ = is(b'6') && is(b'4');
        return Size::LongLong;
    }
    Size::Usual
}

fn convert(
    units: Units,
    conversion: &Conversion,
    kind: u16,
    arguments: &mut Arguments,
    out: &mut Formatted,
) {
    let wide = |large: bool| match conversion.size {
        Size::Short | Size::Char => false,
        Size::Long | Size::LongLong | Size::Wide => true,
        Size::Usual => (units == Units::Wide) != large,
    };
    match u8::try_from(kind).unwrap_or(0) {
        b'd' | b'i' => {
            let value = signed(conversion.size, arguments.take());
            let sign = match (value < 0, conversion.flags) {
                (true, _) => "-",
                (_, Flags { plus: true, .. }) => "+",
                (_, Flags { space: true, .. }) => " ",
                _ => "",
            };
            integer(conversion, sign, &value.unsigned_abs().to_string(), out);
        }
        b'u' => {
            let value = unsigned(conversion.size, arguments.take());
            integer(conversion, "", &value.to_string(), out);
        }
        b'o' => {
            let value = unsigned(conversion.size, arguments.take());
            let prefix = if conversion.flags.alternate && value != 0 { "0" } else { "" };
            integer(conversion, prefix, &format!("{value:o}"), out);
        }
        letter @ (b'x' | b'X') => {
            let value = unsigned(conversion.size, arguments.take());
            let prefix = match (conversion.flags.alternate && value != 0, letter) {
                (false, _) => "",
                (true, b'x') => "0x",
                (true, _) => "0X",
            };
            let digits = if letter == b'x' { format!("{value:x}") } else { format!("{value:X}") };
            integer(conversion, prefix, &digits, out);
        }
        b'p' => {
            let value = arguments.take();
            integer(conversion, "", &format!("{value:016X}"), out);
        }
        letter @ (b'c' | b'C') => {
            let wide = wide(letter == b'C');
            let [low, high, ..] = arguments.take().to_le_bytes();
            let unit = if wide { u16::from_le_bytes([low, high]) } else { u16::from(low) };
            out.unicode |= wide && units == Units::Narrow;
            pad(conversion, &[unit], out);
        }
        letter @ (b's' | b'S') => {
            let wide = wide(letter == b'S');
            let text = terminated(arguments.address(), wide, conversion.precision);
            out.unicode |= wide && units == Units::Narrow;
            pad(conversion, &text, out);
        }
        b'Z' => {
            let wide = matches!(conversion.size, Size::Wide | Size::Long | Size::LongLong);
            let text = counted(arguments.address(), wide);
            let most = conversion.precision.unwrap_or(text.len()).min(text.len());
            out.unicode |= wide && units == Units::Narrow;
            pad(conversion, &text[..most], out);
        }
        // The kernel has no floating point here (ddi:wdm/nf-wdm-dbgprint), and writes nothing for %n.
        b'e' | b'E' | b'f' | b'F' | b'g' | b'G' | b'a' | b'A' | b'n' => {
            arguments.take();
        }
        // `%%`, and what no conversion is.
        _ => out.text.push(kind),
    }
}

fn signed(size: Size, value: u64) -> i64 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    match size {
        Size::Char => i64::from(i8::from_le_bytes([a])),
        Size::Short => i64::from(i16::from_le_bytes([a, b])),
        Size::LongLong => value.cast_signed(),
        // A long has 32 bits on Windows.
        Size::Usual | Size::Long | Size::Wide => i64::from(i32::from_le_bytes([a, b, c, d])),
    }
}

fn unsigned(size: Size, value: u64) -> u64 {
    match size {
        Size::Char => value & 0xFF,
        Size::Short => value & 0xFFFF,
        Size::LongLong => value,
        Size::Usual | Size::Long | Size::Wide => value & 0xFFFF_FFFF,
    }
}

/// A number: at least as many digits as the precision says, then padded.
fn integer(conversion: &Conversion, prefix: &str, digits: &str, out: &mut Formatted) {
    let digits = match conversion.precision {
        Some(0) if digits == "0" => "",
        _ => digits,
    };
    let mut least = conversion.precision.unwrap_or(0);
    if conversion.flags.zero && !conversion.flags.left && conversion.precision.is_none() {
        least = conversion.width.saturating_sub(prefix.len());
    }
    let zeros = "0".repeat(least.saturating_sub(digits.len()));
    let text: Vec<u16> = format!("{prefix}{zeros}{digits}").encode_utf16().collect();
    pad(conversion, &text, out);
}

fn pad(conversion: &Conversion, text: &[u16], out: &mut Formatted) {
    let with = if conversion.flags.zero && !conversion.flags.left { b'0' } else { b' ' };
    let room = conversion.width.saturating_sub(text.len());
    let padding = std::iter::repeat_n(u16::from(with), room);
    if conversion.flags.left {
        out.text.extend(text);
        out.text.extend(padding);
    } else {
        out.text.extend(padding);
        out.text.extend(text);
    }
}

fn null() -> Vec<u16> {
    "(null)".encode_utf16().collect()
}

/// A string up to its terminator, or as many characters as the precision says: no more is read.
fn terminated(address: usize, wide: bool, precision: Option<usize>) -> Vec<u16> {
    if address == 0 {
        return null();
    }
    let most = precision.unwrap_or(1 << 20);
    let unit = |index: usize| {
        if wide {
            raw::get::<u16>(address + 2 * index)
        } else {
            u16::from(raw::get::<u8>(address + index))
        }
    };
    (0..most).map(unit).take_while(|unit| *unit != 0).collect()
}

/// The text of a UNICODE_STRING or an ANSI_STRING.
fn counted(string: usize, wide: bool) -> Vec<u16> {
    if string == 0 || raw::get::<usize>(string + 8) == 0 {
        return null();
    }
    if wide {
        return raw::unicode(string);
    }
    let length = usize::from(raw::get::<u16>(string));
    raw::bytes(raw::get(string + 8), length).into_iter().map(u16::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    fn printed(units: Units, text: &str, arguments: &[u64]) -> String {
        let slots: Vec<u8> = arguments.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        let slots = Block::with(&slots, false);
        let text: Vec<u16> = text.encode_utf16().collect();
        format(units, &text, Arguments::at(slots.address())).readable()
    }

    fn check(text: &'static str, arguments: &[u64], expected: &'static str) {
        let arguments = arguments.to_vec();
        machine(0, move |_| assert_eq!(printed(Units::Narrow, text, &arguments), expected));
    }

    #[test]
    fn numbers_have_sign_width_precision_and_size() {
        const MINUS_ONE: u64 = u64::MAX;
        check("%d %i", &[MINUS_ONE, 5], "-1 5");
        check("%u", &[MINUS_ONE], "4294967295");
        check("%I64d %lld %I64u", &[MINUS_ONE, MINUS_ONE, MINUS_ONE], "-1 -1 18446744073709551615");
        check("[%5d|%-5d|%05d|%+d|% d]", &[42, 42, 42, 42, 42], "[   42|42   |00042|+42| 42]");
        check("[%.3d|%6.3d|%.0d]", &[7, 7, 0], "[007|   007|]");
        check(
            "[%x|%X|%#x|%08lx|%I64X]",
            &[0xAB, 0xAB, 0xAB, 0xAB, 0xAB_CDEF_0123],
            "[ab|AB|0xab|000000ab|ABCDEF0123]",
        );
        check("%hd %hhu %hx", &[0xFFFF_FFFF, 0x1FF, 0x1_ABCD], "-1 255 abcd");
        check("[%*d|%-*d]", &[4, 1, 4, 1], "[   1|1   ]");
        check("%p", &[0xFFFF_F780_0000_0000], "FFFFF78000000000");
        check("100%%", &[], "100%");
    }

    #[test]
    fn text_is_read_as_far_as_the_conversion_says_and_no_farther() {
        machine(0, |_| {
            // Neither ends with a terminator: reading past the precision would fault.
            let narrow = Block::with(b"abcdef", false);
            let wide: Vec<u8> = "wxyz".encode_utf16().flat_map(u16::to_le_bytes).collect();
            let wide = Block::with(&wide, false);
            let slots = [narrow.address() as u64, wide.address() as u64];
            assert_eq!(printed(Units::Narrow, "%.6s %.4ws", &slots), "abcdef wxyz");
            assert_eq!(printed(Units::Narrow, "%.6hs %.4S", &slots), "abcdef wxyz");
            assert_eq!(printed(Units::Wide, "%.6S %.4s", &slots), "abcdef wxyz");
            assert_eq!(printed(Units::Wide, "%.6hs %.4ls", &slots), "abcdef wxyz");
            assert_eq!(
                printed(Units::Narrow, "[%8.3s|%-5.2s]", &[slots[0], slots[0]]),
                "[     abc|ab   ]"
            );
            assert_eq!(printed(Units::Narrow, "%c%C%s", &[0x41, 0x42, 0]), "AB(null)");
        });
    }

    #[test]
    fn counted_strings_end_at_their_length() {
        machine(0, |_| {
            let text: Vec<u8> = "adapter".encode_utf16().flat_map(u16::to_le_bytes).collect();
            let text = Block::with(&text, false);
            let string = Block::with(&[0; 16], false);
            raw::put(string.address(), [14_u16, 14]);
            raw::put(string.address() + 8, text.address());
            let slots = [string.address() as u64];
            assert_eq!(printed(Units::Narrow, "<%wZ>", &slots), "<adapter>");
            assert_eq!(printed(Units::Narrow, "<%.3wZ>", &slots), "<ada>");
            assert_eq!(printed(Units::Narrow, "<%Z>", &slots), "<a\0d\0a\0p\0t\0e\0r\0>");
            raw::put(string.address() + 8, 0_usize);
            assert_eq!(printed(Units::Narrow, "<%wZ>", &slots), "<(null)>");
        });
    }

    #[test]
    fn unicode_in_narrow_text_is_told() {
        machine(0, |_| {
            let slots = Block::of([0_u64; 2]);
            let told = |units, text: &str| {
                let text: Vec<u16> = text.encode_utf16().collect();
                format(units, &text, Arguments::at(slots.address())).unicode
            };
            assert!(
                told(Units::Narrow, "%ws")
                    && told(Units::Narrow, "%wZ")
                    && told(Units::Narrow, "%lc")
            );
            assert!(!told(Units::Narrow, "%s %d") && !told(Units::Wide, "%s"));
        });
    }
}
