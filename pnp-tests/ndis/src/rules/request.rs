//! Requests of a filter's own, whatever the time at which they come; and the attributes that it passes on.

use journal::history::History;
use journal::{NdisFact, OidFact};
use kernel::rules::{Rule, Severity, Stop};

fn facts<'a>(history: &'a History<'_>) -> impl Iterator<Item = (usize, &'a OidFact)> {
    history.ndis().filter_map(|(index, fact)| match fact {
        NdisFact::Oid(fact) => Some((index, fact)),
        _ => None,
    })
}

pub const HEADER: Rule = Rule {
    id: "NV-67",
    severity: Severity::Contract,
    says: "A request that a filter sends has a header with the type, a revision and the size of a request",
    source: "ddi:oidrequest/ns-oidrequest-ndis_oid_request; bugcheck 0x7C, 0x21",
    provoked_by: "any request of a filter's own",
    bugchecks: &[Stop::with(0x7C, 0x21)],
    check: |history, report| {
        for (index, fact) in facts(history) {
            if let OidFact::Headerless { module, kind, revision, size } = fact {
                report.breach(
                    index,
                    format!(
                        "{module} sent one of type {kind:#04X}, revision {revision}, size {size}"
                    ),
                );
            }
        }
    },
};

pub const PACKET_FILTER: Rule = Rule {
    id: "NV-68",
    severity: Severity::Risky,
    says: "A packet filter that a filter sets has every bit that the layers above have set",
    source: "nmap/npcap#710; docs:network/oid-gen-current-packet-filter",
    provoked_by: "packet filters that protocols set",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in facts(history) {
            if let OidFact::Narrowed { module, above, own } = fact {
                let found = format!(
                    "{module} set the packet filter {own:#X}; the layers above had set {above:#X}"
                );
                report.breach(index, found);
            }
        }
    },
};

pub const ATTRIBUTES: Rule = Rule {
    id: "NV-70",
    severity: Severity::Risky,
    says: "FilterRestart leaves the others' restart attributes in the list, and an MTU and a link speed in them",
    source: "ddi:ndis/nc-ndis-filter_restart",
    provoked_by: "any restart with attributes",
    bugchecks: &[],
    check: |history, report| {
        for (index, fact) in history.ndis() {
            if let NdisFact::RestartAttributes { module, what } = fact {
                report.breach(index, format!("after FilterRestart of {module} {what}"));
            }
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    fn module() -> String {
        "eth0.1".to_owned()
    }

    fn done() -> Sample {
        Sample::new().fact(NdisFact::Oid(OidFact::OwnDone { module: module() }))
    }

    #[test]
    fn nv67_catches_a_request_without_a_header() {
        let sent = OidFact::Headerless { module: module(), kind: 0, revision: 0, size: 0 };
        Sample::new().fact(NdisFact::Oid(sent)).breaks(&HEADER);
        done().keeps(&HEADER);
    }

    #[test]
    fn nv68_catches_a_packet_filter_that_takes_bits_away() {
        let set = OidFact::Narrowed { module: module(), above: 0xB, own: 0x20 };
        Sample::new().fact(NdisFact::Oid(set)).breaks(&PACKET_FILTER);
        done().keeps(&PACKET_FILTER);
    }

    #[test]
    fn nv70_catches_attributes_that_are_gone_or_zero() {
        let what = "MtuSize is 0".to_owned();
        let left = NdisFact::RestartAttributes { module: module(), what };
        Sample::new().fact(left).breaks(&ATTRIBUTES);
        done().keeps(&ATTRIBUTES);
    }
}
