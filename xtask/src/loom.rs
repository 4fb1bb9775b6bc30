//! The models of `driver/ndis-filter/src/models`, which try every interleaving.

use crate::run::{Failed, Run, cargo};

/// Each model, which is also the name of the ordering that is weakened to see whether it notices.
const MODELS: [&str; 3] = ["gate", "list", "ring"];

/// Preemptions in one interleaving. With three, every model is through in seconds; what loom's own
/// documentation says of two and three holds here: more have found nothing.
const PREEMPTIONS: &str = "3";

/// Runs the models, and then each with its ordering weakened, where it must fail.
pub fn run() -> Result<(), Failed> {
    println!("loom: every interleaving of the gate, the list and the ring");
    model("models::").run()?;
    for name in MODELS {
        let model = model(&format!("models::{name}")).env("NETPNP_WEAKENED", name);
        let output = model.outcome()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let noticed = said.contains("test result: FAILED");
        if output.status.success() || !noticed {
            return Err(Failed(format!(
                "the models of {name} do not notice its weakened ordering (order.rs), so they prove \
                 nothing about it:\n{said}{}",
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        let failed = said.lines().filter(|line| line.contains("... FAILED")).count();
        println!("loom: {name} with a weakened ordering is noticed by {failed} models");
    }
    Ok(())
}

fn model(filter: &str) -> Run {
    cargo(["test", "--package", "ndis-filter", "--lib"])
        .args(["--target-dir", "target/loom", filter])
        .env("RUSTFLAGS", "--cfg loom")
        .env("LOOM_MAX_PREEMPTIONS", PREEMPTIONS)
        .env("RUST_BACKTRACE", "0")
}
