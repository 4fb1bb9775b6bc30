//! Our reader of INF files against Wine's setupapi: a program of ours, `filters/setupapi/read_inf.rs`,
//! runs in Wine and prints what SetupAPI gives out. Skipped, and said so, without Wine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pnp_tests::inf::{self, Contents};

use crate::inf::{mistakes, replaced, stamped};

/// Where Debian's wine64 is when its package `wine` is not there.
const WINES: [&str; 3] = ["wine", "wine64", "/usr/lib/wine/wine64"];

fn wine() -> Option<&'static str> {
    let runs = |wine: &&&str| {
        Command::new(wine).arg("--version").output().is_ok_and(|ran| ran.status.success())
    };
    WINES.iter().find(runs).copied()
}

fn build(folder: &Path) -> PathBuf {
    let program = folder.join("read_inf.exe");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "--target", "x86_64-pc-windows-msvc", "-Clinker=rust-lld"]);
    rustc.args(["-Cpanic=abort", "-Copt-level=2", "-Clto=fat", "-Ccodegen-units=1"]);
    for argument in ["/NODEFAULTLIB", "/ENTRY:start", "/SUBSYSTEM:CONSOLE"] {
        rustc.arg(format!("-Clink-arg={argument}"));
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("filters/setupapi/read_inf.rs");
    crate::python::run(rustc.arg("-o").arg(&program).arg(source));
    program
}

/// What SetupAPI said of each file; an error and its line if it refused the file.
type Opinion = Result<Vec<Contents>, String>;

/// Asks Wine about each of these files.
fn ask(wine: &str, files: &[Vec<u8>]) -> Vec<Opinion> {
    let folder = tempfile::tempdir().expect("a folder");
    let program = build(folder.path());
    for (at, bytes) in files.iter().enumerate() {
        fs::write(folder.path().join(format!("{at:04}.inf")), bytes).expect("it can be written");
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wine");
    fs::create_dir_all(&target).expect("a folder for Wine");
    let windows = format!("Z:{}", folder.path().display()).replace('/', "\\");
    let ran = Command::new(wine)
        .env("WINEPREFIX", &target)
        .env("WINEDEBUG", "-all")
        .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
        .arg(program)
        .args([windows, files.len().to_string()])
        .output()
        .expect("Wine starts");
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "Wine: {}\n{errors}", ran.status);
    let opinions = parse(&String::from_utf8(ran.stdout).expect("UTF-8"));
    assert_eq!(opinions.len(), files.len());
    opinions
}

fn parse(text: &str) -> Vec<Opinion> {
    let mut opinions: Vec<Opinion> = Vec::new();
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').expect("a word and what it says");
        match (word, opinions.last_mut()) {
            ("file", _) => opinions.push(Ok(Vec::new())),
            ("refused", Some(last)) => *last = Err(rest.into()),
            ("section", Some(Ok(sections))) => {
                sections.push(Contents { section: rest.into(), lines: Vec::new() });
            }
            ("line", Some(Ok(sections))) => {
                sections.last_mut().expect("a section").lines.push((None, Vec::new()));
            }
            (index, Some(Ok(sections))) => {
                let line = sections.last_mut().and_then(|section| section.lines.last_mut());
                let (key, values) = line.expect("a line");
                match index {
                    "0" => *key = Some(rest.into()),
                    _ => values.push(rest.into()),
                }
            }
            _ => panic!("the program says: {line}"),
        }
    }
    opinions
}

/// Ours as SetupAPI gives it out: a value that is alone in its line is its key, too.
fn ours(bytes: &[u8]) -> Opinion {
    let mut contents = inf::contents(bytes)?;
    for (key, values) in contents.iter_mut().flat_map(|section| &mut section.lines) {
        if let (None, [value]) = (&key, &values[..]) {
            *key = Some(value.clone());
        }
    }
    Ok(contents)
}

#[test]
fn dump() {
    let Some(wine) = wine() else { return };
    let mut texts = vec![stamped()];
    for (_, edits) in mistakes() {
        for edit in *edits {
            texts.push(edit.iter().fold(stamped(), |text, (from, to)| replaced(&text, from, to)));
        }
    }
    let quirks = [
        "[A]\nk = a, \\\n  b, \\ ; why\n c\nl = d\n",
        "[A]\nk = \"a; b\" ; c\nl = \"say \"\"x\"\" \"\nm = a\"b\"c\nn = \" lead\"\"\n",
        "[A]\nk = a b  c , d\t e\n  indented = 1\nv\nv, w\n, x\n",
        "[A]\nk = %% , 100%%, %x%y, %X%%z%, a%b, %none%\n%x% = %z%\n[Strings]\nx = 1\nz = \"a, b\"\n",
        "[Strings]\nA = one, two\nB = \"one, two\"\nB = three\nC =\n[S]\nk = %A%, %B%, %C%, %c%\n",
        "[a]\nk=1\n[B]\nx\n[A]\nk=2\n[b]\n",
        "[ A ]\nk=1\n[B] ; c\nx\n",
        "[A]\nk=a=b\nHKR,,x,,a=b\n\"q=r\" = 3\n\"only\"\n",
        "[A]\nk =\nk2 = ,\nk3 = a,\nk4 = ,,b\n",
        "[A]\nk = \"open\nl = 2\n",
        "[A]\nk = a\\b, c\\\n",
        "[A]\nk = \"a \\\n b\"\nl = 1\n",
        "[A]\nHKR, \"Sub Key\\x\", v, 0x00010000, \"a\", \"\", \"b\"\n",
        "x = 1\n[A]\nk=1\n",
        "[A\nk=1\n[B]\nk=2\n",
        "; c\n\n[A]\n;k=1\n k = 2;3\n",
        "[A]\nk = a \\ b\nl = \"c\\\"\nm = 3\n",
        "[A]\nk = %x\\\ny%\n[Strings]\nx = 1\nxy=2\n",
        "[A]\nk = \"%x%\", %\"x\"%\n[Strings]\nx = 1\n",
        "[A]\nk = a ; \\\nl = b\n",
        "[A]\nk = a, \\\n\nl = b\n",
        "[A]\nk = a, \\\n; note\nl = b\n",
        "[A]\nk = a, \\\n[B]\nl = b\n",
    ];
    texts.extend(quirks.iter().map(|text| format!("[Version]\nSignature = \"$Windows NT$\"\n{text}")));
    let files: Vec<Vec<u8>> = texts
        .iter()
        .map(|text| text.replace("%12%", "<12>").replace("%13%", "<13>").into_bytes())
        .collect();
    let opinions = ask(wine, &files);
    let mut out = String::new();
    for (at, (bytes, theirs)) in files.iter().zip(&opinions).enumerate() {
        let mine = ours(bytes);
        if &mine != theirs {
            let _ = writeln!(out, "--- {at} {}", if at + quirks.len() >= files.len() { quirks[at + quirks.len() - files.len()] } else { "" });
            match (&mine, theirs) {
                (Ok(mine), Ok(theirs)) => {
                    for (m, t) in mine.iter().zip(theirs) {
                        if m != t { let _ = writeln!(out, "  ours {} {:?}\n  wine {} {:?}", m.section, m.lines.iter().filter(|l| !t.lines.contains(l)).collect::<Vec<_>>(), t.section, t.lines.iter().filter(|l| !m.lines.contains(l)).collect::<Vec<_>>()); }
                    }
                    if mine.len() != theirs.len() { let _ = writeln!(out, "  {} and {} sections", mine.len(), theirs.len()); }
                }
                _ => { let _ = writeln!(out, "  ours {}\n  wine {theirs:?}", if mine.is_ok() { "ok" } else { "refused" }); }
            }
        }
    }
    println!("{} files\n{out}", files.len());
}
