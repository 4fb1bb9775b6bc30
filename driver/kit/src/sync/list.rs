//! A list whose members come and go while others visit them.
//!
//! Members are put in and taken out under a lock. A visitor holds a member's rundown protection and no
//! lock, so it may take its time and call out; taking a member out waits for the member's visitors.

use core::cell::UnsafeCell;
use core::ptr::NonNull;

use super::{Rundown, SpinLock};

/// A list of members, in the order in which they came.
pub struct List<N: Node> {
    members: SpinLock<Members<N>>,
}

/// A type whose values can be members of a list.
pub trait Node: Sized + 'static {
    /// The member's link, always the same one.
    fn link(&self) -> &Link<Self>;
}

struct Members<N: Node> {
    first: Option<NonNull<N>>,
    last: Option<NonNull<N>>,
    /// The count of all members that were ever put in.
    count: u64,
}

// SAFETY: the pointers are followed under the lock only, or under rundown protection.
unsafe impl<N: Node + Sync> Send for Members<N> {}

/// The list's part of a member: its neighbours and its visitors. Only the list touches it.
pub struct Link<N: Node> {
    place: UnsafeCell<Place<N>>,
    visitors: Rundown,
}

// SAFETY: the place is touched under the list's lock only.
unsafe impl<N: Node + Sync> Sync for Link<N> {}

struct Place<N: Node> {
    /// Number of the member, ascending along the list; 0 before it is put in.
    number: u64,
    next: Option<NonNull<N>>,
    previous: Option<NonNull<N>>,
}

impl<N: Node> Link<N> {
    /// The link of a member that is in no list yet.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "beside the member that it belongs to")]
    pub fn new() -> Self {
        let place = Place { number: 0, next: None, previous: None };
        Self { place: UnsafeCell::new(place), visitors: Rundown::new() }
    }
}

/// The place of a member.
///
/// # Safety
///
/// The list's lock is held and `member` is in the list or about to be; no other reference to its
/// place exists.
unsafe fn place<'a, N: Node>(member: NonNull<N>) -> &'a mut Place<N> {
    // SAFETY: the caller's word; a shared reference to the member, of which only the cell changes.
    let member = unsafe { member.as_ref() };
    // SAFETY: the lock keeps everyone else out (caller).
    unsafe { &mut *member.link().place.get() }
}

impl<N: Node> List<N> {
    /// An empty list.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "for statics, which need a const fn")]
    #[cfg(not(test))]
    pub const fn new() -> Self {
        Self { members: SpinLock::new(Members { first: None, last: None, count: 0 }) }
    }

    /// An empty list. The model's lock is not made by the compiler.
    #[must_use]
    #[cfg(test)]
    #[expect(clippy::new_without_default, reason = "as for the other")]
    pub fn new() -> Self {
        Self { members: SpinLock::new(Members { first: None, last: None, count: 0 }) }
    }

    /// Puts a member at the end of the list. At most DISPATCH_LEVEL.
    ///
    /// # Safety
    ///
    /// `member` stays where it is until [`List::remove`], and is put in once.
    pub unsafe fn insert(&self, member: NonNull<N>) {
        // SAFETY: live (caller).
        unsafe { member.as_ref() }.link().visitors.initialize();
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

    /// Takes a member out and waits until nobody visits it. PASSIVE_LEVEL.
    ///
    /// # Safety
    ///
    /// `member` is in the list, and is taken out once.
    pub unsafe fn remove(&self, member: NonNull<N>) {
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
        // Nobody finds it any more, so nobody begins to visit it after this.
        // SAFETY: live until its owner frees it, after this call.
        unsafe { member.as_ref() }.link().visitors.wait();
    }

    /// Calls `visit` for every member that is there all the time, and for some that come or go
    /// meanwhile; gives the number of calls. PASSIVE_LEVEL. No lock is held during a visit, and no
    /// member is freed under it.
    pub fn visit(&self, mut visit: impl FnMut(&N)) -> u32 {
        let mut visited = 0;
        let mut number = 0;
        while let Some((member, its_number)) = self.after(number) {
            number = its_number;
            // SAFETY: `after` acquired the rundown protection, so `remove` waits.
            let member = unsafe { member.as_ref() };
            visit(member);
            visited += 1;
            // The last use of the member here.
            member.link().visitors.release();
        }
        visited
    }

    /// The first member past `number`, its rundown protection acquired.
    fn after(&self, number: u64) -> Option<(NonNull<N>, u64)> {
        self.members.with(|members| {
            let mut member = members.first;
            while let Some(here) = member {
                // SAFETY: under the lock, in the list.
                let Place { number: its_number, next, .. } = *unsafe { place(here) };
                // SAFETY: in the list, so not freed while the lock is held.
                if its_number > number && unsafe { here.as_ref() }.link().visitors.acquire() {
                    return Some((here, its_number));
                }
                member = next;
            }
            None
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::boxed::Box;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::vec::Vec;

    use super::*;

    struct Member {
        name: u32,
        link: Link<Self>,
    }

    impl Node for Member {
        fn link(&self) -> &Link<Self> {
            &self.link
        }
    }

    fn put(list: &List<Member>, name: u32) -> NonNull<Member> {
        let member = NonNull::from(Box::leak(Box::new(Member { name, link: Link::new() })));
        // SAFETY: leaked, so it stays; put in once.
        unsafe { list.insert(member) };
        member
    }

    fn take(list: &List<Member>, member: NonNull<Member>) {
        // SAFETY: put in by `put`, taken out once.
        unsafe { list.remove(member) };
        // SAFETY: leaked by `put`; nobody visits it any more.
        drop(unsafe { Box::from_raw(member.as_ptr()) });
    }

    fn names(list: &List<Member>) -> Vec<u32> {
        let mut names = Vec::new();
        list.visit(|member| names.push(member.name));
        names
    }

    #[test]
    fn members_are_visited_in_the_order_in_which_they_came() {
        let list = List::new();
        let members: Vec<_> = (1..=4).map(|name| put(&list, name)).collect();
        assert_eq!(names(&list), [1, 2, 3, 4]);
        for (gone, left) in [(1, &[1, 3, 4][..]), (0, &[3, 4]), (3, &[3]), (2, &[])] {
            take(&list, members[gone]);
            assert_eq!(names(&list), left);
        }
    }

    #[test]
    fn a_visitor_may_put_others_in() {
        let list = List::new();
        let first = put(&list, 1);
        let mut second = None;
        let visited = list.visit(|member| {
            if member.name == 1 {
                second = Some(put(&list, 2));
            }
        });
        assert_eq!(visited, 2);
        take(&list, first);
        take(&list, second.expect("put in"));
    }

    #[test]
    fn members_come_and_go_under_visitors() {
        const ROUNDS: u32 = if cfg!(miri) { 20 } else { 5_000 };
        let list = List::new();
        let stays = put(&list, 0);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let visitor = scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    assert_eq!(names(&list)[0], 0, "who stays is always seen");
                }
            });
            let owners: Vec<_> = (1..3)
                .map(|owner| {
                    let list = &list;
                    scope.spawn(move || {
                        for _ in 0..ROUNDS {
                            take(list, put(list, owner));
                        }
                    })
                })
                .collect();
            for owner in owners {
                owner.join().expect("it does not panic");
            }
            done.store(true, Ordering::Relaxed);
            visitor.join().expect("it saw nobody freed");
        });
        take(&list, stays);
    }
}
