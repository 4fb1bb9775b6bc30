//! The component's key Ndi: what NDIS and the configuration manager are told of the filter.

use super::super::model::{REG_MULTI_SZ, RegistryLine, TYPE};
use super::super::package::Install;
use super::{BINDING, Findings, MODIFYING, MONITORING, Rule, Severity, Subject};

const MONITOR: u32 = 1;
const MODIFY: u32 = 2;
const INTERFACES: &str = "Ndi\\Interfaces";

/// Each section that installs, with the line that writes this value.
fn each(
    subject: &Subject<'_>,
    key: &str,
    value: &str,
    mut look: impl FnMut(&Install, Option<RegistryLine>),
) {
    for install in &subject.package.installs {
        let mut lines = subject.inf.registry(&install.name).into_iter();
        look(install, lines.find(|line| line.writes(key, value)));
    }
}

/// The same for a value that must be there.
fn required(
    (subject, found): (&Subject<'_>, &mut Findings),
    (key, value): (&str, &str),
    expected: &str,
    right: impl Fn(&Install, &RegistryLine) -> bool,
) {
    each(subject, key, value, |install, line| match line {
        None => {
            let shown = format!("[{}] does not write {key}, {value}", install.name);
            found.at(install.line, shown, format!("HKR, {key}, {value}, {expected}"));
        }
        Some(line) if !right(install, &line) => {
            found.at(line.line, line.shown(), format!("HKR, {key}, {value}, {expected}"));
        }
        Some(_) => {}
    });
}

fn filter_type(subject: &Subject<'_>, install: &Install) -> Option<u32> {
    let lines = subject.inf.registry(&install.name);
    lines.iter().find(|line| line.writes("Ndi", "FilterType"))?.dword()
}

fn filter_class(subject: &Subject<'_>, install: &Install) -> Option<String> {
    let lines = subject.inf.registry(&install.name);
    lines.iter().find(|line| line.writes("Ndi", "FilterClass"))?.text()
}

pub const SERVICE: Rule = Rule {
    id: "INF-30",
    severity: Severity::Error,
    says: "Ndi\\Service is text and names the service that AddService adds",
    source: "docs:network/adding-service-related-values-to-the-ndi-key",
    remedy: "write the name of AddService, which is also the driver's ServiceName",
    check: |subject, found| {
        let right = |install: &Install, line: &RegistryLine| {
            let named = line.text().unwrap_or_default();
            install.services.iter().any(|own| own.name.eq_ignore_ascii_case(&named))
        };
        required((subject, found), ("Ndi", "Service"), "0, the name in AddService", right);
    },
};

pub const CO_SERVICES: Rule = Rule {
    id: "INF-31",
    severity: Severity::Error,
    says: "Ndi\\CoServices is a list (REG_MULTI_SZ) with the filter's service",
    source: MONITORING,
    remedy: "write HKR, Ndi, CoServices, 0x00010000, \"service\"",
    check: |subject, found| {
        let right = |install: &Install, line: &RegistryLine| {
            line.flags & TYPE == REG_MULTI_SZ
                && install.services.first().is_none_or(|service| {
                    line.data.iter().any(|name| name.eq_ignore_ascii_case(&service.name))
                })
        };
        let expected = "0x00010000, the name in AddService";
        required((subject, found), ("Ndi", "CoServices"), expected, right);
    },
};

pub const HELP: Rule = Rule {
    id: "INF-32",
    severity: Severity::Warning,
    says: "Ndi\\HelpText says what the filter does",
    source: "docs:network/adding-a-helptext-value",
    remedy: "write a sentence; the properties of every adapter show it",
    check: |subject, found| {
        let right =
            |_: &Install, line: &RegistryLine| line.text().is_some_and(|own| !own.is_empty());
        required((subject, found), ("Ndi", "HelpText"), "0, %HelpText%", right);
    },
};

pub const FILTER_TYPE: Rule = Rule {
    id: "INF-33",
    severity: Severity::Error,
    says: "FilterType is a REG_DWORD, 1 (monitoring) or 2 (modifying)",
    source: MONITORING,
    remedy: "write what the driver is; NDIS places its modules by it",
    check: |subject, found| {
        let right =
            |_: &Install, line: &RegistryLine| matches!(line.dword(), Some(MONITOR | MODIFY));
        required((subject, found), ("Ndi", "FilterType"), "0x00010001, 1 or 2", right);
    },
};

pub const RUN_TYPE: Rule = Rule {
    id: "INF-34",
    severity: Severity::Error,
    says: "FilterRunType is a REG_DWORD, 1 (mandatory) or 2 (optional)",
    source: MONITORING,
    remedy: "write 2, unless no traffic may pass without the filter",
    check: |subject, found| {
        let right = |_: &Install, line: &RegistryLine| matches!(line.dword(), Some(1 | 2));
        required((subject, found), ("Ndi", "FilterRunType"), "0x00010001, 1 or 2", right);
    },
};

pub const OPTIONAL: Rule = Rule {
    id: "INF-35",
    severity: Severity::Warning,
    says: "a monitoring filter is optional",
    source: "docs:network/mandatory-filter-drivers",
    remedy: "write FilterRunType 2: where a mandatory monitor cannot attach, no protocol binds",
    check: |subject, found| {
        each(subject, "Ndi", "FilterRunType", |install, line| {
            if let Some(line) = line.filter(|line| line.dword() == Some(1))
                && filter_type(subject, install) == Some(MONITOR)
            {
                found.at(line.line, line.shown(), "2, since FilterType is 1");
            }
        });
    },
};

const CLASSES: [&str; 12] = [
    "scheduler",
    "encryption",
    "compression",
    "vpn",
    "loadbalance",
    "failover",
    "diagnostic",
    "custom",
    "provider_address",
    "ms_switch_capture",
    "ms_switch_filter",
    "ms_switch_forward",
];

pub const FILTER_CLASS: Rule = Rule {
    id: "INF-36",
    severity: Severity::Error,
    says: "a modifying filter has a documented FilterClass, a monitoring one has none",
    source: MODIFYING,
    remedy: "choose the class by the place in the stack; take it out of a monitoring filter",
    check: |subject, found| {
        each(subject, "Ndi", "FilterClass", |install, line| {
            let kind = filter_type(subject, install);
            let class = line.as_ref().and_then(RegistryLine::text);
            let known = class.is_some_and(|class| {
                CLASSES.iter().any(|known| known.eq_ignore_ascii_case(&class))
            });
            match (kind, line) {
                (Some(MONITOR), Some(line)) => {
                    found.at(line.line, line.shown(), "no FilterClass, since FilterType is 1");
                }
                (Some(MODIFY), Some(line)) if !known => {
                    found.at(line.line, line.shown(), CLASSES.join(", "));
                }
                (Some(MODIFY), None) => {
                    let shown = format!("[{}] writes no FilterClass", install.name);
                    found.at(install.line, shown, CLASSES.join(", "));
                }
                _ => {}
            }
        });
    },
};

pub const RANGES: Rule = Rule {
    id: "INF-37",
    severity: Severity::Error,
    says: "UpperRange is noupper and LowerRange is nolower",
    source: BINDING,
    remedy: "write them so: FilterMediaTypes alone decides what a filter binds to",
    check: |subject, found| {
        for (value, expected) in [("UpperRange", "noupper"), ("LowerRange", "nolower")] {
            let right = |_: &Install, line: &RegistryLine| {
                line.text().is_some_and(|own| own.eq_ignore_ascii_case(expected))
            };
            let shown = format!("0, \"{expected}\"");
            required((subject, found), (INTERFACES, value), &shown, right);
        }
    },
};

/// Media types of adapters that there are; InfVerif refuses those of old ones (2500). Virtual
/// functions go by `iovvf` in npcap's INF and by `ndisvf` in xdp's.
const MEDIA_TYPES: [&str; 8] =
    ["ethernet", "wlan", "ppip", "wan", "bluetooth", "vwifi", "iovvf", "ndisvf"];
/// The switch of Hyper-V; filters of its own classes only.
const SWITCH: &str = "vmnetextension";

fn media(line: &RegistryLine) -> Vec<String> {
    let text = line.data.join(",");
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

pub const MEDIA: Rule = Rule {
    id: "INF-38",
    severity: Severity::Error,
    says: "FilterMediaTypes is a list of media types that Windows knows",
    source: BINDING,
    remedy: "name the media in lower case; vmnetextension only with an ms_switch_ class",
    check: |subject, found| {
        let expected = format!("0, \"of {}\"", MEDIA_TYPES.join(", "));
        let right = |install: &Install, line: &RegistryLine| {
            let class = filter_class(subject, install).unwrap_or_default();
            let known = |name: &String| {
                MEDIA_TYPES.contains(&name.as_str())
                    || (name == SWITCH && class.starts_with("ms_switch_"))
            };
            let named = media(line);
            line.text().is_some() && !named.is_empty() && named.iter().all(known)
        };
        required((subject, found), (INTERFACES, "FilterMediaTypes"), &expected, right);
    },
};

pub const ETHERNET: Rule = Rule {
    id: "INF-39",
    severity: Severity::Warning,
    says: "FilterMediaTypes has ethernet, or only vmnetextension",
    source: BINDING,
    remedy: "add ethernet: nearly every adapter is one, Wi-Fi and virtual ones too",
    check: |subject, found| {
        each(subject, INTERFACES, "FilterMediaTypes", |_, line| {
            let Some(line) = line else { return };
            let named = media(&line);
            if !named.is_empty() && !named.iter().any(|name| name == "ethernet" || name == SWITCH) {
                found.at(line.line, line.shown(), "\"ethernet, ...\"");
            }
        });
    },
};

pub const UNBIND: Rule = Rule {
    id: "INF-40",
    severity: Severity::Warning,
    says: "UnbindOnAttach and UnbindOnDetach are absent or 0",
    source: "samples:network/ndis/filter/netlwf.inf",
    remedy: "write 0: 1 takes TCP/IP off the adapter whenever the filter comes or goes",
    check: |subject, found| {
        for value in ["UnbindOnAttach", "UnbindOnDetach"] {
            each(subject, "Ndi", value, |_, line| {
                if let Some(line) = line.filter(|line| line.dword() != Some(0)) {
                    found.at(line.line, line.shown(), "0x00010001, 0");
                }
            });
        }
    },
};

pub const BOOT_START: Rule = Rule {
    id: "INF-41",
    severity: Severity::Warning,
    says: "NdisBootStart is not there where the service is system start",
    source: "samples:network/ndis/filter/netlwf.inf",
    remedy: "take it out: it is for demand start, and slows the boot of a filter that starts early",
    check: |subject, found| {
        each(subject, "Ndi", "NdisBootStart", |install, line| {
            let start = install.services.iter().any(|service| {
                let start = subject.inf.value(&service.section, "StartType");
                start.is_some_and(|(_, start)| super::super::model::number(&start) == Some(1))
            });
            if let Some(line) = line.filter(|_| start) {
                found.at(line.line, line.shown(), "no NdisBootStart, since StartType is 1");
            }
        });
    },
};
