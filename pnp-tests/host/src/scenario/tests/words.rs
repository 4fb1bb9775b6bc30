//! The tables of words: no word stands in two of them, and `docs/scenarios.md` has them all.

use std::collections::BTreeSet;

use crate::scenario::verdict;
use ::ndis::switches::SWITCHES;
use kernel::words::parse as kernel;
use lang::words_of;
use ndis::words as ndis;

const PAGE: &str = include_str!("../../../../../docs/scenarios.md");

/// What an adapter does, as one word.
fn verbs() -> impl Iterator<Item = &'static str> {
    words_of(ndis::VERBS).chain(ndis::FLOW_WORDS.iter().map(|flow| flow.word))
}

/// The first words of each kind of line, of every vocabulary.
fn first_words() -> [(&'static str, Vec<&'static str>); 5] {
    let given = words_of(ndis::GIVENS).chain(words_of(kernel::GIVENS)).chain(words_of(SWITCHES));
    let then = words_of(kernel::THENS).chain(words_of(ndis::THENS));
    let never = words_of(kernel::NEVERS).chain(ndis::CALLBACKS.iter().copied());
    let vary = words_of(ndis::TOPICS).chain(words_of(kernel::TOPICS)).chain(words_of(SWITCHES));
    [
        ("given", given.collect()),
        ("when", words_of(kernel::WHENS).collect()),
        ("then", then.chain(words_of(verdict::THENS)).collect()),
        ("never", never.collect()),
        ("vary", vary.collect()),
    ]
}

/// What stands in backticks in the first column of a section's tables.
fn examples(kind: &str) -> Vec<&'static str> {
    let section =
        PAGE.split(&format!("\n## {kind}:")).nth(1).expect("a section for each kind of line");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" |").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn no_word_belongs_to_two_vocabularies() {
    let kinds = first_words().into_iter().chain([("verb", verbs().collect())]);
    for (kind, words) in kinds {
        let distinct: BTreeSet<_> = words.iter().collect();
        assert_eq!(distinct.len(), words.len(), "{kind}: {words:?}");
    }
}

#[test]
fn the_page_about_scenarios_has_every_first_word() {
    for (kind, words) in first_words() {
        let examples = examples(kind);
        let switches: Vec<_> = words_of(SWITCHES).collect();
        for word in words {
            // Switches have a section of their own; one callback stands for all.
            let is_apart = switches.contains(&word) || ndis::CALLBACKS.contains(&word);
            let begins = format!("{kind} {word}");
            let is_shown = examples.iter().any(|example| example.starts_with(&begins));
            assert!(is_shown || is_apart, "docs/scenarios.md has no line `{begins} ...`");
        }
    }
}

#[test]
fn the_page_about_scenarios_has_what_an_adapter_does_and_nothing_else() {
    let shown: BTreeSet<&str> = examples("when")
        .into_iter()
        .filter_map(|example| match example.strip_prefix("when ") {
            // A second verb of the same row stands alone.
            None => Some(example),
            Some(line) => line.strip_prefix("eth0 "),
        })
        .filter_map(|verb| verb.split(' ').next())
        .collect();
    let buffers = ["null", "01", "0102ff", "unaligned", "claims"];
    let shown: BTreeSet<&str> = shown.into_iter().filter(|verb| !buffers.contains(verb)).collect();
    assert_eq!(shown, verbs().collect());
}
