//! What the parser accepts and what it refuses, and that it does one of the two with any text.

mod accepted;
mod refused;
mod words;

use std::path::Path;

use proptest::prelude::*;

use super::parse::parse;
use ::ndis::switches::SWITCHES;

/// Lines that every line under test may refer to.
const PREAMBLE: &str = "given adapter eth0\ngiven filter acme on eth0\n";

#[test]
fn every_scenario_of_the_repository_parses() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ndis/scenarios");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let cases = parse(&path.display().to_string(), &text).unwrap_or_else(|e| panic!("{e}"));
        assert!(
            cases.iter().all(|case| !case.summary.is_empty()),
            "{} says nothing",
            path.display()
        );
        files += 1;
    }
    assert!(files > 0, "no scenarios");
}

/// The fenced blocks of `docs/scenarios.md` in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let page = include_str!("../../../../../docs/scenarios.md");
    let fence = format!("```{language}\n");
    let blocks = page.split(&fence).skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_page_about_scenarios_shows_what_this_parser_says() {
    let [example, mistakes] = blocks("pnp")[..] else { panic!("an example and a wrong file") };
    let [cases, errors] = blocks("text")[..] else { panic!("cases and errors") };
    assert_eq!(parse("example.pnp", example).unwrap().len(), 2);
    assert_eq!(format!("{}\n", parse("scenarios/night.pnp", mistakes).unwrap_err()), errors);
    let vary = "when 1s passes\nvary predetach before-pause after-pause absent\n";
    let names = parse("disable_enable.pnp", vary).unwrap().into_iter().map(|case| case.name + "\n");
    assert_eq!(names.collect::<String>(), cases);
}

#[test]
fn the_page_about_scenarios_explains_every_switch_and_reading() {
    let page = include_str!("../../../../../docs/scenarios.md");
    for (switch, readings) in SWITCHES {
        assert!(page.contains(&format!("| `{switch}` |")), "{switch}");
        for (reading, _) in *readings {
            assert!(page.contains(&format!("| `{reading}`: ")), "{switch} {reading}");
        }
    }
}

/// Words of the grammar in any order reach further into the parser than arbitrary text.
fn any_line() -> impl Strategy<Value = String> {
    let words = "given when then never vary adapter eth0 filter qos protocol tcpip on holds for \
                 vetoes swallows SetPower fail allocation call runtime 6.89 predetach absent trace off \
                 driver loads 8h pass sleeps D3 gains-filter above loses-filter event null claims \
                 unaligned 07 12 0 result FAILURE saw modules Event=SetPower start \" # \"a b\"";
    let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
    prop::collection::vec(prop::sample::select(words), 0..9).prop_map(|words| words.join(" "))
}

fn widest_line(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn arbitrary_text_is_read_or_refused_within_a_hundred_columns(file: String, text: String) {
        if let Err(errors) = parse(&file, &text) {
            prop_assert!(errors.iter().all(|error| widest_line(&error.to_string()) <= 100));
        }
    }

    #[test]
    fn words_in_any_order_are_read_or_refused_within_a_hundred_columns(
        lines in prop::collection::vec(any_line(), 0..12),
        shift in 0_usize..300,
    ) {
        let shift = " ".repeat(shift);
        let text = format!("{shift}{}", lines.join(&format!("\n{shift}")));
        if let Err(errors) = parse("case.pnp", &text) {
            prop_assert!(errors.iter().all(|error| widest_line(&error.to_string()) <= 100));
        }
    }
}
