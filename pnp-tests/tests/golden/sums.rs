//! The file of the sums, and what differs from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::items::{image, image_of};

/// The image that not every machine can make the same: clang makes it, of whatever version.
const OPTIONAL: &str = "plain-c";

/// Sums by item.
pub type Sums = BTreeMap<String, String>;

/// An output that differs.
pub struct Difference {
    /// An item each, with what is wrong.
    pub lines: Vec<String>,
    /// The items that were not compared, and why.
    pub passed_over: Vec<String>,
}

/// The sum of some bytes, in hex.
pub fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The file in the repository.
pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sums.txt")
}

/// Reads lines of `sha256sum`.
pub fn read(file: &Path) -> Sums {
    let text = fs::read_to_string(file)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", file.display()));
    let lines = text.lines().map(|line| {
        let (sum, name) = line.split_once("  ").unwrap_or_else(|| panic!("no sum: {line}"));
        (name.to_owned(), sum.to_owned())
    });
    lines.collect()
}

/// Writes them; those of an image that could not be made here stay.
pub fn write(file: &Path, now: &Sums) {
    let mut all = now.clone();
    if file.exists() && !now.contains_key(&image(OPTIONAL)) {
        let before = read(file);
        all.extend(before.into_iter().filter(|(name, _)| image_of(name) == Some(OPTIONAL)));
    }
    let text = all.iter().fold(String::new(), |mut text, (name, sum)| {
        let _ = writeln!(text, "{sum}  {name}");
        text
    });
    fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

/// Compares every sum; those of the image of another compiler, or of none, are passed over.
pub fn compare(before: &Sums, now: &Sums) -> Difference {
    let other = |stem: &str| before.get(&image(stem)) != now.get(&image(stem));
    let pass = other(OPTIONAL);
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let (mut lines, mut passed_over) = (Vec::new(), Vec::new());
    for name in names {
        let stem = image_of(name);
        if pass && stem == Some(OPTIONAL) {
            passed_over.push(format!("{name}: not compared: another image, or none"));
            continue;
        }
        let what = match (before.get(name), now.get(name)) {
            (Some(before), Some(now)) if before == now => continue,
            (Some(_), Some(_)) if *name == stem.map(image).unwrap_or_default() => {
                "another image: its sources changed, or it is not reproducible"
            }
            (Some(_), Some(_)) if stem.is_some_and(other) => "changed, of another image",
            (Some(_), Some(_)) => "changed",
            (Some(_), None) => "is no more",
            (None, _) => "is new",
        };
        lines.push(format!("{name}: {what}"));
    }
    Difference { lines, passed_over }
}

#[test]
fn a_changed_lost_or_new_item_is_told_and_the_image_of_another_compiler_is_passed_over() {
    let sums = |list: &[(&str, &str)]| -> Sums {
        list.iter().map(|(name, sum)| ((*name).to_owned(), (*sum).to_owned())).collect()
    };
    let before = sums(&[
        ("image/bare", "1"),
        ("image/plain", "1"),
        ("image/plain-c", "1"),
        ("inspect/plain", "1"),
        ("rules", "1"),
        ("verify/bare", "1"),
        ("verify/plain-c", "1"),
    ]);
    let compared = compare(&before, &before);
    assert!(compared.lines.is_empty() && compared.passed_over.is_empty());
    let mut now = before.clone();
    now.insert("image/plain-c".to_owned(), "2".to_owned());
    now.insert("verify/plain-c".to_owned(), "2".to_owned());
    let compared = compare(&before, &now);
    assert!(compared.lines.is_empty(), "{:?}", compared.lines);
    assert_eq!(compared.passed_over.len(), 2);
    now = sums(&[
        ("image/bare", "2"),
        ("image/plain", "1"),
        ("inspect/plain", "2"),
        ("list", "1"),
        ("verify/bare", "2"),
    ]);
    let compared = compare(&before, &now);
    assert_eq!(
        compared.lines,
        [
            "image/bare: another image: its sources changed, or it is not reproducible",
            "inspect/plain: changed",
            "list: is new",
            "rules: is no more",
            "verify/bare: changed, of another image",
        ]
    );
    assert_eq!(compared.passed_over.len(), 2);
    // A changed output of the same image is no matter of the compiler.
    now = before.clone();
    now.insert("verify/plain-c".to_owned(), "2".to_owned());
    assert_eq!(compare(&before, &now).lines, ["verify/plain-c: changed"]);
}
