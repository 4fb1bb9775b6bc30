//! The sections that install, and what a universal, isolated INF does without.

use std::collections::BTreeMap;

use super::super::model::{is_guid, number};
use super::super::package::Install;
use super::{MONITORING, Rule, Severity, Subject, UNIVERSAL};

const NCF_LW_FILTER: u32 = 0x40000;
const NCF_FILTER: u32 = 0x400;

fn characteristics(subject: &Subject<'_>, install: &Install) -> Option<(u32, String, Option<u32>)> {
    let (line, text) = subject.inf.value(&install.name, "Characteristics")?;
    let value = number(&text);
    Some((line, text, value))
}

pub const CHARACTERISTICS: Rule = Rule {
    id: "INF-25",
    severity: Severity::Error,
    says: "Characteristics has NCF_LW_FILTER (0x40000) and not NCF_FILTER (0x400)",
    source: MONITORING,
    remedy: "write Characteristics = 0x40000; 0x400 is for filters of NDIS 5",
    check: |subject, found| {
        for install in &subject.package.installs {
            let name = &install.name;
            let Some((line, text, value)) = characteristics(subject, install) else {
                let shown = format!("no Characteristics in [{name}]");
                found.at(install.line, shown, "Characteristics = 0x40000");
                continue;
            };
            let right =
                value.is_some_and(|own| own & (NCF_LW_FILTER | NCF_FILTER) == NCF_LW_FILTER);
            if !right {
                found.at(line, format!("Characteristics = {text}"), "0x40000");
            }
        }
    },
};

pub const MORE_CHARACTERISTICS: Rule = Rule {
    id: "INF-26",
    severity: Severity::Warning,
    says: "Characteristics has no bit beside NCF_LW_FILTER",
    source: "docs:network/ddinstall-section-in-a-network-inf-file",
    remedy: "take the bits out: 0x8 hides the filter, 0x20 keeps people from removing it",
    check: |subject, found| {
        for install in &subject.package.installs {
            let Some((line, text, Some(value))) = characteristics(subject, install) else {
                continue;
            };
            let more = value & !(NCF_LW_FILTER | NCF_FILTER);
            if more != 0 {
                found.at(
                    line,
                    format!("Characteristics = {text}, also {more:#x}"),
                    "0x40000 alone",
                );
            }
        }
    },
};

pub const INSTANCE: Rule = Rule {
    id: "INF-27",
    severity: Severity::Error,
    says: "NetCfgInstanceId is a GUID in braces, the same in all sections that install one filter",
    source: MONITORING,
    remedy: "write the GUID that the driver registers as its UniqueName",
    check: |subject, found| {
        for install in &subject.package.installs {
            let name = &install.name;
            let Some((line, guid)) = subject.inf.value(name, "NetCfgInstanceId") else {
                let shown = format!("no NetCfgInstanceId in [{name}]");
                found.at(install.line, shown, "NetCfgInstanceId = \"{GUID}\"");
                continue;
            };
            let twin = subject.package.first_twin(install);
            let first = twin.and_then(|twin| subject.inf.value(&twin.name, "NetCfgInstanceId"));
            let shown = format!("NetCfgInstanceId = {guid}");
            match first {
                _ if !is_guid(&guid) => found.at(line, shown, "\"{8-4-4-4-12 digits}\""),
                Some((_, first)) if !guid.eq_ignore_ascii_case(&first) => {
                    found.at(line, shown, first);
                }
                _ => {}
            }
        }
    },
};

/// Those of the documentation's examples and of the sample ndislwf.
const SAMPLES: [&str; 2] =
    ["{5CBF81BD-5055-47CD-9055-A76B2B4E3697}", "{5CBF81BF-5055-47CD-9055-A76B2B4E3697}"];

pub const OF_THE_SAMPLE: Rule = Rule {
    id: "INF-28",
    severity: Severity::Error,
    says: "NetCfgInstanceId is not the GUID of Microsoft's sample",
    source: MONITORING,
    remedy: "make a GUID of your own (uuidgen): two filters with one cannot both be installed",
    check: |subject, found| {
        for install in &subject.package.installs {
            let value = subject.inf.value(&install.name, "NetCfgInstanceId");
            if let Some((line, guid)) = value
                && SAMPLES.iter().any(|sample| guid.eq_ignore_ascii_case(sample))
            {
                found.at(line, format!("NetCfgInstanceId = {guid}"), "a GUID of your own");
            }
        }
    },
};

/// What a section and its services write, but for where the file lies, with the line of each.
fn written(subject: &Subject<'_>, install: &Install) -> BTreeMap<String, u32> {
    let mut all = BTreeMap::new();
    for line in subject.inf.registry(&install.name) {
        all.insert(line.shown(), line.line);
    }
    for service in &install.services {
        let name = &service.name;
        all.insert(format!("AddService = {name}, {:#x}", service.flags), service.line);
        for entry in subject.inf.entries(&service.section) {
            let key = entry.name();
            if !entry.is("ServiceBinary") && !entry.is("AddReg") {
                let value = subject.inf.expand(&entry.values.join(", "));
                all.insert(format!("{key} = {value} for service {name}"), entry.line);
            }
        }
        for line in subject.inf.registry(&service.section) {
            all.insert(format!("{} for service {name}", line.shown()), line.line);
        }
    }
    all
}

pub const TWINS: Rule = Rule {
    id: "INF-29",
    severity: Severity::Error,
    says: "all sections that install one filter write the same, but for ServiceBinary",
    source: "docs:devtest/inf-validation-errors-and-warnings (1331, 1332, 1333)",
    remedy: "write the same in both, best in sections that both name",
    check: |subject, found| {
        for install in &subject.package.installs {
            let Some(first) = subject.package.first_twin(install) else { continue };
            let of_first = written(subject, first);
            let own = written(subject, install);
            for (text, line) in own.iter().filter(|(text, _)| !of_first.contains_key(*text)) {
                let expected = format!("the same in [{}]", first.name);
                found.at(*line, format!("{text}, in [{}] only", install.name), expected);
            }
            for (text, line) in of_first.iter().filter(|(text, _)| !own.contains_key(*text)) {
                let expected = format!("the same in [{}]", install.name);
                found.at(*line, format!("{text}, in [{}] only", first.name), expected);
            }
        }
    },
};

pub const ROOTS: Rule = Rule {
    id: "INF-50",
    severity: Severity::Error,
    says: "AddReg writes below HKR only",
    source: "docs:devtest/inf-validation-errors-and-warnings (1320, 1321)",
    remedy: "write to HKR, Ndi or HKR, Parameters; a driver package has no other keys",
    check: |subject, found| {
        for section in &subject.inf.sections {
            for line in subject.inf.registry(&section.name) {
                if !line.root.eq_ignore_ascii_case("HKR") {
                    found.at(line.line, line.shown(), "HKR");
                }
            }
        }
    },
};

const LEGACY_DIRECTIVES: [&str; 15] = [
    "BitReg",
    "DelFiles",
    "DelProperty",
    "DelReg",
    "Ini2Reg",
    "LogConfig",
    "ProfileItems",
    "RegisterDlls",
    "RenFiles",
    "UnregisterDlls",
    "UpdateAutoBat",
    "UpdateIniFields",
    "UpdateInis",
    "CoInstallers32",
    "CopyINF",
];
const LEGACY_SUFFIXES: [&str; 3] = [".CoInstallers", ".FactDef", ".LogConfigOverride"];
const LEGACY_SECTIONS: [&str; 2] = ["ClassInstall32", "DefaultInstall"];

pub const LEGACY: Rule = Rule {
    id: "INF-51",
    severity: Severity::Error,
    says: "no section or directive that a universal INF may not have",
    source: UNIVERSAL,
    remedy: "take it out: an INF adds, declares, and runs nothing",
    check: |subject, found| {
        for section in &subject.inf.sections {
            let name = section.name.to_ascii_lowercase();
            let suffix =
                LEGACY_SUFFIXES.iter().any(|suffix| name.ends_with(&suffix.to_ascii_lowercase()));
            let first = name.split('.').next().unwrap_or_default();
            if suffix || LEGACY_SECTIONS.iter().any(|own| own.eq_ignore_ascii_case(first)) {
                found.at(section.line, format!("[{}]", section.name), "no such section");
            }
            for entry in &section.entries {
                if LEGACY_DIRECTIVES.iter().any(|directive| entry.is(directive)) {
                    found.at(entry.line, entry.name(), "no such directive");
                }
            }
        }
    },
};
