//! Reads the words that hold for any driver.

use super::ast::{DriverState, Given, Never, Opcode, Then, TracePattern, When};
use journal::names;
use lang::quantity::duration;
use lang::{Fault, Names, Read, Row, Topic, Word, Words, clip, row, with_article, words_of};

/// `given ...`
pub const GIVENS: &[Row<Read<Given>>] = &[
    ("parameter", |words| {
        let name = words.identifier("the name of a parameter", "QueryWakeSettings")?;
        let value = words.need("a number", &["1"])?.number()?;
        Ok(Given::Parameter { name, value })
    }),
    ("fail", fail),
    ("trace", |words| words.keyword("trace setting", &[("off", Given::TraceOff)])),
];

/// `when ...`; a duration may stand there, too.
pub const WHENS: &[Row<Read<When>>] = &[
    ("driver", |words| {
        let verbs = [
            ("loads", When::DriverLoads),
            ("unloads", When::DriverUnloads),
            ("upgrades", When::DriverUpgrades),
        ];
        words.keyword("verb", &verbs)
    }),
    ("trace", session),
];

/// What reads a line about traced events, which may be about things that others have named.
type ReadAmong<T> = fn(&mut Words, &[&dyn Names]) -> Result<T, Fault>;

/// `then ...`
pub const THENS: &[Row<ReadAmong<Then>>] = &[
    ("trace", |words, names| trace(words, names).map(Then::Trace)),
    ("driver", |words, _| driver(words).map(Then::Driver)),
];

/// `never ...`
pub const NEVERS: &[Row<ReadAmong<Never>>] = &[
    ("trace", |words, names| trace(words, names).map(Never::Trace)),
    ("call", |words, _| {
        let import = words.identifier("the name of an import", "KeBugCheckEx")?;
        Ok(Never::Call { import })
    }),
];

/// `vary ...`
pub const TOPICS: &[Row<Read<(Word, Given)>>] = &[("fail-allocation", |words| {
    let word = words.need("which allocation fails", &["1", "2", "3"])?;
    let nth = word.number()?;
    if nth == 0 {
        return Err(word.fault("the first allocation is number 1").expected(&["1"]));
    }
    Ok((word, Given::FailAllocation { nth }))
})];

/// Every word that begins a statement.
pub fn first_words() -> impl Iterator<Item = &'static str> {
    words_of(GIVENS).chain(words_of(WHENS)).chain(words_of(THENS)).chain(words_of(NEVERS))
}

/// The first words that may stand after `when`.
pub fn when_choices() -> impl Iterator<Item = &'static str> {
    words_of(WHENS).chain(["a duration"])
}

/// The given that begins with `first`, if it is one of these words.
pub fn given(first: &Word, words: &mut Words) -> Result<Option<Given>, Fault> {
    row(GIVENS, first).map(|read| read(words)).transpose()
}

/// The event of a line that begins with `first`, if `first` is one of these words.
pub fn when(first: &Word, words: &mut Words) -> Result<Option<When>, Fault> {
    if first.text.starts_with(|character: char| character.is_ascii_digit()) {
        let for_100ns = duration(first)?;
        words.keyword("verb", &[("passes", ()), ("pass", ())])?;
        return Ok(Some(When::Passes { for_100ns }));
    }
    row(WHENS, first).map(|read| read(words)).transpose()
}

/// The expectation of a line that begins with `first`, if `first` is one of these words.
pub fn then(first: &Word, words: &mut Words, names: &[&dyn Names]) -> Result<Option<Then>, Fault> {
    row(THENS, first).map(|read| read(words, names)).transpose()
}

/// The ban of a line that begins with `first`, if `first` is one of these words.
pub fn never(
    first: &Word,
    words: &mut Words,
    names: &[&dyn Names],
) -> Result<Option<Never>, Fault> {
    row(NEVERS, first).map(|read| read(words, names)).transpose()
}

/// The next value of a topic, if it is one of these.
pub fn value(topic: &Word, words: &mut Words) -> Result<Option<(Word, Given)>, Fault> {
    row(TOPICS, topic).map(|read| read(words)).transpose()
}

/// The topic that a given settles, if the topic may also vary.
pub fn topic(given: &Given) -> Option<Topic> {
    match given {
        // Several allocations may fail.
        Given::FailAllocation { .. } => Some(Topic { name: "fail-allocation", once: false }),
        Given::FailCall { .. } | Given::Parameter { .. } | Given::TraceOff => None,
    }
}

/// A status by name or as `0x` and hex digits.
pub fn status(words: &mut Words) -> Result<i32, Fault> {
    let known = names::STATUS_NAMES.iter().map(|(name, _)| *name);
    words.code("status", known, Some("0xC0000001"), |word| Ok(names::parse_status(&word.text)))
}

/// `allocation 2`, `call ExAllocatePool2 1 RESOURCES`
fn fail(words: &mut Words) -> Result<Given, Fault> {
    if words.keyword("kind of failure", &[("allocation", true), ("call", false)])? {
        return Ok(Given::FailAllocation { nth: words.ordinal()? });
    }
    let import = words.import()?;
    let nth = words.ordinal()?;
    Ok(Given::FailCall { import, nth, status: status(words)? })
}

/// `starts at 4 0x2`, `stops in 30s`, `captures`
fn session(words: &mut Words) -> Result<When, Fault> {
    let verbs = [
        ("starts", When::TraceStarts),
        ("stops", When::TraceStops),
        ("captures", When::TraceCaptures),
    ];
    let what = words.keyword("verb", &verbs)?;
    if what != When::TraceStarts && words.next_is("in") {
        words.joint("in")?;
        let for_100ns = duration(&words.need("a duration", &["30s"])?)?;
        return Ok(match what {
            When::TraceStops => When::TraceStopsIn { for_100ns },
            _ => When::TraceCapturesIn { for_100ns },
        });
    }
    if what == When::TraceStarts && words.next_is("at") {
        words.joint("at")?;
        let level = words.number("the level")?;
        let level = u8::try_from(level).unwrap_or(u8::MAX);
        let keywords = words.number("the keywords")?.into();
        return Ok(When::TraceStartsAt { level, keywords });
    }
    Ok(what)
}

/// `loaded`, `refused 0xC000009A`
fn driver(words: &mut Words) -> Result<DriverState, Fault> {
    let states = [
        ("loaded", Some(DriverState::Loaded)),
        ("not-loaded", Some(DriverState::NotLoaded)),
        ("refused", None),
    ];
    match words.keyword("driver state", &states)? {
        Some(state) => Ok(state),
        None => Ok(DriverState::Refused { status: status(words)? }),
    }
}

/// `NetPnPEvent stop on eth0 Event=SetPower Status=SUCCESS`; all but the first in any order.
fn trace(words: &mut Words, names: &[&dyn Names]) -> Result<TracePattern, Fault> {
    let event = words.identifier("the name of a traced event", "NetPnPEvent")?;
    let mut pattern = TracePattern { event, on: None, opcode: None, fields: Vec::new() };
    while let Some(word) = words.take() {
        match word.text.as_str() {
            "start" if pattern.opcode.is_none() => pattern.opcode = Some(Opcode::Start),
            "stop" if pattern.opcode.is_none() => pattern.opcode = Some(Opcode::Stop),
            "on" if pattern.on.is_none() && !names.is_empty() => {
                pattern.on = Some(subject(words, names)?);
            }
            _ => pattern.fields.push(field(&word, &pattern.fields)?),
        }
    }
    Ok(pattern)
}

/// The next word, which names what traced events are about.
fn subject(words: &mut Words, names: &[&dyn Names]) -> Result<(String, String), Fault> {
    let nouns: Vec<&str> = names.iter().map(|names| names.noun()).collect();
    let nouns = nouns.join(" or ");
    let choices: Vec<&str> = names.iter().flat_map(|names| names.choices()).collect();
    let word = words.need(&with_article(&nouns), &choices)?;
    let found = names.iter().find_map(|names| names.traced_as(&word.text));
    found.ok_or_else(|| word.unknown(&nouns, &choices))
}

/// `Status=SUCCESS`, `Adapter="Contoso 2.5GbE"`
fn field(word: &Word, before: &[(String, String)]) -> Result<(String, String), Fault> {
    let choices = ["start", "stop", "on", "Field=Value"];
    let (name, value) =
        word.text.split_once('=').ok_or_else(|| word.unknown("part of a trace", &choices))?;
    if name.is_empty() {
        return Err(word.malformed("a field", &["Field=Value"]));
    }
    if before.iter().any(|(known, _)| known == name) {
        return Err(word.fault(format!("field `{}` has a value already", clip(name))));
    }
    Ok((name.to_owned(), value.to_owned()))
}
