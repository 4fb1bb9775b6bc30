//! The shipped driver for a long time, on large machines, and among components that misbehave.
//!
//! Played in this process, for the journals: what matters is read off them, fact by fact.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use host::report::Report;
use host::scenario::names::event_name;
use host::scenario::parse::parse;
use host::scenario::play::{Options, play};
use host::subsystems::SUBSYSTEMS;
use image::ImageFile;
use journal::{Fact, Journal, KernelFact, ModuleState, NdisFact, PoolFact};
use kernel::nt::driver::DriverFile;

use crate::netpnp::image;

/// A process has one machine.
static MACHINE: Mutex<()> = Mutex::new(());

/// As NET_PNP_EVENT_CODE.
const SET_POWER: u32 = 0;
const PRE_DETACH: u32 = 15;

/// Plays a scenario on an image; gives the journal and what does not hold.
fn run(stem: &str, text: &str) -> (Journal, Option<String>) {
    let path = image(stem);
    let _machine: MutexGuard<'_, ()> = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let file = ImageFile::open(&path).unwrap_or_else(|error| panic!("{error}"));
    let program =
        Rc::new(DriverFile::new(file, SUBSYSTEMS).unwrap_or_else(|error| panic!("{error}")));
    let scenario = parse("endurance.pnp", text).unwrap_or_else(|error| panic!("{error}")).remove(0);
    let journal = play(&program, &scenario, &Options::default()).journal;
    let report = Report::new(&scenario, &journal, &program, false);
    let wrong = (!report.passed()).then(|| report.verdict());
    (journal, wrong)
}

/// The same on the shipped driver, of which everything must hold.
fn endures(text: &str) -> Journal {
    let (journal, wrong) = run("netpnplwf", text);
    // What repeats ten thousand times fails as often: the first few tell.
    let first = wrong.map(|wrong| wrong.lines().take(9).collect::<Vec<_>>().join("\n"));
    assert!(first.is_none(), "{}", first.unwrap_or_default());
    journal
}

fn begins(fact: &Fact, step: &str) -> bool {
    matches!(fact, Fact::Kernel(KernelFact::Step { text, .. }) if text.contains(step))
}

/// What the driver holds of the pool, blocks and bytes, as each step with this text begins, and at
/// the end.
fn pool_at(journal: &Journal, step: &str) -> Vec<(usize, usize)> {
    let mut live = BTreeMap::new();
    let mut at = Vec::new();
    let held = |live: &BTreeMap<u32, usize>| (live.len(), live.values().sum());
    for entry in journal.entries() {
        if let Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { block, bytes, .. })) =
            &entry.fact
        {
            live.insert(*block, *bytes);
        } else if let Fact::Kernel(KernelFact::Pool(PoolFact::Freed { block })) = &entry.fact {
            live.remove(block);
        } else if begins(&entry.fact, step) {
            at.push(held(&live));
        }
    }
    at.push(held(&live));
    at
}

/// Why the pool is not the same at every one of these moments, and empty at the last.
fn check_pool(at: &[(usize, usize)], moments: usize) -> Result<(), String> {
    let Some(((0, 0), before)) = at.split_last() else {
        return Err(format!("left at the end: {:?}", at.last()));
    };
    if before.len() != moments {
        return Err(format!("{} moments", before.len()));
    }
    let first = before[0];
    match before.iter().position(|held| *held != first) {
        Some(cycle) => Err(format!("{first:?} at first, {:?} in cycle {cycle}", before[cycle])),
        None if first.1 == 0 => Err("the driver holds nothing".to_owned()),
        None => Ok(()),
    }
}

fn entered(journal: &Journal, callback: &str, code: Option<u32>) -> usize {
    let is_it = |fact: &Fact| {
        matches!(fact, Fact::Kernel(KernelFact::Enter { callback: found, code: of, .. })
            if *found == callback && *of == code)
    };
    journal.entries().iter().filter(|entry| is_it(&entry.fact)).count()
}

/// How often a module got each event, by code.
fn told(journal: &Journal, of: &str) -> BTreeMap<u32, usize> {
    let mut told = BTreeMap::new();
    for entry in journal.entries() {
        if let Fact::Kernel(KernelFact::Enter {
            callback: "FilterNetPnPEvent",
            module: Some(module),
            code: Some(code),
            ..
        }) = &entry.fact
            && module == of
        {
            *told.entry(*code).or_default() += 1;
        }
    }
    told
}

/// An adapter is disabled and enabled so often, with a line that marks each time.
fn attach_cycles(times: usize) -> String {
    let mut text = String::from("given adapter eth0\ngiven trace off\nwhen driver loads\n");
    text.push_str(&"when eth0 disables\nwhen eth0 enables\n".repeat(times));
    text
}

#[test]
fn ten_thousand_attachments_leave_the_pool_as_the_first_did() {
    let journal = endures(&attach_cycles(10_000));
    assert_eq!(entered(&journal, "FilterAttach", None), 10_001);
    check_pool(&pool_at(&journal, "eth0 disables"), 10_000).expect("the pool stays");
}

#[test]
fn a_filter_that_leaks_at_every_attachment_is_seen_to() {
    let (journal, wrong) = run("leaks", &attach_cycles(10));
    assert!(wrong.is_some_and(|verdict| verdict.contains("NV-43")));
    let at = pool_at(&journal, "eth0 disables");
    assert_eq!(at.len(), 11);
    assert!(at.windows(2).take(9).all(|pair| pair[0].1 < pair[1].1), "{at:?}");
    check_pool(&at, 10).expect_err("it grows");
}

#[test]
fn ten_thousand_sleeps_ask_nothing_of_the_pool() {
    for (option, pauses) in [("", 10_001), (" no-pause-on-suspend", 1)] {
        let journal = endures(&format!(
            "given adapter eth0{option}\ngiven trace off\nwhen driver loads\n\
             when eth0 sleeps-and-resumes 10000\nwhen 1s passes\nthen eth0 running\n"
        ));
        assert_eq!(entered(&journal, "FilterNetPnPEvent", Some(SET_POWER)), 20_000);
        assert_eq!(entered(&journal, "FilterPause", None), pauses);
        let facts = journal.entries().iter().map(|entry| &entry.fact);
        let sleeping = facts
            .skip_while(|fact| !begins(fact, "sleeps-and-resumes"))
            .take_while(|fact| !begins(fact, "1s passes"));
        assert_eq!(
            sleeping.filter(|fact| matches!(fact, Fact::Kernel(KernelFact::Pool(_)))).count(),
            0
        );
        check_pool(&pool_at(&journal, "1s passes"), 1).expect("all of it comes back");
    }
}

#[test]
fn a_thousand_modules_live_and_go() {
    let mut text = String::from("given trace off\n");
    for adapter in 0..250 {
        let _ = writeln!(text, "given adapter eth{adapter}");
        for filter in 0..3 {
            let _ = writeln!(text, "given filter f{adapter}x{filter} on eth{adapter}");
        }
    }
    text.push_str("when driver loads\n");
    for steps in [["sleeps D3", "resumes"], ["disables", "enables"]] {
        text.push_str("when 1s passes\n");
        for step in steps {
            for adapter in 0..250 {
                let _ = writeln!(text, "when eth{adapter} {step}");
            }
        }
    }
    text.push_str("when 1s passes\nwhen driver unloads\nthen driver not-loaded\n");
    let journal = endures(&text);
    assert_eq!(entered(&journal, "FilterAttach", None), 2_000);
    assert_eq!(entered(&journal, "FilterDetach", None), 2_000);
    assert_eq!(entered(&journal, "FilterNetPnPEvent", Some(SET_POWER)), 2_000);
    check_pool(&pool_at(&journal, "1s passes"), 3).expect("the pool stays");
}

/// The states of modules, as NDIS sees them, in which events came: each passed on once, within its
/// call, the very structure, and nothing in it changed.
fn states_of_events(journal: &Journal) -> BTreeSet<String> {
    let mut states = BTreeSet::new();
    let mut now = BTreeMap::new();
    let mut open: Vec<(u32, bool)> = Vec::new();
    for entry in journal.entries() {
        if let Fact::Ndis(NdisFact::Module { module, state, .. }) = &entry.fact {
            now.insert(module.clone(), *state);
        }
        if let Fact::Kernel(KernelFact::Enter {
            call,
            callback: "FilterNetPnPEvent",
            module: Some(module),
            ..
        }) = &entry.fact
        {
            states.insert(format!("{:?}", now[module]));
            open.push((*call, false));
        }
        if let Fact::Ndis(NdisFact::Forward {
            import: "NdisFNetPnPEvent",
            during: Some(call),
            same,
            unchanged,
            ..
        }) = &entry.fact
        {
            assert!(*same && *unchanged, "another event than came");
            let last = open.last_mut().expect("a forward outside a call");
            assert_eq!(*last, (*call, false), "it is forwarded once, in its own call");
            last.1 = true;
        }
        if let Fact::Kernel(KernelFact::Leave { call, callback: "FilterNetPnPEvent", .. }) =
            &entry.fact
        {
            assert_eq!(open.pop(), Some((*call, true)), "it was not forwarded");
        }
    }
    states
}

#[test]
fn every_event_is_passed_on_whatever_the_module_and_its_adapter_do() {
    let mut text = String::from(
        "given adapter eth0\ngiven adapter wlan0 no-pause-on-suspend\ngiven filter qos on eth0\n\
         given filter acl on wlan0\ngiven bind-events delivered\nwhen driver loads\n",
    );
    for (eth0, wlan0) in [
        ("link up", "link up"),
        ("sleeps D3", "sleeps D2"),
        ("resumes", "resumes"),
        ("idles", "enters-standby"),
        ("wakes-from-idle", "leaves-standby"),
        ("removal-refused", "surprise-removed"),
    ] {
        let _ = writeln!(text, "when eth0 {eth0}\nwhen wlan0 {wlan0}");
        for name in (0..23).filter_map(event_name) {
            let _ = writeln!(text, "when eth0 event {name}\nwhen wlan0 event {name}");
        }
    }
    let journal = endures(&text);
    let states = states_of_events(&journal);
    let state = |state: ModuleState| format!("{state:?}");
    let wanted = [ModuleState::Paused, ModuleState::Running].map(state);
    assert!(wanted.iter().all(|state| states.contains(state)), "only in {states:?}");
}

#[test]
fn protocols_that_take_thirty_seconds_are_waited_for_and_told_of() {
    let holds = ["QueryPower", "SetPower", "QueryRemoveDevice", "CancelRemoveDevice"];
    let mut text = String::from("given adapter eth0\ngiven filter qos on eth0\n");
    for event in holds {
        let _ = writeln!(text, "given tcpip on eth0 holds {event} for 30s");
    }
    text.push_str("when driver loads\n");
    for _ in 0..100 {
        for (step, events) in [
            ("sleeps D3", &["QueryPower", "SetPower"][..]),
            ("resumes", &["SetPower"]),
            ("removal-refused", &["QueryRemoveDevice", "CancelRemoveDevice"]),
        ] {
            let _ = writeln!(text, "when eth0 {step}");
            for event in events {
                let _ = writeln!(
                    text,
                    "then trace NetPnPEvent stop on eth0 Event={event} ForwardTime100ns=300000000"
                );
            }
        }
    }
    text.push_str("then eth0 running\nnever trace Anomaly\n");
    endures(&text);
}

#[test]
fn what_a_foreign_filter_keeps_or_repeats_costs_nothing_but_that() {
    for (habit, lower, upper) in [
        ("holds SetPower for 1ms", 200, 200),
        ("swallows SetPower", 200, 0),
        ("repeats SetPower", 200, 400),
    ] {
        let mut text = format!(
            "given adapter eth0\ngiven filter qos on eth0\ngiven qos on eth0 {habit}\n\
             when driver loads\n"
        );
        text.push_str(&"when eth0 sleeps D3\nwhen eth0 resumes\nthen eth0 running\n".repeat(100));
        text.push_str("when eth0 disables\nwhen eth0 enables\nthen modules eth0 2\n");
        text.push_str("never trace Anomaly\n");
        let journal = endures(&text);
        let set_power = |module| told(&journal, module).get(&SET_POWER).copied().unwrap_or(0);
        assert_eq!((set_power("eth0.1"), set_power("eth0.2")), (lower, upper), "{habit}");
        check_pool(&pool_at(&journal, "eth0 disables"), 1).expect("the pool comes back");
    }
}

#[test]
fn every_event_may_be_kept_or_repeated() {
    for habit in ["swallows", "repeats"] {
        let mut text = String::from("given adapter eth0\ngiven filter qos on eth0\n");
        for name in (0..23).filter_map(event_name) {
            let _ = writeln!(text, "given qos on eth0 {habit} {name}");
        }
        text.push_str("when driver loads\n");
        for step in ["sleeps D3", "resumes", "removal-refused", "disables", "enables"] {
            let _ = writeln!(text, "when eth0 {step}");
        }
        for name in (0..23).filter_map(event_name) {
            let _ = writeln!(text, "when eth0 event {name}");
        }
        text.push_str("when eth0 surprise-removed\nwhen driver unloads\nthen driver not-loaded\n");
        let journal = endures(&text);
        let (lower, mut upper) = (told(&journal, "eth0.1"), told(&journal, "eth0.2"));
        assert_eq!(lower.len(), 23, "{habit}");
        // NDIS tells each module itself that it goes.
        assert!(upper.remove(&PRE_DETACH).is_some());
        let expected: BTreeMap<_, _> = if habit == "swallows" {
            BTreeMap::new()
        } else {
            lower.iter().filter(|of| *of.0 != PRE_DETACH).map(|of| (*of.0, of.1 * 2)).collect()
        };
        assert_eq!(upper, expected, "{habit}");
    }
}

#[test]
fn the_driver_is_unloaded_and_loaded_in_the_middle_of_every_sleep() {
    let mut text = String::from(
        "given adapter eth0\ngiven adapter wlan0 no-pause-on-suspend\ngiven trace off\n",
    );
    text.push_str("when driver loads\n");
    for cycle in 0..300 {
        let state = ["D1", "D2", "D3"][cycle % 3];
        let _ = writeln!(
            text,
            "when eth0 sleeps {state}\nwhen wlan0 sleeps {state}\nwhen 30s pass\n\
             when driver unloads\nthen driver not-loaded\nwhen 1s passes\nwhen driver loads\n\
             then driver loaded\nwhen eth0 resumes\nwhen wlan0 resumes\nthen eth0 running\n\
             then wlan0 running"
        );
    }
    let journal = endures(&text);
    let unloaded = pool_at(&journal, "1s passes");
    assert_eq!(unloaded.len(), 301);
    assert!(unloaded.iter().all(|held| *held == (0, 0)), "something outlives the driver");
}
