//! What netpnplwf.sys adds to a network event, with nobody listening and with a session that takes
//! everything, against a filter that only forwards (`filters/`, built the same way).
//!
//! - Instructions: those that callgrind counts inside the image; the difference between two counts
//!   of events and between the two images. What the host does for an import does not count. The figure
//!   is exact for one pair of images.
//! - Nanoseconds: short batches of both images in turn, in one process. What is added is the median
//!   of the differences between neighbours in time, so that a slow spell of the machine hits both
//!   sides of a difference; beside it, the middle half of those differences. It is a hundredth of
//!   what the host itself takes: bare against bare comes out at up to one nanosecond, on a quiet
//!   machine.
//! - Pool: what a second adapter makes the driver allocate. Names decide, so there are two.
//!
//! Nanoseconds are with nobody listening, and include what the host does for the clock and the lock
//! of the flight recorder.
//!
//! Non-goals: other events and longer buffers; D3 and D0 in turn; what
//! NDIS costs around the callback; cold caches; the headers of pool blocks; a verdict in the exit
//! code. Targets are printed for a person to judge.
//!
//! `cargo bench` measures. `cargo test --benches` delivers a few events and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux {
    use std::cell::Cell;
    use std::fs;
    use std::io::ErrorKind;
    use std::ops::Range;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::rc::Rc;
    use std::time::Instant;

    use pnp_tests::image::ImageFile;
    use pnp_tests::journal::{Fact, PoolFact};
    use pnp_tests::measure;
    use pnp_tests::nt::driver::Program;
    use pnp_tests::scenario::ast::Scenario;
    use pnp_tests::scenario::parse::parse;
    use pnp_tests::scenario::play::{Options, play};

    /// Name, code, payload.
    const EVENTS: [(&str, u32, [u8; 4]); 2] =
        [("SetPower D0", 0, [1, 0, 0, 0]), ("PnPCapabilities", 7, [5, 0, 0, 0])];
    /// Nobody listens; a session does: Start, CallUp Start, CallUp Stop and Stop, up to ETW.
    const INSTRUCTIONS_MAX: [(bool, f64); 2] = [(false, 300.0), (true, 1300.0)];
    const NANOSECONDS_MAX: f64 = 1000.0;
    const POOL_BYTES_MAX: usize = 1024;
    /// Events of the two callgrind processes that are subtracted.
    const FEW: u32 = 2_000;
    const MANY: u32 = 12_000;
    /// Pairs of batches, and events of a batch.
    const ROUNDS: usize = 400;
    const BATCH: u32 = 4_000;
    /// IF_MAX_STRING_SIZE: characters of the longest name of an interface.
    const NAME_MAX: usize = 256;

    type Outcome<T> = Result<T, String>;

    fn machine(names: &[String], listens: bool) -> Scenario {
        let adapters = names.iter().enumerate();
        let adapters: Vec<_> = adapters
            .map(|(number, name)| format!("given adapter eth{number} \"{name}\""))
            .collect();
        let trace = if listens { "" } else { "given trace off\n" };
        let text = format!("{trace}{}\nwhen driver loads\n", adapters.join("\n"));
        parse("bench.pnp", &text).expect("it parses").remove(0)
    }

    fn quiet_machine() -> Scenario {
        machine(&["Contoso 2.5GbE".to_owned()], false)
    }

    fn images() -> PathBuf {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        std::env::var_os("NETPNP_IMAGES")
            .map_or_else(|| workspace.join("target/netpnplwf/x64"), PathBuf::from)
    }

    fn program(stem: &str) -> Outcome<Rc<Program>> {
        let hint = "\nrun this through `cargo xtask bench`, which builds the images";
        let file = ImageFile::open(&images().join(format!("{stem}.sys")))
            .map_err(|error| format!("{error}{hint}"))?;
        Ok(Rc::new(Program::new(file).map_err(|error| error.to_string())?))
    }

    /// Events only: for callgrind around this process.
    pub fn count(stem: &str, event: usize, listens: bool, times: u32) -> Outcome<()> {
        let (_, code, payload) = EVENTS[event];
        let event = (code, payload.to_vec());
        let machine = machine(&["Contoso 2.5GbE".to_owned()], listens);
        let image =
            measure::net_pnp_event(&program(stem)?, &machine, event, move |run| run(times))?;
        println!("image {} {}", image.start, image.end);
        Ok(())
    }

    /// A few events through both images, and a filter that must not pass for one.
    pub fn try_out() -> Outcome<()> {
        for event in 0..EVENTS.len() {
            count("netpnplwf", event, false, 10)?;
            count("netpnplwf", event, true, 10)?;
            count("bare", event, false, 10)?;
        }
        match count("swallows", 0, false, 10) {
            Err(why) if why.contains("did not forward") => Ok(()),
            other => Err(format!("a filter that forwards nothing: {other:?}")),
        }
    }

    /// Instructions of an image with that many events; None without valgrind.
    fn instructions(stem: &str, event: usize, listens: bool, times: u32) -> Outcome<Option<f64>> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let profile = folder.path().join("callgrind.out");
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--compress-pos=no"])
            .arg(format!("--callgrind-out-file={}", profile.display()))
            .arg(own)
            .args(["--count", stem, &event.to_string(), &listens.to_string(), &times.to_string()])
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("cannot start valgrind: {error}")),
        };
        let text = String::from_utf8_lossy(&output.stderr);
        // A process that failed has a profile too, and it means nothing.
        let read = fs::read_to_string(&profile).ok().filter(|_| output.status.success());
        let said = String::from_utf8_lossy(&output.stdout);
        let image = said.lines().find_map(|line| {
            let (start, end) = line.strip_prefix("image ")?.split_once(' ')?;
            Some(start.parse().ok()?..end.parse().ok()?)
        });
        let total = read.zip(image).and_then(|(profile, image)| inside(&profile, &image));
        total.map(Some).ok_or_else(|| format!("valgrind over {stem}, {}:\n{text}", output.status))
    }

    /// Instructions of functions inside the image, which callgrind knows by address alone: a line of
    /// costs is the function's own unless it follows a call, whose cost it then is.
    fn inside(profile: &str, image: &Range<u64>) -> Option<f64> {
        let mut names = std::collections::HashMap::new();
        let (mut ours, mut call, mut total) = (false, false, 0_u64);
        for line in profile.lines() {
            if let Some(name) = line.strip_prefix("fn=").or_else(|| line.strip_prefix("cfn=")) {
                let (number, name) = name.split_once(')')?;
                if let Some(address) = name.trim().strip_prefix("0x") {
                    let address = u64::from_str_radix(address.split('\'').next()?, 16).ok()?;
                    names.insert(number.to_owned(), address);
                }
                if line.starts_with("fn=") {
                    ours = names.get(number).is_some_and(|address| image.contains(address));
                }
            } else if line.starts_with("calls=") {
                call = true;
            } else if line.starts_with(|first: char| first.is_ascii_digit()) {
                if ours && !call {
                    total += line.split_whitespace().nth(1)?.parse::<u64>().ok()?;
                }
                call = false;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let total = total as f64;
        (total > 0.0).then_some(total)
    }

    /// Instructions of one event.
    fn per_event(stem: &str, event: usize, listens: bool) -> Outcome<Option<f64>> {
        let few = instructions(stem, event, listens, FEW)?;
        let many = instructions(stem, event, listens, MANY)?;
        Ok(few.zip(many).map(|(few, many)| (many - few) / f64::from(MANY - FEW)))
    }

    /// Nanoseconds of one event, mean of a batch.
    fn batch(program: &Rc<Program>, machine: &Scenario, event: usize) -> Outcome<f64> {
        let (_, code, payload) = EVENTS[event];
        let taken = Rc::new(Cell::new(0.0));
        let cell = Rc::clone(&taken);
        measure::net_pnp_event(program, machine, (code, payload.to_vec()), move |run| {
            run(BATCH / 10);
            let start = Instant::now();
            run(BATCH);
            cell.set(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        })?;
        Ok(taken.get())
    }

    /// The value that `percent` of all values lie below.
    fn percentile(values: &mut [f64], percent: usize) -> f64 {
        values.sort_by(f64::total_cmp);
        values[values.len() * percent / 100]
    }

    fn pool_bytes(driver: &Rc<Program>, names: &[String]) -> usize {
        let journal = play(driver, &machine(names, false), &Options::default()).journal;
        let bytes = journal.entries().iter().map(|entry| {
            let Fact::Pool(PoolFact::Allocated { bytes, .. }) = &entry.fact else { return 0 };
            *bytes
        });
        bytes.sum()
    }

    /// Bytes for one module more, on an adapter with a name of that many characters.
    fn pool_bytes_per_module(driver: &Rc<Program>, characters: usize) -> Outcome<usize> {
        let names = ["A".repeat(characters), "B".repeat(characters)];
        let (one, two) = (pool_bytes(driver, &names[..1]), pool_bytes(driver, &names));
        two.checked_sub(one).filter(|&bytes| bytes > 0).ok_or("no second module".to_owned())
    }

    fn verdict(is_met: bool) -> &'static str {
        if is_met { "met" } else { "MISSED" }
    }

    fn report_instructions(event: usize, listens: bool, most: f64) -> Outcome<()> {
        let (name, ..) = EVENTS[event];
        let with = per_event("netpnplwf", event, listens)?;
        let Some((with, without)) = with.zip(per_event("bare", event, false)?) else {
            println!("instructions  {name:<16}  skipped: there is no valgrind on this machine");
            return Ok(());
        };
        let added = with - without;
        println!(
            "instructions  {name:<16} {added:>7.1}  <= {most:>4}  {:<7} {with:>8.1} {without:>8.1}  \
             {}",
            verdict(added <= most),
            if listens { "with a session" } else { "nobody listening" }
        );
        Ok(())
    }

    fn report_nanoseconds(driver: &Rc<Program>, bare: &Rc<Program>, event: usize) -> Outcome<()> {
        let machine = quiet_machine();
        let (mut with, mut without, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            // Who goes first changes, so that going second is no advantage.
            let (driver, bare) = if round % 2 == 0 {
                let driver = batch(driver, &machine, event)?;
                (driver, batch(bare, &machine, event)?)
            } else {
                let bare = batch(bare, &machine, event)?;
                (batch(driver, &machine, event)?, bare)
            };
            with.push(driver);
            without.push(bare);
            added.push(driver - bare);
        }
        let [low, middle, high] = [25, 50, 75].map(|percent| percentile(&mut added, percent));
        let (with, without) = (percentile(&mut with, 50), percentile(&mut without, 50));
        println!(
            "nanoseconds   {:<16} {middle:>7.1}  <= 1000  {:<7} {with:>8.1} {without:>8.1}  {:.3}  \
             {low:.1} to {high:.1}",
            EVENTS[event].0,
            verdict(middle <= NANOSECONDS_MAX),
            with / without
        );
        Ok(())
    }

    fn report_pool(driver: &Rc<Program>) -> Outcome<()> {
        for characters in [40, NAME_MAX] {
            let bytes = pool_bytes_per_module(driver, characters)?;
            let name = format!("name of {characters}");
            let met = verdict(bytes <= POOL_BYTES_MAX);
            println!("pool bytes    {name:<16} {bytes:>7}  <= 1024  {met}");
        }
        Ok(())
    }

    /// Processor and commit: a figure without them compares with nothing.
    fn place() -> String {
        let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let git = |arguments: &[&str]| {
            let output = Command::new("git")
                .args(["-C", env!("CARGO_MANIFEST_DIR")])
                .args(arguments)
                .output();
            output
                .ok()
                .filter(|output| output.status.success())
                .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or("unknown".to_owned());
        let changes = git(&["status", "--porcelain"]).is_some_and(|changes| !changes.is_empty());
        format!(
            "{}; commit {commit}{}",
            model.map_or("unknown processor", |(_, model)| model),
            if changes { " and uncommitted changes" } else { "" }
        )
    }

    pub fn report() -> Outcome<()> {
        let (driver, bare) = (program("netpnplwf")?, program("bare")?);
        println!("FilterNetPnPEvent: what netpnplwf.sys adds to a bare forward\n");
        println!("{}", place());
        println!("images in {}\n", images().display());
        println!(
            "per event     event              added  target             driver     bare  ratio  \
             middle half"
        );
        for (listens, most) in INSTRUCTIONS_MAX {
            for event in 0..EVENTS.len() {
                report_instructions(event, listens, most)?;
            }
        }
        for event in 0..EVENTS.len() {
            report_nanoseconds(&driver, &bare, event)?;
        }
        println!("\nper module    adapter");
        report_pool(&driver)?;
        println!(
            "\nInstructions are those of the images; nanoseconds include the simulated NDIS and kernel, and\nare medians of {ROUNDS} \
             batches of {BATCH}; added\nis the median of the differences. Machines are noisy: a \
             wide middle half says little."
        );
        Ok(())
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--count", stem, event, listens, times] => linux::count(
            stem,
            event.parse().expect("an index"),
            listens == "true",
            times.parse().expect("a number"),
        ),
        // What `cargo bench` passes, and `cargo test` does not.
        ref others if others.contains(&"--bench") => linux::report(),
        _ => linux::try_out(),
    };
    if let Err(why) = outcome {
        eprintln!("net_pnp_event: {why}");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
