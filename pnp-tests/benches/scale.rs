//! How the host itself grows: a thousand modules through a life, and what one event costs on stacks
//! of few and of many modules.
//!
//! Figures are the least of several runs in this process, so that a slow spell of the machine counts
//! less; the ratio compares neighbours in time. Targets are printed for a person to judge.
//!
//! Non-goals: the cost of judging a journal; more than one process; anything the driver does.
//!
//! `cargo bench` measures. `cargo test --benches` runs small sizes once and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(host)]
mod linux {
    use std::fmt::Write as _;
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    use host::scenario::ast::Scenario;
    use host::scenario::parse::parse;
    use host::scenario::play::{Options, play};
    use host::subsystems::SUBSYSTEMS;
    use image::ImageFile;
    use journal::{Fact, KernelFact};
    use kernel::nt::driver::DriverFile;

    const LIFE_SECONDS_MAX: f64 = 2.0;
    const RATIO_MAX: f64 = 1.2;
    /// Events in the part that is measured.
    const EVENTS: usize = 20_000;

    fn images() -> PathBuf {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        std::env::var_os("NETPNP_IMAGES")
            .map_or_else(|| workspace.join("target/netpnplwf/x64"), PathBuf::from)
    }

    fn driver() -> Result<Rc<DriverFile>, String> {
        let path = images().join("netpnplwf.sys");
        let file = ImageFile::open(&path)
            .map_err(|error| format!("{error}\nrun this through `cargo xtask bench`"))?;
        Ok(Rc::new(DriverFile::new(file, SUBSYSTEMS).map_err(|error| error.to_string())?))
    }

    /// Adapters with three modifying filters each: four modules.
    fn machine(adapters: usize) -> String {
        let mut text = String::from("given trace off\n");
        for adapter in 0..adapters {
            let _ = writeln!(text, "given adapter eth{adapter}");
            for filter in 0..3 {
                let _ = writeln!(text, "given filter f{adapter}x{filter} on eth{adapter}");
            }
        }
        text.push_str("when driver loads\n");
        text
    }

    fn scenario(text: &str) -> Scenario {
        parse("scale.pnp", text).unwrap_or_else(|error| panic!("{error}")).remove(0)
    }

    fn life(adapters: usize) -> Scenario {
        let mut text = machine(adapters);
        for steps in [["disables", "enables"], ["sleeps D3", "resumes"]] {
            for step in steps {
                for adapter in 0..adapters {
                    let _ = writeln!(text, "when eth{adapter} {step}");
                }
            }
        }
        text.push_str("when driver unloads\n");
        scenario(&text)
    }

    fn timed(driver: &Rc<DriverFile>, scenario: &Scenario) -> (Duration, usize) {
        let start = Instant::now();
        let journal = play(driver, scenario, &Options::default()).journal;
        let attached = |fact: &Fact| {
            matches!(fact, Fact::Kernel(KernelFact::Enter { callback: "FilterAttach", .. }))
        };
        let elapsed = start.elapsed();
        (elapsed, journal.entries().iter().filter(|entry| attached(&entry.fact)).count())
    }

    /// What `EVENTS` events cost on a machine of so many modules, beyond loading and unloading it.
    fn events(driver: &Rc<DriverFile>, modules: usize, rounds: usize) -> f64 {
        let adapters = modules.div_ceil(4);
        let quiet = machine(adapters);
        let mut busy = quiet.clone();
        for event in 0..EVENTS {
            let _ =
                writeln!(busy, "when eth{} event PnPCapabilities 05 00 00 00", event % adapters);
        }
        let (quiet, busy) = (scenario(&quiet), scenario(&busy));
        let differences = (0..rounds).map(|_| {
            let without = timed(driver, &quiet).0.as_secs_f64();
            timed(driver, &busy).0.as_secs_f64() - without
        });
        differences.fold(f64::INFINITY, f64::min)
    }

    pub fn run(measures: bool) -> Result<(), String> {
        let driver = driver()?;
        if !measures {
            assert_eq!(timed(&driver, &life(2)).1, 16, "8 modules attach twice");
            return Ok(());
        }
        let least = (0..3).map(|_| timed(&driver, &life(250))).min().expect("three runs");
        assert_eq!(least.1, 2_000, "1,000 modules attach twice");
        let seconds = least.0.as_secs_f64();
        println!(
            "life of 1,000 modules on 250 adapters  {seconds:6.3} s  (target {LIFE_SECONDS_MAX})"
        );
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let each = |modules| events(&driver, modules, 3) / EVENTS as f64 * 1e6;
        let few = each(12);
        for modules in [100, 1_000, 10_000] {
            let many = each(modules);
            println!(
                "one event, {modules:6} modules  {many:7.2} us, 12 modules {few:7.2} us, ratio {:.2}  \
                 (target {RATIO_MAX})",
                many / few
            );
        }
        Ok(())
    }
}

#[cfg(host)]
fn main() -> std::process::ExitCode {
    let measures = std::env::args().any(|argument| argument == "--bench");
    match linux::run(measures) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scale: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(host))]
fn main() {}
