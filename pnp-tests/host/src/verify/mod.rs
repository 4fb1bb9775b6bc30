//! `netpnp verify`: every flow, every value of a dimension, every fault position and many schedules
//! against one driver, and what of NDIS's contract it broke on the way.
//!
//! ```text
//! plan -> cases -> workers (processes) -> results -> findings -> report
//! ```
//!
//! - A case runs in a worker process: a driver that takes its process down costs one case.
//! - Results are put in the order of the plan before anything is said about them, so the output does not
//!   depend on which worker was faster.
//! - A case differs from its flow in one thing, and its name says in which; those of a swarm in several, until
//!   they are shrunk.

pub mod case;
pub mod coverage;
pub mod dimension;
pub mod findings;
pub mod judge;
pub mod plan;
pub mod progress;
pub mod races;
pub mod report;
pub mod run;
pub mod start;
pub mod swarm;
pub mod weight;
pub mod worker;
pub mod workers;

pub use case::Case;
pub use findings::Findings;
pub use plan::PlanOptions;
