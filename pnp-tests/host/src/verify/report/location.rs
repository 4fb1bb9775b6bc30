//! A source file that a PDB names, as an artifact of SARIF: below the folder in which `verify` runs, which is
//! taken for the root of the sources, a relative URI; elsewhere an absolute one.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

/// The id of the folder in which `verify` runs.
pub(super) const ROOT: &str = "SRCROOT";

/// The artifact of `file`, seen from the folder `here`.
pub(super) fn artifact(file: &str, here: &Path) -> Value {
    let file = file.replace('\\', "/");
    if let Some(below) = below(&file, here) {
        return json!({ "uri": encoded(&below), "uriBaseId": ROOT });
    }
    let is_on_a_drive = file.as_bytes().get(1) == Some(&b':');
    if is_on_a_drive {
        json!({ "uri": format!("file:///{}", encoded(&file)) })
    } else if let Some(share) = file.strip_prefix("//") {
        json!({ "uri": format!("file://{}", encoded(share)) })
    } else if file.starts_with('/') {
        json!({ "uri": format!("file://{}", encoded(&file)) })
    } else {
        json!({ "uri": encoded(&file), "uriBaseId": ROOT })
    }
}

/// The path from `here`: the longest end of `file` of at least a folder and a name that is a file there. The
/// PDB may come from another machine, on which the root was elsewhere.
fn below(file: &str, here: &Path) -> Option<String> {
    let parts: Vec<&str> =
        file.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let ends = (0..parts.len().saturating_sub(1)).map(|skipped| parts[skipped..].join("/"));
    ends.into_iter().find(|end| here.join(end).is_file())
}

/// Percent-encoded but for what a path in a URI may have.
fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:@!$&'()*+,;=".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(file: &str) -> (String, bool) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let artifact = artifact(file, here);
        let uri = artifact["uri"].as_str().expect("a URI").to_owned();
        (uri, artifact["uriBaseId"] == ROOT)
    }

    #[test]
    fn a_file_below_this_folder_is_relative_wherever_it_was_built() {
        let this = ("src/lib.rs".to_owned(), true);
        assert_eq!(uri("D:\\a\\1\\s\\host\\src\\lib.rs"), this);
        assert_eq!(uri("src/lib.rs"), this);
        assert_eq!(uri(concat!(env!("CARGO_MANIFEST_DIR"), "/src/lib.rs")), this);
    }

    #[test]
    fn a_file_elsewhere_is_absolute_and_encoded() {
        assert_eq!(
            uri("C:\\my driver\\filter.c"),
            ("file:///C:/my%20driver/filter.c".to_owned(), false)
        );
        assert_eq!(uri("/nowhere/filter.c"), ("file:///nowhere/filter.c".to_owned(), false));
        assert_eq!(uri("\\\\host\\share\\a.c"), ("file://host/share/a.c".to_owned(), false));
        assert_eq!(uri("other/filter.c"), ("other/filter.c".to_owned(), true));
    }
}
