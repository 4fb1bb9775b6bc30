//! `netpnp worker`: the process in which `verify` runs cases.

use std::io;
use std::path::PathBuf;

use host::catalogue;
use host::verify::worker;

use super::{Outcome, parameter};

#[derive(clap::Args)]
pub struct Worker {
    driver: PathBuf,
    /// A REG_DWORD under the key `Parameters` of the driver's service: QueryWakeSettings=1.
    #[arg(long, value_name = "NAME=NUMBER", value_parser = parameter)]
    parameter: Vec<(String, u32)>,
    /// Says with each case which blocks are reached for the first time.
    #[arg(long)]
    coverage: bool,
    /// Flows of the user's own.
    #[arg(long)]
    flow: Vec<String>,
}

impl Worker {
    pub fn perform(&self) -> Outcome {
        let mut extra = Vec::new();
        for flow in &self.flow {
            extra.extend(catalogue::find_flow(flow)?);
        }
        worker::serve(
            &self.driver,
            &self.parameter,
            self.coverage,
            &extra,
            io::stdin().lock(),
            io::stdout().lock(),
        )?;
        Ok(true)
    }
}
