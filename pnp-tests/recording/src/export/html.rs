//! A trace as one HTML file that needs nothing else: the rows as JSON in the page, drawn as swim
//! lanes by `html/page.js`.

mod data;
mod stack;

use self::data::Data;
use super::super::decode::Event;

const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/page.css");
/// In the order they run.
const SCRIPTS: [&str; 3] =
    [include_str!("html/time.js"), include_str!("html/chart.js"), include_str!("html/page.js")];

/// The page of a trace; the same events give the same bytes.
#[must_use]
pub fn html(title: &str, events: &[Event]) -> String {
    let data = serde_json::to_string(&Data::of(events)).unwrap_or_else(|_| "null".to_owned());
    fill(PAGE, |slot| match slot {
        "title" => text(title),
        "style" => STYLE.to_owned(),
        "data" => json_in_script(&data),
        "script" => SCRIPTS.concat(),
        _ => String::new(),
    })
}

/// Puts values at the `{{slot}}`s. What a value contains is never a slot.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("{{");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (slot, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        out.push_str(&value(slot));
        out.push_str(rest);
    }
    out
}

fn text(raw: &str) -> String {
    raw.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// JSON that neither ends its script element (`</script`) nor opens a comment in it (`<!--`), and is
/// JavaScript as well. All of these stand in strings only, where JSON has escapes for them.
fn json_in_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
