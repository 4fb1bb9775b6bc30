//! README.txt of a package.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::arch::Arch;
use crate::layout::{Job, Signing};
use crate::tool::{self, Failed};
use crate::{sbom, sums};

pub const NAME: &str = "README.txt";

/// Columns of the list of files.
const WIDTH: usize = 100;

/// What each file is; a script says so itself.
const FILES: [(&str, &str); 14] = [
    (NAME, "this file"),
    (sums::NAME, "SHA-256 of all others, for sha256sum -c"),
    ("LICENSE-APACHE", "Apache License 2.0; at your option the other one"),
    ("LICENSE-MIT", "MIT License"),
    ("NetPnpLab.psm1", "what the scripts share"),
    ("netpnplwf.cat", "catalog: sums of .sys and .inf, signed"),
    (sbom::NAME, "bill of materials (CycloneDX 1.6): every crate in the driver"),
    ("netpnplwf.cer", "certificate that the test signature is checked with"),
    ("netpnplwf.inf", "what netcfg installs the driver by"),
    ("netpnplwf.pdb", "symbols of this very driver, for WinDbg"),
    ("netpnplwf.regions.xml", "regions of interest for WPA: a bar for each event"),
    ("netpnplwf.sys", "the driver"),
    ("netpnplwf.wpaProfile", "view for WPA"),
    ("netpnplwf.wprp", "recording profile for wpr"),
];

pub fn text(job: &Job, arch: Arch, folder: &Path) -> Result<String, Failed> {
    let revision = &job.revision;
    let signing = match &job.signing {
        Signing::None => include_str!("readme/unsigned.txt").replace("{OS}", arch.inf2cat()),
        Signing::SelfSigned => include_str!("readme/self-signed.txt").to_owned(),
        Signing::Certificate(_) => include_str!("readme/signed.txt").to_owned(),
    };
    let text = include_str!("readme/readme.txt")
        .replace("{LABEL}", &revision.label())
        .replace("{ARCH}", arch.name())
        .replace("{COMMIT}", &revision.commit())
        .replace("{TIME}", &revision.time())
        .replace("{REPOSITORY}", env!("CARGO_PKG_REPOSITORY"))
        .replace("{FILES}", files(folder)?.trim_end())
        .replace("{SIGNING}", signing.trim_end());
    Ok(text.replace('\n', "\r\n"))
}

fn files(folder: &Path) -> Result<String, Failed> {
    let summed = sums::of_folder(folder)?;
    let mut names: Vec<&str> = summed.iter().map(|file| file.name.as_str()).collect();
    names.extend([NAME, sums::NAME]);
    names.sort_by_key(|name| name.to_ascii_lowercase());
    let mut text = String::new();
    for name in names {
        let about = match FILES.iter().find(|(known, _)| *known == name) {
            Some((_, about)) => (*about).to_owned(),
            None => synopsis(&folder.join(name))?,
        };
        let mut line = format!("  {name:26}");
        for word in about.split(' ') {
            if line.len() + 1 + word.len() > WIDTH {
                let _ = writeln!(text, "{line}");
                line = format!("  {:26}", "");
            }
            let _ = write!(line, " {word}");
        }
        let _ = writeln!(text, "{line}");
    }
    Ok(text)
}

/// The first sentence of a script's help.
fn synopsis(script: &Path) -> Result<String, Failed> {
    let text = fs::read_to_string(script).map_err(|error| tool::failed("read", script, &error))?;
    let mut lines = text.lines().skip_while(|line| *line != ".SYNOPSIS").skip(1);
    lines.next().map(str::to_owned).ok_or_else(|| {
        Failed(format!("{} says neither here nor in its help what it is", script.display()))
    })
}
