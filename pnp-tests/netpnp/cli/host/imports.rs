//! `netpnp imports`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use host::subsystems::SUBSYSTEMS;
use image::{Exports, ImageFile, Import};
use kernel::door::exports::ExportTables;
use kernel::machine::export::{Fault, Row};
use serde_json::{Value, json};

use super::{Outcome, told_as_json};

#[derive(clap::Args)]
pub struct Imports {
    /// The driver's .sys, x86-64.
    file: PathBuf,
    /// What is known of each function: IRQL, failure, since which build, page.
    #[arg(long)]
    table: bool,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

/// Names that an image imports from one module.
#[derive(Default)]
struct Lists {
    /// Implemented by this host.
    implemented: Vec<String>,
    /// Not implemented.
    missing: Vec<String>,
    /// Exported by no Windows, with where the header defines them.
    inline: Vec<(String, String)>,
}

impl Lists {
    fn add(&mut self, import: &Import) {
        let tables = ExportTables(SUBSYSTEMS);
        let name = import.name.clone();
        if let Some(place) = tables.inline_in(&import.module, &name) {
            self.inline.push((name, place));
        } else if tables.resolve(&import.module, &name).is_some() {
            self.implemented.push(name);
        } else {
            self.missing.push(name);
        }
    }

    fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.inline.is_empty()
    }
}

impl Imports {
    /// Whether nothing is missing.
    pub fn perform(&self) -> Outcome {
        let outcome = self.list();
        if self.json { told_as_json(&self.file, outcome) } else { outcome }
    }

    fn list(&self) -> Outcome {
        let file = ImageFile::open(&self.file)?;
        let mut modules: BTreeMap<String, Lists> = BTreeMap::new();
        for import in file.imports() {
            modules.entry(import.module.to_lowercase()).or_default().add(import);
        }
        let mut out = io::stdout().lock();
        let all_there = modules.values().all(Lists::is_complete);
        if self.json {
            let modules: Vec<_> = modules
                .iter()
                .map(|(module, Lists { implemented, missing, inline })| {
                    let inline: Vec<_> = inline.iter().map(|(name, _)| name).collect();
                    let mut document = json!({
                        "module": module,
                        "implemented": implemented,
                        "missing": missing,
                        "not_exported": inline,
                    });
                    if self.table {
                        let rows = rows(module, implemented).map(|(_, row)| row.map(in_json));
                        document["functions"] = rows.flatten().collect();
                    }
                    document
                })
                .collect();
            let document =
                json!({ "driver": self.file, "complete": all_there, "modules": modules });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
            return Ok(all_there);
        }
        for (module, Lists { implemented, missing, inline }) in &modules {
            let (there, lacking) = (implemented.len(), missing.len());
            write!(out, "{module}: {there} implemented, {lacking} missing")?;
            match inline.len() {
                0 => writeln!(out)?,
                count => writeln!(out, ", {count} not exported by any Windows")?,
            }
            for (name, place) in inline {
                writeln!(out, "  not exported by any Windows  {name} ({place})")?;
            }
            for name in missing {
                writeln!(out, "  missing      {name}")?;
            }
            if self.table {
                for (name, row) in rows(module, implemented) {
                    writeln!(out, "  {}", row.map_or_else(|| variable(name), in_columns))?;
                }
                continue;
            }
            for name in implemented {
                writeln!(out, "  implemented  {name}")?;
            }
        }
        if modules.is_empty() {
            writeln!(out, "{} imports nothing", self.file.display())?;
        }
        Ok(all_there)
    }
}

/// Names of a module with their rows; a variable has none.
fn rows<'a>(
    module: &'a str,
    names: &'a [String],
) -> impl Iterator<Item = (&'a str, Option<&'static Row>)> {
    names.iter().map(move |name| (name.as_str(), ExportTables(SUBSYSTEMS).find(module, name)))
}

fn variable(name: &str) -> String {
    format!("{name:40}  a variable")
}

fn in_columns(row: &Row) -> String {
    let Row { name, calls_back, since, page, .. } = row;
    let back = if *calls_back { "calls back" } else { "" };
    let (irql, since) = (row.irql(), since.to_string());
    format!("{name:40}  {irql:18}  {back:10}  {since:7}  {page:58}  {}", fails(row))
        .trim_end()
        .to_owned()
}

/// `NULL (call)`: what it answers, and the faults of a run that make it fail here.
fn fails(row: &Row) -> String {
    let answers = row.failure.answers.join(", ");
    let faults: Vec<_> = row.failure.faults.iter().map(Fault::to_string).collect();
    if faults.is_empty() { answers } else { format!("{answers} ({})", faults.join(", ")) }
}

fn in_json(row: &'static Row) -> Value {
    json!({
        "name": row.name,
        "recorded": row.recorded,
        "irql_min": row.irql_min,
        "irql_max": row.irql_max,
        "fails": row.failure.answers,
        "faults": row.failure.faults.iter().map(Fault::to_string).collect::<Vec<_>>(),
        "calls_back": row.calls_back,
        "since": row.since.to_string(),
        "page": row.page,
    })
}
