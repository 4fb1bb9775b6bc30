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
        println!("\n{:32} {:>11} bytes", package.zip.name, grouped(package.zip.size));
        println!("  sha256 {}", package.zip.sha256);
        for file in &package.files {
            let sum = &file.sha256[..DIGITS];
            println!("  {:30} {:>11}  {sum}...", file.name, grouped(file.size));
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

/// 65024 as 65,024.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_are_set_apart() {
        let known = [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (65_024, "65,024"),
            (1_351_680, "1,351,680"),
        ];
        for (number, text) in known {
            assert_eq!(grouped(number), text);
        }
    }
}
