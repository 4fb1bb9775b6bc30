//! Which crates are in the image: a bill of materials in CycloneDX 1.6, JSON.
//!
//! From `cargo tree`, which looks at the driver alone; `cargo metadata` would want every crate that the
//! tests need on Windows to be fetched. What only runs during the build is left out: build scripts, macros
//! that are programs. `core` comes with the compiler, which is named among the tools.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::arch::Arch;
use crate::revision::Revision;
use crate::sums::Summed;
use crate::tool::{self, Failed};

pub const NAME: &str = "netpnplwf.cdx.json";

/// Depth, name and version (and folder of one of ours), licence.
const FORMAT: &str = "\t{p}\t{l}";

/// Name and version.
type Id = (String, String);

struct Crate {
    licence: String,
    /// In this repository, not in a registry.
    ours: bool,
    needs: BTreeSet<Id>,
}

struct Tree {
    root: Id,
    crates: BTreeMap<Id, Crate>,
}

/// The document about `image`.
pub fn document(
    root: &Path,
    revision: &Revision,
    arch: Arch,
    image: &Summed,
) -> Result<String, Failed> {
    let mut command = tool::cargo(root);
    command.args(["tree", "--locked", "--package", "netpnplwf", "--no-default-features"]);
    command.args(["--edges", "normal,no-proc-macro", "--target", arch.target()]);
    command.args(["--prefix", "depth", "--no-dedupe", "--format", FORMAT]);
    let tree = parse(&tool::text(&mut command)?)?;
    let lock = root.join("Cargo.lock");
    let lock = fs::read_to_string(&lock).map_err(|error| tool::failed("read", &lock, &error))?;
    let rustc = tool::text(Command::new("rustc").arg("--version").current_dir(root))?;
    let mut document = compose(&tree, &checksums(&lock), revision, arch, image, rustc.trim())?;
    document["serialNumber"] = serial(&document).into();
    Ok(format!("{document:#}\n"))
}

fn parse(text: &str) -> Result<Tree, Failed> {
    let odd = |line: &str| Failed(format!("cargo tree says what is not understood: {line}"));
    let mut crates: BTreeMap<Id, Crate> = BTreeMap::new();
    let mut path: Vec<Id> = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(2, '\t');
        let depth: Option<usize> = parts.next().and_then(|depth| depth.parse().ok());
        let (package, licence) =
            parts.next().and_then(|rest| rest.rsplit_once('\t')).ok_or_else(|| odd(line))?;
        let (name, rest) = package.split_once(" v").ok_or_else(|| odd(line))?;
        let (version, source) = rest.split_once(' ').unwrap_or((rest, ""));
        let depth = depth.filter(|depth| *depth <= path.len()).ok_or_else(|| odd(line))?;
        let id = (name.to_owned(), version.to_owned());
        path.truncate(depth);
        if let Some(parent) = path.last().and_then(|parent| crates.get_mut(parent)) {
            parent.needs.insert(id.clone());
        }
        path.push(id.clone());
        crates.entry(id).or_insert_with(|| Crate {
            // The older spelling of crates.io.
            licence: licence.replace('/', " OR "),
            ours: !source.is_empty(),
            needs: BTreeSet::new(),
        });
    }
    let root = path.into_iter().next().ok_or_else(|| odd("nothing"))?;
    Ok(Tree { root, crates })
}

/// What Cargo.lock says of each crate out of a registry: the SHA-256 of its `.crate`.
fn checksums(lock: &str) -> BTreeMap<Id, String> {
    let value = |block: &str, key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(&format!("{key} = \"")));
        line.and_then(|rest| rest.strip_suffix('"')).map(str::to_owned)
    };
    let blocks = lock.split("[[package]]").skip(1);
    let found = blocks.filter_map(|block| {
        Some(((value(block, "name")?, value(block, "version")?), value(block, "checksum")?))
    });
    found.collect()
}

fn compose(
    tree: &Tree,
    checksums: &BTreeMap<Id, String>,
    revision: &Revision,
    arch: Arch,
    image: &Summed,
    rustc: &str,
) -> Result<Value, Failed> {
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (id, package) in &tree.crates {
        let needs: Vec<_> = package.needs.iter().map(reference).collect();
        dependencies.push(json!({ "ref": reference(id), "dependsOn": needs }));
        if *id == tree.root {
            continue;
        }
        let mut component = component("library", tree, id, revision);
        component["scope"] = "required".into();
        if !package.ours {
            let sum = checksums.get(id).ok_or_else(|| {
                Failed(format!("Cargo.lock has no checksum of {} {}", id.0, id.1))
            })?;
            component["hashes"] = sha256(sum);
        }
        components.push(component);
    }
    let mut driver = component("device-driver", tree, &tree.root, revision);
    driver["version"] = revision.label().into();
    driver["hashes"] = sha256(&image.sha256);
    driver["externalReferences"] = json!([{ "type": "vcs", "url": env!("CARGO_PKG_REPOSITORY") }]);
    driver["properties"] = json!([
        { "name": "netpnplwf:commit", "value": revision.commit() },
        { "name": "netpnplwf:file", "value": image.name },
        { "name": "netpnplwf:target", "value": arch.target() },
    ]);
    let compiler = rustc.strip_prefix("rustc ").unwrap_or(rustc);
    Ok(json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": "",
        "version": 1,
        "metadata": {
            "timestamp": revision.time(),
            "tools": { "components": [
                { "type": "application", "name": "rustc", "version": compiler },
                { "type": "application", "name": "cargo xtask package", "version": revision.label() },
            ] },
            "component": driver,
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn component(kind: &str, tree: &Tree, id: &Id, revision: &Revision) -> Value {
    let (reference, purl) = (reference(id), purl(tree, id, revision));
    let licence = tree.crates.get(id).map_or("", |package| &package.licence);
    let licences = match licence {
        "" => json!([]),
        one if !one.contains(' ') => json!([{ "license": { "id": one } }]),
        several => json!([{ "expression": several }]),
    };
    json!({
        "type": kind, "bom-ref": reference, "name": id.0, "version": id.1, "licenses": licences, "purl": purl,
    })
}

fn sha256(sum: &str) -> Value {
    json!([{ "alg": "SHA-256", "content": sum }])
}

/// What names a crate in this document.
fn reference((name, version): &Id) -> String {
    format!("{name}@{version}")
}

/// What names a crate anywhere. One of ours is in no registry: the repository, and the commit if that is
/// all there is to it.
fn purl(tree: &Tree, id: &Id, revision: &Revision) -> String {
    let purl = format!("pkg:cargo/{}@{}", id.0, id.1);
    if !tree.crates.get(id).is_some_and(|package| package.ours) {
        return purl;
    }
    let at = match &revision.commit {
        Some(commit) if !revision.dirty => format!("%40{commit}"),
        Some(_) | None => String::new(),
    };
    format!("{purl}?vcs_url=git%2B{}{at}", env!("CARGO_PKG_REPOSITORY"))
}

/// A UUID of version 8, made of what the document says.
fn serial(document: &Value) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha256::digest(document.to_string())[..16]);
    Uuid::new_v8(bytes).urn().to_string()
}

#[cfg(test)]
mod tests {
    use super::{checksums, parse};

    #[test]
    fn a_tree_is_crates_and_what_each_needs() {
        let text = "0\ta v0.1.0 (/tmp/a folder)\tMIT\n1\tb v2.0.0\tMIT/Apache-2.0\n2\tc v3.0.0+x\t\n1\tc v3.0.0+x\t\n";
        let tree = parse(text).expect("it is a tree");
        let needs = |name: &str| {
            let found = tree.crates.iter().find(|(id, _)| id.0 == name).expect("it is there");
            found.1.needs.iter().map(|id| id.0.clone()).collect::<Vec<_>>()
        };
        assert_eq!(tree.root.0, "a");
        assert_eq!([needs("a"), needs("b"), needs("c")], [vec!["b", "c"], vec!["c"], vec![]]);
        let facts: Vec<_> =
            tree.crates.values().map(|one| (one.licence.as_str(), one.ours)).collect();
        assert_eq!(facts, [("MIT", true), ("MIT OR Apache-2.0", false), ("", false)]);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for wrong in
            ["", "a v1", "0\ta v1", "x\ta v1.0.0\tMIT", "1\ta v1.0.0\tMIT", "0\ta 1.0.0\tMIT"]
        {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_lock_file_has_checksums_of_what_is_from_a_registry() {
        let lock = "version = 4\n\n[[package]]\nname = \"ours\"\nversion = \"0.1.0\"\n\n[[package]]\n\
                    name = \"spin\"\nversion = \"0.12.3\"\nsource = \"x\"\nchecksum = \"ab\"\n";
        let sums = checksums(lock);
        assert_eq!(sums.len(), 1);
        assert_eq!(sums[&("spin".to_owned(), "0.12.3".to_owned())], "ab");
    }
}
