//! [Version].

use super::super::model::number;
use super::{REQUIREMENTS, Rule, Severity, Subject};

const SECTION: &str = "Version";
const CLASS_GUID: &str = "{4D36E974-E325-11CE-BFC1-08002BE10318}";

/// Line and value of an entry; the section's line and what is missing, if it is not there.
fn entry(subject: &Subject<'_>, key: &str) -> (u32, String, Option<String>) {
    match subject.inf.value(SECTION, key) {
        Some((line, value)) => (line, format!("{key} = {value}"), Some(value)),
        None => (subject.inf.line_of(SECTION), format!("no {key} in [Version]"), None),
    }
}

pub const SIGNATURE: Rule = Rule {
    id: "INF-09",
    severity: Severity::Error,
    says: "Signature is \"$Windows NT$\"",
    source: "docs:install/inf-version-section",
    remedy: "write it so; without it Windows takes the file for no INF",
    check: |subject, found| {
        let (line, shown, value) = entry(subject, "Signature");
        if !value.is_some_and(|value| value.eq_ignore_ascii_case("$Windows NT$")) {
            found.at(line, shown, "Signature = \"$Windows NT$\"");
        }
    },
};

pub const CLASS: Rule = Rule {
    id: "INF-10",
    severity: Severity::Error,
    says: "Class is NetService, and ClassGuid is that of NetService",
    source: REQUIREMENTS,
    remedy: "write both; the configuration manager finds a filter by its class",
    check: |subject, found| {
        for (key, expected) in [("Class", "NetService"), ("ClassGuid", CLASS_GUID)] {
            let (line, shown, value) = entry(subject, key);
            if !value.is_some_and(|value| value.eq_ignore_ascii_case(expected)) {
                found.at(line, shown, format!("{key} = {expected}"));
            }
        }
    },
};

pub const PROVIDER: Rule = Rule {
    id: "INF-11",
    severity: Severity::Error,
    says: "Provider is a %string%, and not Microsoft",
    source: "docs:devtest/inf-validation-errors-and-warnings (1204)",
    remedy: "name who publishes the package, in [Strings]",
    check: |subject, found| {
        let (line, shown, value) = entry(subject, "Provider");
        let raw = subject.inf.with_key(SECTION, "Provider").next();
        let token = raw.is_some_and(|entry| {
            entry.values.first().is_some_and(|value| value.starts_with('%') && value.ends_with('%'))
        });
        let microsoft = value.as_ref().is_some_and(|value| {
            value.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("Microsoft"))
        });
        if !token || microsoft || value.is_none_or(|value| value.is_empty()) {
            found.at(line, shown, "Provider = %string%, not beginning Microsoft");
        }
    },
};

pub const CATALOG: Rule = Rule {
    id: "INF-12",
    severity: Severity::Error,
    says: "CatalogFile is the plain name of a .cat, which SourceDisksFiles does not list",
    source: "docs:devtest/inf-validation-errors-and-warnings (1213, 1214, 1233)",
    remedy: "name the catalog that inf2cat makes; nothing is installed without its signature",
    check: |subject, found| {
        let (line, shown, value) = entry(subject, "CatalogFile");
        if subject.template && value.is_none() {
            // stampinf -c writes it.
            return;
        }
        let value = value.unwrap_or_default();
        let stem = value.len().checked_sub(4).and_then(|dot| value.split_at_checked(dot));
        let plain = stem.is_some_and(|(stem, extension)| {
            extension.eq_ignore_ascii_case(".cat") && !stem.is_empty()
        }) && !value.contains(['\\', '/', ',']);
        if !plain {
            found.at(line, shown, "CatalogFile = name.cat, without a folder");
        }
        for entry in subject.inf.with_key("SourceDisksFiles", &value).filter(|_| plain) {
            found.at(entry.line, format!("{value} in [SourceDisksFiles]"), "only files to copy");
        }
    },
};

pub const DRIVER_VERSION: Rule = Rule {
    id: "INF-13",
    severity: Severity::Error,
    says: "DriverVer is mm/dd/yyyy,w.x.y.z, each below 65536; an .inx may leave it to stampinf",
    source: "docs:devtest/inf-validation-errors-and-warnings (1217, 1218)",
    remedy: "let stampinf write it; Windows compares it to choose between two packages",
    check: |subject, found| {
        let (line, shown, value) = entry(subject, "DriverVer");
        let value = value.unwrap_or_default();
        let left_to_stampinf = subject.template && value.is_empty();
        if !left_to_stampinf && !is_version(&value) {
            found.at(line, shown, "DriverVer = mm/dd/yyyy,w.x.y.z");
        }
    },
};

fn is_version(value: &str) -> bool {
    let Some((date, version)) = value.split_once(',') else { return false };
    let date: Vec<_> = date.trim().split(['/', '-']).collect();
    let dated = match date[..] {
        [month, day, year] => {
            let within = |text: &str, digits, least, most| {
                text.len() == digits
                    && number(text).is_some_and(|number| (least..=most).contains(&number))
            };
            within(month, 2, 1, 12) && within(day, 2, 1, 31) && within(year, 4, 1980, 9999)
        }
        _ => false,
    };
    let parts: Vec<_> = version.trim().split('.').collect();
    dated && parts.len() == 4 && parts.iter().all(|part| part.parse::<u16>().is_ok())
}

pub const LOCKDOWN: Rule = Rule {
    id: "INF-14",
    severity: Severity::Error,
    says: "PnpLockdown is 1",
    source: "docs:devtest/inf-validation-errors-and-warnings (1324)",
    remedy: "set it; then nothing but PnP replaces the driver's files",
    check: |subject, found| {
        let (line, shown, value) = entry(subject, "PnpLockdown");
        if value.and_then(|value| number(&value)) != Some(1) {
            found.at(line, shown, "PnpLockdown = 1");
        }
    },
};
