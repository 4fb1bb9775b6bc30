//! What is asked of `netpnp`.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::wrong;

/// A few commands in a folder of their own, and what they say.
#[derive(Default)]
pub struct Item {
    /// Also the path of its output below target/golden.
    pub name: String,
    /// Images that lie in the folder, each with its PDB.
    images: Vec<String>,
    /// Other files there.
    files: Vec<(String, Vec<u8>)>,
    /// Of netpnp, one after the other.
    commands: Vec<Vec<String>>,
    /// Files that they write.
    written: Vec<&'static str>,
}

/// Where an item runs.
pub struct Place<'a> {
    program: &'a Path,
    images: &'a Path,
    folder: PathBuf,
}

impl<'a> Place<'a> {
    pub fn new(program: &'a Path, images: &'a Path, scratch: &Path, item: &str) -> Self {
        Self { program, images, folder: scratch.join(item.replace('/', "-")) }
    }
}

/// Folders of items that belong to one image.
const BY_IMAGE: [&str; 7] = ["image", "imports", "inspect", "run", "trace", "verify", "reports"];

/// The item that is an image itself.
pub fn image(stem: &str) -> String {
    format!("image/{stem}")
}

/// The image that an item is about: `plain` of `run/plain/seed-0`.
pub fn image_of(name: &str) -> Option<&str> {
    let mut parts = name.split('/');
    BY_IMAGE.contains(&parts.next()?).then(|| parts.next())?
}

/// Filters that keep the rules.
const RIGHT: [&str; 5] = ["netpnplwf", "plain", "plain-c", "packet-counter", "monitor"];

/// Filters that take seconds of a processor in each run, and a flow that each is put through once.
const SLOW: [(&str, &str); 4] = [
    ("exhausts", "disable_netadapter"),
    ("loops", "disable_netadapter"),
    ("nv-28", "every_event"),
    // With others it waits for its requests until the time limit, which is the machine's time.
    ("nv-39", "sleep_s3_s4_with_pause"),
];

/// What provokes most mistakes that the filters make.
const USUAL: &str = "disable_netadapter,sleep_s3_s4_with_pause,every_event";

/// Flows that between them meet every switch: they are tried with each reading.
const VARIED: &str = "disable_netadapter,driver_load_n_adapters,every_event,filter_added_above,\
                      hyperv_live_migration,port_activation,protocol_rebind_mandatory,\
                      selective_suspend_idle,sleep_s3_s4_with_pause,surprise_removal_win8_plus";

/// A flow that takes seconds with a filter that has packets to pass on: two of them are put through it.
const LONG: &str = "malformed_events";

/// Recorded sessions that `netpnp trace` reads.
const RECORDED: [&str; 4] = ["tour", "slow_filter", "pause_never_ends", "vf_comes_and_goes"];

/// Every item, the longest first.
pub fn all(stems: &[String]) -> Vec<Item> {
    let there = |stem: &&str| stems.iter().any(|there| there == stem);
    let right: Vec<&str> = RIGHT.into_iter().filter(there).collect();
    let mut items = Vec::new();
    items.extend(right.iter().map(|stem| verified(stem)));
    for stem in &right {
        items.extend((0..4).map(|seed| journals(stem, seed)));
        items.push(flows(stem));
    }
    items.push(
        of_image("run/netpnplwf/json", "netpnplwf")
            .command("run --driver netpnplwf.sys --scenario all --json"),
    );
    // Where a loop is when the alarm comes is the alarm's affair.
    let is_same = |stem: &&String| !right.contains(&&***stem) && **stem != "hangs";
    items.extend(stems.iter().filter(is_same).map(|stem| verified(stem)));
    items.extend(["plain", "nv-19"].map(reports));
    items.extend(RECORDED.map(recorded));
    items.extend(stems.iter().map(|stem| looked_at(stem)));
    items.extend(wrong::originals().into_iter().map(|(name, text)| refused(&name, &text)));
    items.extend(told());
    items
}

/// The journals of every bundled scenario but one, whose journal is longer than all others together.
fn journals(stem: &str, seed: u32) -> Item {
    let item = of_image(&format!("run/{stem}/seed-{seed}"), stem);
    let originals = wrong::originals();
    let names = originals.iter().filter_map(|(name, _)| name.strip_prefix("scenarios/"));
    names.filter(|name| *name != "power_storm").fold(item, |item, name| {
        item.command(&format!("run --driver {stem}.sys --scenario {name} --journal --seed {seed}"))
    })
}

/// The journals of every flow, with packets, requests and turns taken away.
fn flows(stem: &str) -> Item {
    let item = of_image(&format!("run/{stem}/flows"), stem);
    let originals = wrong::originals();
    let names = originals.iter().filter_map(|(name, _)| name.strip_prefix("flows/"));
    let all = stem == "netpnplwf" || stem == "plain";
    names.filter(|name| all || *name != LONG).fold(item, |item, name| {
        item.command(&format!(
            "run --driver {stem}.sys --scenario flows/{name} --journal --schedule 1"
        ))
    })
}

fn verified(stem: &str) -> Item {
    of_image(&format!("verify/{stem}"), stem)
        .command(&format!("verify {stem}.sys --json --quiet --jobs 1 {}", limits(stem)))
}

/// How much of a verification is tried: all of it takes minutes.
fn limits(stem: &str) -> String {
    let flows = |flows: &str, more: &str| format!("--monitor --flow {flows} {more}");
    let few = "--no-readings --fault-limit 2 --schedules 1";
    if let Some((_, flow)) = SLOW.iter().find(|(slow, _)| *slow == stem) {
        return flows(flow, "--no-readings --fault-limit 0 --schedules 0");
    }
    match stem {
        "netpnplwf" => "--monitor --fault-limit 12 --schedules 8".to_owned(),
        "plain" => flows(VARIED, "--fault-limit 8 --schedules 4"),
        _ if RIGHT.contains(&stem) => flows(&short_flows(), few),
        "nv-02" => flows(
            USUAL,
            "--no-readings --fail-allocation none --fail-call NdisFRegisterFilterDriver:1",
        ),
        "nv-08" => {
            flows(USUAL, "--no-readings --fail-allocation none --fail-call NdisFSetAttributes:1")
        }
        "nv-17" | "nv-23" => flows("unknown_codes", few),
        "nv-21" => flows("query_power_cancelled", few),
        "nv-22" => flows(LONG, few),
        "nv-26" => flows("power_source_change", few),
        "nv-36" => flows("driver_load_n_adapters", "--no-readings --fault-limit 2 --schedules 48"),
        "nv-37" => flows(
            "disable_netadapter,selective_suspend_idle",
            "--no-readings --fault-limit 2 --schedules 8",
        ),
        "nv-38" => flows("many_cycles", few),
        "nv-45" => flows("disable_netadapter", "--fault-limit 2 --schedules 2"),
        "nv-46" => flows("surprise_removal_win8_plus", "--fault-limit 2 --schedules 2"),
        "nv-51" => flows("query_remove_then_cancel", few),
        _ => flows(USUAL, few),
    }
}

/// Every flow but the long one.
fn short_flows() -> String {
    let originals = wrong::originals();
    let names = originals.iter().filter_map(|(name, _)| name.strip_prefix("flows/"));
    names.filter(|name| *name != LONG).collect::<Vec<_>>().join(",")
}

/// Reports for other programs; they count no time.
fn reports(stem: &str) -> Item {
    let few = "--flow disable_netadapter,every_event --fault-limit 8 --schedules 2 --jobs 1";
    let mut item = of_image(&format!("reports/{stem}"), stem)
        .command(&format!("verify {stem}.sys {few} --quiet --junit junit.xml --sarif all.sarif"));
    item.written = vec!["junit.xml", "all.sarif"];
    item
}

/// A recording, and everything that is read out of it.
fn recorded(case: &str) -> Item {
    let mut item = of_image(&format!("trace/netpnplwf/{case}"), "netpnplwf");
    for command in [
        format!("run --driver netpnplwf.sys --scenario {case} --etl run.etl"),
        "trace show run.etl".to_owned(),
        "trace show run.etl --providers".to_owned(),
        "trace show run.etl --json".to_owned(),
        "trace attribute run.etl".to_owned(),
        "trace attribute run.etl --json".to_owned(),
        "trace check run.etl".to_owned(),
        "trace check run.etl --json".to_owned(),
        "trace check run.etl --confirm".to_owned(),
        "trace check run.etl --confirm --json".to_owned(),
        "trace export run.etl --format json --out out.json".to_owned(),
        "trace export run.etl --format csv --out out.csv".to_owned(),
        "trace export run.etl --format chrome --out out.chrome".to_owned(),
        "trace export run.etl --format html --out out.html".to_owned(),
        "trace export run.etl --format parquet --out out.parquet".to_owned(),
    ] {
        item = item.command(&command);
    }
    item.written = vec!["run.etl", "out.json", "out.csv", "out.chrome", "out.html", "out.parquet"];
    item
}

/// What is said of an image that does not run.
fn looked_at(stem: &str) -> Item {
    of_image(&format!("inspect/{stem}"), stem)
        .command(&format!("imports {stem}.sys"))
        .command(&format!("imports {stem}.sys --json"))
        .command(&format!("inspect {stem}.sys"))
        .command(&format!("inspect {stem}.sys --json"))
}

/// The messages about wrong scenarios.
fn refused(name: &str, text: &str) -> Item {
    let mut item = Item { name: format!("refused/{name}"), ..Item::default() };
    for (file, wrong) in wrong::variants(text) {
        item = item.command(&format!("run --driver none.sys --scenario {file}"));
        item.files.push((file, wrong.into_bytes()));
    }
    item
}

/// What is said without an image.
fn told() -> Vec<Item> {
    let item = |name: &str, commands: &[&str]| {
        let item = Item { name: name.to_owned(), ..Item::default() };
        commands.iter().fold(item, |item, command| item.command(command))
    };
    let mut inf = item("inf", &["inf netpnplwf.inx", "inf netpnplwf.inx --json", "inf --rules"]);
    let inx = Path::new(env!("CARGO_MANIFEST_DIR")).join("../inf/netpnplwf.inx");
    inf.files.push(("netpnplwf.inx".to_owned(), fs::read(inx).expect("the INF")));
    vec![
        inf,
        item("list", &["run --list"]),
        item("rules", &["rules", "rules --json", "rules NV-19", "rules NV-99"]),
        item(
            "help",
            &[
                "--help",
                "run --help",
                "verify --help",
                "imports --help",
                "rules --help",
                "inspect --help",
                "inf --help",
                "trace --help",
                "trace show --help",
                "trace attribute --help",
                "trace check --help",
                "trace export --help",
            ],
        ),
        item(
            "mistakes",
            &[
                "run --driver none.sys",
                "run --scenario no_such",
                "run --scenario tour[runtime=1]",
                "run --set predetach=never",
                "run --runtime 7",
                "run --fail-call NdisFSetAttributes",
                "verify none.sys",
                "verify none.sys --flow no_such",
                "verify none.sys --fail-allocation some",
                "trace show none.etl",
                "inspect none.sys",
                "inf none.inf",
            ],
        ),
    ]
}

fn of_image(name: &str, stem: &str) -> Item {
    Item { name: name.to_owned(), images: vec![stem.to_owned()], ..Item::default() }
}

impl Item {
    /// One command more.
    fn command(mut self, line: &str) -> Self {
        self.commands.push(line.split_whitespace().map(str::to_owned).collect());
        self
    }

    /// Runs the commands; gives each with what it wrote and its exit code.
    pub fn run(&self, place: &Place<'_>) -> Vec<u8> {
        let folder = &place.folder;
        fs::create_dir_all(folder).expect("a folder for the item");
        for stem in &self.images {
            for file in [format!("{stem}.sys"), format!("{stem}.pdb")] {
                fs::copy(place.images.join(&file), folder.join(&file))
                    .unwrap_or_else(|error| panic!("{file}: {error}"));
            }
        }
        for (file, bytes) in &self.files {
            fs::write(folder.join(file), bytes).expect("a file of the item");
        }
        let mut said = Vec::new();
        for words in &self.commands {
            // The name that usage shows.
            let output = Command::new(place.program)
                .arg0("netpnp")
                .args(words)
                .current_dir(folder)
                .output()
                .unwrap_or_else(|error| panic!("{}: {error}", place.program.display()));
            said.extend(format!("$ netpnp {}\n", words.join(" ")).into_bytes());
            said.extend(&output.stdout);
            if !output.stderr.is_empty() {
                said.extend(b"--- stderr\n");
                said.extend(&output.stderr);
            }
            // A signal has no code.
            let code = output.status.code().map_or("none".to_owned(), |code| code.to_string());
            said.extend(format!("--- exit code {code}\n").into_bytes());
        }
        for file in &self.written {
            said.extend(format!("--- {file}\n").into_bytes());
            let written = fs::read(folder.join(file))
                .unwrap_or_else(|error| panic!("{}: {file} was not written: {error}", self.name));
            said.extend(if *file == "junit.xml" { without_times(&written) } else { written });
        }
        fs::remove_dir_all(folder).expect("the item's folder can be removed");
        said
    }
}

/// A JUnit file without the times, which are the machine's.
fn without_times(xml: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(xml);
    let mut parts = text.split(" time=\"");
    let mut without = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        without.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    without.into_bytes()
}
