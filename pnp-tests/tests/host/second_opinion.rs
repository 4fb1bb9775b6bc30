//! Our reader of INF files against Wine's setupapi: a program of ours, `filters/setupapi/read_inf.rs`,
//! runs in Wine and prints what SetupAPI gives out. Skipped, and said so, without Wine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use ::inf::{self, Contents};

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

/// What people write and what documentation allows, each behind a [Version].
/// Source: docs:install/general-syntax-rules-for-inf-files, docs:install/inf-strings-section.
const QUIRKS: &[&str] = &[
    // Lines that go on.
    "[A]\nk = a, \\\n  b, \\ ; why\n c\nl = d\n",
    "[A]\nk = a \\ b\nl = \"c\\\"\nm = 3\n",
    "[A]\nk = %x\\\ny%\n[Strings]\nx = 1\nxy=2\n",
    "[A]\nk = a ; \\\nl = b\n",
    "[A]\nk = a, \\\n\nl = b\n",
    "[A]\nk = a, \\\n; note\nl = b\n",
    "[A]\nk = a, \\\n[B]\nl = b\n",
    "[A]\nCopyFiles = \"SomeDirectory\\\"\\ ; comment\n,SomeFile\n",
    "[A]\nk = a\\b, c\\\n",
    "[A]\nk = \"a \\\n b\"\nl = 1\n",
    // Quotes.
    "[A]\nk = \"a; b\" ; c\nl = \"say \"\"x\"\" \"\nm = a\"b\"c\nn = \" lead\"\"\n",
    "[A]\nk = \"\"\"a\"\"\"\nl = \"a\"\"\nm = a \"b c\" d, \"e\" \"f\"\n",
    "[A]\nk = \"open\nl = 2\n",
    "[A]\nHKR, \"Sub Key\\x\", v, 0x00010000, \"a\", \"\", \"b\"\n",
    // Strings.
    "[A]\nk = %%, 100%%, %x%y, %X%%z%, a%b, %none%\n%x% = %z%\n[Strings]\nx = 1\nz = \"a, b\"\n",
    "[A]\nk = \"%x%\", %\"x\"%\n[Strings]\nx = 1\n",
    "[Strings]\nB = \"one, two\"\nB = three\nC =\n[S]\nk = %B%, %C%, %c%, %D%\n",
    "[A]\nHKR,,EventMessageFile,0x00020000,\"%%SystemRoot%%\\System32\\IoLogMsg.dll\"\n",
    // Fields and keys.
    "[A]\nk = a b  c , d\t e\n  indented = 1\nv\nv, w\n, x\n",
    "[A]\nk=a=b\nHKR,,x,,a=b\n\"q=r\" = 3\n\"only\"\n",
    "[A]\nk =\nk2 = ,\nk3 = a,\nk4 = ,,b\nnetpnplwf.sys = 1,,9\n",
    "; c\n\n[A]\n;k=1\n k = 2;3\n",
    // Sections.
    "[a]\nk=1\n[B]\nx\n[A]\nk=2\n[b]\n",
    "[ A ]\nk=1\n [B] ; c\nx\n",
    "[;; Std Mfg ]\nk=1\n[C D]\nl=2\n",
];

/// What Wine does not say as the documentation does, or where that says nothing: ours, and Wine's.
const DIFFERENT: &[(&str, &str, &str)] = &[
    // A comma needs no quotes (inf-strings-section); Wine stops at it.
    ("[S]\nk = %A%\n[Strings]\nA = one,two\n", "k: one,two", "k: one"),
];

fn versioned(text: &str) -> Vec<u8> {
    format!("[Version]\nSignature = \"$Windows NT$\"\n{text}").into_bytes()
}

/// Ours, with every mistake that the rules are tried with.
fn edited() -> Vec<String> {
    let edits = mistakes().flat_map(|(_, edits)| *edits);
    let edit = |edits: &&[(&str, &str)]| {
        edits.iter().fold(stamped(), |text, (from, to)| replaced(&text, from, to))
    };
    edits.map(edit).chain([stamped(), stamped().replace("amd64", "arm64")]).collect()
}

/// In other encodings.
fn encoded(text: &str) -> [Vec<u8>; 4] {
    let wide = std::iter::once(0xFEFF).chain(text.encode_utf16());
    [
        text.replace('\n', "\r\n").into_bytes(),
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        wide.flat_map(u16::to_le_bytes).collect(),
        text.trim_end().as_bytes().to_vec(),
    ]
}

/// Without the numbers of directories, which SetupAPI replaces by a folder of the machine.
fn portable(text: &str) -> String {
    text.replace("%12%", "<12>").replace("%13%", "<13>")
}

fn shown(opinion: &Opinion) -> String {
    let mut text = String::new();
    match opinion {
        Err(why) => text = format!("refused: {why}"),
        Ok(contents) => {
            for Contents { section, lines } in contents {
                let _ = writeln!(text, "[{section}]");
                for (key, values) in lines {
                    let _ =
                        writeln!(text, "{}: {}", key.as_deref().unwrap_or("-"), values.join("|"));
                }
            }
        }
    }
    text
}

#[test]
fn wine_reads_what_we_read() {
    let Some(wine) = wine() else {
        println!("skipped: there is no Wine (Debian: wine64)");
        return;
    };
    let mut files: Vec<Vec<u8>> = QUIRKS.iter().map(|text| versioned(text)).collect();
    files.extend(edited().iter().map(|text| portable(text).into_bytes()));
    files.extend(encoded(&portable(&stamped())));
    let same = files.len();
    files.extend(DIFFERENT.iter().map(|(text, ..)| versioned(text)));

    let opinions = ask(wine, &files);
    let mut refused = 0;
    for (bytes, theirs) in files.iter().zip(&opinions).take(same) {
        let text = String::from_utf8_lossy(bytes);
        if theirs.is_err() {
            // Ours reads on, and has to say what is wrong.
            refused += 1;
            let report = inf::check(Path::new("x.inf"), bytes, None).expect("it is text");
            assert!(report.errors > 0, "{}: ours finds nothing in\n{text}", shown(theirs));
            continue;
        }
        assert_eq!(shown(&ours(bytes)), shown(theirs), "ours, then Wine's, of\n{text}");
    }
    assert!(refused > 0 && refused * 10 < same, "Wine refused {refused} of {same}");
    for ((text, mine, foreign), theirs) in DIFFERENT.iter().zip(&opinions[same..]) {
        let ours = shown(&ours(&versioned(text)));
        assert!(ours.contains(&format!("{mine}\n")), "{ours}");
        assert!(shown(theirs).contains(&format!("{foreign}\n")), "{}", shown(theirs));
    }
    println!("{} files, {refused} refused by both", files.len());
}
