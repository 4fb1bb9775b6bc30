//! Two copies of this work tree, each a repository of its own, and the packages that they make.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use zip::ZipArchive;

/// Of the one commit. The date of DriverVer follows from it.
const DATE: &str = "1999999999 +0000";

/// Of unlike length: paths of other lengths move what stands behind them.
const NAMES: [&str; 2] = ["a", "another-checkout-whose-path-is-longer"];

pub struct Checkout {
    pub folder: PathBuf,
    pub target: PathBuf,
}

pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

pub fn text(command: &mut Command) -> String {
    let output = run(command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The host that checks packages, built once and not once for each checkout.
pub fn netpnp() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--package", "netpnp"]);
        let messages = text(cargo.args(["--message-format", "json"]).current_dir(root()));
        let messages = messages.lines().filter_map(|line| line.parse::<serde_json::Value>().ok());
        let mut programs =
            messages.filter_map(|message| Some(PathBuf::from(message["executable"].as_str()?)));
        programs.next().expect("it is built")
    })
}

/// The two checkouts, with packages for the two processors in `target/package`, made by one command each.
pub fn both() -> &'static [Checkout; 2] {
    // Where it fails, it fails once and not in each test.
    static MADE: LazyLock<[Checkout; 2]> = LazyLock::new(|| {
        netpnp();
        let [one, other] = NAMES.map(|name| thread::spawn(move || Checkout::make(name)));
        [one, other].map(|made| made.join().expect("a checkout with packages"))
    });
    &MADE
}

/// The second checkout, for a test that changes something in it and puts it back.
pub fn turn() -> (&'static Checkout, MutexGuard<'static, ()>) {
    static TURN: Mutex<()> = Mutex::new(());
    (&both()[1], TURN.lock().unwrap_or_else(PoisonError::into_inner))
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where the copies lie: not below this work tree, whose .cargo/config.toml cargo would read too.
pub fn base() -> PathBuf {
    let root = fs::canonicalize(root()).expect("the work tree").display().to_string();
    std::env::temp_dir().join(format!("netpnplwf-package{}", root.replace('/', "-")))
}

impl Checkout {
    fn make(name: &str) -> Self {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("package/{name}-target"));
        let checkout = Self { folder: base().join(name), target };
        let _ = fs::remove_dir_all(&checkout.folder);
        // xtask may stay as it is, images are made anew.
        for stale in ["x86_64-pc-windows-msvc", "aarch64-pc-windows-msvc", "package", "netpnplwf"] {
            let _ = fs::remove_dir_all(checkout.target.join(stale));
        }
        checkout.fill();
        let made = checkout.package(&[]);
        let said = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{said}");
        assert!(!said.contains("warning"), "{said}");
        checkout
    }

    /// With what git knows of this work tree and what it does not know yet, as one commit.
    fn fill(&self) {
        let mut list = Command::new("git");
        list.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
        for name in text(list.current_dir(root())).lines() {
            let (from, to) = (root().join(name), self.folder.join(name));
            // One that is deleted and not committed so.
            if from.is_file() {
                fs::create_dir_all(to.parent().expect("a folder")).expect("it can be made");
                fs::copy(from, to).expect("it can be copied");
            }
        }
        self.git(&["init", "--quiet", "--initial-branch", "main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "all of it"]);
    }

    pub fn git(&self, arguments: &[&str]) -> String {
        let mut git = Command::new("git");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "test").env(format!("GIT_{who}_EMAIL"), "");
            git.env(format!("GIT_{who}_DATE"), DATE);
        }
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        text(git.args(arguments).current_dir(&self.folder))
    }

    /// The program behind `cargo xtask package`, in this checkout. It is this work tree's, which is built once
    /// and not once for each checkout.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut package = Command::new(env!("CARGO_BIN_EXE_netpnplwf-package"));
        package.arg("--netpnp").arg(netpnp()).args(arguments);
        package.env("CARGO_MANIFEST_DIR", self.folder.join("xtask/package"));
        package.env("CARGO_TARGET_DIR", &self.target).env_remove("SOURCE_DATE_EPOCH");
        package.current_dir(&self.folder);
        package
    }

    pub fn package(&self, arguments: &[&str]) -> Output {
        run(&mut self.command(arguments))
    }

    pub fn out(&self) -> PathBuf {
        self.target.join("package")
    }

    /// The zip for one processor: its name, and its path.
    pub fn zip(&self, arch: &str) -> (String, PathBuf) {
        let name = format!("netpnplwf-0.1.0.1-{arch}");
        let path = self.out().join(format!("{name}.zip"));
        (name, path)
    }

    /// The files of the package, by the name without its folder.
    pub fn files(&self, arch: &str) -> BTreeMap<String, Vec<u8>> {
        let (folder, path) = self.zip(arch);
        let mut zip = ZipArchive::new(File::open(path).expect("it is there")).expect("a zip");
        let mut files = BTreeMap::new();
        for at in 0..zip.len() {
            let mut entry = zip.by_index(at).expect("an entry");
            let name = entry.name().expect("UTF-8").into_owned();
            let name = name.strip_prefix(&format!("{folder}/")).expect("one folder").to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("it can be unpacked");
            files.insert(name, bytes);
        }
        files
    }
}
