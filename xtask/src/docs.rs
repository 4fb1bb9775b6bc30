//! `docs/` as a book, by mdbook.

use std::fs;
use std::path::PathBuf;

use crate::image::target;
use crate::run::{Failed, cargo, program};

/// Warnings differ between versions, so there is one.
const MDBOOK: &str = "0.5.4";

/// Builds the book, without a warning; gives its first page.
pub fn build() -> Result<PathBuf, Failed> {
    let mdbook = install()?;
    render(mdbook)
}

/// Builds the book; where mdbook cannot be installed, as without a network, only says so.
pub fn bounded() -> Result<(), Failed> {
    match install() {
        Ok(mdbook) => render(mdbook).map(drop),
        Err(Failed(why)) => {
            println!("docs: skipped, mdbook {MDBOOK} cannot be installed: {why}");
            Ok(())
        }
    }
}

fn render(mdbook: PathBuf) -> Result<PathBuf, Failed> {
    let book = target()?.join("book");
    // At this level nothing is printed but warnings.
    let printed = program(mdbook)
        .args(["build", "--dest-dir"])
        .arg(&book)
        .env("MDBOOK_LOG", "warn")
        .outcome()?;
    let said = String::from_utf8_lossy(&printed.stderr);
    if !printed.status.success() || !said.trim().is_empty() {
        return Err(Failed(format!("mdbook finds fault with docs/:\n{said}")));
    }
    Ok(book.join("index.html"))
}

/// mdbook of that version in `target/tools`; half a minute, once.
fn install() -> Result<PathBuf, Failed> {
    let tools = target()?.join("tools");
    let mdbook = tools.join("bin").join(if cfg!(windows) { "mdbook.exe" } else { "mdbook" });
    let version = program(&mdbook).arg("--version").output();
    if version.is_ok_and(|said| said.trim_ascii() == format!("mdbook v{MDBOOK}").as_bytes()) {
        return Ok(mdbook);
    }
    let built = tools.join("build");
    cargo(["install", "--locked", "mdbook", "--version", MDBOOK, "--debug"])
        // Neither a server nor a watcher.
        .args(["--no-default-features", "--features", "search"])
        .arg("--root")
        .arg(&tools)
        .arg("--target-dir")
        .arg(&built)
        .run()?;
    // 600 MB that nobody needs again. What cannot be removed is a nuisance and no failure.
    drop(fs::remove_dir_all(&built));
    Ok(mdbook)
}
