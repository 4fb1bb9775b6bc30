//! An event's values: the payload read as its schema says.
//!
//! Reading stops at the first value that does not fit, since nothing after it has a known place.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::bytes::Bytes;
use super::schema::{Count, FieldType, STRUCT};
use super::value::{Field, Value};

/// A genuine event has 64 KB and thus no more values. The limit is for schemas whose arrays of empty
/// arrays take no payload at all.
const MAX_VALUES: u32 = 1 << 17;

/// `OutType`s by number.
mod out {
    pub(super) const STRING: u8 = 2;
    pub(super) const BOOLEAN: u8 = 3;
    pub(super) const HEX: u8 = 4;
    pub(super) const PORT: u8 = 7;
    pub(super) const IPV4: u8 = 8;
    pub(super) const IPV6: u8 = 9;
    pub(super) const SOCKET_ADDRESS: u8 = 10;
    pub(super) const XML: u8 = 11;
    pub(super) const JSON: u8 = 12;
    pub(super) const NTSTATUS: u8 = 14;
    pub(super) const HRESULT: u8 = 15;
    pub(super) const UTF8: u8 = 35;
    pub(super) const CODE_POINTER: u8 = 37;
    pub(super) const UTC: u8 = 38;
}

/// The values, and what was wrong with them if something was.
pub(super) fn read(types: &[FieldType], payload: &[u8]) -> (Vec<Field>, Option<String>) {
    let mut reader =
        Reader { bytes: Bytes::new(payload), values: 0, stopped: false, problem: None };
    let fields = reader.fields(types);
    let (at, left) = (reader.bytes.at(), reader.bytes.rest().len());
    if left > 0 && reader.problem.is_none() {
        reader.problem = Some(format!(
            "no field takes the payload from offset {at} on ({left} of {} bytes)",
            payload.len()
        ));
    }
    (fields, reader.problem)
}

struct Reader<'a> {
    bytes: Bytes<'a>,
    values: u32,
    stopped: bool,
    /// The first one.
    problem: Option<String>,
}

impl<'a> Reader<'a> {
    fn fields(&mut self, types: &[FieldType]) -> Vec<Field> {
        let mut fields = Vec::new();
        for field in types {
            if self.stopped {
                break;
            }
            if let Some(value) = self.field(field) {
                fields.push(Field { name: field.name.clone(), value });
            }
        }
        fields
    }

    /// `None` once stopped; an array or struct begun before has what was read of it.
    fn field(&mut self, field: &FieldType) -> Option<Value> {
        let count = match field.count {
            Count::One => return self.one(field),
            // No type says what is inside; its length is known by the convention for binary.
            Count::Custom => return self.counted(field).map(|bytes| Value::Binary(bytes.to_vec())),
            Count::Constant(count) => count,
            Count::Variable => self.u16(field)?,
        };
        let mut values = Vec::new();
        for _ in 0..count {
            values.extend(self.one(field));
            if self.stopped {
                break;
            }
        }
        Some(if is_character(field) { join(&values) } else { Value::Array(values) })
    }

    fn one(&mut self, field: &FieldType) -> Option<Value> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return self.stop(field, &format!("more than {MAX_VALUES} values"));
        }
        match field.in_type {
            1 => self.utf16_until_nul(field).map(Value::Text),
            2 => self.narrow_until_nul(field),
            3..=10 | 13 | 20 | 21 => self.integer(field),
            11 => self.array(field).map(|bytes| Value::Single(f32::from_le_bytes(bytes))),
            12 => self.array(field).map(|bytes| Value::Double(f64::from_le_bytes(bytes))),
            14 | 25 => self.counted(field).map(|bytes| binary(field, bytes)),
            15 => self.array(field).map(Value::Guid),
            17 => self.array(field).map(|bytes| Value::FileTime(u64::from_le_bytes(bytes))),
            18 => {
                let bytes = self.take(field, 16)?;
                let parts =
                    std::array::from_fn(|i| u16::from_le_bytes([bytes[2 * i], bytes[2 * i + 1]]));
                Some(Value::SystemTime { parts, utc: field.out_type == out::UTC })
            }
            19 => self.sid(field),
            22 => self.counted_utf16(field).map(Value::Text),
            23 => self.counted(field).map(|bytes| Value::Text(narrow(field, bytes))),
            STRUCT => Some(Value::Struct(self.fields(&field.members))),
            unknown => self.stop(field, &format!("unknown type {unknown}")),
        }
    }

    fn integer(&mut self, field: &FieldType) -> Option<Value> {
        let size = match field.in_type {
            3 | 4 => 1,
            5 | 6 => 2,
            7 | 8 | 13 | 20 => 4,
            _ => 8,
        };
        let taken = self.take(field, size)?;
        let mut wide = [0; 8];
        wide[..size].copy_from_slice(taken);
        let raw = u64::from_le_bytes(wide);
        let [b0, b1, b2, b3, ..] = wide;
        Some(match (field.out_type, size) {
            (out::STRING, 1) => Value::Text(cp1252(b0).into()),
            (out::STRING, 2) => {
                Value::Text(String::from_utf16_lossy(&[u16::from_le_bytes([b0, b1])]))
            }
            (out::BOOLEAN, _) => Value::Bool(raw != 0),
            (out::HEX | out::CODE_POINTER, _) | (out::HRESULT, 4) => Value::Hex(raw),
            (out::PORT, 2) => Value::Unsigned(u16::from_be_bytes([b0, b1]).into()),
            (out::IPV4, 4) => Value::Ipv4([b0, b1, b2, b3].into()),
            (out::NTSTATUS, 4) => Value::NtStatus(u32::from_le_bytes([b0, b1, b2, b3])),
            _ => match field.in_type {
                3 | 5 | 7 | 9 => {
                    let unused = 64 - 8 * size;
                    Value::Signed(raw.cast_signed() << unused >> unused)
                }
                13 => Value::Bool(raw != 0),
                20 | 21 => Value::Hex(raw),
                _ => Value::Unsigned(raw),
            },
        })
    }

    /// `revision, count of sub-authorities, 6 bytes authority (big-endian), sub-authorities`
    fn sid(&mut self, field: &FieldType) -> Option<Value> {
        let [revision, count, authority @ ..] = self.array::<8>(field)?;
        let authority = authority.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let (sub_authorities, _) = self.take(field, 4 * usize::from(count))?.as_chunks();
        let sub_authorities =
            sub_authorities.iter().map(|part| u32::from_le_bytes(*part)).collect();
        Some(Value::Sid { revision, authority, sub_authorities })
    }

    fn counted(&mut self, field: &FieldType) -> Option<&'a [u8]> {
        let count = self.u16(field)?;
        self.take(field, count.into())
    }

    fn counted_utf16(&mut self, field: &FieldType) -> Option<String> {
        let at = self.bytes.at();
        let bytes = self.counted(field)?;
        let (units, odd) = bytes.as_chunks();
        let text = utf16(units);
        if !odd.is_empty() {
            let length = bytes.len();
            self.tell(field, &format!("{length} bytes of UTF-16 at payload offset {at}"));
        }
        Some(text)
    }

    fn utf16_until_nul(&mut self, field: &FieldType) -> Option<String> {
        let (units, _) = self.bytes.rest().as_chunks();
        let Some(length) = units.iter().position(|unit| *unit == [0, 0]) else {
            return self.stop(field, "text does not end");
        };
        let text = utf16(&units[..length]);
        self.take(field, 2 * length + 2)?;
        Some(text)
    }

    fn narrow_until_nul(&mut self, field: &FieldType) -> Option<Value> {
        match self.bytes.until_nul() {
            Some(bytes) => Some(Value::Text(narrow(field, bytes))),
            None => self.stop(field, "text does not end"),
        }
    }

    fn u16(&mut self, field: &FieldType) -> Option<u16> {
        self.array(field).map(u16::from_le_bytes)
    }

    fn array<const N: usize>(&mut self, field: &FieldType) -> Option<[u8; N]> {
        self.take(field, N)?.try_into().ok()
    }

    fn take(&mut self, field: &FieldType, count: usize) -> Option<&'a [u8]> {
        let left = self.bytes.rest().len();
        if count > left {
            return self.stop(field, &format!("needs {count} bytes, has {left}"));
        }
        self.bytes.take(count)
    }

    fn stop<T>(&mut self, field: &FieldType, what: &str) -> Option<T> {
        self.stopped = true;
        self.tell(field, &format!("{what} at payload offset {}", self.bytes.at()));
        None
    }

    fn tell(&mut self, field: &FieldType, what: &str) {
        self.problem.get_or_insert_with(|| format!("field {:?}: {what}", field.name));
    }
}

/// An array of characters reads as a text.
fn is_character(field: &FieldType) -> bool {
    field.out_type == out::STRING && matches!(field.in_type, 3..=6)
}

fn join(characters: &[Value]) -> Value {
    Value::Text(characters.iter().map(ToString::to_string).collect())
}

fn utf16(units: &[[u8; 2]]) -> String {
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// XML and JSON imply UTF-8.
fn narrow(field: &FieldType, bytes: &[u8]) -> String {
    match field.out_type {
        out::UTF8 | out::XML | out::JSON => String::from_utf8_lossy(bytes).into_owned(),
        _ => bytes.iter().map(|byte| cp1252(*byte)).collect(),
    }
}

/// Windows-1252 is Latin-1 but for 0x80..0xA0; its five holes stay control characters.
fn cp1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž',
        '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..0xA0 => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn binary(field: &FieldType, bytes: &[u8]) -> Value {
    let address = match field.out_type {
        out::IPV6 => bytes.try_into().ok().map(|bytes: [u8; 16]| Value::Ipv6(bytes.into())),
        out::SOCKET_ADDRESS => socket(bytes).map(Value::Socket),
        _ => None,
    };
    address.unwrap_or_else(|| Value::Binary(bytes.to_vec()))
}

/// `SOCKADDR_IN` and `SOCKADDR_IN6` as Windows numbers the families (2 and 23).
fn socket(bytes: &[u8]) -> Option<SocketAddr> {
    let mut bytes = Bytes::new(bytes);
    let family = bytes.u16()?;
    let port = u16::from_be_bytes(bytes.array()?);
    match family {
        2 => {
            let address: Ipv4Addr = bytes.array::<4>()?.into();
            Some(SocketAddrV4::new(address, port).into())
        }
        23 => {
            let flow = u32::from_be_bytes(bytes.array()?);
            let address: Ipv6Addr = bytes.array::<16>()?.into();
            let scope = u32::from_le_bytes(bytes.array()?);
            Some(SocketAddrV6::new(address, port, flow, scope).into())
        }
        _ => None,
    }
}
