//! Wrong scenarios, made of the right ones of the repository: a word of each line is mistyped, missing or
//! one too many. The messages about them have nearly every list of words that the grammar has.

use std::fs;
use std::path::Path;

/// How many words of a line are mistyped, one in each text.
const WORDS: usize = 6;

/// Texts with their folder and name, `flows/every_event`, in order.
pub fn originals() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for folder in ["flows", "scenarios"] {
        let ndis = Path::new(env!("CARGO_MANIFEST_DIR")).join("ndis");
        let files = fs::read_dir(ndis.join(folder));
        for entry in files.expect("a folder of scenarios") {
            let path = entry.expect("an entry").path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("a name");
            let text = fs::read_to_string(&path).expect("a scenario");
            texts.push((format!("{folder}/{stem}"), text));
        }
    }
    texts.sort();
    texts
}

/// The wrong texts that one right text gives, each with a name.
pub fn variants(text: &str) -> Vec<(String, String)> {
    let nth = |nth: usize| {
        let typed = edited(text, |words| {
            if let Some(word) = words.get_mut(nth) {
                *word = mistyped(word);
            }
        });
        (format!("word{}.pnp", nth + 1), typed)
    };
    let short = edited(text, |words| {
        words.pop();
    });
    let long = edited(text, |words| words.push("besides".to_owned()));
    let ends = [("short.pnp".to_owned(), short), ("long.pnp".to_owned(), long)];
    (0..WORDS).map(nth).chain(ends).collect()
}

/// Every line with its words changed, comments left out.
fn edited(text: &str, edit: impl Fn(&mut Vec<String>)) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if !words.is_empty() {
            edit(&mut words);
        }
        lines.push_str(&words.join(" "));
        lines.push('\n');
    }
    lines
}

/// The word without its last letter but one, as fingers leave it out; a letter more, if it is short.
fn mistyped(word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    if letters.len() > 3 {
        letters.remove(letters.len() - 2);
    } else {
        letters.push('x');
    }
    letters.into_iter().collect()
}

#[test]
fn every_variant_of_a_scenario_is_another_text() {
    let variants = variants("given adapter eth0 # one\n\nwhen driver loads\n");
    let texts: Vec<&str> = variants.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(texts[0], "givn adapter eth0\n\nwhn driver loads\n");
    assert_eq!(texts[2], "given adapter et0\n\nwhen driver loas\n");
    assert_eq!(texts[6], "given adapter\n\nwhen driver\n");
    assert_eq!(texts[7], "given adapter eth0 besides\n\nwhen driver loads besides\n");
}
