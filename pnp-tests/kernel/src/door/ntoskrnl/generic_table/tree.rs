//! The tree of a generic table, in the image's memory.

use crate::machine::raw;

/// The layout of a kind of table and of what stands before each element (ntddk.h).
#[derive(Debug)]
pub struct Kind {
    /// Bytes before an element: RTL_BALANCED_LINKS; RTL_SPLAY_LINKS and a LIST_ENTRY.
    pub header: usize,
    size: usize,
    root: usize,
    number: usize,
    key: usize,
    routines: usize,
    /// InsertOrderList of the table, and the entry of an element.
    list: Option<(usize, usize)>,
}

/// RTL_GENERIC_TABLE. OrderedPointer has the last element of an enumeration.
pub static SPLAY: Kind =
    Kind { header: 40, size: 72, root: 0, number: 36, key: 24, routines: 40, list: Some((8, 24)) };
/// RTL_AVL_TABLE. The root is the right child of BalancedRoot; RestartKey has the last element of an enumeration.
pub static AVL: Kind =
    Kind { header: 32, size: 104, root: 16, number: 44, key: 56, routines: 72, list: None };

/// The links of an element, the same in both kinds.
const PARENT: usize = 0;
const LEFT: usize = 8;
const RIGHT: usize = 16;

/// A table of the image's.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The address of the structure.
    pub address: usize,
    /// The structure that it is.
    pub kind: &'static Kind,
}

/// Where an element is, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The table is empty.
    Empty,
    /// Here.
    At(usize),
    /// Below this one, to the left.
    LeftOf(usize),
    /// Below this one, to the right.
    RightOf(usize),
}

impl Table {
    /// The driver's part of an element.
    pub fn data_of(self, node: usize) -> usize {
        node + self.kind.header
    }

    /// The field CompareRoutine; AllocateRoutine, FreeRoutine and TableContext follow.
    pub fn compare(self) -> usize {
        self.address + self.kind.routines
    }

    /// The field AllocateRoutine.
    pub fn allocate(self) -> usize {
        self.compare() + 8
    }

    /// The field FreeRoutine.
    pub fn free(self) -> usize {
        self.compare() + 16
    }

    /// The field with the last element of the table's own enumeration.
    pub fn key(self) -> usize {
        self.address + self.kind.key
    }

    /// How many elements it has.
    pub fn number(self) -> u32 {
        raw::get(self.address + self.kind.number)
    }

    fn count(self, by: i32) {
        raw::put(self.address + self.kind.number, self.number().wrapping_add_signed(by));
    }

    fn root(self) -> usize {
        raw::get(self.address + self.kind.root)
    }
}

/// Makes it empty.
pub fn initialise(table: Table) {
    raw::fill(table.address, 0, table.kind.size);
    if let Some((list, _)) = table.kind.list {
        raw::put(table.address + list, [table.address + list; 2]);
    }
}

fn link(node: usize, which: usize) -> usize {
    raw::get(node + which)
}

/// Looks for the element that `compare` calls equal: it says whether the wanted one is less than a node (0), greater (1)
/// or equal.
pub fn find(table: Table, compare: impl Fn(usize) -> i32) -> Place {
    let mut node = table.root();
    if node == 0 {
        return Place::Empty;
    }
    loop {
        let (which, place) = match compare(node) {
            0 => (LEFT, Place::LeftOf(node)),
            1 => (RIGHT, Place::RightOf(node)),
            _ => return Place::At(node),
        };
        match link(node, which) {
            0 => return place,
            next => node = next,
        }
    }
}

/// Puts `node` below `parent`, or at the root for none; `node` may be none.
fn hang(table: Table, parent: usize, which: usize, node: usize) {
    let place = if parent == 0 { table.address + table.kind.root } else { parent + which };
    raw::put(place, node);
    if node != 0 {
        raw::put(node + PARENT, parent);
    }
}

/// Which child of its parent a node is.
fn side(node: usize, parent: usize) -> usize {
    if parent != 0 && link(parent, RIGHT) == node { RIGHT } else { LEFT }
}

/// Turns a node and its parent, so that the node is the upper one.
fn rotate(table: Table, node: usize) {
    let parent = link(node, PARENT);
    let above = link(parent, PARENT);
    let (inner, outer) = if side(node, parent) == LEFT { (RIGHT, LEFT) } else { (LEFT, RIGHT) };
    let upper_side = side(parent, above);
    hang(table, parent, outer, link(node, inner));
    hang(table, above, upper_side, node);
    hang(table, node, inner, parent);
}

/// Turns a node up to the root, two at a time, which halves the depth of the path.
fn splay(table: Table, node: usize) {
    loop {
        let parent = link(node, PARENT);
        if parent == 0 {
            return;
        }
        let above = link(parent, PARENT);
        if above != 0 {
            let in_line = side(node, parent) == side(parent, above);
            rotate(table, if in_line { parent } else { node });
        }
        rotate(table, node);
    }
}

/// Puts a new node where its element was not found.
pub fn insert(table: Table, node: usize, place: Place) {
    raw::fill(node, 0, table.kind.header);
    match place {
        Place::LeftOf(parent) => hang(table, parent, LEFT, node),
        Place::RightOf(parent) => hang(table, parent, RIGHT, node),
        Place::Empty | Place::At(_) => hang(table, 0, LEFT, node),
    }
    splay(table, node);
    if let Some((list, entry)) = table.kind.list {
        let (head, entry) = (table.address + list, node + entry);
        let last: usize = raw::get(head + 8);
        raw::put(entry, [head, last]);
        raw::put(last, entry);
        raw::put(head + 8, entry);
    }
    table.count(1);
}

/// Takes a node out.
pub fn remove(table: Table, node: usize) {
    if raw::get::<usize>(table.key()) == node {
        // The enumeration goes on behind the one before.
        raw::put(table.key(), predecessor(node));
    }
    let parent = link(node, PARENT);
    let (left, right, which) = (link(node, LEFT), link(node, RIGHT), side(node, parent));
    if left == 0 || right == 0 {
        hang(table, parent, which, left.max(right));
    } else {
        let next = outermost(right, LEFT);
        if next != right {
            let above = link(next, PARENT);
            hang(table, above, LEFT, link(next, RIGHT));
            hang(table, next, RIGHT, right);
        }
        hang(table, next, LEFT, left);
        hang(table, parent, which, next);
    }
    if let Some((_, entry)) = table.kind.list {
        let [next, before]: [usize; 2] = raw::get(node + entry);
        raw::put(before, next);
        raw::put(next + 8, before);
    }
    table.count(-1);
}

/// The last node from here on one side.
fn outermost(node: usize, which: usize) -> usize {
    let mut node = node;
    while link(node, which) != 0 {
        node = link(node, which);
    }
    node
}

/// The first element in order, 0 in an empty table.
pub fn first(table: Table) -> usize {
    match table.root() {
        0 => 0,
        root => outermost(root, LEFT),
    }
}

/// The neighbour on one side, 0 for none.
fn neighbour(node: usize, which: usize, other: usize) -> usize {
    if link(node, which) != 0 {
        return outermost(link(node, which), other);
    }
    let (mut below, mut parent) = (node, link(node, PARENT));
    while parent != 0 && side(below, parent) == which {
        (below, parent) = (parent, link(parent, PARENT));
    }
    parent
}

/// The next element in order, 0 for none.
pub fn successor(node: usize) -> usize {
    neighbour(node, RIGHT, LEFT)
}

fn predecessor(node: usize) -> usize {
    neighbour(node, LEFT, RIGHT)
}

/// The element that was inserted first, or the first in order where no order of insertion is kept.
pub fn eldest(table: Table) -> usize {
    match table.kind.list {
        Some((list, entry)) => raw::get::<usize>(table.address + list).wrapping_sub(entry),
        None => first(table),
    }
}

/// The one that follows in that order.
pub fn younger(table: Table, node: usize) -> usize {
    match table.kind.list {
        Some((_, entry)) => raw::get::<usize>(node + entry).wrapping_sub(entry),
        None => successor(node),
    }
}
