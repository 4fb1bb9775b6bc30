//! What netpnplwf.sys adds to a network event when nobody listens, against a filter that only
//! forwards (`filters/`, built the same way).
//!
//! - Instructions: callgrind over whole processes, the difference between two counts of events and
//!   between the two images. Everything the host does is the same on both sides and drops out, so
//!   the figure is exact and repeatable for one pair of images.
//! - Nanoseconds: batches of both images in turn, in one process; medians. A noisy machine moves
//!   them; the difference of two medians more than either.
//! - Pool: what the driver allocated for one module.
//!
//! Not measured: anything with a listener, and what real NDIS costs around the callback.
#![allow(missing_docs, reason = "a program")]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::cell::Cell;
    use std::path::PathBuf;
    use std::process::Command;
    use std::rc::Rc;
    use std::time::Instant;

    use pnp_tests::image::ImageFile;
    use pnp_tests::journal::{Fact, PoolFact};
    use pnp_tests::measure;
    use pnp_tests::nt::driver::Program;
    use pnp_tests::scenario::ast::Scenario;
    use pnp_tests::scenario::parse::parse;
    use pnp_tests::scenario::play::play;

    /// Name, code, payload.
    const EVENTS: [(&str, u32, [u8; 4]); 2] =
        [("SetPower D0", 0, [1, 0, 0, 0]), ("PnPCapabilities", 7, [5, 0, 0, 0])];
    const FEW: u32 = 2_000;
    const MANY: u32 = 12_000;
    const ROUNDS: usize = 60;
    const BATCH: u32 = 20_000;

    fn quiet_machine() -> Scenario {
        let text = "given adapter eth0\ngiven trace off\nwhen driver loads\n";
        parse("bench.pnp", text).expect("it parses").remove(0)
    }

    fn program(stem: &str) -> Rc<Program> {
        let folder = std::env::var_os("NETPNP_IMAGES").map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/netpnplwf/x64"),
            PathBuf::from,
        );
        let path = folder.join(format!("{stem}.sys"));
        let file = ImageFile::open(&path).unwrap_or_else(|error| {
            panic!("{error}\nrun this through `cargo xtask bench`, which builds the images")
        });
        Rc::new(Program::new(file).expect("it loads"))
    }

    /// Events only, for callgrind around this process.
    pub fn count(stem: &str, event: usize, times: u32) {
        let (_, code, payload) = EVENTS[event];
        let machine = quiet_machine();
        measure::net_pnp_event(&program(stem), &machine, (code, payload.to_vec()), move |run| {
            run(times);
        })
        .expect("the driver runs");
    }

    /// Instructions of a whole process with that many events; None without valgrind.
    fn instructions(stem: &str, event: usize, times: u32) -> Option<f64> {
        let own = std::env::current_exe().ok()?;
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(own)
            .args(["--count", stem, &event.to_string(), &times.to_string()])
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stderr);
        let line = text.lines().find(|line| line.contains("Collected :"))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Instructions of one event.
    fn per_event(stem: &str, event: usize) -> Option<f64> {
        let (few, many) = (instructions(stem, event, FEW)?, instructions(stem, event, MANY)?);
        Some((many - few) / f64::from(MANY - FEW))
    }

    /// Nanoseconds of one event, mean of a batch.
    fn batch(program: &Rc<Program>, machine: &Scenario, event: usize) -> f64 {
        let (_, code, payload) = EVENTS[event];
        let taken = Rc::new(Cell::new(0.0));
        let cell = Rc::clone(&taken);
        measure::net_pnp_event(program, machine, (code, payload.to_vec()), move |run| {
            run(BATCH / 10);
            let start = Instant::now();
            run(BATCH);
            cell.set(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        })
        .expect("the driver runs");
        taken.get()
    }

    fn median(mut values: Vec<f64>) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    }

    fn pool_bytes_per_module() -> usize {
        let journal = play(&program("netpnplwf"), &quiet_machine(), 0);
        let bytes = journal.entries().iter().map(|entry| {
            let Fact::Pool(PoolFact::Allocated { bytes, .. }) = &entry.fact else { return 0 };
            *bytes
        });
        bytes.sum()
    }

    pub fn report() {
        let (driver, bare) = (program("netpnplwf"), program("bare"));
        let machine = quiet_machine();
        println!(
            "FilterNetPnPEvent, nobody listening: what netpnplwf.sys adds to a bare forward\n"
        );
        println!(
            "event            instructions  target     added ns  target  driver ns  bare ns  ratio"
        );
        for (event, (name, _, _)) in EVENTS.iter().enumerate() {
            let counted = per_event("netpnplwf", event).zip(per_event("bare", event));
            let added = counted.map_or_else(
                || "no valgrind".to_owned(),
                |(driver, bare)| format!("{:.1}", driver - bare),
            );
            let (mut with, mut without) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                with.push(batch(&driver, &machine, event));
                without.push(batch(&bare, &machine, event));
            }
            let (with, without) = (median(with), median(without));
            println!(
                "{name:<16} {added:>12}  <= 150  {:>11.1}   <= 40  {with:>9.1}  {without:>7.1}  {:>5.3}",
                with - without,
                with / without
            );
        }
        println!(
            "\nnon-paged pool per module: {} bytes (target at most 1024)",
            pool_bytes_per_module()
        );
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[1..] {
        ["--count", stem, event, times, ..] => {
            linux::count(stem, event.parse().expect("an index"), times.parse().expect("a number"));
        }
        _ => linux::report(),
    }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
