//! The gate: requests asked for and answered on several processors while the gate closes.

use std::vec::Vec;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::gate::{AfterAnswer, Closed, Drain, Drained, Gate, Permit, Query};

/// A module: its gate, its request, and what it told.
struct Module {
    gate: Gate,
    /// Written by whoever has the permit; loom reports two at once.
    request: UnsafeCell<u32>,
    pauses_completed: AtomicUsize,
    /// A KEVENT: loom's own wakes for no reason now and then.
    quiet: (AtomicBool, Notify),
    sent: AtomicUsize,
}

impl Module {
    fn running() -> Arc<Self> {
        let gate = Gate::new();
        gate.open(Closed::PAUSED);
        Arc::new(Self {
            gate,
            request: UnsafeCell::new(0),
            pauses_completed: AtomicUsize::new(0),
            quiet: (AtomicBool::new(false), Notify::new()),
            sent: AtomicUsize::new(0),
        })
    }

    fn use_request(&self) {
        // SAFETY: loom checks that nobody else uses it.
        self.request.with_mut(|request| unsafe { *request += 1 });
    }

    /// Asks, sends, and answers for the miniport, until no turn is left.
    fn ask(&self, query: Query) {
        let mut permit = self.gate.want(query);
        while let Some(Permit(_)) = permit {
            self.sent.fetch_add(1, Ordering::Relaxed);
            self.use_request();
            permit = match self.gate.answered() {
                AfterAnswer::Rest => None,
                AfterAnswer::Send(permit) => Some(permit),
                AfterAnswer::Drained(drained) => {
                    self.tell(drained);
                    None
                }
            };
        }
    }

    fn tell(&self, drained: Drained) {
        if drained.pause {
            self.pauses_completed.fetch_add(1, Ordering::Relaxed);
        }
        if drained.thread {
            self.quiet.0.store(true, Ordering::Release);
            self.quiet.1.notify();
        }
    }

    fn wait(&self) {
        while !self.quiet.0.load(Ordering::Acquire) {
            self.quiet.1.wait();
        }
    }
}

fn askers(module: &Arc<Module>) -> Vec<thread::JoinHandle<()>> {
    Query::ALL
        .into_iter()
        .map(|query| {
            let module = Arc::clone(module);
            thread::spawn(move || module.ask(query))
        })
        .collect()
}

fn join(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().expect("it does not panic");
    }
}

/// FilterPause among requests: the pause is completed exactly once, and afterwards the request is
/// nobody's.
#[test]
fn a_pause_is_completed_once_and_leaves_no_request_out() {
    loom::model(|| {
        let module = Module::running();
        let threads = askers(&module);
        let told = module.gate.pause() == Drain::Told;
        if !told {
            module.use_request();
        }
        join(threads);
        assert_eq!(module.pauses_completed.load(Ordering::Relaxed), usize::from(told));
        assert!(!module.gate.is_out());
        assert_eq!(module.gate.want(Query::PmParameters), None);
        module.use_request();
    });
}

/// PreDetach among requests: when the wait is over the memory can be freed.
#[test]
fn after_the_wait_of_pre_detach_the_request_is_the_modules_alone() {
    loom::model(|| {
        let module = Module::running();
        let threads = askers(&module);
        if module.gate.leave() == Drain::Told {
            module.wait();
        }
        module.use_request();
        join(threads);
        assert_eq!(module.gate.want(Query::PmParameters), None);
    });
}

/// A pause and a PreDetach that wait for the same request are both told.
#[test]
fn a_pause_and_a_pre_detach_are_both_told() {
    loom::model(|| {
        let module = Module::running();
        let asker = {
            let module = Arc::clone(&module);
            thread::spawn(move || module.ask(Query::PmParameters))
        };
        let pauser = {
            let module = Arc::clone(&module);
            thread::spawn(move || module.gate.pause() == Drain::Told)
        };
        if module.gate.leave() == Drain::Told {
            module.wait();
        }
        let told = pauser.join().expect("it does not panic");
        asker.join().expect("it does not panic");
        assert_eq!(module.pauses_completed.load(Ordering::Relaxed), usize::from(told));
        module.use_request();
    });
}

/// SetPower(Dx) and SetPower(D0) among requests: never two at once, and none after the last close.
#[test]
fn power_closes_and_opens_among_requests() {
    loom::model(|| {
        let module = Module::running();
        let threads = askers(&module);
        module.gate.close(Closed::POWER);
        module.gate.open(Closed::POWER);
        module.gate.close(Closed::POWER);
        assert_eq!(module.gate.want(Query::PmParameters), None);
        join(threads);
        assert!(!module.gate.is_out());
    });
}
