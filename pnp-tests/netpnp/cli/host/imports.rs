//! `netpnp imports`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

use host::subsystems::SUBSYSTEMS;
use image::{Exports, ImageFile};
use kernel::door::exports::Exported;
use serde_json::json;

use super::Outcome;

#[derive(clap::Args)]
pub struct Imports {
    /// The driver's .sys, x86-64.
    file: PathBuf,
    /// One JSON document.
    #[arg(long)]
    json: bool,
}

/// Names of one module: those this host implements, those it does not.
type Lists = (Vec<String>, Vec<String>);

impl Imports {
    /// Whether nothing is missing.
    pub fn perform(&self) -> Outcome {
        let file = ImageFile::open(&self.file)?;
        let mut modules: BTreeMap<String, Lists> = BTreeMap::new();
        for import in file.imports() {
            let (implemented, missing) = modules.entry(import.module.to_lowercase()).or_default();
            let there = Exported(SUBSYSTEMS).resolve(&import.module, &import.name).is_some();
            if there { implemented } else { missing }.push(import.name.clone());
        }
        let mut out = io::stdout().lock();
        let all_there = modules.values().all(|(_, missing)| missing.is_empty());
        if self.json {
            let modules: Vec<_> = modules
                .iter()
                .map(|(module, (implemented, missing))| {
                    json!({ "module": module, "implemented": implemented, "missing": missing })
                })
                .collect();
            let document =
                json!({ "driver": self.file, "complete": all_there, "modules": modules });
            writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
            return Ok(all_there);
        }
        for (module, (implemented, missing)) in &modules {
            writeln!(
                out,
                "{module}: {} implemented, {} missing",
                implemented.len(),
                missing.len()
            )?;
            for name in missing {
                writeln!(out, "  missing      {name}")?;
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
