//! What load costs the host: calls of the kernel in a filter with a data path, many timers, many threads, runs that
//! are stopped in the middle.
//!
//! Each cost is beside that of a tenth of it, neighbours in time: what is linear has a ratio of 1. Of several runs the
//! least counts, so that a slow spell of the machine does less harm. Targets are printed for a person to judge.
//!
//! Non-goals: the cost of a process for each run; anything the driver does.
//!
//! `cargo bench` measures. `cargo test --benches` runs small sizes once and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(host)]
mod linux {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::rc::Rc;
    use std::time::{Duration, Instant};

    use host::catalogue;
    use host::scenario::ast::Scenario;
    use host::scenario::play::{Options, play, set_up};
    use host::subsystems::SUBSYSTEMS;
    use image::ImageFile;
    use journal::{Fact, KernelFact};
    use kernel::door::call_later::Routine;
    use kernel::door::switch_off::switch_off;
    use kernel::machine::block::Block;
    use kernel::machine::space;
    use kernel::nt::driver::DriverFile;
    use kernel::nt::timer::{self, DueTime, Firing};
    use kernel::world::{self, World};

    const CALL_MICROSECONDS_MAX: f64 = 3.0;
    const RATIO_MAX: f64 = 1.5;

    fn images() -> PathBuf {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        std::env::var_os("NETPNP_IMAGES")
            .map_or_else(|| workspace.join("target/netpnplwf/x64"), PathBuf::from)
    }

    fn driver(name: &str) -> Result<Rc<DriverFile>, String> {
        let file = ImageFile::open(&images().join(name))
            .map_err(|error| format!("{error}\nrun this through `cargo xtask bench`"))?;
        Ok(Rc::new(DriverFile::new(file, SUBSYSTEMS).map_err(|error| error.to_string())?))
    }

    fn flow(name: &str) -> Result<Scenario, String> {
        let flows = catalogue::flows().map_err(|error| error.to_string())?;
        flows.into_iter().find(|flow| flow.name == name).ok_or_else(|| format!("no flow {name}"))
    }

    /// Time and calls of the kernel of one run with packets, requests and users.
    fn run_once(driver: &Rc<DriverFile>, flow: &Scenario) -> (Duration, usize) {
        let options = Options { exercises: true, ..Options::default() };
        let start = Instant::now();
        let journal = play(driver, flow, &options).journal;
        let elapsed = start.elapsed();
        let is_call = |fact: &Fact| matches!(fact, Fact::Kernel(KernelFact::Import { .. }));
        (elapsed, journal.entries().iter().filter(|entry| is_call(&entry.fact)).count())
    }

    /// What `body` takes on a machine without its driver, and what it takes until the machine is at rest.
    fn on_machine(
        driver: &Rc<DriverFile>,
        flow: &Scenario,
        body: impl FnOnce(&World) + 'static,
    ) -> f64 {
        space::begin();
        let world = set_up(driver, flow, &Options::default());
        world.recording.set(false);
        let start = Instant::now();
        world::run(&world, body);
        let elapsed = start.elapsed().as_secs_f64();
        switch_off(&world);
        elapsed
    }

    extern "win64" fn goes_off() {}

    /// So many timers, whose times are in no order.
    fn timers(world: &World, count: usize) {
        let memory = Block::new(64 * count, 8);
        let address = goes_off as *const () as usize;
        let routine = Routine { callback: "Timer", address, arguments: [0; 4], owner: None };
        for index in 0..count {
            let timer = memory.address() + 64 * index;
            timer::initialise(world, timer, false, Firing::Routine(routine));
            let at_100ns = (index * 77_773 % count) as u64;
            timer::set(world, timer, DueTime { at_100ns, period_100ns: 0 }, None);
        }
        world.sleep(count as u64 + 1);
    }

    /// So many threads that wait at the same time, and end.
    fn threads(world: &World, count: usize) {
        for _ in 0..count {
            world.threads.spawn("waits".to_owned(), || world::current().sleep(10));
        }
        world.sleep(20);
    }

    /// Mappings of this process, and its resident pages.
    fn memory() -> (usize, usize) {
        let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let pages = fs::read_to_string("/proc/self/statm").unwrap_or_default();
        let resident = pages.split(' ').nth(1).and_then(|pages| pages.parse().ok());
        (maps.lines().count(), resident.unwrap_or(0))
    }

    fn least(rounds: usize, once: impl FnMut(usize) -> f64) -> f64 {
        (0..rounds).map(once).fold(f64::INFINITY, f64::min)
    }

    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    pub fn run(measures: bool) -> Result<(), String> {
        let (filter, crashes) = (driver("plain-c.sys")?, driver("crashes.sys")?);
        let busy = flow("protocol_rebind")?;
        let (rounds, size, runs) = if measures { (5, 100_000, 1_000) } else { (1, 1_000, 10) };
        let calls = run_once(&filter, &busy).1;
        assert!(calls > 100, "the filter has a data path");
        let each = least(4 * rounds, |_| run_once(&filter, &busy).0.as_secs_f64()) / calls as f64;
        if measures {
            println!(
                "a call of the kernel, {calls} in a run  {:6.2} us  (target {CALL_MICROSECONDS_MAX})",
                each * 1e6
            );
        }
        let cost = |count: usize, what: fn(&World, usize)| {
            let once = |_| on_machine(&filter, &busy, move |world| what(world, count));
            least(rounds, once) / count as f64 * 1e6
        };
        let loads: [(&str, usize, fn(&World, usize)); 2] =
            [("timers", size, timers), ("threads", size / 5, threads)];
        for (what, count, body) in loads {
            let (few, many) = (cost(count / 10, body), cost(count, body));
            if measures {
                println!(
                    "{count:6} {what}  {many:6.2} us each, a tenth of them {few:6.2} us, ratio {:.2}  \
                     (target {RATIO_MAX})",
                    many / few
                );
            }
        }
        let stop = |count: usize| (0..count).for_each(|_| drop(run_once(&crashes, &busy)));
        stop(runs / 10);
        let before = memory();
        stop(runs);
        let after = memory();
        if measures {
            println!(
                "{runs} stopped runs  {} mappings more, {} pages more (target 0, {runs})",
                after.0.saturating_sub(before.0),
                after.1.saturating_sub(before.1)
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
            eprintln!("load: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(host))]
fn main() {}
