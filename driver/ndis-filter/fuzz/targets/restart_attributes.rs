//! Restart attributes as `FilterRestart` is given them: a list that may be any graph.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ndis_filter::event::RestartAttributes;
use ndis_filter_fuzz::digest::Digest;
use ndis_filter_fuzz::input::Input;
use ndis_filter_fuzz::list::walk_attributes;
use ndis_filter_fuzz::memory::Regions;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let first = input.u64();
    let memory = Regions::of(&mut input);
    let walk = || {
        let mut digest = Digest::default();
        walk_attributes(first, RestartAttributes::at(first, &memory), &memory, &mut digest);
        digest
    };
    assert_eq!(walk(), walk(), "the same twice");
});
