//! Whether a program printed what a page shows.

/// Stands for any lines where it is a line, and for anything within one.
const ANYTHING: &str = "...";

/// The first shown line that the output does not have in its place. Between two `...` lines the output
/// is shown whole, and without one at an end, to that end.
pub fn missing<'a>(shown: &[&'a str], printed: &str) -> Option<&'a str> {
    let printed: Vec<&str> = printed.trim_end().lines().map(str::trim_end).collect();
    let chunks: Vec<&[&str]> = shown.split(|line| line.trim() == ANYTHING).collect();
    let last = chunks.len() - 1;
    let mut from = 0;
    for (number, chunk) in chunks.iter().enumerate() {
        let Some(first) = chunk.first() else { continue };
        let fits = |start: usize| {
            let end = start + chunk.len();
            let ends = number < last || end == printed.len();
            end <= printed.len()
                && ends
                && chunk.iter().zip(&printed[start..]).all(|(shown, line)| is_shown(shown, line))
        };
        let starts = if number == 0 { from..1 } else { from..printed.len() };
        let Some(start) = starts.into_iter().find(|start| fits(*start)) else {
            // The line to look at: one that is printed nowhere, or else the first.
            let nowhere = |shown: &&&str| !printed.iter().any(|line| is_shown(shown, line));
            return Some(chunk.iter().find(nowhere).unwrap_or(first));
        };
        from = start + chunk.len();
    }
    let shows_all = !shown.is_empty() && last == 0;
    (shows_all && from != printed.len()).then(|| shown[0])
}

/// Whether a line is the shown one, whatever stands for `...` in it.
fn is_shown(shown: &str, line: &str) -> bool {
    let shown = shown.trim_end();
    let mut parts = shown.split(ANYTHING);
    let Some(rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else { return rest.is_empty() };
    let mut rest = rest;
    for part in between {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[test]
fn what_is_shown_stands_in_the_output_in_that_order() {
    let printed = "one\ntwo 2\nthree\nfour\n\nsix\n";
    for shown in [
        &["one", "two 2", "three", "four", "", "six"][..],
        &["...", "three", "four", "..."],
        &["one", "...", "six"],
        &["...", "two ...", "...", "six"],
        &["...", "t...o 2", "...", "f...", "..."],
        &[],
        &["..."],
    ] {
        assert_eq!(missing(shown, printed), None, "{shown:?}");
    }
    for (shown, wrong) in [
        (&["one"][..], "one"),
        (&["...", "two 3", "..."], "two 3"),
        (&["...", "two 2", "four", "..."], "two 2"),
        (&["...", "four", "...", "one", "..."], "one"),
        (&["two 2", "..."], "two 2"),
        (&["...", "four"], "four"),
        (&["...", "t...x", "..."], "t...x"),
    ] {
        assert_eq!(missing(shown, printed), Some(wrong), "{shown:?}");
    }
}
