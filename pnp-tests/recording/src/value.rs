//! One decoded value: what it is, how a person reads it, and how JSON carries it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::rc::Rc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::status;

/// Binary data shows this many bytes and then a count of all.
const BYTES_SHOWN: usize = 16;

/// One field of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The field's name in the schema.
    pub name: Rc<str>,
    /// The field's value.
    pub value: Value,
}

/// A value after its in-type said how to read it and its out-type how to show it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A signed number.
    Signed(i64),
    /// A number; also process and thread ids, ports (in host order) and Win32 errors.
    Unsigned(u64),
    /// A number that is shown in base 16; also pointers and HRESULTs.
    Hex(u64),
    /// A number of 32 bits with a point.
    Single(f32),
    /// A number of 64 bits with a point.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// Text as it came, with any NULs inside.
    Text(String),
    /// Bytes without a meaning.
    Binary(Vec<u8>),
    /// A GUID, in Windows byte order.
    Guid([u8; 16]),
    /// 100 ns since 1601.
    FileTime(u64),
    /// Year, month, day of the week, day, hour, minute, second, millisecond.
    SystemTime {
        /// The eight numbers.
        parts: [u16; 8],
        /// Of Greenwich; else of the machine.
        utc: bool,
    },
    /// A security identifier.
    Sid {
        /// Always 1 so far.
        revision: u8,
        /// The authority, 48 bits.
        authority: u64,
        /// The numbers behind it.
        sub_authorities: Vec<u32>,
    },
    /// An `NTSTATUS`.
    NtStatus(u32),
    /// An address.
    Ipv4(Ipv4Addr),
    /// An address.
    Ipv6(Ipv6Addr),
    /// An address with its port.
    Socket(SocketAddr),
    /// Values of one type.
    Array(Vec<Value>),
    /// Fields of one field.
    Struct(Vec<Field>),
}

impl Value {
    /// The number that it is, if it is one that is not negative.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self {
            Value::Unsigned(number) | Value::Hex(number) => Some(*number),
            Value::Signed(number) => u64::try_from(*number).ok(),
            Value::NtStatus(code) => Some((*code).into()),
            Value::Bool(truth) => Some((*truth).into()),
            _ => None,
        }
    }

    /// The text that it is, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Value::Text(text) = self { Some(text) } else { None }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            Value::Signed(number) => write!(f, "{number}"),
            Value::Unsigned(number) => write!(f, "{number}"),
            Value::Hex(number) => write!(f, "{number:#x}"),
            Value::Single(number) => write!(f, "{number}"),
            Value::Double(number) => write!(f, "{number}"),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Text(text) => f.write_str(&shown(text)),
            Value::Binary(bytes) => write_binary(f, bytes),
            Value::Guid(guid) => f.write_str(&guid_text(guid)),
            Value::FileTime(time) => write_file_time(f, *time),
            Value::SystemTime { parts: [year, month, _, day, hour, minute, second, ms], utc } => {
                let zone = if *utc { "Z" } else { "" };
                write!(f, "{year:04}-{month:02}-{day:02}T")?;
                write!(f, "{hour:02}:{minute:02}:{second:02}.{ms:03}{zone}")
            }
            Value::Sid { revision, authority, sub_authorities } => {
                write!(f, "S-{revision}-{authority}")?;
                sub_authorities.iter().try_for_each(|part| write!(f, "-{part}"))
            }
            Value::NtStatus(code) => match status::name(*code) {
                Some(name) => f.write_str(name),
                None => write!(f, "0x{code:08X}"),
            },
            Value::Ipv4(address) => write!(f, "{address}"),
            Value::Ipv6(address) => write!(f, "{address}"),
            Value::Socket(address) => write!(f, "{address}"),
            Value::Array(values) => write_list(f, ('[', ']'), values, |f, value| value.fmt(f)),
            Value::Struct(fields) => write_list(f, ('{', '}'), fields, |f, field| {
                write!(f, "{}={}", shown(&field.name), field.value)
            }),
        }
    }
}

/// Text that cannot disturb a terminal or a table: NULs separate (the strings of a `REG_MULTI_SZ`),
/// other control characters are escaped.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::new();
    for c in text.trim_end_matches('\0').chars() {
        match c {
            '\0' => out.push_str(", "),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

/// `{cdead503-17f5-4a3e-b7ae-df8cc2902eb9}`: the first three groups are little-endian numbers.
pub(super) fn guid_text(guid: &[u8; 16]) -> String {
    let mut out = "{".to_owned();
    for (position, index) in
        [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].iter().enumerate()
    {
        if matches!(position, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        out.push_str(&hex(&guid[*index..=*index], ""));
    }
    out + "}"
}

fn hex(bytes: &[u8], separator: &str) -> String {
    let pairs: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.join(separator)
}

fn write_binary(f: &mut Formatter, bytes: &[u8]) -> fmt::Result {
    match bytes.len() {
        0 => f.write_str("(0 bytes)"),
        1..=BYTES_SHOWN => f.write_str(&hex(bytes, " ")),
        count => write!(f, "{}… ({count} bytes)", hex(&bytes[..BYTES_SHOWN], " ")),
    }
}

/// UTC; the calendar is Howard Hinnant's `civil_from_days`, counted from 1 March 1600.
fn write_file_time(f: &mut Formatter, time: u64) -> fmt::Result {
    const SECOND: u64 = 10_000_000;
    let days = time / (86_400 * SECOND) + 306;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = 1600 + 400 * era + year_of_era + u64::from(month <= 2);
    let (seconds, fraction) = (time / SECOND % 86_400, time % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:07}Z")
}

fn write_list<T>(
    f: &mut Formatter,
    (open, close): (char, char),
    list: &[T],
    mut each: impl FnMut(&mut Formatter, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_char(open)?;
    for (index, one) in list.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        each(f, one)?;
    }
    f.write_char(close)
}

/// Numbers, truths, arrays and structs as such; binary data as hex digits, all of them; the rest as
/// displayed.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Signed(number) => number.serialize(serializer),
            Value::Unsigned(number) => number.serialize(serializer),
            Value::Bool(truth) => truth.serialize(serializer),
            Value::Array(values) => values.serialize(serializer),
            Value::Struct(fields) => serialize_fields(fields, serializer),
            Value::Binary(bytes) => hex(bytes, "").serialize(serializer),
            // Through its text: widened, 0.1 would read 0.10000000149011612.
            Value::Single(number) if number.is_finite() => {
                number.to_string().parse::<f64>().unwrap_or_default().serialize(serializer)
            }
            // JSON has no infinity and no NaN: those are text.
            Value::Double(number) if number.is_finite() => number.serialize(serializer),
            Value::Single(_)
            | Value::Double(_)
            | Value::Hex(_)
            | Value::Text(_)
            | Value::Guid(_)
            | Value::FileTime(_)
            | Value::SystemTime { .. }
            | Value::Sid { .. }
            | Value::NtStatus(_)
            | Value::Ipv4(_)
            | Value::Ipv6(_)
            | Value::Socket(_) => serializer.collect_str(self),
        }
    }
}

/// A JSON object in the fields' order. An event may name two fields alike, an object may not: the
/// second one is called `Name#2`.
pub(super) fn serialize_fields<S: Serializer>(
    fields: &[Field],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(fields.len()))?;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for field in fields {
        let mut key = field.name.to_string();
        while seen.contains_key(&key) {
            let count = seen.entry(field.name.to_string()).or_insert(1);
            *count += 1;
            key = format!("{}#{count}", field.name);
        }
        map.serialize_entry(&key, &field.value)?;
        seen.insert(key, 1);
    }
    map.end()
}
