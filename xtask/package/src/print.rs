//! What was made, for a person or a program.

use std::path::Path;

use serde_json::{Value, json};

use crate::Made;
use crate::revision::Revision;
use crate::sums::Summed;

/// Of a file's sum; SHA256SUMS has all of it.
const DIGITS: usize = 16;

pub fn text(revision: &Revision, folder: &Path, made: &[Made]) {
    println!("netpnplwf {} of {}", revision.label(), revision.date().date_naive());
    println!("commit {}", revision.commit());
    println!("{}", folder.display());
    for package in made {
        println!("\n{:32} {:>11} bytes", package.zip.name, package.zip.size);
        println!("  sha256 {}", package.zip.sha256);
        for file in &package.files {
            let sum = &file.sha256[..DIGITS];
            println!("  {:30} {:>11}  {sum}...", file.name, file.size);
        }
    }
}

pub fn json(revision: &Revision, folder: &Path, made: &[Made]) {
    let summed =
        |file: &Summed| json!({ "name": file.name, "size": file.size, "sha256": file.sha256 });
    let packages: Vec<Value> = made
        .iter()
        .map(|package| {
            let files: Vec<_> = package.files.iter().map(summed).collect();
            json!({ "arch": package.arch.name(), "zip": summed(&package.zip), "files": files })
        })
        .collect();
    let document = json!({
        "version": revision.version,
        "commit": revision.commit,
        "dirty": revision.dirty,
        "time": revision.time(),
        "folder": folder.display().to_string(),
        "packages": packages,
    });
    println!("{document:#}");
}
