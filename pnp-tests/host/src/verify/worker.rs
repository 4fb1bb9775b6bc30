//! The worker's side: reads a case a line, runs it, writes its outcome a line.

use std::error::Error;
use std::io::{BufRead, Write};
use std::path::Path;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::scenario::ast::Scenario;
use crate::subsystems::SUBSYSTEMS;
use image::ImageFile;
use kernel::nt::coverage::Coverage;
use kernel::nt::driver::DriverFile;

use super::case::Case;
use super::run::{self, Outcome};

/// Data that one case may make the process use. Beyond it the worker dies, and only that case with
/// it.
const MEMORY_BYTES: u64 = 4 << 30;

/// One line of a worker.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Answer {
    Done(Box<Outcome>),
    /// The case cannot be run at all.
    Cannot(String),
}

/// Serves until its input ends. `covers` says whether each answer names the blocks that are reached for
/// the first time; `extra` are flows of the user's own.
pub fn serve(
    driver: &Path,
    parameters: &[(String, u32)],
    covers: bool,
    extra: &[Scenario],
    input: impl BufRead,
    mut output: impl Write,
) -> Result<(), Box<dyn Error>> {
    kernel::machine::limit::data(MEMORY_BYTES);
    let mut program = DriverFile::new(ImageFile::open(driver)?, SUBSYSTEMS)?;
    program.parameters = parameters.to_vec();
    if covers {
        program.coverage = Some(Coverage::default());
    }
    let program = Rc::new(program);
    // The user's own first: they may have a flow's name.
    let mut flows = extra.to_vec();
    flows.extend(catalogue::flows()?);
    for line in input.lines() {
        let case: Case = serde_json::from_str(&line?)?;
        let answer = match flows.iter().find(|flow| flow.name == case.flow) {
            None => Answer::Cannot(format!("no flow is called `{}`", case.flow)),
            Some(flow) => match run::run(&program, flow, &case) {
                Ok(outcome) => Answer::Done(Box::new(outcome)),
                Err(why) => Answer::Cannot(why),
            },
        };
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}
