//! An event as its own metadata describes it. Any bytes decode: what does not fit is named in
//! `Event::problem`, beside what was read until then.

use serde::{Serialize, Serializer};

use super::bytes::Bytes;
use super::value::{Field, Value, guid_text, serialize_fields};
use super::{payload, schema};
use crate::journal::etw::EtwWrite;

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    pub time_100ns: u64,
    pub thread: u32,
    /// Out of the traits, else the GUID.
    pub provider: String,
    pub provider_guid: String,
    /// `Event <id>` when the event brings no schema.
    pub name: String,
    pub level: u8,
    pub opcode: Opcode,
    #[serde(serialize_with = "hex")]
    pub keyword: u64,
    /// `None` when zero.
    #[serde(serialize_with = "activity")]
    pub activity: Option<[u8; 16]>,
    /// `None` when absent or zero.
    #[serde(serialize_with = "activity")]
    pub related: Option<[u8; 16]>,
    #[serde(serialize_with = "object")]
    pub fields: Vec<Field>,
    /// The first thing that is wrong with the bytes.
    pub problem: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Info,
    Start,
    Stop,
    Other(u8),
}

impl Event {
    /// The first field of that name.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.value)
    }
}

pub fn decode(write: &EtwWrite, time_100ns: u64, thread: u32) -> Event {
    let provider_guid = guid_text(&write.provider);
    let (provider, traits_problem) = match provider_name(&write.traits) {
        Ok(name) => (name, None),
        Err(problem) => (None, Some(problem)),
    };
    let (name, fields, problem) = if write.metadata.is_empty() {
        let fields = match write.payload.as_slice() {
            [] => Vec::new(),
            bytes => vec![Field { name: "Payload".into(), value: Value::Binary(bytes.into()) }],
        };
        (format!("Event {}", write.descriptor.id), fields, None)
    } else {
        let schema = schema::read(&write.metadata);
        let (fields, problem) = payload::read(&schema.fields, &write.payload);
        // Where the schema is damaged, a payload that does not fit it is a consequence.
        (schema.name, fields, schema.problem.or(problem))
    };
    Event {
        time_100ns,
        thread,
        provider: provider.unwrap_or_else(|| provider_guid.clone()),
        provider_guid,
        name,
        level: write.descriptor.level,
        opcode: match write.descriptor.opcode {
            0 => Opcode::Info,
            1 => Opcode::Start,
            2 => Opcode::Stop,
            other => Opcode::Other(other),
        },
        keyword: write.descriptor.keyword,
        activity: Some(write.activity).filter(|id| *id != [0; 16]),
        related: write.related.filter(|id| *id != [0; 16]),
        fields,
        problem: traits_problem.map(str::to_owned).or(problem),
    }
}

/// `u16 total size | UTF-8 name, NUL | { u16 size, u8 type, data }*`; none when there are no traits.
fn provider_name(traits: &[u8]) -> Result<Option<String>, &'static str> {
    let mut bytes = Bytes::new(traits);
    if traits.is_empty() {
        return Ok(None);
    }
    bytes.u16().ok_or("provider traits have no size")?;
    match bytes.until_nul() {
        None => Err("provider name at traits offset 2 does not end"),
        Some([]) => Ok(None),
        Some(name) => Ok(Some(String::from_utf8_lossy(name).into_owned())),
    }
}

impl Serialize for Opcode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Opcode::Info => serializer.serialize_str("Info"),
            Opcode::Start => serializer.serialize_str("Start"),
            Opcode::Stop => serializer.serialize_str("Stop"),
            Opcode::Other(number) => serializer.serialize_u8(*number),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn hex<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:#x}"))
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn activity<S: Serializer>(id: &Option<[u8; 16]>, serializer: S) -> Result<S::Ok, S::Error> {
    id.as_ref().map(guid_text).serialize(serializer)
}

fn object<S: Serializer>(fields: &[Field], serializer: S) -> Result<S::Ok, S::Error> {
    serialize_fields(fields, serializer)
}

#[cfg(test)]
mod tests;
