//! The service: how Windows loads the driver.

use super::super::model::number;
use super::super::package::{Install, Service};
use super::{Findings, MONITORING, Rule, Severity, Subject};

/// SPSVCINST_ASSOCSERVICE: the service of a device's function driver.
const ASSOCIATED: u32 = 2;
/// SPSVCINST_STOPSERVICE
const STOP_FIRST: u32 = 0x200;

/// The filter's own service in each section; there may be others (CoServices).
fn own<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a Install, &'a Service)> {
    subject.package.installs.iter().filter_map(|install| Some((install, install.services.first()?)))
}

/// An entry of the service's section that must have this number.
fn must_be(subject: &Subject<'_>, found: &mut Findings, key: &str, expected: u32) {
    for (_, service) in own(subject) {
        let section = &service.section;
        match subject.inf.value(section, key) {
            Some((_, value)) if number(&value) == Some(expected) => {}
            Some((line, value)) => {
                found.at(line, format!("{key} = {value}"), format!("{key} = {expected}"));
            }
            None => {
                let line = subject.inf.line_of(section);
                found.at(line, format!("no {key} in [{section}]"), format!("{key} = {expected}"));
            }
        }
    }
}

pub const ADDED: Rule = Rule {
    id: "INF-42",
    severity: Severity::Error,
    says: "each section that installs adds the service, and without the flag 0x2",
    source: "docs:network/ddinstall-services-section-in-a-network-inf-file",
    remedy: "write AddService = name, 0, section; 0x2 is for function drivers of devices",
    check: |subject, found| {
        for install in &subject.package.installs {
            let name = &install.name;
            if install.services.is_empty() {
                let expected = format!("AddService in [{name}.Services]");
                found.at(install.line, format!("[{name}] adds no service"), expected);
            }
            for service in install.services.iter().filter(|own| own.flags & ASSOCIATED != 0) {
                let shown = format!("AddService = {}, {:#x}", service.name, service.flags);
                found.at(service.line, shown, "flags 0");
            }
        }
    },
};

pub const TYPE: Rule = Rule {
    id: "INF-43",
    severity: Severity::Error,
    says: "ServiceType is 1, a kernel driver",
    source: MONITORING,
    remedy: "write it so; NDIS takes no other",
    check: |subject, found| must_be(subject, found, "ServiceType", 1),
};

pub const START: Rule = Rule {
    id: "INF-44",
    severity: Severity::Error,
    says: "StartType is 1, system start; 3 only if optional and with Ndi\\NdisBootStart 0",
    source: "KB2019184; samples:network/ndis/filter/netlwf.inf",
    remedy: "write 1: networking waits up to 90 s for a filter that is installed, not started",
    check: |subject, found| {
        if !own(subject).all(|(install, service)| starts_late(subject, install, service)) {
            must_be(subject, found, "StartType", 1);
        }
    },
};

/// Demand start, and NDIS is told not to wait.
fn starts_late(subject: &Subject<'_>, install: &Install, service: &Service) -> bool {
    let start = subject.inf.value(&service.section, "StartType");
    let lines = subject.inf.registry(&install.name);
    let says = |value: &str, number: u32| {
        lines.iter().any(|line| line.writes("Ndi", value) && line.dword() == Some(number))
    };
    start.and_then(|(_, start)| number(&start)) == Some(3)
        && says("NdisBootStart", 0)
        && says("FilterRunType", 2)
}

pub const ERROR_CONTROL: Rule = Rule {
    id: "INF-45",
    severity: Severity::Error,
    says: "ErrorControl is 1: a failed start is logged, and Windows starts",
    source: MONITORING,
    remedy: "write 1: with 2 or 3 Windows may not start without the filter",
    check: |subject, found| must_be(subject, found, "ErrorControl", 1),
};

pub const GROUP: Rule = Rule {
    id: "INF-46",
    severity: Severity::Error,
    says: "LoadOrderGroup is NDIS",
    source: MONITORING,
    remedy: "write it so: the filter then starts before the adapters that wait for it",
    check: |subject, found| {
        for (_, service) in own(subject) {
            let section = &service.section;
            let value = subject.inf.value(section, "LoadOrderGroup");
            let line = value.as_ref().map_or(subject.inf.line_of(section), |(line, _)| *line);
            let value = value.map(|(_, value)| value).unwrap_or_default();
            if !value.eq_ignore_ascii_case("NDIS") {
                found.at(line, format!("LoadOrderGroup = {value}"), "LoadOrderGroup = NDIS");
            }
        }
    },
};

pub const PARAMETERS: Rule = Rule {
    id: "INF-47",
    severity: Severity::Error,
    says: "the service's AddReg writes below Parameters only",
    source: "docs:devtest/inf-validation-errors-and-warnings (1323)",
    remedy: "move the value to HKR, Parameters; read it with IoOpenDriverRegistryKey",
    check: |subject, found| {
        for (_, service) in subject.package.services() {
            for line in subject.inf.registry(&service.section) {
                let first = line.key.split('\\').next().unwrap_or_default();
                let relative = line.root.eq_ignore_ascii_case("HKR");
                if relative && !first.eq_ignore_ascii_case("Parameters") {
                    found.at(line.line, line.shown(), "HKR, Parameters, ...");
                }
            }
        }
    },
};

pub const TEAMS: Rule = Rule {
    id: "INF-48",
    severity: Severity::Remark,
    says: "Parameters\\NdisImPlatformBindingOptions says where the filter goes in a team, 0 to 3",
    source: "npcap's INF (nmap/npcap)",
    remedy: "decide: 0 the team's adapter, 1 not there, 2 stay on its members, 3 both",
    check: |subject, found| {
        for (_, service) in own(subject) {
            let lines = subject.inf.registry(&service.section);
            let value = "NdisImPlatformBindingOptions";
            let expected = "0x00010001, 0 to 3";
            match lines.iter().find(|line| line.writes("Parameters", value)) {
                Some(line) if line.dword().is_some_and(|own| own <= 3) => {}
                Some(line) => found.at(line.line, line.shown(), expected),
                None => {
                    let line = subject.inf.line_of(&service.section);
                    let expected = format!("HKR, Parameters, {value}, {expected}");
                    found.at(line, format!("[{}] does not write it", service.section), expected);
                }
            }
        }
    },
};

pub const REMOVED: Rule = Rule {
    id: "INF-49",
    severity: Severity::Warning,
    says: "removing the filter stops and deletes the service",
    source: "samples:network/ndis/filter/netlwf.inf",
    remedy: "write DelService = name, 0x200 in [section.Remove.Services]; else it stays behind",
    check: |subject, found| {
        for (install, service) in own(subject) {
            let section = format!("{}.Remove.Services", install.name);
            let expected = format!("DelService = {}, 0x200 in [{section}]", service.name);
            let named = |entry: &&super::super::read::Entry| {
                subject.inf.field(entry, 0).eq_ignore_ascii_case(&service.name)
            };
            let entry = subject.inf.with_key(&section, "DelService").find(named);
            let flags = entry.map(|entry| subject.inf.field(entry, 1));
            match (entry, flags.as_deref().and_then(number)) {
                (None, _) => {
                    let shown = format!("[{}] leaves {} behind", install.name, service.name);
                    found.at(install.line, shown, expected);
                }
                (Some(_), Some(flags)) if flags & STOP_FIRST != 0 => {}
                (Some(entry), _) => {
                    let flags = flags.unwrap_or_default();
                    let shown = format!("DelService = {}, {flags}", service.name);
                    found.at(entry.line, shown, expected);
                }
            }
        }
    },
};
