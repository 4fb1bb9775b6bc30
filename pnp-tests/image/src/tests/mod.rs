//! Images made byte by byte (`image-builder`) and one made by the real linker (`real`).

mod hostile;
mod loading;
mod real;
mod refusals;

use std::path::PathBuf;

use super::{Exports, ImageError, ImageFile};

/// A kernel of two modules whose every function is at one address, but for those named.
struct Kernel {
    address: usize,
    missing: &'static [&'static str],
}

/// Stands for functions that no test calls.
const NOWHERE: Kernel = Kernel { address: 0x1234_5678, missing: &[] };

impl Exports for Kernel {
    fn resolve(&self, _module: &str, name: &str) -> Option<usize> {
        (!self.missing.contains(&name)).then_some(self.address)
    }

    fn inline_in(&self, _module: &str, name: &str) -> Option<String> {
        (name == "IoMarkIrpPending").then(|| "FORCEINLINE in wdm.h".to_owned())
    }
}

/// `bytes` as a file that exists, with the directory it lives in.
fn on_disk(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("monitor.sys");
    std::fs::write(&path, bytes).expect("a writable temporary directory");
    (directory, path)
}

fn open(bytes: &[u8]) -> Result<ImageFile, ImageError> {
    let (_directory, path) = on_disk(bytes);
    ImageFile::open(&path)
}
