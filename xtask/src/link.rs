//! This program as the linker of driver images.
//!
//! rust-lld writes into the PDB what it was started with: its folder, its command line, the path of
//! every object, among them a folder that rustc gives a random name. The PDB's hash is its GUID, which
//! is in the image. So rustc starts this program instead, which puts what is linked into a folder of its
//! own and has rust-lld see nothing but file names: where a checkout lies no longer matters.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{env, fs};

use crate::run::Failed;

/// How rustc begins when `-Clinker-flavor=lld-link` is among its flags; no task is called so.
const FLAVOR: [&str; 2] = ["-flavor", "link"];

/// What rust-lld writes. Everything else that names a file is read.
const OUTPUTS: [&str; 3] = ["/OUT:", "/IMPLIB:", "/PDB:"];

/// Has paths that are not absolute stay so in the PDB: `driver\src\lib.rs`.
const RELATIVE: &str = "/PDBSOURCEPATH:.";

/// The linker arguments of rustc, if it is rustc that started this program.
pub fn arguments() -> Option<Vec<OsString>> {
    let mut arguments = env::args_os().skip(1);
    FLAVOR.iter().all(|word| arguments.next().is_some_and(|next| next == *word)).then_some(())?;
    Some(arguments.collect())
}

/// The file of the running program. A test that calls `cargo xtask` may have cargo put a new one in its place while this
/// one runs, which Linux then calls deleted: the new one links as well.
pub fn program() -> Result<PathBuf, Failed> {
    let program = env::current_exe()
        .map_err(|error| Failed(format!("cannot find this very program: {error}")))?;
    let replaced = program.to_str().and_then(|name| name.strip_suffix(" (deleted)"));
    Ok(replaced.map(PathBuf::from).filter(|file| file.is_file()).unwrap_or(program))
}

/// Links, and ends as rust-lld does.
pub fn run(arguments: Vec<OsString>) -> Result<ExitCode, Failed> {
    let staged = Staged::new(arguments)?;
    let status = Command::new("rust-lld")
        .args(FLAVOR)
        .args(&staged.arguments)
        .arg(RELATIVE)
        .current_dir(&staged.folder)
        .status()
        .map_err(|error| Failed(format!("cannot start rust-lld: {error}")))?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }
    staged.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// A folder with everything that is linked, and a command line that fits it.
struct Staged {
    folder: PathBuf,
    arguments: Vec<OsString>,
    /// Where what is written belongs.
    outputs: Vec<PathBuf>,
}

impl Staged {
    fn new(arguments: Vec<OsString>) -> Result<Self, Failed> {
        let image = arguments
            .iter()
            .find_map(|argument| argument.to_str()?.strip_prefix(OUTPUTS[0]).map(PathBuf::from));
        let image = image.ok_or_else(|| Failed("the linker was not told what to make".into()))?;
        let folder = image.with_extension("link");
        // What an interrupted link left would be taken for an output.
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| failed("empty", &folder, &error))?;
        }
        fs::create_dir_all(&folder).map_err(|error| failed("make", &folder, &error))?;
        let mut staged = Self { folder, arguments: Vec::new(), outputs: Vec::new() };
        for argument in arguments {
            let argument = staged.take(argument)?;
            staged.arguments.push(argument);
        }
        // rustc leaves its name to the linker.
        staged.outputs.push(image.with_extension("pdb"));
        Ok(staged)
    }

    /// The argument as it has to be in the folder; what it names is there afterwards.
    fn take(&mut self, argument: OsString) -> Result<OsString, Failed> {
        let Some(text) = argument.to_str() else { return Ok(argument) };
        let (option, path) = split(text);
        let Some(name) = Path::new(path).file_name() else { return Ok(argument) };
        if OUTPUTS.contains(&option) {
            self.outputs.push(PathBuf::from(path));
        } else if Path::new(path).is_file() {
            self.copy_in(Path::new(path), name)?;
        } else {
            return Ok(argument);
        }
        let mut argument = OsString::from(option);
        argument.push(name);
        Ok(argument)
    }

    fn copy_in(&mut self, from: &Path, name: &OsStr) -> Result<(), Failed> {
        let to = self.folder.join(name);
        if to.exists() {
            return Err(Failed(format!("two files called {} are linked", name.display())));
        }
        fs::copy(from, &to).map(drop).map_err(|error| failed("copy", from, &error))
    }

    /// Takes what was written to where it belongs, as far as it was written.
    fn finish(self) -> Result<(), Failed> {
        for output in &self.outputs {
            let made = output.file_name().map(|name| self.folder.join(name));
            if let Some(made) = made.filter(|made| made.is_file()) {
                fs::rename(&made, output).map_err(|error| failed("write", output, &error))?;
            }
        }
        fs::remove_dir_all(&self.folder).map_err(|error| failed("remove", &self.folder, &error))
    }
}

/// `/OUT:x` is an option and a path, `x` a path alone. `/tmp/x` is one, too: no option has a slash in it.
fn split(argument: &str) -> (&str, &str) {
    match argument.find(':') {
        Some(at) if argument.starts_with('/') && !argument[1..at].contains('/') => {
            argument.split_at(at + 1)
        }
        _ => ("", argument),
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failed {
    Failed(format!("cannot {what} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::fs;

    use super::{Staged, split};

    #[test]
    fn options_are_told_from_paths() {
        let known = [
            ("/OUT:/tmp/x.dll", ("/OUT:", "/tmp/x.dll")),
            ("/DEF:lib.def", ("/DEF:", "lib.def")),
            ("/OPT:REF,ICF", ("/OPT:", "REF,ICF")),
            ("/NOLOGO", ("", "/NOLOGO")),
            ("/tmp/a.o", ("", "/tmp/a.o")),
            ("/tmp/a:b.o", ("", "/tmp/a:b.o")),
            ("a.o", ("", "a.o")),
        ];
        for (argument, parts) in known {
            assert_eq!(split(argument), parts);
        }
    }

    #[test]
    fn what_is_linked_is_copied_and_what_is_made_is_moved_back() {
        let base = std::env::temp_dir().join(format!("xtask-link-{}", std::process::id()));
        let deps = base.join("deps");
        fs::create_dir_all(deps.join("rustcAbCdEf")).expect("a folder");
        let path = |name: &str| deps.join(name).display().to_string();
        fs::write(path("a.o"), "object").expect("a file");
        fs::write(path("rustcAbCdEf/lib.def"), "exports").expect("a file");
        let arguments = [
            format!("/DEF:{}", path("rustcAbCdEf/lib.def")),
            path("a.o"),
            "/DEBUG".to_owned(),
            format!("/OUT:{}", path("x.dll")),
            format!("/IMPLIB:{}", path("x.dll.lib")),
        ];
        let staged = Staged::new(arguments.map(OsString::from).to_vec()).expect("it is staged");
        assert_eq!(
            staged.arguments,
            ["/DEF:lib.def", "a.o", "/DEBUG", "/OUT:x.dll", "/IMPLIB:x.dll.lib"]
        );
        assert_eq!(fs::read(staged.folder.join("lib.def")).expect("it is there"), b"exports");
        for made in ["x.dll", "x.pdb"] {
            fs::write(staged.folder.join(made), made).expect("a file");
        }
        let folder = staged.folder.clone();
        staged.finish().expect("it is moved");
        assert_eq!(fs::read(path("x.pdb")).expect("it is there"), b"x.pdb");
        assert!(
            deps.join("x.dll").is_file() && !deps.join("x.dll.lib").exists() && !folder.exists()
        );
        // Two of one name would be one in the folder.
        fs::write(path("rustcAbCdEf/a.o"), "another").expect("a file");
        let twice = [path("a.o"), path("rustcAbCdEf/a.o"), format!("/OUT:{}", path("x.dll"))];
        assert!(Staged::new(twice.map(OsString::from).to_vec()).is_err());
        fs::remove_dir_all(base).expect("it can be removed");
    }
}
