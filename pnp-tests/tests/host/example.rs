//! The example of `ndis-filter`, `packet-counter.sys`: it keeps every rule, sees no packet while
//! nobody listens, and counts every packet while somebody does.

use std::ops::AddAssign;

use crate::netpnp::{image, netpnp, play_text};

/// Two sessions, with silence before, between and after them.
const SESSIONS: &str = "\
given  adapter eth0 \"Contoso 2.5GbE\"
given  trace off
when   driver loads
when   1s passes
when   trace starts
when   1s passes
when   trace captures
when   1s passes
when   trace captures
when   trace stops
when   1s passes
when   1s passes
when   trace starts
when   1s passes
when   eth0 sleeps D3
when   eth0 resumes
when   1s passes
when   trace captures
when   trace stops
when   1s passes
when   1s passes
when   driver unloads
";

/// The callbacks that a filter without a data path does not have.
const DATA_PATH: [&str; 5] = [
    "FilterSendNetBufferLists",
    "FilterSendNetBufferListsComplete",
    "FilterCancelSendNetBufferLists",
    "FilterReceiveNetBufferLists",
    "FilterReturnNetBufferLists",
];

/// Packets and bytes, sent and received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Amount([u64; 4]);

impl AddAssign for Amount {
    fn add_assign(&mut self, other: Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }
}

/// What a line of a journal tells: behind number, time and thread.
fn told(line: &str) -> &str {
    let mut rest = line;
    for _ in 0..3 {
        rest = rest.trim_start();
        rest = rest.split_once(' ').map_or("", |(_, rest)| rest);
    }
    rest.trim_start()
}

/// The number before a word: 2 before ` packets`.
fn number(told: &str, word: &str) -> u64 {
    let (before, _) = told.split_once(word).unwrap_or_else(|| panic!("no {word} in {told}"));
    let digits = before.rsplit(' ').next().and_then(|text| text.parse().ok());
    digits.unwrap_or_else(|| panic!("no number before {word} in {told}"))
}

/// The callback behind `> ` or `< `.
fn callback<'a>(told: &'a str, mark: &str) -> Option<&'a str> {
    told.strip_prefix(mark)?.split([' ', ',']).next()
}

/// What a Counted says: before its last field, CutChains.
fn counted(told: &str) -> Amount {
    let (_, payload) = told.split_once("payload [").expect("an event has a payload");
    let (payload, _) = payload.split_once(']').expect("a list ends");
    let digits: Vec<u8> = payload.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("a byte in hex")
    };
    let bytes: Vec<u8> = digits.chunks_exact(2).map(byte).collect();
    let numbers: Vec<u64> = bytes[bytes.len() - 40..]
        .chunks_exact(8)
        .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight")))
        .collect();
    assert_eq!(numbers[4], 0, "nothing was cut: {told}");
    Amount([numbers[0], numbers[1], numbers[2], numbers[3]])
}

/// One run's journal, walked through.
#[derive(Default)]
struct Walk {
    /// Offered to the data path while the module was running.
    offered: Amount,
    /// What the last line offers, while that is the last line.
    at_hand: Option<Amount>,
    /// Each Counted, and what had been offered by then.
    counts: Vec<(Amount, Amount)>,
    /// A session is on, whether or not the driver has been told.
    on: bool,
    /// As the driver has been told.
    listening: bool,
    /// The driver chose its handlers last when it knew that nobody listens.
    settled_silent: bool,
    /// Lists that came back to their makers, and calls of the data path, in silence.
    passed_by: u32,
    seen_in_silence: Vec<String>,
}

impl Walk {
    fn of(journal: &str) -> Self {
        let mut walk = Self { settled_silent: true, ..Self::default() };
        for line in journal.lines() {
            walk.line(line);
        }
        walk
    }

    fn line(&mut self, line: &str) {
        let at_hand = self.at_hand.take();
        let told = told(line);
        let is_list = told.starts_with("send list") || told.starts_with("receive list");
        if told.ends_with("ETW session listens") {
            self.on = told.starts_with("an ");
            self.listening |= self.on;
        } else if let Some(callback) = callback(told, "< ") {
            match callback {
                "EtwEnableCallback" => self.listening = self.on,
                // While it chooses, packets may still meet the handlers that it had.
                "FilterSetModuleOptions" => self.settled_silent = !self.listening,
                _ => {}
            }
        } else if is_list && told.contains(" packets, ") {
            if told.contains(", running: ") {
                let (packets, bytes) = (number(told, " packets"), number(told, " bytes"));
                self.at_hand = Some(if told.starts_with("send") {
                    Amount([packets, bytes, 0, 0])
                } else {
                    Amount([0, 0, packets, bytes])
                });
            }
        } else if let Some(callback) = callback(told, "> ") {
            if callback == "FilterSetModuleOptions" {
                self.settled_silent = false;
            }
            if callback == DATA_PATH[0] || callback == DATA_PATH[3] {
                self.offered += at_hand.unwrap_or_default();
            }
            if self.settled_silent && DATA_PATH.contains(&callback) {
                self.seen_in_silence.push(line.to_owned());
            }
        } else if is_list && told.contains(" is back: ") && self.settled_silent {
            self.passed_by += 1;
        } else if told.starts_with("event ") && told.contains("payload [") {
            self.counts.push((counted(told), self.offered));
        }
    }
}

fn sessions(more: &[&str]) -> Walk {
    let ran = play_text("packet-counter", "sessions", SESSIONS, &[&["--journal"], more].concat());
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    Walk::of(&ran.stdout)
}

#[test]
fn it_counts_what_the_host_sends_and_receives_and_nothing_else() {
    let walk = sessions(&["--exercise"]);
    // Two captures, the pause for the sleep, a capture; and a pause at each session's beginning.
    assert!(walk.counts.len() >= 6, "{:?}", walk.counts);
    for (counted, offered) in &walk.counts {
        assert_eq!(counted, offered, "{:?}", walk.counts);
    }
    let (last, _) = walk.counts.last().expect("asserted above");
    let (first, _) = walk.counts[1];
    assert!(first.0.iter().all(|number| *number > 0), "{:?}", walk.counts);
    assert!(first.0.iter().zip(last.0).all(|(first, last)| *first < last), "{:?}", walk.counts);
}

#[test]
fn packets_pass_it_by_while_nobody_listens() {
    let walk = sessions(&["--exercise"]);
    assert!(walk.passed_by > 20, "only {} lists passed in silence", walk.passed_by);
    assert!(walk.seen_in_silence.is_empty(), "{:#?}", walk.seen_in_silence);
}

#[test]
fn whatever_the_schedule_nothing_is_counted_twice_and_silence_is_kept() {
    for seed in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        let walk = sessions(&["--exercise", "--schedule", seed]);
        let (counted, _) = walk.counts.last().expect("it was asked");
        // An interrupted call has been offered a chain that it has not counted yet.
        assert!(counted.0.iter().zip(walk.offered.0).all(|(c, o)| *c <= o), "{:?}", walk.counts);
        assert!(walk.seen_in_silence.is_empty(), "seed {seed}: {:#?}", walk.seen_in_silence);
    }
}

#[test]
fn a_restart_that_is_refused_is_asked_for_again_at_the_next_event() {
    let scenario = "\
given  adapter eth0 \"Contoso 2.5GbE\"
given  trace off
given  fail call NdisFRestartFilter 1 RESOURCES
when   driver loads
when   trace starts
when   1s passes
when   trace captures
then   trace Counted on eth0 Counting=false
when   eth0 event PnPCapabilities 07 00 00 00
when   1s passes
when   trace captures
then   trace Counted on eth0 Counting=true
when   trace stops
when   1s passes
when   trace starts
when   trace captures
then   trace Counted on eth0 Counting=false
";
    let ran = play_text("packet-counter", "refused", scenario, &[]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn it_keeps_every_rule_in_flows_that_pause_restart_and_remove_it() {
    let driver = image("packet-counter");
    let driver = driver.to_str().expect("UTF-8 path");
    for flow in ["live_install", "disable_netadapter"] {
        let ran = netpnp(["verify", driver, "--flow", flow, "--schedules", "4"]);
        assert_eq!(ran.code, Some(0), "{flow}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("no violations"), "{flow}: {}", ran.stdout);
    }
}
