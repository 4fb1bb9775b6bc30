//! Network events: any code, any buffer, any graph of memory behind it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndis_filter_fuzz::event::Event;
use ndis_filter_fuzz::input::Input;
use ndis_filter_fuzz::memory::Regions;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    // Few numbers are codes: most inputs have one that is, and some have any number.
    let (selector, any) = (input.u8(), input.u32());
    let event = Event {
        code: if selector & 0xE0 == 0xE0 { any } else { u32::from(selector % 24) },
        port_number: any,
        flags: any.rotate_left(16),
        address: input.u64(),
        length: input.u32(),
    };
    let memory = Regions::of(&mut input);
    assert_eq!(event.walk(&memory), event.walk(&memory), "the same twice");
});
