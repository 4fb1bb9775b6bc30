use proptest::prelude::{any, prop_assert_eq, proptest};
use serde_json::json;

use super::{Event, Opcode, decode};
use crate::sample::{NTSTATUS, Sample, TEXT};
use crate::value::Value;

/// Flags of the in-type: where the count of an array is, or a type that no number names.
const CONSTANT: u8 = 0x20;
const VARIABLE: u8 = 0x40;
const CUSTOM: u8 = 0x60;

/// One field of that type, from that payload, reads as that text.
fn check(types: (u8, u8), payload: &[u8], expected: &str) {
    let event = Sample::event("E").typed("F", types).data(payload).at(0);
    assert_eq!(event.problem, None, "{types:?}");
    let field = event.field("F").map(ToString::to_string);
    assert_eq!(field.as_deref(), Some(expected), "{types:?}");
}

/// All fields as text, and the problem.
fn damaged(sample: &Sample) -> (String, String) {
    let event = sample.at(0);
    let fields: Vec<_> = event.fields.iter().map(|f| format!("{}={}", f.name, f.value)).collect();
    (fields.join(" "), event.problem.unwrap_or_default())
}

fn check_damaged(sample: &Sample, fields: &str, problem: &str) {
    assert_eq!(damaged(sample), (fields.to_owned(), problem.to_owned()));
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// With the u16 byte count in front.
fn counted(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
}

#[test]
fn integers_read_by_their_in_type() {
    check((3, 0), &[0xFF], "-1");
    check((4, 0), &[0xFF], "255");
    check((5, 0), &[0xFE, 0xFF], "-2");
    check((6, 0), &[0xFE, 0xFF], "65534");
    check((7, 0), &(-3_i32).to_le_bytes(), "-3");
    check((8, 0), &u32::MAX.to_le_bytes(), "4294967295");
    check((9, 0), &i64::MIN.to_le_bytes(), "-9223372036854775808");
    check((10, 0), &u64::MAX.to_le_bytes(), "18446744073709551615");
    check((13, 0), &[1, 0, 0, 0], "true");
    check((20, 0), &[0x1F, 0, 0, 0], "0x1f");
    check((21, 0), &u64::MAX.to_le_bytes(), "0xffffffffffffffff");
}

#[test]
fn integers_show_by_their_out_type() {
    check((4, 1), &[7], "7");
    check((4, 2), &[0x80], "€");
    check((6, 2), &[0xAC, 0x20], "€");
    check((4, 3), &[2], "true");
    check((4, 4), &[0x1F], "0x1f");
    check((8, 5), &[4, 0, 0, 0], "4");
    check((8, 6), &[5, 0, 0, 0], "5");
    check((6, 7), &[0x01, 0xBB], "443");
    check((8, 8), &[192, 0, 2, 1], "192.0.2.1");
    check((8, 13), &[5, 0, 0, 0], "5");
    check((7, 15), &[5, 0x40, 0, 0x80], "0x80004005");
    check((21, 37), &[0, 0x10, 0, 0, 0, 0, 0, 0], "0x1000");
}

#[test]
fn statuses_read_by_name_and_unknown_ones_by_number() {
    let statuses = [
        (0, "SUCCESS"),
        (0x103, "PENDING"),
        (0x0001_0003, "NOT_ACCEPTED"),
        (0xC000_0001, "FAILURE"),
        (0xC000_009A, "RESOURCES"),
        (0xC023_002A, "PAUSED"),
        (0xC023_002F, "LOW_POWER_STATE"),
        (0xC000_0005, "0xC0000005"),
    ];
    for (code, name) in statuses {
        check(NTSTATUS, &u32::to_le_bytes(code), name);
        check((8, 14), &u32::to_le_bytes(code), name);
    }
}

#[test]
fn floating_point_numbers_read_short() {
    check((11, 0), &0.1_f32.to_le_bytes(), "0.1");
    check((12, 0), &0.1_f64.to_le_bytes(), "0.1");
    check((12, 0), &f64::NAN.to_le_bytes(), "NaN");
}

#[test]
fn texts_read_in_each_encoding() {
    check((1, 0), &utf16("grün\0"), "grün");
    check((2, 0), b"gr\xFCn \x80\0", "grün €");
    check((2, 35), "grün\0".as_bytes(), "grün");
    check((22, 0), &counted(&utf16("grün 🦀")), "grün 🦀");
    check((23, 0), &counted(b"gr\xFCn"), "grün");
    check((23, 12), &counted("{\"ü\":1}".as_bytes()), "{\"ü\":1}");
    check(TEXT, &counted(b"not \xFF UTF-8"), "not \u{FFFD} UTF-8");
    check((22, 0), &counted(&[0x00, 0xD8]), "\u{FFFD}");
    check(TEXT, &counted(b""), "");
}

#[test]
fn nuls_inside_a_text_separate_and_control_characters_are_escaped() {
    check((22, 0), &counted(&utf16("\\Device\\A\0\\Device\\B\0\0")), "\\Device\\A, \\Device\\B");
    check(TEXT, &counted(b"a\n\x1B[2J"), "a\\n\\u{1b}[2J");
}

#[test]
fn binary_data_reads_as_bytes_with_a_count_where_it_is_capped() {
    check((14, 0), &counted(&[0xDE, 0xAD]), "de ad");
    check((25, 0), &counted(&[]), "(0 bytes)");
    let long = "00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f… (17 bytes)";
    check((14, 0), &counted(&(0..17).collect::<Vec<u8>>()), long);
}

#[test]
fn binary_addresses_read_as_addresses() {
    let mut loopback = [0; 16];
    loopback[15] = 1;
    check((14, 9), &counted(&loopback), "::1");
    check((25, 10), &counted(&[2, 0, 0x01, 0xBB, 192, 0, 2, 1, 0, 0]), "192.0.2.1:443");
    let six = [&[23, 0, 0, 80, 0, 0, 0, 0][..], &loopback, &[0; 4]].concat();
    check((25, 10), &counted(&six), "[::1]:80");
    check((25, 10), &counted(&[99, 0, 1]), "63 00 01");
}

#[test]
fn identifiers_and_times_read_in_windows_notation() {
    let guid = [
        0x03, 0xD5, 0xEA, 0xCD, 0xF5, 0x17, 0x3E, 0x4A, 0xB7, 0xAE, 0xDF, 0x8C, 0xC2, 0x90, 0x2E,
        0xB9,
    ];
    check((15, 0), &guid, "{cdead503-17f5-4a3e-b7ae-df8cc2902eb9}");
    check((17, 0), &0_u64.to_le_bytes(), "1601-01-01T00:00:00.0000000Z");
    check((17, 0), &116_444_736_000_000_001_u64.to_le_bytes(), "1970-01-01T00:00:00.0000001Z");
    check((17, 0), &133_536_815_990_000_000_u64.to_le_bytes(), "2024-02-29T11:59:59.0000000Z");
    let parts: Vec<u8> =
        [2026, 11, 5, 20, 21, 0, 7, 5].iter().flat_map(|part: &u16| part.to_le_bytes()).collect();
    check((18, 0), &parts, "2026-11-20T21:00:07.005");
    check((18, 38), &parts, "2026-11-20T21:00:07.005Z");
    let system = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
    check((19, 0), &system, "S-1-5-32-544");
}

#[test]
fn arrays_have_their_count_in_the_schema_or_in_the_payload() {
    check((VARIABLE + 4, 0), &[3, 0, 1, 2, 3], "[1, 2, 3]");
    check((VARIABLE + 4, 4), &[0, 0], "[]");
    let texts = [&[2, 0][..], &counted(b"a"), &counted(b"bc")].concat();
    check((VARIABLE + 23, 35), &texts, "[a, bc]");
    check((VARIABLE + 6, 2), &[2, 0, 0x48, 0, 0x69, 0], "Hi");
    let constant = Sample::event("E").typed("F", (CONSTANT + 4, 0)).meta(&[2, 0]).data(&[8, 9]);
    check_damaged(&constant, "F=[8, 9]", "");
}

#[test]
fn structs_hold_the_members_they_count() {
    let nested = Sample::event("E")
        .typed("Outer", (24, 2))
        .u32("A", 1)
        .typed("Inner", (24, 1))
        .u32("B", 2)
        .u32("After", 3);
    check_damaged(&nested, "Outer={A=1, Inner={B=2}} After=3", "");
    let array = Sample::event("E").typed("S", (VARIABLE + 24, 1)).data(&[2, 0]).typed("P", (4, 0));
    check_damaged(&array.data(&[7, 8]), "S=[{P=7}, {P=8}]", "");
}

#[test]
fn a_field_of_a_custom_type_is_its_counted_bytes() {
    let custom = Sample::event("E").typed("C", (CUSTOM + 14, 0)).meta(&[1, 0, 0xEE]).u32("A", 1);
    let mut write = custom.write();
    write.payload.splice(0..0, counted(&[0xAA, 0xBB]));
    let event = decode(&write, 0, 0);
    assert_eq!(event.problem, None);
    assert_eq!(event.fields[0].value, Value::Binary(vec![0xAA, 0xBB]));
    assert_eq!(event.fields[1].value, Value::Unsigned(1));
}

/// Written byte by byte after section a.1 of the wire format, not with the builder: group trait,
/// tags of one and of two bytes, `u32`, `u64_hex`, `str8`, `win_ntstatus`.
#[test]
fn an_event_reads_as_the_crate_writes_it() {
    let traits = [&[31, 0][..], b"NetPnpLwf\0", &[0x13, 0, 1], &[7; 16]].concat();
    let schema = [
        &[0, 0, 0x81, 0x05][..],
        b"Restart\0",
        b"IfIndex\0\x08",
        b"FilterHandle\0\x15",
        b"Layer\0\x97\xA3\x04",
        b"Status\0\x94\x0E",
    ];
    let mut write = Sample::event("").start(3).related(2).write();
    write.traits = traits;
    write.metadata = schema.concat();
    write.metadata[0] = u8::try_from(write.metadata.len()).unwrap();
    write.payload = [
        &7_u32.to_le_bytes()[..],
        &0x1122_3344_5566_7788_u64.to_le_bytes(),
        b"\x05\0MyLwf",
        &0x103_u32.to_le_bytes(),
    ]
    .concat();
    let json = serde_json::to_string_pretty(&decode(&write, 12, 5)).unwrap();
    insta::assert_snapshot!(json, @r##"
    {
      "time_100ns": 12,
      "thread": 5,
      "provider": "NetPnpLwf",
      "provider_guid": "{abababab-abab-abab-abab-abababababab}",
      "name": "Restart",
      "level": 5,
      "opcode": "Start",
      "keyword": "0x1",
      "activity": "{03030303-0303-0303-0303-030303030303}",
      "related": "{02020202-0202-0202-0202-020202020202}",
      "fields": {
        "IfIndex": 7,
        "FilterHandle": "0x1122334455667788",
        "Layer": "MyLwf",
        "Status": "PENDING"
      },
      "problem": null
    }
    "##);
}

#[test]
fn an_event_without_a_schema_keeps_its_id_and_its_payload() {
    let mut write = Sample::event("").data(&[1, 2]).write();
    write.metadata.clear();
    write.traits.clear();
    write.descriptor.id = 42;
    write.descriptor.opcode = 9;
    let event = decode(&write, 0, 0);
    assert_eq!((&*event.name, event.opcode), ("Event 42", Opcode::Other(9)));
    assert_eq!(&*event.provider, "{abababab-abab-abab-abab-abababababab}");
    assert_eq!(event.field("Payload"), Some(&Value::Binary(vec![1, 2])));
    assert_eq!((event.activity, event.problem), (None, None));
}

#[test]
fn a_payload_that_ends_early_keeps_the_fields_before() {
    let sample = Sample::event("E").u32("A", 1).typed("B", (8, 0)).data(&[2, 0]);
    check_damaged(&sample, "A=1", "field \"B\": needs 4 bytes, has 2 at payload offset 4");
    let text = Sample::event("E").typed("T", TEXT).data(&[9, 0, b'a']);
    check_damaged(&text, "", "field \"T\": needs 9 bytes, has 1 at payload offset 2");
    let array = Sample::event("E").typed("F", (VARIABLE + 8, 0)).data(&[2, 0, 1, 0, 0, 0, 2]);
    check_damaged(&array, "F=[1]", "field \"F\": needs 4 bytes, has 1 at payload offset 6");
}

#[test]
fn a_payload_that_goes_on_after_the_last_field_is_told() {
    let sample = Sample::event("E").u32("A", 1).data(&[0, 0]);
    check_damaged(&sample, "A=1", "no field takes the payload from offset 4 on (2 of 6 bytes)");
}

#[test]
fn a_text_without_its_end_is_told() {
    let problem = "field \"T\": text does not end at payload offset 0";
    check_damaged(&Sample::event("E").typed("T", (2, 0)).data(b"abc"), "", problem);
    check_damaged(&Sample::event("E").typed("T", (1, 0)).data(b"a\0b"), "", problem);
    let odd = Sample::event("E").typed("T", (22, 0)).data(b"\x03\0a\0b").u32("A", 1);
    check_damaged(&odd, "T=a A=1", "field \"T\": 3 bytes of UTF-16 at payload offset 0");
}

#[test]
fn an_unknown_type_is_told_and_ends_the_reading() {
    let sample = Sample::event("E").u32("A", 1).typed("P", (16, 0)).data(&[0; 8]).u32("B", 2);
    check_damaged(&sample, "A=1", "field \"P\": unknown type 16 at payload offset 4");
}

#[test]
fn a_damaged_schema_is_told_and_what_it_describes_is_read() {
    let known = Sample::event("E").u32("A", 1);
    check_damaged(&known.clone().meta(b"B"), "A=1", "field name at schema offset 8 does not end");
    let cut = known.clone().meta(b"B\0\x88");
    check_damaged(&cut, "A=1", "field \"B\": type at schema offset 10 is cut off");
    let short = known.clone().meta(b"S\0\x98\x02").typed("M", (4, 0)).data(&[5]);
    let problem = "field name at schema offset 15 does not end";
    check_damaged(&short, "A=1 S={M=5}", problem);
    let empty = known.meta(b"S\0\x18");
    check_damaged(&empty, "A=1", "field \"S\": struct at schema offset 10 has no members");
}

#[test]
fn a_schema_whose_size_lies_is_told() {
    let mut write = Sample::event("E").u32("A", 1).write();
    write.metadata[0] = 200;
    let event = decode(&write, 0, 0);
    assert_eq!(event.problem.as_deref(), Some("schema says 200 bytes and has 8"));
    assert_eq!(event.field("A"), Some(&Value::Unsigned(1)));
    write.metadata = vec![1];
    assert_eq!(decode(&write, 0, 0).problem.as_deref(), Some("schema has no size"));
}

#[test]
fn a_schema_that_nests_without_end_is_told() {
    let endless = (0..40).fold(Sample::event("E"), |sample, _| sample.typed("S", (24, 1)));
    let (_, problem) = damaged(&endless);
    assert_eq!(problem, "field \"S\": struct at schema offset 71 nests too deep");
}

#[test]
fn a_schema_whose_arrays_take_no_payload_ends_at_a_limit() {
    let endless = (0..9).fold(Sample::event("E"), |sample, _| {
        sample.typed("S", (CONSTANT + 24, 1)).meta(&[0xFF, 0xFF])
    });
    let endless = endless.typed("F", (CONSTANT + 4, 0)).meta(&[0, 0]);
    let (_, problem) = damaged(&endless);
    assert_eq!(problem, "field \"S\": more than 131072 values at payload offset 0");
}

#[test]
fn damaged_traits_leave_the_guid_as_the_providers_name() {
    let mut write = Sample::event("E").write();
    write.traits = b"\x0B\0Prov".to_vec();
    let event = decode(&write, 0, 0);
    assert_eq!(event.provider, event.provider_guid);
    assert_eq!(event.problem.as_deref(), Some("provider name at traits offset 2 does not end"));
}

#[test]
fn json_keeps_the_order_and_both_of_two_fields_named_alike() {
    let event = Sample::event("E")
        .u32("Z", 1)
        .text("A", "x")
        .u32("Z", 2)
        .u32("Z", 3)
        .typed("F", (11, 0))
        .data(&0.1_f32.to_le_bytes())
        .typed("N", (12, 0))
        .data(&f64::NAN.to_le_bytes())
        .typed("B", (14, 0))
        .counted(&[0xAB; 20])
        .typed("L", (VARIABLE + 4, 4))
        .data(&[1, 0, 0x1F])
        .typed("S", (24, 1))
        .typed("M", (13, 0))
        .data(&[1, 0, 0, 0])
        .at(0);
    let fields = &json!(event)["fields"];
    let expected = r#"{"Z":1,"A":"x","Z#2":2,"Z#3":3,"F":0.1,"N":"NaN","B":"abababababababababababababababababababab","L":["0x1f"],"S":{"M":true}}"#;
    assert_eq!(fields.to_string(), expected);
}

/// Displays and serializes too: a value that decodes must also be told.
fn told(event: &Event) -> usize {
    let shown: usize = event.fields.iter().map(|field| field.value.to_string().len()).sum();
    shown + json!(event).to_string().len()
}

proptest! {
    #[test]
    fn any_bytes_decode(
        metadata in proptest::collection::vec(any::<u8>(), 0..200),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        traits in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut write = Sample::event("").write();
        (write.metadata, write.payload, write.traits) = (metadata, payload, traits);
        assert!(told(&decode(&write, 0, 0)) > 0);
    }

    /// Random bytes rarely make a name and a type; these always do.
    #[test]
    fn any_well_formed_schema_decodes_any_payload(
        types in proptest::collection::vec((any::<u8>(), 0_u8..40, 0_u16..300), 0..12),
        payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let sample = types.iter().fold(Sample::event("E"), |sample, (in_type, out_type, count)| {
            let in_type = in_type & 0x7F;
            let sample = sample.typed("F", (in_type, *out_type));
            if in_type & 0x20 == 0 { sample } else { sample.meta(&count.to_le_bytes()) }
        });
        assert!(told(&sample.data(&payload).at(0)) > 0);
    }

    #[test]
    fn an_integer_field_gives_back_its_number(number in any::<u64>()) {
        let event = Sample::event("E").u64("F", number).at(0);
        prop_assert_eq!(event.field("F"), Some(&Value::Unsigned(number)));
        prop_assert_eq!(event.problem, None);
    }
}
