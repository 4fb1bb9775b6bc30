use std::string::String;
use std::vec::Vec;

use super::{Event, Group, NoFields, Opcode, numbers, text, wide};

crate::events! {
    /// Two events.
    TABLE;

    /// Says hello.
    Hello = "Hello", Start, WARNING, [NoFields, NoFields] {
        /// A number.
        A: U32,
        /// A truth.
        B: Bool,
        /// A text.
        C: Text,
        /// A status.
        D: Status,
        /// A list.
        E: U32List,
        /// UTF-16.
        F: Wide,
    }

    /// Says more.
    More = "More", Info, INFORMATIONAL, [NoFields, Hello<'static>] {
        /// In hexadecimal.
        G: Hex64,
    }
}

fn hello() -> Hello<'static> {
    const LIST: &[[u8; 4]] = &[[1, 0, 0, 0], [2, 0, 0, 0]];
    Hello { A: 7, B: true, C: text("abc"), D: -1, E: numbers(LIST), F: wide(&[b'x', 0]) }
}

#[test]
fn a_schema_reads_as_tracelogging_writes_it() {
    let expected = [
        &[0, 0, 0][..],
        b"Hello\0",
        b"A\0\x08",
        b"B\0\x84\x03",
        b"C\0\x97\x23",
        b"D\0\x94\x0E",
        b"E\0\x48",
        b"F\0\x16",
    ];
    let mut expected = expected.concat();
    expected[0] = u8::try_from(expected.len()).unwrap();
    assert_eq!(Hello::SCHEMA, expected);
}

#[test]
fn an_event_begins_with_the_fields_of_its_head() {
    let text = String::from_utf8_lossy(More::SCHEMA);
    let (a, g) = (text.find("A\0").unwrap(), text.find("G\0").unwrap());
    assert!(a < g, "{text}");
    assert_eq!(TABLE[1].shared[1], TABLE[0].fields);
    assert_eq!((TABLE[0].opcode, TABLE[1].opcode), (Opcode::Start, Opcode::Info));
    assert_eq!(TABLE[0].meaning.trim(), "Says hello.");
}

/// Type and size of every descriptor.
fn sizes<E: Event<Head = NoFields>>(
    event: &E,
    kind: &impl Group<Static = E::Kind>,
) -> Vec<(u8, u32)> {
    event.lay_out(b"traits", E::SCHEMA, &NoFields, kind, |pieces| {
        pieces.iter().map(|piece| (piece.Type, piece.Size)).collect()
    })
}

#[test]
fn numbers_in_a_row_share_a_descriptor_and_texts_have_their_own() {
    let schema = u32::try_from(Hello::SCHEMA.len()).unwrap();
    let pieces = [(2, 6), (1, schema), (0, 7), (0, 3), (0, 6), (0, 8), (0, 2), (0, 2)];
    assert_eq!(sizes(&hello(), &NoFields), pieces);
    assert!(<Hello as Group>::DESCRIPTORS + 2 >= pieces.len());
    let more = sizes(&More { G: 1 }, &hello());
    assert_eq!(more.last(), Some(&(0, 8)));
}

#[test]
fn an_empty_text_is_its_count_alone_and_a_long_one_is_cut() {
    let long = "x".repeat(5000);
    let event = Hello { C: text(&long), F: wide(&[]), ..hello() };
    let pieces = sizes(&event, &NoFields);
    assert!(pieces.contains(&(0, 4096)), "{pieces:?}");
    assert_eq!(pieces.last(), Some(&(0, 0)));
}
