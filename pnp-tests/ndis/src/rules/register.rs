//! Registration of the filter driver.

use std::ops::Range;

use journal::history::History;
use journal::{DriverFate, Fact, KernelFact, NdisFact, RegisterFact};
use kernel::rules::{Report, Rule, Severity, Stop};

/// NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS.
const CHARACTERISTICS: u8 = 0x8B;
/// NDIS_FILTER_DRIVER_ flags: MANDATORY, SUPPORTS_CURRENT_MAC_ADDRESS_CHANGE, SUPPORTS_L2_MTU_SIZE_CHANGE.
const KNOWN_FLAGS: u32 = 0x7;
/// NDIS_FILTER_DRIVER_UDP_RSC_NOT_SUPPORTED, from NDIS 6.89 on (docs:network/udp-rsc-offload).
const UDP_RSC_NOT_SUPPORTED: u32 = 0x8;
/// NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_n.
const SIZES: [u16; 3] = [200, 224, 240];

fn registrations<'a>(history: &'a History<'_>) -> impl Iterator<Item = (usize, &'a RegisterFact)> {
    history.ndis().filter_map(|(index, fact)| match fact {
        NdisFact::Register(register) => Some((index, &**register)),
        _ => None,
    })
}

pub const HEADER: Rule = Rule {
    id: "NV-01",
    severity: Severity::Contract,
    says: "The characteristics have the type, the revision and the size that the declared NDIS \
           version needs, and no undefined flags",
    source: "ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics, \
             docs:network/introduction-to-ndis-6-80, docs:network/udp-rsc-offload",
    provoked_by: "any registration",
    bugchecks: &[Stop::with(0x7C, 0x21)],
    check: |history, report| {
        for (index, register) in registrations(history) {
            let needed = match register.minor {
                0 => 1,
                1..80 => 2,
                80.. => 3,
            };
            let size = SIZES[usize::from(needed - 1)];
            if register.kind != CHARACTERISTICS {
                report.breach(index, format!("Header.Type is {:#x}, not 0x8b", register.kind));
            }
            if register.revision < needed {
                let (found, minor) = (register.revision, register.minor);
                report.breach(index, format!("revision {found} with NDIS 6.{minor}"));
            } else if register.size < size {
                let found = register.size;
                report
                    .breach(index, format!("Header.Size is {found}, revision {needed} has {size}"));
            }
            let newer = if register.minor >= 89 { UDP_RSC_NOT_SUPPORTED } else { 0 };
            if register.flags & !(KNOWN_FLAGS | newer) != 0 {
                report.breach(index, format!("undefined bits in Flags {:#x}", register.flags));
            }
        }
    },
};

pub const VERSION: Rule = Rule {
    id: "NV-02",
    severity: Severity::Contract,
    says: "A driver whose registration was refused fails to load or registers lower; a monitor \
           declares at least NDIS 6.30, and 6.89 where that is offered",
    source: "ddi:ndis/nf-ndis-ndisfregisterfilterdriver, docs:network/udp-rsc-offload",
    provoked_by: "versions of NDIS from 6.20 to 6.89, registrations that fail",
    bugchecks: &[],
    check: version,
};

fn version(history: &History<'_>, report: &mut Report) {
    let last = registrations(history).last();
    let Some((index, register)) = last else { return };
    let fate = history.entries[index..].iter().find_map(|entry| match entry.fact {
        Fact::Kernel(KernelFact::Driver { what }) => Some(what),
        _ => None,
    });
    if register.status != 0 && fate == Some(DriverFate::Loaded) {
        report.breach(index, "DriverEntry succeeded although this was refused".to_owned());
    }
    if register.status == 0 {
        let minor = register.minor;
        if minor < 30 && register.runtime.1 >= 30 {
            let found = format!("NDIS 6.{minor} brings back the pause at every sleep, ends RSC");
            report.graded(Severity::Policy, index, found);
        } else if minor < 89 && register.runtime.1 >= 89 {
            let found = format!("NDIS 6.{minor} where 6.89 is offered ends UDP receive offload");
            report.graded(Severity::Policy, index, found);
        }
    }
}

pub const READY: Rule = Rule {
    id: "NV-03",
    severity: Severity::Contract,
    says: "Everything that callbacks need is ready before NdisFRegisterFilterDriver is called; they \
           run before it returns",
    source: "docs:network/initializing-a-filter-driver",
    provoked_by: "adapters that attach while the registration is under way",
    bugchecks: &[],
    check: ready,
};

fn ready(history: &History<'_>, report: &mut Report) {
    let mut inside = false;
    let faults = history.has_faults();
    for (index, entry) in history.entries.iter().enumerate() {
        match &entry.fact {
            Fact::Ndis(NdisFact::Register(register)) => inside = register.status == 0,
            Fact::Ndis(NdisFact::RegisterReturned) => inside = false,
            Fact::Kernel(KernelFact::Leave {
                callback: "FilterAttach",
                status: Some(status),
                ..
            }) if inside && *status != 0 && !faults => {
                report.breach(index, "it failed while the registration was under way".to_owned());
            }
            Fact::Kernel(KernelFact::Bugcheck { what, .. }) if inside => {
                report.breach(index, what.clone());
            }
            _ => {}
        }
    }
}

pub const HANDLERS: Rule = Rule {
    id: "NV-04",
    severity: Severity::Contract,
    says: "Attach, Detach, Restart and Pause are there; receive handlers come with a status handler; \
           who calls an NdisF function has the handler that belongs to it",
    source: "ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics, docs:network/data-bypass-mode",
    provoked_by: "any registration, any call",
    bugchecks: &[],
    check: handlers,
};

/// Functions and the handlers that their results come to.
const PARTNERS: [(&str, &str); 4] = [
    ("NdisFSendNetBufferLists", "FilterSendNetBufferListsComplete"),
    ("NdisFIndicateReceiveNetBufferLists", "FilterReturnNetBufferLists"),
    ("NdisFOidRequest", "FilterOidRequestComplete"),
    ("NdisFDirectOidRequest", "FilterDirectOidRequestComplete"),
];

fn handlers(history: &History<'_>, report: &mut Report) {
    let all: Vec<_> = registrations(history).collect();
    for (number, (index, register)) in all.iter().enumerate() {
        // What a driver that is loaded anew does is of its next registration.
        let end = all.get(number + 1).map_or(history.entries.len(), |(next, _)| *next);
        handlers_of(history, *index..end, register, report);
    }
}

fn handlers_of(
    history: &History<'_>,
    during: Range<usize>,
    register: &RegisterFact,
    report: &mut Report,
) {
    let index = during.start;
    let has = |name: &str| register.handlers.contains(&name);
    for mandatory in ["FilterAttach", "FilterDetach", "FilterRestart", "FilterPause"] {
        if !has(mandatory) {
            report.breach(index, format!("{mandatory} is NULL"));
        }
    }
    let receives = has("FilterReceiveNetBufferLists") || has("FilterReturnNetBufferLists");
    if receives && !has("FilterStatus") {
        report.breach(index, "receives are handled and FilterStatus is NULL".to_owned());
    }
    // Handlers may have been set later.
    let entries = &history.entries[during];
    let changes = entries.iter().any(|entry| {
        matches!(entry.fact, Fact::Ndis(NdisFact::Call { import: "NdisSetOptionalHandlers", .. }))
    });
    for (import, partner) in PARTNERS {
        let path = partner.contains("NetBufferLists");
        if has(partner) || (path && changes) {
            continue;
        }
        let called = entries.iter().position(
            |entry| matches!(entry.fact, Fact::Kernel(KernelFact::Import { import: called }) if called == import),
        );
        if let Some(at) = called {
            report.breach(index + at, format!("{import} is called and {partner} is NULL"));
        }
    }
}

pub const NAMES: Rule = Rule {
    id: "NV-05",
    severity: Severity::Contract,
    says: "UniqueName is the filter's GUID in braces, as in the INF; ServiceName is not empty",
    source: "ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics",
    provoked_by: "any registration",
    bugchecks: &[],
    check: |history, report| {
        for (index, register) in registrations(history) {
            if !is_guid(&register.unique_name) {
                let found = format!("UniqueName is `{}`", register.unique_name);
                report.breach(index, found);
            }
            if register.service_name.is_empty() {
                report.breach(index, "ServiceName is empty".to_owned());
            }
        }
    },
};

/// `{9A3C5E10-0000-4000-8000-000000000001}`
fn is_guid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner else { return false };
    let groups: Vec<&str> = inner.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{FilterCalls as _, Sample};

    fn right() -> RegisterFact {
        let mandatory = ["FilterAttach", "FilterDetach", "FilterRestart", "FilterPause"];
        RegisterFact {
            kind: CHARACTERISTICS,
            revision: 2,
            size: 224,
            major: 6,
            minor: 30,
            runtime: (6, 30),
            flags: 0,
            handlers: mandatory.to_vec(),
            unique_name: "{9A3C5E10-0000-4000-8000-000000000001}".to_owned(),
            service_name: "filter".to_owned(),
            status: 0,
        }
    }

    fn sample(change: impl FnOnce(&mut RegisterFact)) -> Sample {
        let mut fact = right();
        change(&mut fact);
        Sample::new().fact(NdisFact::Register(Box::new(fact)))
    }

    #[test]
    fn nv01_catches_wrong_types_revisions_sizes_and_flags() {
        sample(|_| {}).keeps(&HEADER);
        sample(|r| r.size = 240).keeps(&HEADER);
        sample(|r| r.kind = 0x8C).breaks(&HEADER);
        sample(|r| r.minor = 80).breaks(&HEADER);
        sample(|r| r.size = 223).breaks(&HEADER);
        sample(|r| r.flags = 0x10).breaks(&HEADER);
        // A flag of NDIS 6.89.
        let opts_out =
            |minor| sample(|r| (r.flags, r.minor, r.revision, r.size) = (0x8, minor, 3, 240));
        opts_out(89).keeps(&HEADER);
        opts_out(85).breaks(&HEADER);
    }

    #[test]
    fn nv02_catches_a_driver_that_loads_without_a_registration_and_old_declarations() {
        let loaded = || KernelFact::Driver { what: DriverFate::Loaded };
        sample(|r| r.status = -1).fact(loaded()).breaks(&VERSION);
        sample(|_| {}).fact(loaded()).keeps(&VERSION);
        sample(|r| r.runtime = (6, 89)).breaks(&VERSION);
        sample(|r| r.minor = 20).breaks(&VERSION);
    }

    #[test]
    fn nv03_catches_an_attach_that_came_too_early_for_the_driver() {
        let failed = |sample: Sample| sample.call("FilterAttach", None, Some(-1), []);
        failed(sample(|_| {})).breaks(&READY);
        failed(sample(|_| {}).fact(NdisFact::RegisterReturned)).keeps(&READY);
    }

    #[test]
    fn nv04_catches_missing_handlers_and_partners() {
        sample(|_| {}).keeps(&HANDLERS);
        sample(|r| r.handlers.retain(|name| *name != "FilterPause")).breaks(&HANDLERS);
        sample(|r| r.handlers.push("FilterReceiveNetBufferLists")).breaks(&HANDLERS);
        let asked = KernelFact::Import { import: "NdisFOidRequest" };
        sample(|_| {}).fact(asked.clone()).breaks(&HANDLERS);
        sample(|r| r.handlers.push("FilterOidRequestComplete"))
            .fact(asked.clone())
            .keeps(&HANDLERS);
        // Loaded anew, it registers without the handler and does not ask any more.
        let again = NdisFact::Register(Box::new(right()));
        let first = || sample(|r| r.handlers.push("FilterOidRequestComplete")).fact(asked.clone());
        first().fact(again.clone()).keeps(&HANDLERS);
        first().fact(again).fact(asked.clone()).breaks(&HANDLERS);
    }

    #[test]
    fn nv05_catches_names_that_are_no_guid() {
        sample(|_| {}).keeps(&NAMES);
        sample(|r| r.unique_name = "filter".to_owned()).breaks(&NAMES);
        sample(|r| r.service_name = String::new()).breaks(&NAMES);
    }
}
