//! What holds for every input.

mod support;

use ndis_filter::condition::{Change, Condition, ConditionCell, ConditionWord, Removal};
use ndis_filter::event::{
    DecodeError, DevicePowerState, EventCode, NetDevicePnpEvent, NetPnpEvent, StatusEvent,
};
use ndis_filter::state::{State, Trigger};
use proptest::prelude::*;
use support::{AT, Map, chain, describe, port_at};

/// Events whose buffer holds pointers: PortActivation, Restart, IMReEnableDevice.
const WITH_POINTERS: [u32; 3] = [9, 10, 12];

/// Bytes that often look like headers, small numbers and addresses in the buffer.
fn buffer() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        any::<u64>(),
        0..8_u64,
        (0..200_u64).prop_map(|offset| AT + offset),
        (any::<u8>(), 0..3_u64, 0..128_u64).prop_map(|(kind, revision, size)| {
            let kind = [0x80, 0xA3, u64::from(kind)][usize::from(kind) % 3];
            kind | revision << 8 | size << 16
        }),
    ];
    (prop::collection::vec(word, 0..40), 0..8_usize).prop_map(|(words, cut)| {
        let mut bytes: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        bytes.truncate(bytes.len().saturating_sub(cut));
        bytes
    })
}

fn state() -> impl Strategy<Value = State> {
    prop::sample::select(State::ALL.to_vec())
}

fn power() -> impl Strategy<Value = DevicePowerState> {
    prop::sample::select(DevicePowerState::ALL.to_vec())
}

fn condition() -> impl Strategy<Value = Condition> {
    let removal = [Removal::None, Removal::QueryPending, Removal::SurpriseGone];
    let removal = prop::sample::select(removal.to_vec());
    (state(), power(), any::<[bool; 3]>(), removal).prop_map(|(state, power, flags, removal)| {
        let [power_assumed, query_pending, pre_detached] = flags;
        Condition { state, power, power_assumed, query_pending, removal, pre_detached }
    })
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        prop::sample::select(Trigger::ALL.to_vec()).prop_map(Change::Lifecycle),
        power().prop_map(Change::SetPower),
        power().prop_map(Change::QueryPower),
        Just(Change::QueryRemove),
        Just(Change::CancelRemove),
        Just(Change::SurpriseRemoved),
        Just(Change::PreDetach),
    ]
}

proptest! {
    #[test]
    fn every_code_survives_decoding(code in prop_oneof![any::<u32>(), 0..30_u32], bytes in buffer()) {
        let map = Map::of(&bytes);
        let length = u32::try_from(bytes.len()).unwrap();
        match NetPnpEvent::decode(&map.event(code, AT, length)) {
            Ok(event) => prop_assert_eq!(event.code().raw(), code),
            Err(error) => {
                prop_assert_eq!((error.raw_code(), error.length()), (code, length));
                let known = EventCode::from_raw(code).is_some();
                prop_assert_eq!(known, matches!(error, DecodeError::Malformed { .. }));
            }
        }
    }

    #[test]
    fn no_buffer_makes_decoding_panic_or_read_past_it(code in 0..24_u32, bytes in buffer()) {
        let map = Map::of(&bytes);
        let length = u32::try_from(bytes.len()).unwrap();
        // Walks every list to its end.
        let _ = describe(&NetPnpEvent::decode(&map.event(code, AT, length)));
        if !WITH_POINTERS.contains(&code) {
            prop_assert_eq!(map.refused(), []);
        }
    }

    #[test]
    fn no_claimed_length_makes_decoding_panic_or_read_past_it(
        code in 0..24_u32,
        bytes in buffer(),
        length in prop_oneof![any::<u32>(), 0..400_u32],
        address in prop_oneof![Just(AT), Just(0), any::<u64>()],
    ) {
        let map = Map::of(&bytes);
        let _ = describe(&NetPnpEvent::decode(&map.event(code, address, length)));
        if !WITH_POINTERS.contains(&code) {
            for (start, read) in map.refused() {
                prop_assert_eq!(start, address);
                prop_assert!(read <= usize::try_from(length).unwrap());
            }
        }
    }

    #[test]
    fn no_device_event_and_no_status_makes_decoding_panic_or_read_past_the_buffer(
        device in 0..9_u32,
        status in prop_oneof![
            any::<i32>(), Just(0x4001_0017), Just(0x4003_0055), 0x4001_0000..0x4001_0030_i32
        ],
        bytes in buffer(),
    ) {
        let map = Map::of(&bytes);
        let length = u32::try_from(bytes.len()).unwrap();
        let _ = NetDevicePnpEvent::decode(&map.device(device, AT, length));
        if let Ok(Some(event)) = StatusEvent::decode(&map.status(status, AT, length)) {
            prop_assert!(!event.name().is_empty());
        }
        prop_assert_eq!(map.refused(), []);
    }

    #[test]
    fn every_port_list_ends(length in 1..300_u32, back in prop::option::of(0..300_u32)) {
        let last = back.map_or(0, |index| port_at(index % length));
        let map = chain(length, last);
        let Ok(NetPnpEvent::PortActivation(ports)) = NetPnpEvent::decode(&map.event(10, AT, 96))
        else {
            return Err(TestCaseError::fail("it decodes"));
        };
        let items: Vec<_> = ports.iter().take(1000).collect();
        prop_assert!(items.len() <= 257);
        let errors = items.iter().filter(|item| item.is_err()).count();
        let whole = back.is_none() && length <= 256;
        prop_assert_eq!(errors, usize::from(!whole));
        prop_assert_eq!(items.last().unwrap().is_err(), !whole);
    }

    #[test]
    fn a_condition_comes_back_out_of_its_word(condition in condition()) {
        prop_assert_eq!(condition.pack().condition(), condition);
    }

    #[test]
    fn any_word_unpacks_to_a_condition_that_packs_to_itself(word: u32) {
        let condition = ConditionWord::from_word(word).condition();
        prop_assert_eq!(condition.pack().condition(), condition);
    }

    #[test]
    fn the_cell_does_what_the_condition_says(changes in prop::collection::vec(change(), 0..40)) {
        let cell = ConditionCell::new();
        let mut expected = Condition::NEW;
        for change in changes {
            let (after, anomaly) = expected.after(change);
            let applied = cell.apply(change);
            prop_assert_eq!(applied.before.condition(), expected);
            prop_assert_eq!(applied.after.condition(), after);
            prop_assert_eq!(applied.anomaly, anomaly);
            expected = after;
        }
        prop_assert_eq!(cell.load(), expected);
    }

    #[test]
    fn only_triggers_move_the_state_and_every_illegal_one_is_recorded(
        before in condition(),
        change in change(),
    ) {
        let (after, anomaly) = before.after(change);
        if let Change::Lifecycle(trigger) = change {
            prop_assert_eq!(after.state, State::forced(trigger));
            prop_assert_eq!(anomaly.is_some(), before.state.after(trigger).is_err());
        } else {
            prop_assert_eq!(after.state, before.state);
        }
    }
}
