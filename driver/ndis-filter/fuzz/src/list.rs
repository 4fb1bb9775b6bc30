//! What holds for every walk of a list, and where it may read.

use ndis_filter::event::{ListError, RestartAttributes};

use crate::digest::Digest;
use crate::memory::{Read, Regions};

/// The entries of a list that are followed at most.
const ENTRIES_MAX: usize = 256;
/// The bytes of an attribute before its data.
const ATTRIBUTE_HEAD: u64 = 16;
/// The bytes of an attribute's data that are read at most.
const DATA_MAX: u64 = 4096;

/// A list as its links say, found without the code under test.
struct Links {
    /// Of the entries, the 257th included; the last one may not be there.
    addresses: Vec<u64>,
    /// Whether a NULL ends it.
    ended: bool,
}

impl Links {
    /// Follows a list whose entries have `head` bytes that matter.
    fn follow(first: u64, head: u64, memory: &Regions) -> Self {
        let mut addresses = Vec::new();
        let mut next = Some(first);
        while let Some(address) = next.filter(|next| *next != 0)
            && addresses.len() <= ENTRIES_MAX
        {
            addresses.push(address);
            next = memory.peek(address, head).and_then(|_| memory.peek_number(address, 8));
        }
        Self { addresses, ended: next == Some(0) }
    }

    /// What a walk gave: whether it stopped where and why the list says so.
    fn check<T>(&self, items: &[Result<T, ListError>], reads: &[Read]) {
        let good = items.iter().take_while(|item| item.is_ok()).count();
        assert!(items.len() <= good + 1, "something follows an error");
        let here = self.addresses.get(good);
        match items.get(good).and_then(|item| item.as_ref().err()) {
            None => assert!(self.ended && here.is_none(), "it stopped before the end"),
            Some(ListError::TooLong) => assert_eq!(good, ENTRIES_MAX, "too long, yet shorter"),
            Some(ListError::Cyclic) => {
                let before = &self.addresses[..good];
                assert!(
                    here.is_some_and(|here| before.contains(here)),
                    "cyclic, yet nothing again"
                );
            }
            Some(ListError::Unreadable) => {
                let at_the_top =
                    here.is_some_and(|here| here.checked_add(ATTRIBUTE_HEAD).is_none());
                let refused = reads.last().is_some_and(|read| !read.granted);
                assert!(refused || at_the_top, "unreadable, yet read");
            }
            Some(ListError::Damaged) => assert!(here.is_some(), "damage past the end"),
        }
    }
}

/// Whether these reads, in this order, are the first of what was expected.
fn check_reads(reads: &[Read], mut expected: impl Iterator<Item = (u64, u64)>) {
    for read in reads {
        let next = expected.next();
        assert_eq!(Some((read.address, read.length)), next, "a read that nothing promises");
    }
}

/// Checks a walk along entries that are read whole, of `length` bytes each.
pub fn check_entries<T>(first: u64, length: u64, items: &[Result<T, ListError>], memory: &Regions) {
    let reads = memory.reads();
    let links = Links::follow(first, length, memory);
    links.check(items, &reads);
    check_reads(&reads, links.addresses.iter().map(|address| (*address, length)));
}

/// Walks restart attributes and checks all of it; `first` is where the list begins.
pub fn walk_attributes(
    first: u64,
    attributes: RestartAttributes<'_>,
    memory: &Regions,
    digest: &mut Digest,
) {
    memory.reads();
    let items: Vec<_> = attributes.iter().collect();
    let reads = memory.reads();
    let links = Links::follow(first, ATTRIBUTE_HEAD, memory);
    links.check(&items, &reads);
    let promised = links.addresses.iter().flat_map(|address| {
        let data = memory.peek_number(address.wrapping_add(12), 4).unwrap_or(0).min(DATA_MAX);
        let at = address.checked_add(ATTRIBUTE_HEAD).filter(|_| data > 0);
        [Some((*address, ATTRIBUTE_HEAD)), at.map(|at| (at, data))].into_iter().flatten()
    });
    check_reads(&reads, promised);
    for item in items {
        match item {
            Ok(attribute) => {
                digest.number(attribute.oid);
                digest.bytes(attribute.data);
            }
            Err(error) => digest.bytes(error.name().as_bytes()),
        }
    }
    walk_general(attributes, memory, digest);
}

/// The general attributes are those of the first entry that says so, as long as its data holds.
fn walk_general(attributes: RestartAttributes<'_>, memory: &Regions, digest: &mut Digest) {
    let entry = attributes.iter().filter_map(Result::ok).find(|entry| entry.oid == 0x0001_021D);
    let general = attributes.general();
    memory.reads();
    let Some(general) = general else { return };
    let entry = entry.expect("general attributes without their entry");
    let data = entry.data;
    assert!(data.len() >= 60, "general attributes out of {} bytes", data.len());
    assert_eq!(data[4..8], general.mtu_size.to_le_bytes());
    assert_eq!(data[56..60], general.connection_type.to_le_bytes());
    let accessed = general.max_lookahead_size_accessed;
    assert!(accessed.is_none() || (data.len() >= 88 && data[1] >= 2), "a field of revision 2");
    digest.number(general.mtu_size);
    digest.number(general.max_xmit_link_speed);
    digest.number(general.max_rcv_link_speed);
    digest.number(general.lookahead_size);
    digest.number(general.mac_options);
    digest.number(general.supported_packet_filters);
    digest.number(general.access_type.cast_unsigned());
    digest.number(general.connection_type.cast_unsigned());
    digest.number(accessed.map_or(u64::MAX, u64::from));
}
