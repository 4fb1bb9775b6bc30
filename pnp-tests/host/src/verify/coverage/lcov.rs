//! A tracefile of LCOV. Source: the section FILES of man:geninfo(1).

use std::fmt::Write as _;

use super::{Line, Ratio, Reached};

pub fn render(coverage: &Reached) -> String {
    let mut text = String::new();
    for (file, lines) in &coverage.files {
        let _ = writeln!(text, "TN:\nSF:{file}");
        for function in coverage.functions_of(file) {
            let _ = writeln!(text, "FN:{},{}", function.place.1, function.name);
        }
        for function in coverage.functions_of(file) {
            let _ = writeln!(text, "FNDA:{},{}", u8::from(function.entered), function.name);
        }
        let entered = Ratio::of(coverage.functions_of(file).map(|function| function.entered));
        let _ = writeln!(text, "FNF:{}\nFNH:{}", entered.all, entered.reached);
        let mut branches = Ratio::default();
        // A line with one block has no branch to speak of.
        for (number, line) in lines.iter().filter(|(_, line)| line.0.len() > 1) {
            for (branch, reached) in line.0.iter().enumerate() {
                let taken = match (line.is_reached(), reached) {
                    (false, _) => "-",
                    (true, false) => "0",
                    (true, true) => "1",
                };
                let _ = writeln!(text, "BRDA:{number},0,{branch},{taken}");
                branches.all += 1;
                branches.reached += usize::from(*reached);
            }
        }
        let _ = writeln!(text, "BRF:{}\nBRH:{}", branches.all, branches.reached);
        for (number, line) in lines {
            let _ = writeln!(text, "DA:{number},{}", u8::from(line.is_reached()));
        }
        let reached = Ratio::of(lines.values().map(Line::is_reached));
        let _ = writeln!(text, "LF:{}\nLH:{}\nend_of_record", reached.all, reached.reached);
    }
    text
}
