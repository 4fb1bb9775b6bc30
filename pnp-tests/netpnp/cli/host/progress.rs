//! What `verify` says while it runs, on standard error: a bar for a person at a terminal, lines elsewhere.

use std::io::{self, IsTerminal};
use std::time::Instant;

use host::verify::Case;
use host::verify::progress::Progress;
use host::verify::run::Outcome as CaseOutcome;
use host::verify::workers::{self, Staff};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A verification that is told of.
pub struct Telling {
    progress: Progress,
    begun: Instant,
    bar: ProgressBar,
    quiet: bool,
}

impl Telling {
    /// `monitor`: the rules for monitors count, too; `quiet`: nothing is said.
    pub fn new(monitor: bool, quiet: bool) -> Self {
        let target = if io::stderr().is_terminal() && !quiet {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} {wide_msg}");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        Self { progress: Progress::new(monitor), begun: Instant::now(), bar, quiet }
    }

    /// Runs cases, and says what is due meanwhile.
    pub fn run(&mut self, staff: &Staff, cases: &[Case]) -> Result<Vec<CaseOutcome>, String> {
        self.progress.expect(cases.len());
        self.bar.inc_length(cases.len() as u64);
        workers::run_all(staff, cases, &mut |done| {
            if let Some((case, outcome)) = done {
                self.progress.done(case, outcome);
                self.bar.set_message(case.name());
                self.bar.inc(1);
            }
            if !self.quiet {
                self.say();
            }
        })
    }

    fn say(&mut self) {
        for line in self.progress.due(self.begun.elapsed()) {
            if self.bar.is_hidden() {
                eprintln!("netpnp: {line}");
            } else {
                self.bar.println(line);
            }
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}
