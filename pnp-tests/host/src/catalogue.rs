//! The scenarios that come with the host, and files of the user's own.

use std::fs;
use std::path::Path;

use include_dir::Dir;
use thiserror::Error;

use crate::kinds::{self, KERNEL_FLOWS, KINDS};
use crate::scenario::ast::Scenario;
use crate::scenario::parse::{ScenarioErrors, parse};
use image::ImageFile;

/// Why there is no scenario to play.
#[derive(Debug, Error)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum CatalogueError {
    #[error("{0}")]
    Parse(#[from] ScenarioErrors),
    #[error("{file}: cannot read it: {source}")]
    Read { file: String, source: std::io::Error },
    #[error(
        "no scenario `{wanted}`{hint}; `netpnp run --list` names them all, and a path ending in \
         .pnp names a file of your own"
    )]
    Unknown { wanted: String, hint: String },
}

/// The beginning of a flow's name where scenarios may be meant, too.
pub const FLOWS_PREFIX: &str = "flows/";

/// Every flow, in alphabetical order for each kind of driver: they judge by the rules alone.
pub fn flows() -> Result<Vec<Scenario>, CatalogueError> {
    let kinds = KINDS.iter().map(|kind| kind.flows);
    all(kinds.chain([KERNEL_FLOWS]), "flows")
}

/// The flows that `verify` puts a driver through: those of its kinds, or those of any driver when it
/// is of none.
pub fn flows_for(file: &ImageFile) -> Result<Vec<Scenario>, CatalogueError> {
    let mut folders: Vec<_> = kinds::of(file).map(|kind| kind.flows).collect();
    if folders.is_empty() {
        folders.push(KERNEL_FLOWS);
    }
    all(folders, "flows")
}

/// Every case of every bundled scenario, in alphabetical order of files for each kind of driver.
pub fn bundled() -> Result<Vec<Scenario>, CatalogueError> {
    all(KINDS.iter().map(|kind| kind.scenarios), "scenarios")
}

fn all(
    folders: impl IntoIterator<Item = &'static Dir<'static>>,
    name: &str,
) -> Result<Vec<Scenario>, CatalogueError> {
    let mut all = Vec::new();
    for folder in folders {
        all.extend(cases(folder, name)?);
    }
    Ok(all)
}

fn cases(folder: &Dir<'_>, folder_name: &str) -> Result<Vec<Scenario>, CatalogueError> {
    let mut files: Vec<_> = folder.files().collect();
    files.sort_by_key(|file| file.path());
    let mut cases = Vec::new();
    for file in files {
        let name = format!("{folder_name}/{}", file.path().display());
        cases.extend(parse(&name, file.contents_utf8().unwrap_or_default())?);
    }
    Ok(cases)
}

/// The cases that a word on the command line means: a path to a `.pnp` file, a bundled file's stem,
/// or one case with its brackets.
pub fn find(wanted: &str) -> Result<Vec<Scenario>, CatalogueError> {
    let path = Path::new(wanted);
    if path.extension().is_some_and(|extension| extension == "pnp") || path.is_file() {
        let read = fs::read_to_string(path);
        let text =
            read.map_err(|source| CatalogueError::Read { file: wanted.to_owned(), source })?;
        return Ok(parse(wanted, &text)?);
    }
    let flow = wanted.strip_prefix(FLOWS_PREFIX);
    let all = match flow {
        Some(_) => flows()?,
        // A bare name is a scenario first, then a flow.
        None => bundled()?.into_iter().chain(flows()?).collect(),
    };
    // `slow-filter` is how people type `slow_filter`.
    let wanted = flow.unwrap_or(wanted);
    let underscored = wanted.replace('-', "_");
    let stem = |name: &str| name.split('[').next().unwrap_or(name).to_owned();
    let means = |case: &&Scenario| case.name == wanted || stem(&case.name) == underscored;
    let folder = all.iter().find(means).map(in_flows);
    let found: Vec<_> =
        all.iter().filter(means).filter(|case| Some(in_flows(case)) == folder).cloned().collect();
    if found.is_empty() {
        let near = all.iter().map(|case| stem(&case.name)).max_by(|a, b| {
            strsim::jaro_winkler(a, wanted).total_cmp(&strsim::jaro_winkler(b, wanted))
        });
        let hint = near
            .filter(|near| strsim::jaro_winkler(near, wanted) > 0.8)
            .map(|near| format!(" (did you mean `{near}`?)"))
            .unwrap_or_default();
        return Err(CatalogueError::Unknown { wanted: wanted.to_owned(), hint });
    }
    Ok(found)
}

/// The scenarios that `wanted` names for `verify`, where a bare name is a flow first.
pub fn find_flow(wanted: &str) -> Result<Vec<Scenario>, CatalogueError> {
    find(&format!("{FLOWS_PREFIX}{wanted}")).or_else(|_| find(wanted))
}

/// The word that names this scenario on a command line.
pub fn word_for(case: &Scenario) -> String {
    if in_flows(case) {
        format!("{FLOWS_PREFIX}{}", case.name)
    } else if case.file.starts_with("scenarios/") {
        case.name.clone()
    } else {
        case.file.clone()
    }
}

fn in_flows(case: &Scenario) -> bool {
    case.file.starts_with(FLOWS_PREFIX)
}
