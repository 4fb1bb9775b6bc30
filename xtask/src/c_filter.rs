//! The drivers in C: the filter, the one that checks facts of the kernel, the cases of public bug reports. They need
//! clang, import libraries made of .def files, and the linker of the toolchain.
//! Where there is no clang or no llvm-dlltool, there is no such image. What clang and the linker are
//! told has no folder and no time in it: one clang makes the same bytes wherever a checkout lies.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::image::{self, Arch};
use crate::run::{Failed, program, root};

/// Of clang, besides the file names.
const COMPILE: [&str; 14] = [
    "--target=x86_64-pc-windows-msvc",
    "-std=c11",
    "-ffreestanding",
    "-fms-extensions",
    "-O2",
    "-g",
    "-gcodeview",
    "-ffile-compilation-dir=.",
    "-mno-incremental-linker-compatible",
    // The convention of x64 wants unwind data for every function that has a frame.
    "-fasynchronous-unwind-tables",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wno-four-char-constants",
];

/// Of the linker, besides the file names. INIT is thrown away after DriverEntry, PAGE is paged.
const LINK: [&str; 16] = [
    "-flavor",
    "link",
    "/driver",
    "/nodefaultlib",
    "/subsystem:native,10.00",
    "/entry:GsDriverEntry",
    "/nxcompat",
    "/dynamicbase",
    "/opt:ref,icf",
    "/debug",
    "/Brepro",
    "/release",
    "/section:INIT,ERD",
    "/section:PAGE,ER",
    "/pdbsourcepath:.",
    "/pdbaltpath:%_PDB%",
];

/// The folder of the sources, seen from the workspace's root.
const FOLDER: &str = "pnp-tests/filters/c";

/// The folder of the sources.
pub fn folder() -> PathBuf {
    root().join(FOLDER)
}

/// The folder of the cases, below that and below the images': sources there, one an image, and images here.
const CASES: &str = "cases";

/// As /GS is plain.c alone: the start-up code is what it is checked by, the cases are as their reports have them,
/// and the handler that /GS has for functions with __try, as in conformance.c, comes with the WDK.
const BARE: &str = "-fno-stack-protector";

/// How many mistakes conformance.c can make: an image for each, beside the one that makes none.
const MISTAKES: u32 = 5;

/// Of a case, which has every parameter of a callback and needs some.
const CASE: &str = "-Wno-unused-parameter";

/// The import libraries: each has what any of the drivers imports, and a name that is not in it does not link.
const LIBRARIES: [&str; 2] = ["ndis", "ntoskrnl"];

/// Builds plain-c.sys, conformance.sys and the wrong ones beside it, and the cases, if there is a compiler.
pub fn build() -> Result<(), Failed> {
    let tools = ["llvm-dlltool", "llvm-dlltool-14"];
    let (Some(dlltool), true) = (tools.into_iter().find(|tool| exists(tool)), exists("clang"))
    else {
        eprintln!("xtask: no clang or no llvm-dlltool: plain-c.sys is not built");
        return Ok(());
    };
    let built = image::target()?.join("c-filter");
    let linker = linker()?;
    let objects = built.join(CASES);
    fs::create_dir_all(&objects)
        .map_err(|error| Failed(format!("cannot make {}: {error}", objects.display())))?;
    compile(&built, "cookie", "cookie", &[BARE])?;
    compile(&built, "plain", "plain", &["-fstack-protector-all"])?;
    for name in LIBRARIES {
        library(dlltool, &built, name)?;
    }
    for mistake in 0..=MISTAKES {
        let stem = match mistake {
            0 => "conformance".to_owned(),
            mistake => format!("conformance-{mistake}"),
        };
        compile(&built, "conformance", &stem, &[BARE, &format!("-DMISTAKE={mistake}")])?;
        link(&linker, &built, &stem, &[&format!("{stem}.o"), "cookie.o", "ntoskrnl.lib"])?;
    }
    for case in cases()? {
        let object = format!("{case}.o");
        compile(&built, &case, &case, &[BARE, CASE])?;
        link(&linker, &built, &case, &[&object, "cookie.o", "ndis.lib", "ntoskrnl.lib"])?;
    }
    // The image last by which it is seen whether all are up to date.
    link(&linker, &built, "plain-c", &["plain.o", "cookie.o", "ndis.lib", "ntoskrnl.lib"])
}

/// The stems of the cases, each with its folder, in order.
fn cases() -> Result<Vec<String>, Failed> {
    let folder = folder().join(CASES);
    let files = fs::read_dir(&folder)
        .map_err(|error| Failed(format!("cannot look at {}: {error}", folder.display())))?;
    let mut stems: Vec<String> = files
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".c")?.to_owned()))
        .map(|stem| format!("{CASES}/{stem}"))
        .collect();
    stems.sort();
    Ok(stems)
}

fn compile(built: &Path, source: &str, object: &str, more: &[&str]) -> Result<(), Failed> {
    program("clang")
        .args(COMPILE)
        .args(more)
        .arg("-c")
        .arg(Path::new(FOLDER).join(format!("{source}.c")))
        .arg("-o")
        .arg(built.join(format!("{object}.o")))
        .run()
}

fn library(dlltool: &str, built: &Path, name: &str) -> Result<(), Failed> {
    program(dlltool)
        .args(["-m", "i386:x86-64", "-d"])
        .arg(Path::new(FOLDER).join(format!("{name}.def")))
        .arg("-l")
        .arg(built.join(format!("{name}.lib")))
        .run()
}

fn link(linker: &Path, built: &Path, stem: &str, parts: &[&str]) -> Result<(), Failed> {
    program(linker).args(LINK).at(built).args(parts).arg(format!("/out:{stem}.dll")).run()?;
    image::publish(built, stem, stem, Arch::X64).map(drop)
}

/// rust-lld, out of the toolchain.
fn linker() -> Result<PathBuf, Failed> {
    let sysroot = program("rustc").args(["--print", "sysroot"]).output()?;
    let sysroot = String::from_utf8_lossy(&sysroot).trim().to_owned();
    let rustlib = Path::new(&sysroot).join("lib/rustlib");
    let targets = fs::read_dir(&rustlib)
        .map_err(|error| Failed(format!("cannot look at {}: {error}", rustlib.display())))?;
    targets
        .filter_map(|target| Some(target.ok()?.path().join("bin/rust-lld")))
        .find(|path| path.is_file())
        .ok_or_else(|| Failed(format!("no rust-lld in {}", rustlib.display())))
}

fn exists(tool: &str) -> bool {
    Command::new(tool).arg("--version").output().is_ok()
}
