//! XML of Cobertura. Source: its DTD, coverage-04.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Line, Ratio, Reached};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE coverage SYSTEM \"http://cobertura.sourceforge.net/xml/coverage-04.dtd\">\n";

pub fn render(coverage: &Reached, package: &str) -> String {
    let (lines, blocks) = (coverage.lines(), branches(coverage.files.values()));
    let package = escaped(package);
    let mut text = HEAD.to_owned();
    // No time: the same verification gives the same bytes.
    let _ = writeln!(
        text,
        "<coverage {} lines-covered=\"{}\" lines-valid=\"{}\" branches-covered=\"{}\" \
         branches-valid=\"{}\" complexity=\"0\" version=\"netpnp {}\" timestamp=\"0\">\n\
         <sources><source>.</source></sources>\n\
         <packages>\n<package name=\"{package}\" {} complexity=\"0\">\n<classes>",
        rates(lines, blocks),
        lines.reached,
        lines.all,
        blocks.reached,
        blocks.all,
        env!("CARGO_PKG_VERSION"),
        rates(lines, blocks),
    );
    for (file, lines) in &coverage.files {
        class(&mut text, coverage, file, lines);
    }
    text.push_str("</classes>\n</package>\n</packages>\n</coverage>\n");
    text
}

fn class(text: &mut String, coverage: &Reached, file: &str, lines: &BTreeMap<u32, Line>) {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    let reached = Ratio::of(lines.values().map(Line::is_reached));
    let _ = writeln!(
        text,
        "<class name=\"{}\" filename=\"{}\" {} complexity=\"0\">\n<methods>",
        escaped(name),
        escaped(file),
        rates(reached, branches([lines].into_iter())),
    );
    for function in coverage.functions_of(file) {
        let entered = u8::from(function.entered);
        let _ = writeln!(
            text,
            "<method name=\"{}\" signature=\"\" {}>\
             <lines><line number=\"{}\" hits=\"{entered}\"/></lines></method>",
            escaped(&function.name),
            rates(Ratio { reached: usize::from(function.entered), all: 1 }, function.blocks),
            function.place.1,
        );
    }
    text.push_str("</methods>\n<lines>\n");
    for (number, line) in lines {
        let hits = u8::from(line.is_reached());
        let blocks = Ratio::of(line.0.iter().copied());
        let condition = match blocks.all {
            1 => String::new(),
            all => format!(
                " branch=\"true\" condition-coverage=\"{}% ({}/{all})\"",
                blocks.reached * 100 / all,
                blocks.reached
            ),
        };
        let _ = writeln!(text, "<line number=\"{number}\" hits=\"{hits}\"{condition}/>");
    }
    text.push_str("</lines>\n</class>\n");
}

/// The blocks of lines that have more than one.
fn branches<'a>(files: impl Iterator<Item = &'a BTreeMap<u32, Line>>) -> Ratio {
    let lines = files.flat_map(BTreeMap::values).filter(|line| line.0.len() > 1);
    Ratio::of(lines.flat_map(|line| line.0.iter().copied()))
}

fn rates(lines: Ratio, branches: Ratio) -> String {
    format!("line-rate=\"{}\" branch-rate=\"{}\"", rate(lines), rate(branches))
}

/// `0.8125`; of nothing everything is reached.
fn rate(ratio: Ratio) -> String {
    let parts = (ratio.reached * 10_000).checked_div(ratio.all).unwrap_or(10_000);
    format!("{}.{:04}", parts / 10_000, parts % 10_000)
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;")
}
