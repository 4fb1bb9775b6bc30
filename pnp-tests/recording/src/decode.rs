//! An event as its own metadata describes it. Any bytes decode: what does not fit is named in
//! `Event::problem`, beside what was read until then.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Serialize, Serializer};

use super::bytes::Bytes;
use super::etl::RecordRef;
use super::schema::Schema;
use super::value::{Field, Value, guid_text, serialize_fields};
use super::{payload, schema};
use journal::etw::EtwWrite;

/// One event, decoded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When, on the clock of the session.
    pub time_100ns: u64,
    /// Number of the thread that wrote it.
    pub thread: u32,
    /// Out of the traits, else the GUID.
    pub provider: Rc<str>,
    /// The provider's GUID, in braces.
    pub provider_guid: Rc<str>,
    /// `Event <id>` when the event brings no schema.
    pub name: Rc<str>,
    /// 1 critical, 2 error, 3 warning, 4 information, 5 verbose.
    pub level: u8,
    /// Whether it begins a span, ends one, or does neither.
    pub opcode: Opcode,
    /// Keyword, a bit mask.
    #[serde(serialize_with = "hex")]
    pub keyword: u64,
    /// `None` when zero.
    #[serde(serialize_with = "activity")]
    pub activity: Option<[u8; 16]>,
    /// `None` when absent or zero.
    #[serde(serialize_with = "activity")]
    pub related: Option<[u8; 16]>,
    /// The fields, in the order of the schema.
    #[serde(serialize_with = "object")]
    pub fields: Vec<Field>,
    /// The first thing that is wrong with the bytes.
    pub problem: Option<String>,
    /// Whether the event was recorded before the session began; the times are the original ones.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
}

/// The event's effect on a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A point in time.
    Info,
    /// The begin of a span.
    Start,
    /// The end of a span.
    Stop,
    /// A number with another meaning.
    Other(u8),
}

impl Opcode {
    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Self::Info,
            1 => Self::Start,
            2 => Self::Stop,
            other => Self::Other(other),
        }
    }
}

impl Event {
    /// The first field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|field| &*field.name == name).map(|field| &field.value)
    }
}

/// Decodes events one after the other; schemas and providers that come again are read once.
#[derive(Default)]
pub struct Decoder {
    schemas: HashMap<Box<[u8]>, Rc<Schema>>,
    providers: HashMap<ProviderKey, Rc<Provider>>,
}

/// GUID and traits.
type ProviderKey = ([u8; 16], Box<[u8]>);

struct Provider {
    guid: Rc<str>,
    /// Out of the traits, else the GUID.
    name: Rc<str>,
    problem: Option<&'static str>,
}

impl Provider {
    fn read(guid: &[u8; 16], traits: &[u8]) -> Self {
        let guid: Rc<str> = guid_text(guid).into();
        let (name, problem) = match provider_name(traits) {
            Ok(name) => (name.map(Into::into), None),
            Err(problem) => (None, Some(problem)),
        };
        Self { name: name.unwrap_or_else(|| Rc::clone(&guid)), guid, problem }
    }
}

impl Decoder {
    /// The event of one record; any bytes are one.
    pub fn decode(&mut self, record: &RecordRef<'_>) -> Event {
        let provider = self.provider(record);
        let (name, fields, problem) = if record.metadata.is_empty() {
            let fields = match record.payload {
                [] => Vec::new(),
                bytes => vec![Field { name: "Payload".into(), value: Value::Binary(bytes.into()) }],
            };
            (format!("Event {}", record.descriptor.id).into(), fields, None)
        } else {
            let schema = self.schema(record.metadata);
            let (fields, problem) = payload::read(&schema.fields, record.payload);
            // Where the schema is damaged, a payload that does not fit it is a consequence.
            (Rc::clone(&schema.name), fields, schema.problem.clone().or(problem))
        };
        Event {
            time_100ns: record.time_100ns,
            thread: record.thread,
            provider: Rc::clone(&provider.name),
            provider_guid: Rc::clone(&provider.guid),
            name,
            level: record.descriptor.level,
            opcode: Opcode::of(record.descriptor.opcode),
            keyword: record.descriptor.keyword,
            activity: Some(record.activity).filter(|id| *id != [0; 16]),
            related: record.related.filter(|id| *id != [0; 16]),
            fields,
            problem: provider.problem.map(str::to_owned).or(problem),
            history: false,
        }
    }

    fn schema(&mut self, metadata: &[u8]) -> Rc<Schema> {
        if let Some(schema) = self.schemas.get(metadata) {
            return Rc::clone(schema);
        }
        let schema = Rc::new(schema::read(metadata));
        self.schemas.insert(metadata.into(), Rc::clone(&schema));
        schema
    }

    fn provider(&mut self, record: &RecordRef<'_>) -> Rc<Provider> {
        let key = (record.provider, record.traits.into());
        let read = || Rc::new(Provider::read(&record.provider, record.traits));
        Rc::clone(self.providers.entry(key).or_insert_with(read))
    }
}

/// An event of a run.
#[must_use]
pub fn decode(write: &EtwWrite, time_100ns: u64, thread: u32) -> Event {
    Decoder::default().decode(&RecordRef::of(write, time_100ns, thread))
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
