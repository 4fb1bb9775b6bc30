//! Whether a .sys is the driver that the INF installs.

use std::ops::Range;

use super::super::package::Copied;
use super::{MONITORING, Rule, Severity};
use image::{Machine, Survey};

/// Whether the image holds this text as UTF-16; case does not count, as nowhere in names of Windows.
fn holds(image: &Survey, text: &str) -> bool {
    let wanted: Vec<u16> = text.encode_utf16().map(lower).collect();
    let bytes = image.bytes(0);
    let ends: Range<usize> = 0..bytes.len();
    // Text of C and of Rust is aligned to its units.
    wanted.first().is_some_and(|_| {
        ends.step_by(2).any(|start| {
            let units = bytes.get(start..).unwrap_or_default().chunks_exact(2);
            let units = units.map(|unit| lower(u16::from_le_bytes([unit[0], unit[1]])));
            units.take(wanted.len()).eq(wanted.iter().copied())
        })
    })
}

fn lower(unit: u16) -> u16 {
    u8::try_from(unit).map_or(unit, |byte| u16::from(byte.to_ascii_lowercase()))
}

pub const UNIQUE_NAME: Rule = Rule {
    id: "INF-52",
    severity: Severity::Error,
    says: "the .sys holds NetCfgInstanceId, which it registers as its UniqueName",
    source: "ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics",
    remedy: "make both the same GUID: NDIS finds the filter's configuration by it",
    check: |subject, found| {
        let Some(image) = subject.image else { return };
        for install in &subject.package.installs {
            if let Some((line, guid)) = subject.inf.value(&install.name, "NetCfgInstanceId")
                && !holds(image, &guid)
            {
                let shown = format!("NetCfgInstanceId = {guid}");
                found.at(line, shown, "the UniqueName in the .sys, which does not hold this");
            }
        }
    },
};

pub const SERVICE_NAME: Rule = Rule {
    id: "INF-53",
    severity: Severity::Error,
    says: "the .sys holds the service's name, which it registers as its ServiceName",
    source: "ddi:ndis/ns-ndis-_ndis_filter_driver_characteristics",
    remedy: "make both the same name: NDIS knows the driver by its service",
    check: |subject, found| {
        let Some(image) = subject.image else { return };
        for install in &subject.package.installs {
            let Some(service) = install.services.first() else { continue };
            let name = &service.name;
            if !holds(image, name) {
                let expected = "the ServiceName in the .sys, which does not hold this";
                found.at(service.line, format!("AddService = {name}"), expected);
            }
        }
    },
};

pub const FILE_NAME: Rule = Rule {
    id: "INF-54",
    severity: Severity::Error,
    says: "the .sys is called what the INF copies",
    source: MONITORING,
    remedy: "rename one of the two; the package holds the file under the INF's name",
    check: |subject, found| {
        let Some(image) = subject.image else { return };
        let own = image.path.file_name().unwrap_or_default().to_string_lossy();
        let source = |copied: &Copied| copied.source.clone().unwrap_or(copied.target.clone());
        let names: Vec<(u32, String)> =
            subject.package.copies().map(|copied| (copied.line, source(copied))).collect();
        if !names.iter().any(|(_, name)| name.eq_ignore_ascii_case(&own)) {
            let line = names.first().map_or(1, |(line, _)| *line);
            let mut names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
            names.dedup();
            found.at(line, format!("copies {}", names.join(", ")), own);
        }
    },
};

pub const MACHINE: Rule = Rule {
    id: "INF-55",
    severity: Severity::Error,
    says: "the .sys is of an architecture that the models are for",
    source: "docs:install/inf-manufacturer-section",
    remedy: "stamp the INF for the .sys (stampinf -a), or take the .sys of the other build",
    check: |subject, found| {
        let Some(image) = subject.image else { return };
        let own = match image.machine {
            Machine::X64 => "amd64",
            Machine::Arm64 => "arm64",
        };
        let decorations = || {
            let models = subject.package.models.iter();
            models.filter_map(|model| model.decoration.as_ref())
        };
        let fits = |text: &str| {
            text.is_empty() || [own, "$ARCH$"].iter().any(|known| text.eq_ignore_ascii_case(known))
        };
        if let Some(first) = decorations().next()
            && !decorations().any(|decoration| fits(&decoration.architecture))
        {
            let line = subject.inf.line_of("Manufacturer");
            let shown = format!("models for {}", first.architecture);
            found.at(line, shown, format!("models for {own}, as the .sys"));
        }
    },
};
