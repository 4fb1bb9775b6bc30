//! Catalog and signature, where there is a WDK: the tools and arguments that cargo-wdk 0.2.0 uses.
//!
//! Nobody has run this on Windows yet: docs/windows-status.md.

use std::env;
use std::fs;
use std::path::{self, Path, PathBuf};
use std::process::Command;

use crate::arch::Arch;
use crate::layout::{IMAGE, INF, Signing};
use crate::tool::{self, Failed};

/// Of the self-signed certificate, those of cargo-wdk: both find what the other made.
const STORE: &str = "WDRTestCertStore";
const SUBJECT: &str = "WDRLocalTestCert";

const CATALOG: &str = "netpnplwf.cat";
const CERTIFICATE: &str = "netpnplwf.cer";
const TIMESTAMPS: &str = "http://timestamp.digicert.com";
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";

/// A tool's name and its arguments.
type Line = Vec<String>;

/// One step: if the first line fails and there is a second one, that.
#[derive(Debug, PartialEq, Eq)]
struct Step {
    line: Line,
    otherwise: Option<Line>,
}

/// Checks the INF, makes the catalog, signs. Nothing if nobody is to sign.
pub fn sign(folder: &Path, arch: Arch, signing: &Signing) -> Result<(), Failed> {
    // Each tool is started in the folder, and inf2cat wants its path.
    let whole = path::absolute(folder).map_err(|error| tool::failed("find", folder, &error))?;
    let steps = steps(&whole.display().to_string(), arch, signing);
    if steps.is_empty() {
        return Ok(());
    }
    let places = places()?;
    for step in steps {
        let done = run(folder, &places, &step.line);
        match (done, step.otherwise) {
            (Err(_), Some(otherwise)) => run(folder, &places, &otherwise)?,
            (done, _) => done?,
        }
    }
    Ok(())
}

fn steps(folder: &str, arch: Arch, signing: &Signing) -> Vec<Step> {
    let (get_certificate, signer) = match signing {
        Signing::None => return Vec::new(),
        Signing::SelfSigned => {
            let find = ["certmgr", "-put", "-c", "-s", STORE, "-n", SUBJECT, CERTIFICATE];
            let name = format!("CN={SUBJECT}");
            let make = [
                "makecert",
                "-r",
                "-pe",
                "-a",
                "SHA256",
                "-eku",
                CODE_SIGNING,
                "-ss",
                STORE,
                "-n",
                &name,
                CERTIFICATE,
            ];
            let step = Step { line: line(&find), otherwise: Some(line(&make)) };
            (Some(step), line(&["/s", STORE, "/n", SUBJECT]))
        }
        Signing::Certificate(thumbprint) => {
            (None, line(&["/sha1", thumbprint, "/tr", TIMESTAMPS, "/td", "SHA256"]))
        }
    };
    let sign = |file| {
        let sign = line(&["signtool", "sign", "/v", "/fd", "SHA256"]);
        only([sign, signer.clone(), line(&[file])].concat())
    };
    let driver = format!("/driver:{folder}");
    let os = format!("/os:{}", arch.inf2cat());
    let mut steps = vec![only(line(&["infverif", "/v", "/u", INF]))];
    steps.extend(get_certificate);
    // The image first: the catalog is made of what is shipped.
    steps.push(sign(IMAGE));
    steps.push(only(line(&["inf2cat", &driver, &os, "/uselocaltime"])));
    steps.push(sign(CATALOG));
    steps
}

fn only(line: Line) -> Step {
    Step { line, otherwise: None }
}

fn line(words: &[&str]) -> Line {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn run(folder: &Path, places: &[PathBuf], line: &Line) -> Result<(), Failed> {
    let Some((name, arguments)) = line.split_first() else { return Ok(()) };
    let file = format!("{name}.exe");
    let tool = places.iter().map(|place| place.join(&file)).find(|tool| tool.is_file());
    let tool = tool.ok_or_else(|| {
        let places: Vec<_> = places.iter().map(|place| place.display().to_string()).collect();
        Failed(format!(
            "there is no {file} in\n  {}\ninstall the WDK, or pass --unsigned",
            places.join("\n  ")
        ))
    })?;
    tool::text(Command::new(tool).args(arguments).current_dir(folder)).map(drop)
}

/// The folders of the newest WDK that have tools: inf2cat is an x86 program, infverif lies in Tools.
fn places() -> Result<Vec<PathBuf>, Failed> {
    // The prompt of the WDK (and the eWDK) names it.
    if let Some(bin) = env::var_os("WDKBinRoot").map(PathBuf::from) {
        let mut places = of_version(&bin);
        if let (Some(version), Some(kit)) = (bin.file_name(), bin.ancestors().nth(2)) {
            places.extend(of_version(&kit.join("Tools").join(version)));
        }
        return Ok(places);
    }
    let programs =
        env::var_os("ProgramFiles(x86)").unwrap_or_else(|| r"C:\Program Files (x86)".into());
    let kit = PathBuf::from(programs).join(r"Windows Kits\10");
    let versions = fs::read_dir(kit.join("bin")).map_err(|error| {
        Failed(format!(
            "there is no WDK in {} ({error}); install it, set WDKBinRoot, or pass --unsigned",
            kit.display()
        ))
    })?;
    let versions = versions.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let newest = newest(versions).ok_or_else(|| {
        Failed(format!(
            r"{}\bin has no folder 10.*; install the WDK, or pass --unsigned",
            kit.display()
        ))
    })?;
    Ok([of_version(&kit.join("bin").join(&newest)), of_version(&kit.join("Tools").join(&newest))]
        .concat())
}

fn of_version(folder: &Path) -> Vec<PathBuf> {
    vec![folder.join("x64"), folder.join("x86")]
}

/// By number: 10.0.9 is older than 10.0.26100.
fn newest(versions: impl Iterator<Item = String>) -> Option<String> {
    let numbers = |version: &String| {
        let numbers = version.split('.').map(|number| number.parse().ok());
        numbers.collect::<Option<Vec<u32>>>().filter(|numbers| numbers.first() == Some(&10))
    };
    versions.filter(|version| numbers(version).is_some()).max_by_key(numbers)
}

#[cfg(test)]
mod tests {
    use super::{Step, newest, steps};
    use crate::arch::Arch;
    use crate::layout::Signing;

    fn lines(steps: &[Step]) -> Vec<String> {
        let lines = steps.iter().flat_map(|step| [Some(&step.line), step.otherwise.as_ref()]);
        lines.flatten().map(|line| line.join(" ")).collect()
    }

    #[test]
    fn a_test_signature_is_made_as_cargo_wdk_makes_it() {
        let expected = [
            "infverif /v /u netpnplwf.inf",
            "certmgr -put -c -s WDRTestCertStore -n WDRLocalTestCert netpnplwf.cer",
            "makecert -r -pe -a SHA256 -eku 1.3.6.1.5.5.7.3.3 -ss WDRTestCertStore \
             -n CN=WDRLocalTestCert netpnplwf.cer",
            "signtool sign /v /fd SHA256 /s WDRTestCertStore /n WDRLocalTestCert netpnplwf.sys",
            r"inf2cat /driver:C:\x /os:10_X64 /uselocaltime",
            "signtool sign /v /fd SHA256 /s WDRTestCertStore /n WDRLocalTestCert netpnplwf.cat",
        ];
        assert_eq!(lines(&steps(r"C:\x", Arch::X64, &Signing::SelfSigned)), expected);
    }

    #[test]
    fn a_certificate_of_the_users_gets_a_time_stamp_and_makes_no_other() {
        let signing = Signing::Certificate("AB12".to_owned());
        let signed =
            "signtool sign /v /fd SHA256 /sha1 AB12 /tr http://timestamp.digicert.com /td SHA256";
        let expected = [
            "infverif /v /u netpnplwf.inf".to_owned(),
            format!("{signed} netpnplwf.sys"),
            "inf2cat /driver:x /os:Server10_ARM64 /uselocaltime".to_owned(),
            format!("{signed} netpnplwf.cat"),
        ];
        assert_eq!(lines(&steps("x", Arch::Arm64, &signing)), expected);
        assert_eq!(steps("x", Arch::X64, &Signing::None), []);
    }

    #[test]
    fn the_newest_kit_is_the_highest_number() {
        let found = ["x64", "10.0.9.0", "10.0.26100.0", "10.0.22621.0", "11.0.1.0"];
        assert_eq!(newest(found.map(str::to_owned).into_iter()).as_deref(), Some("10.0.26100.0"));
        assert_eq!(newest(["x86".to_owned()].into_iter()), None);
    }
}
