//! What a package is made of, and in which order: the last files speak of the others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::arch::Arch;
use crate::revision::Revision;
use crate::tool::{self, Failed};
use crate::{check, readme, sbom, stamp, sums, wdk};

pub const IMAGE: &str = "netpnplwf.sys";
pub const INF: &str = "netpnplwf.inf";
pub const SYMBOLS: &str = "netpnplwf.pdb";

/// Endings of what a person needs of `lab/`; `names.json` there is for a test.
const LAB: [&str; 5] = ["ps1", "psm1", "wprp", "xml", "wpaProfile"];

const LICENCES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The signer of a package.
pub enum Signing {
    /// Nobody, and there is no catalog.
    None,
    SelfSigned,
    /// SHA-1 of a certificate of the user's.
    Certificate(String),
}

/// The properties that all packages of one run share.
pub struct Job {
    pub root: PathBuf,
    pub revision: Revision,
    pub signing: Signing,
    /// The host to check with; it is built where there is none.
    pub netpnp: Option<PathBuf>,
}

/// Fills `folder`.
pub fn lay_out(job: &Job, arch: Arch, folder: &Path) -> Result<(), Failed> {
    let root = &job.root;
    let inf = stamp::inf(&read_text(&root.join("inf/netpnplwf.inx"))?, &job.revision, arch)?;
    let image = build(root, arch)?;
    fs::create_dir_all(folder).map_err(|error| tool::failed("make", folder, &error))?;
    write(&folder.join(INF), &inf)?;
    copy(&image, &folder.join(IMAGE))?;
    copy(&image.with_extension("pdb"), &folder.join(SYMBOLS))?;
    check::package(root, job.netpnp.as_deref(), folder)?;
    wdk::sign(folder, arch, &job.signing)?;
    for file in lab(root)? {
        copy(&file, &folder.join(file.file_name().unwrap_or_default()))?;
    }
    for name in LICENCES {
        copy(&root.join(name), &folder.join(name))?;
    }
    let image = sums::of_file(&folder.join(IMAGE))?;
    write(&folder.join(sbom::NAME), &sbom::document(root, &job.revision, arch, &image)?)?;
    write(&folder.join(readme::NAME), &readme::text(job, arch, folder)?)?;
    write(&folder.join(sums::NAME), &sums::text(&sums::of_folder(folder)?))
}

/// What `cargo xtask build` makes, by the path that it prints.
fn build(root: &Path, arch: Arch) -> Result<PathBuf, Failed> {
    let mut command = tool::cargo(root);
    command.args(["xtask", "build", "--arch", arch.name()]).stderr(Stdio::inherit());
    let printed = tool::text(&mut command)?;
    let image = printed.lines().next().map(PathBuf::from);
    image.ok_or_else(|| Failed("cargo xtask build names no image".to_owned()))
}

/// The files of `lab/` that go along.
fn lab(root: &Path) -> Result<Vec<PathBuf>, Failed> {
    let folder = root.join("lab");
    let entries = fs::read_dir(&folder).map_err(|error| tool::failed("read", &folder, &error))?;
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let wanted = |path: &PathBuf| {
        path.extension().is_some_and(|ending| LAB.iter().any(|wanted| ending == *wanted))
    };
    Ok(files.filter(wanted).collect())
}

fn read_text(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| tool::failed("read", path, &error))
}

fn write(path: &Path, text: &str) -> Result<(), Failed> {
    fs::write(path, text).map_err(|error| tool::failed("write", path, &error))
}

fn copy(from: &Path, to: &Path) -> Result<(), Failed> {
    fs::copy(from, to).map(drop).map_err(|error| tool::failed("copy", from, &error))
}
