//! What a log of a million events costs to write and to read: time, and the most memory the process
//! has ever had.
//!
//! Writing goes to a file and makes its events as it goes; the file is read from the page cache.
//! Times are the least of several runs. Targets are printed for a person to judge.
//!
//! Non-goals: disks; decoding what the events carry.
//!
//! `cargo bench` measures. `cargo test --benches` runs small sizes once and measures nothing.
#![allow(missing_docs, reason = "a program")]

#[cfg(host)]
mod linux {
    use std::fs::{self, File};
    use std::io::{Error, Result};
    use std::path::{Path, PathBuf};
    use std::time::{Duration, Instant};

    use journal::etw::{Descriptor, EtwWrite};
    use recording::etl::{Log, Record, Session, Written, write};

    const EVENTS: u64 = 1_000_000;
    const PROCESSORS: u16 = 4;
    const WRITE_SECONDS_MAX: f64 = 2.0;
    const READ_SECONDS_MAX: f64 = 1.0;
    const ROUNDS: usize = 5;

    fn session() -> Session {
        Session {
            name: "bench".into(),
            start_filetime: 134_081_856_000_000_000,
            end_filetime: 0,
            boot_filetime: 134_081_820_000_000_000,
            frequency: 10_000_000,
            start_ticks: 0,
            processors: PROCESSORS.into(),
            os_build: 19045,
            events_lost: 0,
            buffers_lost: 0,
        }
    }

    /// About what the driver's own events have.
    fn record(time_100ns: u64, processor: u16) -> Record {
        let write = EtwWrite {
            descriptor: Descriptor {
                id: 0,
                version: 0,
                channel: 11,
                level: 4,
                opcode: 1,
                task: 0,
                keyword: 1,
            },
            activity: [7; 16],
            related: time_100ns.is_multiple_of(2).then_some([8; 16]),
            provider: [9; 16],
            traits: vec![b'T'; 0x18],
            metadata: vec![b'M'; 0x40],
            payload: vec![b'P'; 0x28],
        };
        Record { time_100ns, processor, process: 4, thread: 8, write }
    }

    fn written(path: &Path, events: u64) -> Result<Written> {
        let records = (0..events).zip((0..PROCESSORS).cycle());
        write(File::create(path)?, &session(), records.map(|(time, cpu)| record(time, cpu)))
    }

    /// Every event in time order, and as many as were written.
    fn read(path: &Path, events: u64) -> Result<()> {
        let log = Log::read(fs::read(path)?).map_err(Error::other)?;
        let (mut count, mut bytes) = (0, 0);
        for record in log.records() {
            assert_eq!(record.time_100ns, count, "in order");
            count += 1;
            bytes += record.payload.len() as u64;
        }
        assert_eq!((count, bytes), (events, 0x28 * events));
        Ok(())
    }

    /// `VmHWM`, in MiB.
    fn peak() -> Result<u64> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kilobytes.map(|size| size / 1024).ok_or_else(|| Error::other("no VmHWM in the status"))
    }

    fn least(mut work: impl FnMut() -> Result<()>) -> Result<Duration> {
        let mut least = Duration::MAX;
        for _ in 0..ROUNDS {
            let start = Instant::now();
            work()?;
            least = least.min(start.elapsed());
        }
        Ok(least)
    }

    pub fn run(measures: bool) -> Result<()> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a member's folder");
        let folder: PathBuf = workspace.join("target/etl");
        fs::create_dir_all(&folder)?;
        let path = folder.join("bench.etl");
        if !measures {
            written(&path, 1_000)?;
            return read(&path, 1_000);
        }
        let time = least(|| written(&path, EVENTS).map(drop))?.as_secs_f64();
        let size = fs::metadata(&path)?.len() / (1024 * 1024);
        println!("writing {EVENTS} events, {size} MiB  {time:6.3} s  (target {WRITE_SECONDS_MAX})");
        println!("  most memory until here  {} MiB", peak()?);
        let time = least(|| read(&path, EVENTS))?.as_secs_f64();
        println!("reading {EVENTS} events, {size} MiB  {time:6.3} s  (target {READ_SECONDS_MAX})");
        println!("  most memory until here  {} MiB", peak()?);
        fs::remove_file(&path)
    }
}

#[cfg(host)]
fn main() -> std::process::ExitCode {
    let measures = std::env::args().any(|argument| argument == "--bench");
    match linux::run(measures) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("etl: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(host))]
fn main() {}
