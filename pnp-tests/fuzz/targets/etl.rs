//! An event trace log: reading it and every event in it may refuse, never crash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use recording::etl::Log;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(log) = Log::read(bytes.to_vec()) {
        let mut last = 0;
        let mut count = 0;
        for record in log.records() {
            assert!(record.time_100ns >= last, "time goes back");
            last = record.time_100ns;
            count += 1;
        }
        assert_eq!(count, log.events(), "what was found is what is read");
    }
});
