//! The strings that come with events: the list of a BindList, the name of an IMReEnableDevice.
//! Compared with what the simplest reading of the same units gives.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndis_filter::event::{EventCode, NetPnpEvent, Notification, Utf16};
use ndis_filter_fuzz::input::Input;
use ndis_filter_fuzz::memory::Regions;

/// Where the list, or the structure of the name, stands.
const AT: u64 = 0x1001;
/// Where the text of the name stands.
const TEXT_AT: u64 = 0x9_0001;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let (which, length, maximum) = (input.u8(), input.u16(), input.u16());
    let text = input.take(usize::MAX);
    if which & 1 == 0 {
        // Mostly as long as it is, sometimes as it says.
        let length = if which & 2 == 0 { text.len() } else { usize::from(length) };
        bind_list(text, length);
    } else {
        device_name(text, length, maximum);
    }
});

fn decode(memory: &Regions, code: EventCode, length: usize) -> Option<NetPnpEvent<'_>> {
    let buffer_length = u32::try_from(length).expect("inputs are small");
    let notification = Notification {
        code: code.raw(),
        port_number: 0,
        flags: 0,
        buffer_address: AT,
        buffer_length,
        memory,
    };
    NetPnpEvent::decode(&notification).ok()
}

fn units(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect()
}

fn bind_list(text: &[u8], length: usize) {
    let memory = Regions::default().with(AT, text);
    let decoded = decode(&memory, EventCode::BindList, length);
    let seen = length.min(4096);
    assert_eq!(decoded.is_some(), length.is_multiple_of(2) && seen <= text.len());
    let Some(NetPnpEvent::BindList(list)) = decoded else { return };
    let all = units(&text[..seen]);
    // Names end at the first empty one.
    let expected: Vec<_> =
        all.split(|unit| *unit == 0).take_while(|name| !name.is_empty()).take(256).collect();
    let names: Vec<Vec<u16>> = list.names().map(|name| name.units().collect()).collect();
    assert_eq!(names, expected);
    let end = all.iter().rposition(|unit| *unit != 0).map_or(0, |last| last + 1);
    assert_eq!(list.text().units().collect::<Vec<_>>(), all[..end]);
    assert_eq!(list.is_terminated(), all == [0] || all.ends_with(&[0, 0]));
}

fn device_name(text: &[u8], length: u16, maximum: u16) {
    let mut structure = [0; 16];
    structure[..2].copy_from_slice(&length.to_le_bytes());
    structure[2..4].copy_from_slice(&maximum.to_le_bytes());
    structure[8..].copy_from_slice(&TEXT_AT.to_le_bytes());
    let memory = Regions::default().with(AT, &structure).with(TEXT_AT, text);
    let decoded = decode(&memory, EventCode::ImReEnableDevice, structure.len());
    let sound = length <= maximum && length.is_multiple_of(2) && usize::from(length) <= text.len();
    assert_eq!(decoded.is_some(), sound);
    let Some(NetPnpEvent::ImReEnableDevice(name)) = decoded else { return };
    assert_eq!(name, Utf16::new(&text[..usize::from(length)]));
    assert_eq!(name.units().collect::<Vec<_>>(), units(&text[..usize::from(length)]));
    assert_eq!(name.is_empty(), length == 0);
}
