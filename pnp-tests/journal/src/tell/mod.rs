//! A journal in the driver's terms: a line an entry, indented by the calls of the image that are open on
//! its thread. The legend is in `docs/testing.md`.
//!
//! Statuses, OIDs and bugchecks stand with number and name; what NDIS and the kernel pass stands by name.

mod io;
mod kernel;
mod ndis;
mod packet;
mod wsk;

use std::collections::BTreeMap;
use std::fmt;

pub use packet::lists;

use crate::names::table;
use crate::{Entry, Fact, Journal, KernelFact};

/// What a call may be about, by the callback that gets it.
fn subject(callback: &str, code: u32) -> String {
    use crate::names::event::{device_event_name, event_name};
    let name = match callback {
        "FilterNetPnPEvent" => event_name(code).map(str::to_owned),
        "FilterDevicePnPEventNotify" => device_event_name(code).map(str::to_owned),
        "FilterStatus" => return status_of_ndis(code.cast_signed()),
        name if name.contains("OidRequest") => return oid(code),
        _ => None,
    };
    name.unwrap_or_else(|| format!("{code:#x}"))
}

/// `0xC0000034 STATUS_OBJECT_NAME_NOT_FOUND`
fn status_of_nt(status: i32) -> String {
    numbered(status, table::nt_status_name(status))
}

/// `0xC0010014 NDIS_STATUS_INVALID_LENGTH`
fn status_of_ndis(status: i32) -> String {
    numbered(status, table::ndis_status_name(status))
}

fn numbered(status: i32, name: Option<&str>) -> String {
    let number = format!("0x{status:08X}");
    name.map_or_else(|| number.clone(), |name| format!("{number} {name}"))
}

/// The status that a callback or an import returned, in the terms of who calls it.
fn returned(name: &str, status: i32) -> String {
    if name.starts_with("Filter") || name.starts_with("Ndis") {
        status_of_ndis(status)
    } else {
        status_of_nt(status)
    }
}

/// `0x00020106 OID_GEN_STATISTICS`
fn oid(oid: u32) -> String {
    match table::oid_name(oid) {
        Some(name) => format!("{oid:#010X} {name}"),
        None => format!("{oid:#010X}"),
    }
}

/// ` of eth0.1`
fn of(owner: Option<&str>) -> String {
    owner.map(|owner| format!(" of {owner}")).unwrap_or_default()
}

/// Bytes in hex, in groups of four.
struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str(" ")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(fact) => fact.fmt(f),
            Self::Ndis(fact) => fact.fmt(f),
            Self::Wsk(fact) => fact.fmt(f),
        }
    }
}

/// Tells entries one after the other, and knows how deep each thread is in the image.
pub struct Teller<P> {
    next: usize,
    depths: BTreeMap<u32, usize>,
    place: P,
}

impl<P: Fn(u32) -> String> Teller<P> {
    /// `place` names a place in the image.
    #[must_use]
    pub fn new(place: P) -> Self {
        Self { next: 0, depths: BTreeMap::new(), place }
    }

    /// The line of the entry that follows those before, without its end.
    pub fn line(&mut self, entry: &Entry) -> String {
        let depth = self.depths.entry(entry.thread).or_default();
        let indent = match entry.fact.kernel() {
            Some(KernelFact::Enter { .. }) => {
                *depth += 1;
                *depth - 1
            }
            Some(KernelFact::Leave { .. }) => {
                *depth = depth.saturating_sub(1);
                *depth
            }
            _ => *depth,
        };
        let index = self.next;
        self.next += 1;
        let (ms, rest) = (entry.time_100ns / 10_000, entry.time_100ns % 10_000);
        let site = entry.site.map(|rva| format!("  @{}", (self.place)(rva))).unwrap_or_default();
        let (thread, fact) = (entry.thread, &entry.fact);
        format!("{index:5} {ms:>12}.{rest:04} t{thread} {:1$}{fact}{site}", "", 2 * indent)
    }
}

impl fmt::Display for Journal {
    /// As a [`Teller`] without symbols tells it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut teller = Teller::new(|rva| format!("{rva:#x}"));
        self.entries.iter().try_for_each(|entry| writeln!(f, "{}", teller.line(entry)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{IoFact, NdisFact, OidFact, PoolFact};

    fn lines(facts: impl IntoIterator<Item = Fact>) -> Vec<String> {
        let mut teller = Teller::new(|rva| format!("driver+{rva:#x}"));
        let entry = |fact| Entry { time_100ns: 12_3456, thread: 1, site: None, fact };
        facts.into_iter().map(|fact| teller.line(&entry(fact))).collect()
    }

    fn enter(callback: &'static str, code: u32) -> Fact {
        let module = Some("eth0.1".to_owned());
        KernelFact::Enter { call: 1, callback, module, code: Some(code) }.into()
    }

    fn leave(callback: &'static str, status: u32) -> Fact {
        let (module, status) = (Some("eth0.1".to_owned()), Some(status.cast_signed()));
        KernelFact::Leave { call: 1, callback, module, status }.into()
    }

    #[test]
    fn what_happens_inside_a_call_is_indented_and_names_and_numbers_stand_together() {
        let told = lines([
            KernelFact::Step { line: 6, text: "eth0 sleeps D3".to_owned() }.into(),
            enter("FilterNetPnPEvent", 0),
            KernelFact::Import { import: "NdisFNetPnPEvent" }.into(),
            enter("FilterOidRequest", 0x0002_0106),
            leave("FilterOidRequest", 0xC001_0014),
            leave("FilterNetPnPEvent", 0),
        ]);
        assert_eq!(
            told,
            [
                "    0           12.3456 t1 == eth0 sleeps D3 (line 6)",
                "    1           12.3456 t1 > FilterNetPnPEvent of eth0.1, call 1: SetPower",
                "    2           12.3456 t1   NdisFNetPnPEvent",
                "    3           12.3456 t1   > FilterOidRequest of eth0.1, call 1: 0x00020106 OID_GEN_STATISTICS",
                "    4           12.3456 t1   < FilterOidRequest of eth0.1, call 1: 0xC0010014 NDIS_STATUS_INVALID_LENGTH",
                "    5           12.3456 t1 < FilterNetPnPEvent of eth0.1, call 1: 0x00000000 NDIS_STATUS_SUCCESS",
            ]
        );
    }

    #[test]
    fn a_call_site_is_named_and_each_thread_has_its_own_depth() {
        let mut teller = Teller::new(|rva| format!("driver+{rva:#x}"));
        let mut told =
            |thread, site, fact| teller.line(&Entry { time_100ns: 0, thread, site, fact });
        told(1, None, enter("FilterPause", 0));
        let other = told(2, Some(0x1234), KernelFact::Import { import: "NdisGetVersion" }.into());
        assert_eq!(other, "    1            0.0000 t2 NdisGetVersion  @driver+0x1234");
    }

    #[test]
    fn no_line_has_the_form_of_a_rust_value() {
        let tag = *b"leak";
        let told = lines([
            KernelFact::Pool(PoolFact::Allocated { block: 1, bytes: 24, tag, owner: None }).into(),
            KernelFact::Io(IoFact::Completed { irp: 2, status: 0xC000_0010_u32.cast_signed() })
                .into(),
            NdisFact::Oid(OidFact::Answered { request: 3, status: 0 }).into(),
            KernelFact::Bugcheck {
                code: 0x50,
                what: "access to address 0x0".to_owned(),
                at: "driver+0x10".to_owned(),
                freed: false,
            }
            .into(),
        ]);
        let ends = [
            "pool block 1 allocated: 24 bytes, tag leak",
            "IRP 2 completed: 0xC0000010 STATUS_INVALID_DEVICE_REQUEST",
            "request 3 answered: 0x00000000 NDIS_STATUS_SUCCESS",
            "BUGCHECK 0x50 (PAGE_FAULT_IN_NONPAGED_AREA): access to address 0x0; driver+0x10",
        ];
        for (line, end) in told.iter().zip(ends) {
            assert!(line.ends_with(end), "{line}");
        }
    }
}
