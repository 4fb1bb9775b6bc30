//! The list: capture-state visits while a module attaches and another detaches.

use core::ptr::NonNull;
use std::boxed::Box;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use crate::sync::list::{Link, List, Node};

/// A module, with something that its owner frees.
struct Module {
    link: Link<Self>,
    name: UnsafeCell<u32>,
}

// SAFETY: loom checks who uses `name`; the link is the list's.
unsafe impl Sync for Module {}
// SAFETY: as for Sync.
unsafe impl Send for Module {}

impl Node for Module {
    fn link(&self) -> &Link<Self> {
        &self.link
    }
}

/// FilterAttach, the end of it.
fn attach(list: &List<Module>, name: u32) -> NonNull<Module> {
    let module = Box::new(Module { link: Link::new(), name: UnsafeCell::new(name) });
    let module = NonNull::from(Box::leak(module));
    // SAFETY: leaked, so it stays; put in once.
    unsafe { list.insert(module) };
    module
}

/// FilterDetach.
fn detach(list: &List<Module>, module: NonNull<Module>) {
    // SAFETY: put in by `attach`, taken out once.
    unsafe { list.remove(module) };
    // SAFETY: as put in. The memory itself stays, since the model of rundown protection wakes the owner
    // with a word in it.
    let freed = unsafe { module.as_ref() };
    // SAFETY: loom checks that nobody reads it meanwhile or afterwards.
    freed.name.with_mut(|name| unsafe { *name = u32::MAX });
}

/// Capture state: reads every module.
fn capture(list: &List<Module>) -> u32 {
    let mut sum = 0;
    list.visit(|module| {
        // SAFETY: loom checks that nobody writes it.
        sum += module.name.with(|name| unsafe { *name });
    });
    sum
}

/// [`capture`] on another processor.
fn capture_elsewhere(list: &Arc<List<Module>>) -> thread::JoinHandle<u32> {
    let list = Arc::clone(list);
    thread::spawn(move || capture(&list))
}

/// A pointer that a thread may take along.
struct Owned(NonNull<Module>);

// SAFETY: the module is `Sync`, and its owner alone takes it out.
unsafe impl Send for Owned {}

#[test]
fn a_capture_reads_no_module_that_is_being_freed() {
    loom::model(|| {
        let list = Arc::new(List::new());
        let going = attach(&list, 1);
        let captures = capture_elsewhere(&list);
        let coming = {
            let list = Arc::clone(&list);
            thread::spawn(move || Owned(attach(&list, 10)))
        };
        detach(&list, going);
        let sum = captures.join().expect("it does not panic");
        assert!([0, 1, 10, 11].contains(&sum), "{sum}");
        let Owned(came) = coming.join().expect("it does not panic");
        assert_eq!(capture(&list), 10);
        detach(&list, came);
        assert_eq!(capture(&list), 0);
    });
}

#[test]
fn two_captures_and_a_detach() {
    loom::model(|| {
        let list = Arc::new(List::new());
        let going = attach(&list, 1);
        let captures = capture_elsewhere(&list);
        let other = capture_elsewhere(&list);
        detach(&list, going);
        assert!(captures.join().expect("it does not panic") <= 1);
        assert!(other.join().expect("it does not panic") <= 1);
    });
}
