//! The folder that packages go to: all that was asked for, or nothing.

use std::fs;
use std::io;
use std::path::{self, Path, PathBuf};

use crate::sums;
use crate::tool::{self, Failed};

/// Below the folder itself: a rename within one file system cannot end half-way.
const STAGING: &str = ".new";

pub struct Out {
    folder: PathBuf,
    /// It was not there before.
    ours: bool,
}

impl Out {
    pub fn open(folder: &Path) -> Result<Self, Failed> {
        if folder.exists() && !folder.is_dir() {
            let folder = folder.display();
            return Err(Failed(format!("--out {folder}: that is a file; a folder is wanted")));
        }
        // Other programs are started in other folders.
        let folder = path::absolute(folder)
            .map_err(|error| Failed(format!("--out {}: {error}", folder.display())))?;
        let out = Self { ours: !folder.exists(), folder };
        let staging = out.staging();
        if staging.exists() {
            fs::remove_dir_all(&staging)
                .map_err(|error| tool::failed("empty", &staging, &error))?;
        }
        fs::create_dir_all(&staging).map_err(|error| {
            Failed(format!("--out {}: cannot write there: {error}", out.folder.display()))
        })?;
        Ok(out)
    }

    /// Where everything is made first.
    pub fn staging(&self) -> PathBuf {
        self.folder.join(STAGING)
    }

    /// Moves what was made to its place, over what has its name; gives the folder.
    pub fn publish(mut self) -> Result<PathBuf, Failed> {
        let staging = self.staging();
        let entries = fs::read_dir(&staging).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = entries.map_err(|error| tool::failed("read", &staging, &error))?;
        // The sums last: they tell that the rest is there.
        entries.sort_by_key(|made| made.file_name() == sums::NAME);
        for made in entries {
            let place = self.folder.join(made.file_name());
            remove(&place).map_err(|error| tool::failed("replace", &place, &error))?;
            fs::rename(made.path(), &place)
                .map_err(|error| tool::failed("write", &place, &error))?;
        }
        self.ours = false;
        Ok(self.folder.clone())
    }
}

/// However it ends, what is half-made goes.
impl Drop for Out {
    fn drop(&mut self) {
        // Nobody is left to tell; the next run empties it first.
        let _ = fs::remove_dir_all(self.staging());
        if self.ours {
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn remove(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Ok(there) if there.is_dir() => fs::remove_dir_all(place),
        Ok(_) => fs::remove_file(place),
        Err(_) => Ok(()),
    }
}
