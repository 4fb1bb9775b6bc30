//! The models of `driver/kit/src/models` and `driver/ndis-filter/src/models`, which try every interleaving.

use crate::run::{Failed, Run, cargo};

/// Each model with its package; the model's name is also that of the ordering that is weakened to see whether
/// it notices.
const MODELS: [(&str, &str); 3] =
    [("gate", "ndis-filter"), ("list", "driver-kit"), ("ring", "driver-kit")];

/// Preemptions in one interleaving. With three, every model is through in seconds; what loom's own
/// documentation says of two and three holds here: more have found nothing.
const PREEMPTIONS: &str = "3";

/// Runs the models, and then each with its ordering weakened, where it must fail.
pub fn run() -> Result<(), Failed> {
    println!("loom: every interleaving of the gate, the list and the ring");
    for (name, package) in MODELS {
        model(package, name).run()?;
    }
    for (name, package) in MODELS {
        let model = model(package, name).env("NETPNP_WEAKENED", name);
        let output = model.outcome()?;
        let said = String::from_utf8_lossy(&output.stdout);
        let noticed = said.contains("test result: FAILED");
        if output.status.success() || !noticed {
            return Err(Failed(format!(
                "the models of {name} do not notice its weakened ordering (`unless_weakened`), so they prove \
                 nothing about it:\n{said}{}",
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        let failed = said.lines().filter(|line| line.contains("... FAILED")).count();
        println!("loom: {name} with a weakened ordering is noticed by {failed} models");
    }
    Ok(())
}

fn model(package: &str, name: &str) -> Run {
    cargo(["test", "--package", package, "--lib"])
        .args(["--target-dir", "target/loom"])
        .arg(format!("models::{name}"))
        .env("RUSTFLAGS", "--cfg loom")
        .env("LOOM_MAX_PREEMPTIONS", PREEMPTIONS)
        .env("RUST_BACKTRACE", "0")
}
