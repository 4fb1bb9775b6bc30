//! Which sources these are: version, commit, date.

use std::env;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};

use crate::arch::Arch;
use crate::tool::{self, Failed};

/// What tools for reproducible builds say the date with (reproducible-builds.org).
const EPOCH: &str = "SOURCE_DATE_EPOCH";
/// A zip begins with 1980 and ends with 2107, and so do packages.
const SECONDS: std::ops::Range<u64> = 315_532_800..4_354_819_200;

pub struct Revision {
    /// Four numbers, as DriverVer wants them: the version of Cargo.toml and the count of commits.
    pub version: String,
    /// `None` outside git.
    pub commit: Option<String>,
    /// The work tree is not what the commit says.
    pub dirty: bool,
    /// Since 1970.
    pub seconds: u64,
}

impl Revision {
    pub fn read(root: &Path) -> Result<Self, Failed> {
        let epoch = env::var(EPOCH).ok().map(|text| epoch(&text)).transpose()?;
        // Not what git finds further up: an unpacked archive can lie in another project's checkout.
        if !root.join(".git").exists() {
            let seconds = epoch.ok_or_else(|| {
                Failed(format!(
                    "{} is no git checkout, so date and count of commits are unknown; set {EPOCH} to \
                     the date in seconds since 1970, and the version ends in .0",
                    root.display()
                ))
            })?;
            return Ok(Self { version: version(0), commit: None, dirty: false, seconds });
        }
        if git(root, &["rev-parse", "--is-shallow-repository"])? == "true" {
            return Err(Failed(
                "this clone is shallow, so its commits cannot be counted for the version; \
                 run `git fetch --unshallow` (actions/checkout: fetch-depth: 0)"
                    .to_owned(),
            ));
        }
        let count = git(root, &["rev-list", "--count", "HEAD"])?;
        let count = count.parse().map_err(|_| {
            Failed(format!("{count} commits: a number of a version of Windows is below 65536"))
        })?;
        let committed = || epoch_of(&git(root, &["show", "--no-patch", "--format=%ct", "HEAD"])?);
        Ok(Self {
            version: version(count),
            commit: Some(git(root, &["rev-parse", "HEAD"])?),
            dirty: !git(root, &["status", "--porcelain"])?.is_empty(),
            seconds: epoch.map_or_else(committed, Ok)?,
        })
    }

    /// The name of the folder, and of the zip without its ending.
    pub fn name(&self, arch: Arch) -> String {
        format!("netpnplwf-{}-{}", self.label(), arch.name())
    }

    /// The version, and that the sources are not those of its commit.
    pub fn label(&self) -> String {
        format!("{}{}", self.version, if self.dirty { "-dirty" } else { "" })
    }

    pub fn commit(&self) -> String {
        let commit = self.commit.as_deref().unwrap_or("unknown, built outside git");
        format!("{commit}{}", if self.dirty { ", with changes that are in no commit" } else { "" })
    }

    /// The date of the commit, or the date that was asked for; in `SECONDS`, which all have a date.
    pub fn date(&self) -> DateTime<Utc> {
        i64::try_from(self.seconds).ok().and_then(DateTime::from_timestamp_secs).unwrap_or_default()
    }

    /// ISO 8601.
    pub fn time(&self) -> String {
        self.date().format("%FT%TZ").to_string()
    }
}

/// The workspace has one version, this program's too.
fn version(count: u16) -> String {
    let [major, minor, patch] = [
        env!("CARGO_PKG_VERSION_MAJOR"),
        env!("CARGO_PKG_VERSION_MINOR"),
        env!("CARGO_PKG_VERSION_PATCH"),
    ];
    format!("{major}.{minor}.{patch}.{count}")
}

fn epoch(text: &str) -> Result<u64, Failed> {
    epoch_of(text).map_err(|Failed(why)| Failed(format!("{EPOCH}: {why}")))
}

fn epoch_of(text: &str) -> Result<u64, Failed> {
    let seconds = text.parse().ok().filter(|seconds| SECONDS.contains(seconds));
    seconds.ok_or_else(|| {
        Failed(format!("{text:?} is no date from 1980 to 2107 in seconds since 1970"))
    })
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, Failed> {
    let mut command = Command::new("git");
    let text = tool::text(command.args(arguments).current_dir(root))?;
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Failed, epoch_of};

    #[test]
    fn a_date_is_seconds_that_a_zip_can_hold() {
        assert_eq!(epoch_of("1700000000").ok(), Some(1_700_000_000));
        for wrong in ["", "yesterday", "-1", "0", "315532799", "4354819200", "1e9", "2026-11-21"] {
            let Err(Failed(why)) = epoch_of(wrong) else { panic!("{wrong:?}") };
            assert!(why.contains(&format!("{wrong:?}")), "{why}");
        }
    }
}
