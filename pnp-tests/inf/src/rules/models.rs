//! [Manufacturer] and Models: on which Windows which section installs.

use std::collections::{BTreeMap, BTreeSet};

use super::super::package::Decoration;
use super::{REQUIREMENTS, Rule, Severity, Subject, UNIVERSAL};

/// Where INetCfg can install from the driver store.
const DRIVER_STORE_BUILD: u32 = 25319;
/// Older ones ignore the build in a decoration.
const HONOURED_BUILD: u32 = 14310;

/// All decorations of [Manufacturer]; `None` for a maker without.
fn decorations(subject: &Subject<'_>) -> Vec<(u32, Option<Decoration>)> {
    let mut all = Vec::new();
    for maker in subject.inf.entries("Manufacturer") {
        let texts = (1..maker.values.len()).map(|index| subject.inf.field(maker, index));
        all.extend(texts.map(|text| (maker.line, Some(Decoration::new(&text)))));
        if maker.values.len() < 2 {
            all.push((maker.line, None));
        }
    }
    all
}

pub const ARCHITECTURE: Rule = Rule {
    id: "INF-15",
    severity: Severity::Error,
    says: "[Manufacturer] leads to models, and each decoration has an architecture",
    source: "docs:install/inf-manufacturer-section",
    remedy: "decorate with NTamd64 or NTarm64, in an .inx with NT$ARCH$",
    check: |subject, found| {
        for (line, decoration) in decorations(subject) {
            let shown = match &decoration {
                Some(own) if own.valid && known_architecture(&own.architecture) => continue,
                Some(own) => format!("decoration {}", own.text),
                None => "models without a decoration".to_owned(),
            };
            found.at(line, shown, "NTamd64 or NTarm64, then .10.0...BUILD");
        }
        if subject.package.models.is_empty() {
            let line = subject.inf.line_of("Manufacturer");
            found.at(line, "no model", "%name% = section, hardware-id in a Models section");
        }
    },
};

fn known_architecture(text: &str) -> bool {
    ["amd64", "arm64", "x86", "arm", "ia64", "$ARCH$"]
        .iter()
        .any(|known| text.eq_ignore_ascii_case(known))
}

pub const PRODUCT: Rule = Rule {
    id: "INF-16",
    severity: Severity::Error,
    says: "no decoration has a ProductType or SuiteMask",
    source: UNIVERSAL,
    remedy: "leave both fields empty; a universal INF serves every edition",
    check: |subject, found| {
        for (line, decoration) in decorations(subject) {
            if let Some(own) = decoration.filter(|own| own.product) {
                let text = own.text;
                found.at(line, format!("decoration {text}"), "NTamd64.10.0...BUILD");
            }
        }
    },
};

pub const DRIVER_STORE: Rule = Rule {
    id: "INF-17",
    severity: Severity::Error,
    says: "only models for build 25319 or later install to DIRID 13",
    source: "docs:network/ndis-filter-driver-installation",
    remedy: "decorate with .10.0...25319, and give older builds a twin with DIRID 12",
    check: |subject, found| {
        for install in &subject.package.installs {
            let place = install.copies.iter().filter_map(|copied| copied.place.as_ref());
            let stored = place.into_iter().any(|place| place.directory == 13);
            if stored && install.from_build < DRIVER_STORE_BUILD {
                let (name, from) = (&install.name, install.from_build);
                let shown = format!("[{name}] copies to DIRID 13 from build {from} on");
                found.at(install.line, shown, format!("build {DRIVER_STORE_BUILD} or later"));
            }
        }
    },
};

pub const LOWER_BOUND: Rule = Rule {
    id: "INF-18",
    severity: Severity::Warning,
    says: "every decoration has a build, 14310 or later, from which on it holds",
    source: "docs:install/inf-manufacturer-section",
    remedy: "say the oldest build that was tested: older Windows then refuses the package",
    check: |subject, found| {
        for (line, decoration) in decorations(subject) {
            let Some(own) = decoration else { continue };
            if own.build.is_none_or(|build| build < HONOURED_BUILD) {
                let text = own.text;
                found.at(line, format!("decoration {text}"), ".10.0...BUILD, such as 16299");
            }
        }
    },
};

pub const HARDWARE_ID: Rule = Rule {
    id: "INF-19",
    severity: Severity::Error,
    says: "hardware ids are provider_product, not beginning ms_ or vms_, the same in all Models",
    source: REQUIREMENTS,
    remedy: "give every Models section the same ids; netcfg installs and removes by them",
    check: |subject, found| {
        let mut sections: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for model in &subject.package.models {
            let ids = sections.entry(&model.section).or_default();
            ids.insert(model.id.to_ascii_lowercase());
        }
        for model in &subject.package.models {
            let (id, line) = (&model.id, model.line);
            let lower = id.to_ascii_lowercase();
            let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if id.is_empty() || !plain {
                found.at(line, format!("hardware id {id}"), "letters, digits and _");
            } else if lower.starts_with("ms_") || lower.starts_with("vms_") {
                found.at(line, format!("hardware id {id}"), "a provider of your own before the _");
            }
            if let Some((section, _)) = sections.iter().find(|(_, ids)| !ids.contains(&lower)) {
                found.at(line, format!("hardware id {id}, not in [{section}]"), "it in both");
            }
        }
    },
};
