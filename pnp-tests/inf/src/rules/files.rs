//! What is copied, where from and where to.

use super::super::package::{Copied, TargetDirectory};
use super::{MONITORING, Rule, Severity, Subject, UNIVERSAL};

/// Entries of SourceDisksFiles or SourceDisksNames, decorated ones too.
fn disks<'a>(
    subject: &'a Subject<'_>,
    name: &'a str,
) -> impl Iterator<Item = &'a super::super::read::Entry> {
    let sections = subject.inf.sections.iter().filter(move |section| {
        section.name.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(name))
    });
    sections.flat_map(|section| &section.entries)
}

fn source(copied: &Copied) -> &str {
    copied.source.as_deref().unwrap_or(&copied.target)
}

pub const SOURCE: Rule = Rule {
    id: "INF-20",
    severity: Severity::Error,
    says: "something is copied, and SourceDisksFiles has it on a disk of SourceDisksNames",
    source: "docs:install/inf-sourcedisksfiles-section",
    remedy: "list the file as `name.sys = 1`, and disk 1 in [SourceDisksNames]",
    check: |subject, found| {
        for install in &subject.package.installs {
            if install.copies.is_empty() {
                let name = &install.name;
                found.at(install.line, format!("[{name}] copies no file"), "CopyFiles = section");
            }
        }
        for copied in subject.package.copies() {
            let file = source(copied);
            if !disks(subject, "SourceDisksFiles").any(|entry| entry.is(file)) {
                found.at(copied.line, format!("{file} is copied"), "it in [SourceDisksFiles]");
            }
        }
        for entry in disks(subject, "SourceDisksFiles") {
            let disk = subject.inf.field(entry, 0);
            if !disks(subject, "SourceDisksNames").any(|entry| entry.is(&disk)) {
                let file = entry.name();
                found.at(entry.line, format!("{file} = {disk}"), "a disk of [SourceDisksNames]");
            }
        }
    },
};

pub const NOT_COPIED: Rule = Rule {
    id: "INF-21",
    severity: Severity::Warning,
    says: "every file of SourceDisksFiles is copied",
    source: "docs:install/inf-sourcedisksfiles-section",
    remedy: "copy it or take it out; the catalog covers what is listed",
    check: |subject, found| {
        for entry in disks(subject, "SourceDisksFiles") {
            let file = entry.name();
            let catalog = subject.inf.value("Version", "CatalogFile");
            let is_catalog = catalog.is_some_and(|(_, catalog)| catalog.eq_ignore_ascii_case(file));
            let mut copies = subject.package.copies();
            if !is_catalog && !copies.any(|copied| source(copied).eq_ignore_ascii_case(file)) {
                found.at(entry.line, file, "a CopyFiles section with it");
            }
        }
    },
};

pub const DESTINATION: Rule = Rule {
    id: "INF-22",
    severity: Severity::Error,
    says: "each CopyFiles section has a place in DestinationDirs, for a .sys DIRID 13 or 12",
    source: UNIVERSAL,
    remedy: "write 13, the driver store, or 12, system32\\drivers, where DIRID 13 does not work",
    check: |subject, found| {
        for copied in subject.package.copies() {
            let file = &copied.target;
            match &copied.place {
                None => {
                    let list = copied.list.as_deref().unwrap_or("DefaultDestDir");
                    let expected = format!("{list} = 13 in [DestinationDirs]");
                    found.at(copied.line, format!("{file} has no destination"), expected);
                }
                Some(TargetDirectory { line, directory, .. }) => {
                    let driver = file.to_ascii_lowercase().ends_with(".sys");
                    let places: &[u32] = if driver { &[12, 13] } else { &[10, 11, 12, 13] };
                    if !places.contains(directory) {
                        let expected = if driver { "13 or 12" } else { "13, 12, 11 or 10" };
                        found.at(*line, format!("{file} goes to DIRID {directory}"), expected);
                    }
                }
            }
        }
    },
};

pub const RENAMED: Rule = Rule {
    id: "INF-23",
    severity: Severity::Error,
    says: "what goes to DIRID 13 keeps its name and its folder",
    source: "docs:devtest/inf-validation-errors-and-warnings (1100)",
    remedy: "name the file in the package as it shall be called",
    check: |subject, found| {
        for copied in subject.package.copies() {
            let Some(place) = copied.place.as_ref().filter(|place| place.directory == 13) else {
                continue;
            };
            if let Some(source) = &copied.source {
                let target = &copied.target;
                found.at(copied.line, format!("{source} becomes {target}"), source);
            }
            let listed = disks(subject, "SourceDisksFiles").find(|entry| entry.is(source(copied)));
            let folder = listed.map(|entry| subject.inf.field(entry, 1)).unwrap_or_default();
            if !folder.eq_ignore_ascii_case(&place.below) {
                let shown = format!("from folder `{folder}` to folder `{}`", place.below);
                found.at(place.line, shown, "the same folder in both");
            }
        }
    },
};

pub const BINARY: Rule = Rule {
    id: "INF-24",
    severity: Severity::Error,
    says: "ServiceBinary is the .sys that the same section copies, where it copies it to",
    source: MONITORING,
    remedy: "write %13%\\name.sys where the file goes to DIRID 13, %12%\\name.sys for 12",
    check: |subject, found| {
        for (install, service) in subject.package.services() {
            let Some((line, binary)) = subject.inf.value(&service.section, "ServiceBinary") else {
                let line = subject.inf.line_of(&service.section);
                found.at(line, "no ServiceBinary", "ServiceBinary = %13%\\name.sys");
                continue;
            };
            let paths: Vec<String> = install.copies.iter().filter_map(path).collect();
            if !paths.iter().any(|path| path.eq_ignore_ascii_case(&binary)) && !paths.is_empty() {
                found.at(line, format!("ServiceBinary = {binary}"), paths.join(" or "));
            }
        }
    },
};

/// `%13%\name.sys`
fn path(copied: &Copied) -> Option<String> {
    let TargetDirectory { directory, below, .. } = copied.place.as_ref()?;
    let below = if below.is_empty() { String::new() } else { format!("{below}\\") };
    Some(format!("%{directory}%\\{below}{}", copied.target))
}
