//! Golden sums: what `netpnp` says of every image and every scenario, to the byte.
//!
//! A sum is SHA-256 over the commands of an item with their outputs and exit codes. The outputs themselves
//! lie in target/golden afterwards, a file for each item, to be compared with those of another build.
//! `NETPNP_WRITE=1 cargo test -p netpnp --test golden` writes the sums anew; docs/testing.md says more.
#![cfg(host)]
#![allow(missing_docs, reason = "tests: the names are the documentation")]

#[path = "golden/items.rs"]
mod items;
#[path = "host/netpnp.rs"]
mod netpnp;
#[path = "golden/sums.rs"]
mod sums;
#[path = "golden/wrong.rs"]
mod wrong;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use items::{Item, Place};
use sums::{Difference, sum};

/// Where everything is.
struct Setting {
    /// The program under test.
    program: PathBuf,
    /// The folder of the images.
    images: PathBuf,
    /// The folder of the outputs.
    outputs: PathBuf,
}

impl Setting {
    /// `NETPNP_PROGRAM`, `NETPNP_IMAGES`, `NETPNP_OUTPUTS`, or what the tests build and use otherwise.
    fn new() -> Self {
        let named = |name: &str| std::env::var_os(name).map(PathBuf::from);
        let images = named("NETPNP_IMAGES").unwrap_or_else(|| {
            netpnp::image("plain").parent().expect("an image is in a folder").to_owned()
        });
        let images = images.canonicalize().expect("NETPNP_IMAGES is a folder");
        let built = images.ancestors().nth(2).expect("target/netpnplwf/x64").join("golden");
        Self {
            program: named("NETPNP_PROGRAM")
                .unwrap_or_else(|| env!("CARGO_BIN_EXE_netpnp").into())
                .canonicalize()
                .expect("NETPNP_PROGRAM is a program"),
            images,
            outputs: named("NETPNP_OUTPUTS").unwrap_or(built),
        }
    }

    /// The names of the images, without `.sys`, in order.
    fn stems(&self) -> Vec<String> {
        let mut stems: Vec<String> = fs::read_dir(&self.images)
            .expect("the folder of the images")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sys"))
            .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
            .collect();
        stems.sort();
        stems
    }
}

/// Runs every item, several at the same time; gives their sums.
fn run(setting: &Setting, items: &[Item]) -> BTreeMap<String, String> {
    let scratch = tempfile::tempdir().expect("a folder");
    let next = AtomicUsize::new(0);
    let sums = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
            let place = Place::new(&setting.program, &setting.images, scratch.path(), &item.name);
            let said = item.run(&place);
            keep(&setting.outputs, &item.name, &said);
            sums.lock().expect("no thread panicked").insert(item.name.clone(), sum(&said));
        }
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });
    sums.into_inner().expect("no thread panicked")
}

fn keep(folder: &Path, name: &str, said: &[u8]) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder for outputs");
    fs::write(&file, said).expect("an output can be written");
}

#[test]
fn every_output_is_to_the_byte_what_it_was() {
    let setting = Setting::new();
    let stems = setting.stems();
    // What an earlier run left could be of an item that is no more.
    if setting.outputs.exists() {
        fs::remove_dir_all(&setting.outputs).expect("old outputs can be removed");
    }
    let mut now = run(&setting, &items::all(&stems));
    for stem in &stems {
        let image = fs::read(setting.images.join(format!("{stem}.sys"))).expect("an image");
        now.insert(items::image(stem), sum(&image));
    }
    let file = std::env::var_os("NETPNP_SUMS").map_or_else(sums::file, PathBuf::from);
    if std::env::var_os("NETPNP_WRITE").is_some() {
        sums::write(&file, &now);
        println!("{} sums in {}", now.len(), file.display());
        return;
    }
    let Difference { lines, passed_over } = sums::compare(&sums::read(&file), &now);
    for line in passed_over {
        println!("{line}");
    }
    assert!(
        lines.is_empty(),
        "{} of {} differ; the outputs are in {}\n{}",
        lines.len(),
        now.len(),
        setting.outputs.display(),
        lines.join("\n"),
    );
    println!("{} of {} are as they were", now.len(), now.len());
}
