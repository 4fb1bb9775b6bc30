//! What a callback of netpnplwf.sys costs, with nobody listening and with a session that takes
//! everything, against a filter that only forwards (`filters/`, built the same way).
//!
//! - Instructions: those that callgrind counts inside the image; the difference between two counts
//!   of events. What the host does for an import does not count. The figure is exact for one image, so
//!   it is kept in `baseline.json`, and `--check` says when one has moved by more than the tolerance.
//! - Nanoseconds: short batches of both images in turn, in one process. What is added is the median
//!   of the differences between neighbours in time, so that a slow spell of the machine hits both
//!   sides of a difference; beside it, the middle half of those differences. They include the simulated
//!   NDIS and kernel. Machines are noisy: a wide middle half says little.
//! - Pool: what a second adapter makes the driver allocate. Names decide, so there are two.
//!
//! Non-goals: D3 and D0 in turn; what NDIS costs around the callback; cold caches; the headers of pool
//! blocks. Targets are printed for a person to judge; `--check` is the only verdict.
//!
//! `cargo bench` measures, `--check` compares instructions with the baseline, `--write` writes the
//! baseline and `docs/performance.md`. `cargo test --benches` delivers a few events and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(host)]
mod linux {
    use std::cell::Cell;
    use std::fs;
    use std::io::ErrorKind;
    use std::ops::Range;
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::rc::Rc;
    use std::time::Instant;

    use host::measure::{self, Callback};
    use host::scenario::ast::Scenario;
    use host::scenario::parse::parse;
    use host::scenario::play::{Options, play};
    use host::subsystems::SUBSYSTEMS;
    use image::ImageFile;
    use journal::{Fact, KernelFact, PoolFact};
    use kernel::nt::driver::DriverFile;

    /// What is measured, by name: the first two have nanoseconds, too.
    const MEASURED: [&str; 6] = [
        "SetPower D0",
        "PnPCapabilities",
        "BindList",
        "PowerProfileChanged",
        "LinkState",
        "a status that is not traced",
    ];
    const TIMED: usize = 2;
    /// How far from the baseline an instruction count may be. The same compiler gives the same count;
    /// another one may not.
    const TOLERANCE: f64 = 0.03;

    fn callback(measured: usize) -> Callback {
        match measured {
            0 => Callback::NetPnp(0, vec![1, 0, 0, 0]),
            1 => Callback::NetPnp(7, vec![5, 0, 0, 0]),
            2 => {
                Callback::NetPnp(5, "a\0b\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect())
            }
            3 => Callback::Device(5, vec![1, 0, 0, 0]),
            4 => Callback::Status(0x4001_0017, link_state()),
            _ => Callback::Status(0x4001_001D, vec![0; 4]),
        }
    }

    /// NDIS_LINK_STATE: connected, full duplex, 2.5 Gbit/s.
    fn link_state() -> Vec<u8> {
        let speed = 2_500_000_000_u64.to_le_bytes();
        [&[0x80, 1, 40, 0][..], &[1, 0, 0, 0], &[2, 0, 0, 0], &[0; 4], &speed, &speed, &[0; 8]]
            .concat()
    }

    const POOL_BYTES_MAX: usize = 1024;
    /// Events of the two callgrind processes that are subtracted. An event takes the same instructions whether the
    /// flight recorder has room or writes over what it has: 500 and 1,500 gave the same, and 5,000 and 5,500.
    const FEW: u32 = 2_100;
    const MANY: u32 = 2_600;
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

    fn program(stem: &str) -> Outcome<Rc<DriverFile>> {
        let hint = "\nrun this through `cargo xtask bench`, which builds the images";
        let file = ImageFile::open(&images().join(format!("{stem}.sys")))
            .map_err(|error| format!("{error}{hint}"))?;
        Ok(Rc::new(DriverFile::new(file, SUBSYSTEMS).map_err(|error| error.to_string())?))
    }

    /// Events only: for callgrind around this process.
    pub fn count(stem: &str, event: usize, listens: bool, times: u32) -> Outcome<()> {
        let machine = machine(&["Contoso 2.5GbE".to_owned()], listens);
        let image =
            measure::callback(&program(stem)?, &machine, callback(event), move |run| run(times))?;
        println!("image {} {}", image.start, image.end);
        Ok(())
    }

    /// A few events through both images, and a filter that must not pass for one.
    pub fn try_out() -> Outcome<()> {
        for event in 0..MEASURED.len() {
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
    fn batch(program: &Rc<DriverFile>, machine: &Scenario, event: usize) -> Outcome<f64> {
        let taken = Rc::new(Cell::new(0.0));
        let cell = Rc::clone(&taken);
        measure::callback(program, machine, callback(event), move |run| {
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

    fn pool_bytes(driver: &Rc<DriverFile>, names: &[String]) -> usize {
        let journal = play(driver, &machine(names, false), &Options::default()).journal;
        let bytes = journal.entries().iter().map(|entry| {
            let Fact::Kernel(KernelFact::Pool(PoolFact::Allocated { bytes, .. })) = &entry.fact
            else {
                return 0;
            };
            *bytes
        });
        bytes.sum()
    }

    /// Bytes for one module more, on an adapter with a name of that many characters.
    fn pool_bytes_per_module(driver: &Rc<DriverFile>, characters: usize) -> Outcome<usize> {
        let names = ["A".repeat(characters), "B".repeat(characters)];
        let (one, two) = (pool_bytes(driver, &names[..1]), pool_bytes(driver, &names));
        two.checked_sub(one).filter(|&bytes| bytes > 0).ok_or("no second module".to_owned())
    }

    /// One row: instructions of an event.
    struct Row {
        name: &'static str,
        bare: f64,
        quiet: f64,
        heard: f64,
    }

    /// Every row; None without valgrind.
    fn rows() -> Outcome<Option<Vec<Row>>> {
        let mut rows = Vec::new();
        for (event, name) in MEASURED.into_iter().enumerate() {
            let images = [("bare", false), ("netpnplwf", false), ("netpnplwf", true)];
            let [bare, quiet, heard] = std::thread::scope(|scope| {
                images
                    .map(|(stem, listens)| scope.spawn(move || per_event(stem, event, listens)))
                    .map(|measured| measured.join().expect("it says why it fails"))
            });
            let (Some(bare), Some(quiet), Some(heard)) = (bare?, quiet?, heard?) else {
                return Ok(None);
            };
            rows.push(Row { name, bare, quiet, heard });
        }
        Ok(Some(rows))
    }

    fn baseline() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/baseline.json")
    }

    /// The counts by name, as the baseline keeps them.
    fn counts(rows: &[Row]) -> serde_json::Value {
        let row = |row: &Row| {
            (row.name.to_owned(), serde_json::json!({ "quiet": row.quiet, "session": row.heard }))
        };
        serde_json::Value::Object(rows.iter().map(row).collect())
    }

    /// Compares the counts with the baseline.
    pub fn check() -> Outcome<()> {
        let Some(rows) = rows()? else {
            println!("instructions: not checked, there is no valgrind on this machine");
            return Ok(());
        };
        let path = baseline();
        let text = fs::read_to_string(&path)
            .map_err(|error| format!("{}: cannot be read: {error}", path.display()))?;
        let kept: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut moved = Vec::new();
        for row in &rows {
            for (which, count) in [("quiet", row.quiet), ("session", row.heard)] {
                let Some(expected) = kept[row.name][which].as_f64() else {
                    return Err(format!("{}: no `{which}` of `{}`", path.display(), row.name));
                };
                let change = count / expected - 1.0;
                println!(
                    "instructions  {:<28} {which:<8} {count:>7.1}, baseline {expected:>7.1}, {:+.1} %",
                    row.name,
                    change * 100.0
                );
                if change.abs() > TOLERANCE {
                    moved.push(format!("{} {which}: {expected} became {count}", row.name));
                }
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        Err(format!(
            "more than {:.0} % from the baseline:\n  {}\nif that is meant, `cargo xtask performance` \
             writes a new one",
            TOLERANCE * 100.0,
            moved.join("\n  ")
        ))
    }

    fn nanoseconds(
        driver: &Rc<DriverFile>,
        bare: &Rc<DriverFile>,
        event: usize,
    ) -> Outcome<String> {
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
        let name = MEASURED[event];
        Ok(format!(
            "| {name} | {middle:.0} | {low:.0} to {high:.0} | {with:.0} | {without:.0} | {:.2} |\n",
            with / without
        ))
    }

    /// Bytes of an image file; `x64/netpnplwf.sys` beside its neighbours.
    fn image_bytes(arch: &str) -> String {
        let path = images().with_file_name(arch).join("netpnplwf.sys");
        fs::metadata(path).map_or("not built".to_owned(), |found| found.len().to_string())
    }

    /// The page, measured now.
    fn page() -> Outcome<(String, Option<Vec<Row>>)> {
        use std::fmt::Write as _;
        let (driver, bare) = (program("netpnplwf")?, program("bare")?);
        let mut text = String::from(
            "# Performance\n\nMeasured by `cargo xtask performance`, which wrote this page. \
             What the figures mean and do\nnot mean stands in `pnp-tests/benches/callbacks.rs`.\n\n",
        );
        let _ = writeln!(text, "Machine: {}.\n", place());
        let rows = rows()?;
        if let Some(rows) = &rows {
            text.push_str(
                "## Instructions of a callback\n\nInside the image. Quiet: nobody listens, the flight \
                 recorder records. Session: one takes\neverything.\n\n| Callback gets | bare forward | quiet \
                 | added | session | added |\n|---|---:|---:|---:|---:|---:|\n",
            );
            for Row { name, bare, quiet, heard } in rows {
                let (more, most) = (quiet - bare, heard - bare);
                let _ = writeln!(
                    text,
                    "| {name} | {bare:.0} | {quiet:.0} | {more:.0} | {heard:.0} | {most:.0} |"
                );
            }
        } else {
            text.push_str("Instructions: not measured, there is no valgrind on this machine.\n");
        }
        text.push_str(
            "\n## Nanoseconds added, quiet\n\nIn this host, simulated kernel included.\n\n| Callback gets | \
             added | middle half | driver | bare | ratio |\n|---|---:|---:|---:|---:|---:|\n",
        );
        for event in 0..TIMED {
            text.push_str(&nanoseconds(&driver, &bare, event)?);
        }
        text.push_str("\n## Memory\n\n| What | Bytes |\n|---|---:|\n");
        for characters in [40, NAME_MAX] {
            let bytes = pool_bytes_per_module(&driver, characters)?;
            let _ = writeln!(
                text,
                "| pool per module, adapter name of {characters} characters (at most {POOL_BYTES_MAX}) | {bytes} |"
            );
        }
        let _ = writeln!(text, "| image x64 (below 65536) | {} |", image_bytes("x64"));
        let _ = writeln!(text, "| image ARM64 | {} |", image_bytes("arm64"));
        Ok((text, rows))
    }

    /// Measures and prints.
    pub fn report() -> Outcome<()> {
        println!("{}", page()?.0);
        Ok(())
    }

    /// Measures, and writes the page and the baseline.
    pub fn write() -> Outcome<()> {
        let (text, rows) = page()?;
        let Some(rows) = rows else {
            return Err("valgrind is needed: the page is about instructions".to_owned());
        };
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        let json =
            serde_json::to_string_pretty(&counts(&rows)).map_err(|error| error.to_string())?;
        for (path, text) in
            [(workspace.join("docs/performance.md"), text), (baseline(), json + "\n")]
        {
            fs::write(&path, text)
                .map_err(|error| format!("{}: cannot be written: {error}", path.display()))?;
            println!("{}", path.display());
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
}

#[cfg(host)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--count", stem, event, listens, times] => linux::count(
            stem,
            event.parse().expect("an index"),
            listens == "true",
            times.parse().expect("a number"),
        ),
        ref others if others.contains(&"--check") => linux::check(),
        ref others if others.contains(&"--write") => linux::write(),
        // What `cargo bench` passes, and `cargo test` does not.
        ref others if others.contains(&"--bench") => linux::report(),
        _ => linux::try_out(),
    };
    if let Err(why) = outcome {
        eprintln!("callbacks: {why}");
        return std::process::ExitCode::FAILURE;
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(host))]
fn main() {}
