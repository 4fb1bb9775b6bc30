//! The driver's modules, for whoever must visit each of them while others come and go.
//!
//! A module is put in at the end of its attach and taken out at the start of its detach. A visitor
//! holds the module's rundown protection and no lock; FilterDetach waits for visitors, at
//! PASSIVE_LEVEL and for no longer than one visit.

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use super::context::ModuleContext;
use super::filter::FilterModule;
use super::import::{
    ExAcquireRundownProtection, ExInitializeRundownProtection, ExReleaseRundownProtection,
    ExWaitForRundownProtectionRelease,
};
use super::spin_lock::SpinLock;

/// Every attached module, in the order of attachment.
pub struct ModuleList<M: FilterModule> {
    members: SpinLock<Members<M>>,
}

struct Members<M: FilterModule> {
    first: Option<NonNull<ModuleContext<M>>>,
    last: Option<NonNull<ModuleContext<M>>>,
    /// How many were ever put in.
    count: u64,
}

// SAFETY: the pointers are followed under the lock only.
unsafe impl<M: FilterModule + Sync> Send for Members<M> {}

/// What a module needs to be in the list. Only the list reads and writes it, under its lock, but for
/// the rundown reference, which is ExXxxRundownProtection's.
pub(super) struct Link<M: FilterModule> {
    place: UnsafeCell<Place<M>>,
    /// EX_RUNDOWN_REF.
    visitors: UnsafeCell<usize>,
}

struct Place<M: FilterModule> {
    /// Ascends along the list; 0 before it is in.
    number: u64,
    next: Option<NonNull<ModuleContext<M>>>,
    previous: Option<NonNull<ModuleContext<M>>>,
}

impl<M: FilterModule> Link<M> {
    pub(super) const fn new() -> Self {
        Self {
            place: UnsafeCell::new(Place { number: 0, next: None, previous: None }),
            visitors: UnsafeCell::new(0),
        }
    }
}

/// The place of a member.
///
/// # Safety
///
/// The list's lock is held and `member` is in the list or about to be; no other reference to its
/// place exists.
unsafe fn place<'a, M: FilterModule>(member: NonNull<ModuleContext<M>>) -> &'a mut Place<M> {
    // SAFETY: the caller's word; a shared reference to the context, of which only the cell changes.
    let context = unsafe { member.as_ref() };
    // SAFETY: the lock keeps everyone else out (caller).
    unsafe { &mut *context.link.place.get() }
}

impl<M: FilterModule> ModuleList<M> {
    /// Nobody.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics")]
    pub const fn new() -> Self {
        Self { members: SpinLock::new(Members { first: None, last: None, count: 0 }) }
    }

    /// Puts a module in. At the end of FilterAttach.
    ///
    /// # Safety
    ///
    /// `member` stays where it is until [`ModuleList::remove`], and is put in once.
    pub(super) unsafe fn insert(&self, member: NonNull<ModuleContext<M>>) {
        // SAFETY: live (caller).
        let context = unsafe { member.as_ref() };
        // SAFETY: nobody else knows the reference yet.
        unsafe { ExInitializeRundownProtection(context.link.visitors.get()) };
        self.members.with(|members| {
            members.count += 1;
            // SAFETY: under the lock, and about to be in the list.
            *unsafe { place(member) } =
                Place { number: members.count, next: None, previous: members.last };
            match members.last {
                // SAFETY: under the lock, in the list, and not `member`.
                Some(last) => unsafe { place(last) }.next = Some(member),
                None => members.first = Some(member),
            }
            members.last = Some(member);
        });
    }

    /// Takes a module out and waits until nobody visits it. PASSIVE_LEVEL, in FilterDetach.
    ///
    /// # Safety
    ///
    /// `member` is in the list, and is taken out once.
    pub(super) unsafe fn remove(&self, member: NonNull<ModuleContext<M>>) {
        self.members.with(|members| {
            // SAFETY: under the lock, in the list.
            let Place { next, previous, .. } = *unsafe { place(member) };
            match previous {
                // SAFETY: under the lock, in the list, and not `member`.
                Some(previous) => unsafe { place(previous) }.next = next,
                None => members.first = next,
            }
            match next {
                // SAFETY: under the lock, in the list, and not `member`.
                Some(next) => unsafe { place(next) }.previous = previous,
                None => members.last = previous,
            }
        });
        // SAFETY: live until FilterDetach frees it, after this call.
        let context = unsafe { member.as_ref() };
        // SAFETY: PASSIVE_LEVEL; initialised at `insert`; nobody finds the module any more, so
        // nobody acquires it after this.
        unsafe { ExWaitForRundownProtectionRelease(context.link.visitors.get()) };
    }

    /// Calls `visit` for every module that is there all the time, and for some that come or go
    /// meanwhile; gives the number of calls. PASSIVE_LEVEL. No lock is held during a visit, and no
    /// module is freed under it.
    pub fn visit(&self, mut visit: impl FnMut(&M, &crate::condition::ConditionCell)) -> u32 {
        self.visit_contexts(|context| visit(&context.module, &context.condition))
    }

    /// The same, for the layer.
    pub(super) fn visit_contexts(&self, mut visit: impl FnMut(&ModuleContext<M>)) -> u32 {
        let mut visited = 0;
        let mut number = 0;
        while let Some((member, its_number)) = self.after(number) {
            number = its_number;
            // SAFETY: `after` acquired the rundown protection, so FilterDetach waits.
            let context = unsafe { member.as_ref() };
            visit(context);
            visited += 1;
            // SAFETY: acquired by `after`, given back once; the last use of the module here.
            unsafe { ExReleaseRundownProtection(context.link.visitors.get()) };
        }
        visited
    }

    /// The first module past `number`, its rundown protection acquired.
    fn after(&self, number: u64) -> Option<(NonNull<ModuleContext<M>>, u64)> {
        self.members.with(|members| {
            let mut member = members.first;
            while let Some(here) = member {
                // SAFETY: under the lock, in the list.
                let place = unsafe { place(here) };
                if place.number > number {
                    // SAFETY: in the list, so not freed while the lock is held.
                    let context = unsafe { here.as_ref() };
                    // SAFETY: initialised at `insert`; at DISPATCH_LEVEL, which is allowed.
                    let acquired =
                        unsafe { ExAcquireRundownProtection(context.link.visitors.get()) };
                    if acquired != 0 {
                        return Some((here, place.number));
                    }
                }
                member = place.next;
            }
            None
        })
    }
}
