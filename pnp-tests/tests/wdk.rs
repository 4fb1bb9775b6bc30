//! Where the crates of the Windows Driver Kit are, and where they are not.
#![allow(missing_docs, reason = "tests: the names are the documentation")]

use std::process::Command;

/// The names of the crates whose name contains `wdk`, of what cargo would build so.
fn wdk_crates(arguments: &[&str]) -> Vec<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--prefix", "none", "--edges", "normal,build,dev"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo tree starts");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let text = String::from_utf8(tree.stdout).expect("UTF-8");
    let names = text.lines().filter_map(|line| line.split(' ').next());
    assert!(names.clone().any(|name| name == "driver-abi"), "{text}");
    let mut found: Vec<_> = names.filter(|name| name.contains("wdk")).map(str::to_owned).collect();
    found.sort();
    found.dedup();
    found
}

const WINDOWS: [&str; 2] = ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc"];

#[test]
fn an_image_without_default_features_has_no_crate_of_the_kit() {
    for target in WINDOWS {
        let driver = ["--package", "netpnplwf", "--no-default-features", "--target", target];
        assert_eq!(wdk_crates(&driver), Vec::<String>::new());
    }
}

#[test]
fn by_default_a_windows_target_has_them() {
    for target in WINDOWS {
        let found = wdk_crates(&["--package", "netpnplwf", "--target", target]);
        for expected in ["wdk", "wdk-sys", "wdk-panic"] {
            assert!(found.iter().any(|name| name == expected), "{expected} is not in {found:?}");
        }
    }
}

#[test]
fn nothing_of_the_workspace_has_them_on_linux() {
    let found = wdk_crates(&["--workspace", "--target", "x86_64-unknown-linux-gnu"]);
    assert_eq!(found, Vec::<String>::new());
}
