//! What `netpnp trace attribute` costs on a trace of a million events of the driver: time, and the
//! most memory the process has ever had.
//!
//! The events are real: an adapter of two layers sleeps and resumes thousands of times while a session
//! listens. What one run traced is written several times over, later each time and with other numbers
//! for its spans. Writing happens in a process of its own.
//!
//! `cargo bench` measures. `cargo test --benches` attributes a few events and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(host)]
mod linux {
    use std::fs::{self, File};
    use std::io::{Error, Result};
    use std::path::{Path, PathBuf};
    use std::process::Command;
    use std::rc::Rc;
    use std::time::Instant;

    use host::scenario::parse::parse;
    use host::scenario::play::{Options, play};
    use host::subsystems::SUBSYSTEMS;
    use image::ImageFile;
    use journal::{Fact, KernelFact};
    use kernel::nt::driver::DriverFile;
    use recording::Recording;
    use recording::etl::{Record, RecordRef, Session, write};

    const EVENTS: usize = 1_000_000;
    const SECONDS_MAX: f64 = 3.0;
    const MIB_MAX: u64 = 500;
    /// Where SpanId and ParentSpanId stand in the payload of an event of a module (docs/events.md).
    const SPANS: [usize; 2] = [28, 36];

    fn images() -> PathBuf {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        std::env::var_os("NETPNP_IMAGES")
            .map_or_else(|| workspace.join("target/netpnplwf/x64"), PathBuf::from)
    }

    /// What the driver traces while an adapter sleeps and resumes so many times.
    fn traced(cycles: u32) -> Result<Vec<Record>> {
        let file = ImageFile::open(&images().join("netpnplwf.sys")).map_err(Error::other)?;
        let program = Rc::new(DriverFile::new(file, SUBSYSTEMS).map_err(Error::other)?);
        let text = format!(
            "given adapter eth0 \"Contoso\"\ngiven filter acme-qos on eth0\n\
             given acme-qos on eth0 holds SetPower for 1ms\n\
             when driver loads\nwhen eth0 sleeps-and-resumes {cycles}\n"
        );
        let scenario = parse("bench.pnp", &text).map_err(Error::other)?.remove(0);
        let journal = play(&program, &scenario, &Options::default()).journal;
        let records = journal.entries().iter().filter_map(|entry| {
            let Fact::Kernel(KernelFact::Etw(write)) = &entry.fact else { return None };
            Some(RecordRef::of(write, entry.time_100ns, entry.thread).to_record())
        });
        Ok(records.collect())
    }

    /// The same event of a later repetition.
    fn later(record: &Record, repetition: u64, length_100ns: u64) -> Record {
        let mut record = record.clone();
        record.time_100ns += repetition * length_100ns;
        let has_spans = record.write.metadata.windows(7).any(|name| name == b"SpanId\0");
        for at in SPANS.into_iter().filter(|_| has_spans) {
            let Some(bytes) = record.write.payload.get_mut(at..at + 8) else { continue };
            let number = u64::from_le_bytes(bytes.try_into().expect("eight bytes"));
            if number != 0 {
                bytes.copy_from_slice(&(number + (repetition << 32)).to_le_bytes());
            }
        }
        record
    }

    /// Writes at least so many events; gives how many.
    pub fn written(path: &Path, events: usize, cycles: u32) -> Result<u64> {
        let records = traced(cycles)?;
        let length = records.last().map_or(0, |record| record.time_100ns) + 10_000_000;
        let session = Session {
            name: "bench".into(),
            start_filetime: 134_081_856_000_000_000,
            end_filetime: 0,
            boot_filetime: 134_081_820_000_000_000,
            frequency: 10_000_000,
            start_ticks: 0,
            processors: 1,
            os_build: 26100,
            events_lost: 0,
            buffers_lost: 0,
        };
        let repetitions = events.div_ceil(records.len().max(1)) as u64;
        let all = (0..repetitions)
            .flat_map(|repetition| records.iter().map(move |one| later(one, repetition, length)));
        Ok(write(File::create(path)?, &session, all)?.events)
    }

    /// `VmHWM`, in MiB.
    fn peak() -> Result<u64> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.map(|size| size / 1024).ok_or_else(|| Error::other("no VmHWM in the status"))
    }

    /// Every sleep's SetPower is there, with the filter's millisecond.
    fn attributed(path: &Path) -> Result<usize> {
        let recording = Recording::read(fs::read(path)?).map_err(Error::other)?;
        let attribution = recording.into_attribution();
        let held = attribution.totals.first().map(|total| total.worst_100ns);
        assert_eq!(held, Some(10_000), "the filter's millisecond is the worst");
        Ok(attribution.events.len())
    }

    pub fn run(measures: bool) -> Result<()> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        let folder = workspace.join("target/etl");
        fs::create_dir_all(&folder)?;
        let path = folder.join("attribute.etl");
        if !measures {
            written(&path, 100, 10)?;
            assert!(attributed(&path)? > 20);
            return fs::remove_file(&path);
        }
        let own = std::env::current_exe()?;
        let start = Instant::now();
        let child = Command::new(own).arg("--write").arg(&path).status()?;
        assert!(child.success(), "the writer failed");
        println!("playing and writing  {:6.2} s", start.elapsed().as_secs_f64());
        let size = fs::metadata(&path)?.len() / (1024 * 1024);
        let mut least = f64::MAX;
        let (mut events, mut memory) = (0, 0);
        for round in 0..3 {
            let start = Instant::now();
            events = attributed(&path)?;
            least = least.min(start.elapsed().as_secs_f64());
            // Later rounds have what the allocator kept of this one.
            if round == 0 {
                memory = peak()?;
            }
        }
        println!(
            "attributing {EVENTS} events, {size} MiB, {events} network and device events  \
             {least:6.2} s  (target {SECONDS_MAX})"
        );
        println!("  most memory  {memory} MiB  (target {MIB_MAX})");
        fs::remove_file(&path)
    }

    pub fn write_only(path: &str) -> Result<()> {
        written(Path::new(path), EVENTS, 5_000).map(drop)
    }
}

#[cfg(host)]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--write", path] => linux::write_only(path),
        ref others => linux::run(others.contains(&"--bench")),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("attribute: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(host))]
fn main() {}
