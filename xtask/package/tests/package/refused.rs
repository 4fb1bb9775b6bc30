//! What cannot be packaged: one clear message, and nothing left behind.

use std::fs;
use std::path::{Path, PathBuf};

use crate::checkout::{Checkout, run, turn};

/// Puts a file back as it was, also when an assertion fails.
struct Restored {
    path: PathBuf,
    was: Vec<u8>,
}

impl Restored {
    fn new(path: PathBuf) -> Self {
        let was = fs::read(&path).expect("the file");
        Self { path, was }
    }
}

impl Drop for Restored {
    fn drop(&mut self) {
        fs::write(&self.path, &self.was).expect("it can be put back");
    }
}

/// The packages are refused and the message has all of `parts`; there is no folder afterwards.
fn refused(checkout: &Checkout, more: &[(&str, &str)], parts: &[&str]) {
    let out = checkout.target.join("refused");
    let _ = fs::remove_dir_all(&out);
    let out_text = out.to_str().expect("UTF-8");
    let mut command = checkout.command(&["--arch", "x64", "--out", out_text]);
    let ended = run(command.envs(more.iter().copied()));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    for part in parts {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    assert_eq!(said.matches("package: ").count(), 1 + said.matches("package: warning").count());
    assert!(ended.stdout.is_empty());
    assert!(!out.exists(), "{out_text} was left");
}

#[test]
fn an_inf_that_netpnp_refuses_or_that_does_not_fit_the_driver() {
    let (checkout, _turn) = turn();
    let template = Restored::new(checkout.folder.join("inf/netpnplwf.inx"));
    let text = String::from_utf8(template.was.clone()).expect("ASCII");
    let edits: [(&str, &str, &[&str]); 5] = [
        (
            "StartType      = 1",
            "StartType = 3",
            &["netpnp inf", "INF-44", "expected  StartType = 1"],
        ),
        ("6F0D3B1E-52C4", "6F0D3B1E-52C5", &["INF-52"]),
        ("netpnplwf, 0, Service1", "other, 0, Service1", &["INF-30"]),
        ("DriverVer   =", "; ", &["netpnplwf.inx: 0 lines say DriverVer"]),
        ("\"NetPnP\"", "\"NetPnP\u{e9}\"", &["netpnplwf.inx:", "not ASCII"]),
    ];
    for (from, to, parts) in edits {
        assert!(text.contains(from), "`{from}` is not in the template any more");
        fs::write(&template.path, text.replace(from, to)).expect("it can be written");
        refused(checkout, &[], parts);
    }
    fs::remove_file(&template.path).expect("it can be removed");
    refused(checkout, &[], &["cannot read", "inf/netpnplwf.inx", "No such file"]);
}

#[test]
fn a_driver_that_does_not_compile_and_an_image_that_inspect_refuses() {
    let (checkout, _turn) = turn();
    for (name, text, parts) in [
        ("driver/src/names.rs", "no Rust", ["xtask build --arch x64 failed", "names.rs"]),
        ("driver/globals.txt", "another", ["netpnp inspect --strict", "netpnplwf::recorder::RING"]),
    ] {
        let file = Restored::new(checkout.folder.join(name));
        fs::write(&file.path, text).expect("it can be written");
        refused(checkout, &[], &parts);
    }
}

#[test]
fn a_place_that_is_no_folder() {
    let (checkout, _turn) = turn();
    for (place, part) in
        [("README.md", "that is a file"), ("/proc/nowhere/x", "cannot write there")]
    {
        let ended = run(&mut checkout.command(&["--out", place]));
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("--out {place}: ")) && said.contains(part), "{said}");
    }
    assert!(checkout.folder.join("README.md").is_file());
}

#[test]
fn a_date_that_is_none_and_a_signature_without_windows() {
    let (checkout, _turn) = turn();
    refused(checkout, &[("SOURCE_DATE_EPOCH", "tomorrow")], &["SOURCE_DATE_EPOCH: \"tomorrow\""]);
    let ended = run(&mut checkout.command(&["--sign", "AB12"]));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("signtool runs on Windows only"));
}

#[test]
fn outside_git_a_date_is_wanted_and_enough() {
    let (checkout, _turn) = turn();
    let (git, away) = (checkout.folder.join(".git"), checkout.folder.join(".git-away"));
    fs::rename(&git, &away).expect("it can be moved");
    let put_back = Moved { from: &away, to: &git };
    refused(checkout, &[], &["is no git checkout", "SOURCE_DATE_EPOCH"]);
    let out = checkout.target.join("outside");
    let mut command = checkout.command(&["--arch", "x64", "--out"]);
    let ended = run(command.arg(&out).env("SOURCE_DATE_EPOCH", "951782400"));
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let folder = out.join("netpnplwf-0.1.0.0-x64");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("it is there");
    assert!(read("netpnplwf.inf").contains("= 02/29/2000,0.1.0.0\r\n"));
    assert!(read("README.txt").contains("unknown, built outside git"));
    assert!(read("netpnplwf.cdx.json").contains("2000-02-29T00:00:00Z"));
    fs::remove_dir_all(out).expect("it can be removed");
    drop(put_back);
}

#[test]
fn a_shallow_clone_cannot_count_its_commits() {
    let (checkout, _turn) = turn();
    // What `git clone --depth 1` writes.
    let shallow = checkout.folder.join(".git/shallow");
    fs::write(&shallow, checkout.git(&["rev-parse", "HEAD"])).expect("it can be written");
    refused(checkout, &[], &["this clone is shallow", "git fetch --unshallow"]);
    fs::remove_file(shallow).expect("it can be removed");
}

#[test]
fn changes_that_are_in_no_commit_are_named() {
    let (checkout, _turn) = turn();
    let readme = Restored::new(checkout.folder.join("README.md"));
    fs::write(&readme.path, "changed").expect("it can be written");
    let out = checkout.target.join("changed");
    let ended = run(checkout.command(&["--arch", "x64", "--out"]).arg(&out));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(ended.status.success() && said.contains("changes that are in no commit"), "{said}");
    let folder = out.join("netpnplwf-0.1.0.1-dirty-x64");
    let text = fs::read_to_string(folder.join("README.txt")).expect("it is there");
    assert!(text.starts_with("netpnplwf 0.1.0.1-dirty for x64"), "{text}");
    fs::remove_dir_all(out).expect("it can be removed");
}

/// Moves something back.
struct Moved<'a> {
    from: &'a Path,
    to: &'a Path,
}

impl Drop for Moved<'_> {
    fn drop(&mut self) {
        fs::rename(self.from, self.to).expect("it can be moved back");
    }
}
