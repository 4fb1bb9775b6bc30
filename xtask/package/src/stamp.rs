//! The INF out of its template, as stampinf makes it.

use std::fmt::Write;

use crate::arch::Arch;
use crate::revision::Revision;
use crate::tool::Failed;

/// The `.inf` that `template` gives for one processor: ASCII, with the ends of lines of Windows.
pub fn inf(template: &str, revision: &Revision, arch: Arch) -> Result<String, Failed> {
    if let Some((at, line)) = template.lines().enumerate().find(|(_, line)| !line.is_ascii()) {
        return Err(Failed(format!("inf/netpnplwf.inx:{}: not ASCII: {line}", at + 1)));
    }
    let mut stamped = 0;
    let mut text = String::new();
    for line in template.replace("$ARCH$", arch.decoration()).lines() {
        if is_driver_ver(line) {
            stamped += 1;
            let date = revision.date().format("%m/%d/%Y");
            let _ = write!(text, "DriverVer   = {date},{}", revision.version);
        } else {
            text.push_str(line);
        }
        text.push_str("\r\n");
    }
    if stamped == 1 {
        return Ok(text);
    }
    Err(Failed(format!(
        "inf/netpnplwf.inx: {stamped} lines say DriverVer; one is wanted, which gets date and version"
    )))
}

fn is_driver_ver(line: &str) -> bool {
    let key = line.split_once('=').map_or("", |(key, _)| key.trim());
    key.eq_ignore_ascii_case("DriverVer")
}

#[cfg(test)]
mod tests {
    use super::inf;
    use crate::arch::Arch;
    use crate::revision::Revision;

    const TEMPLATE: &str = include_str!("../../../inf/netpnplwf.inx");

    fn revision() -> Revision {
        let version = "1.2.3.456".to_owned();
        Revision { version, commit: None, dirty: false, seconds: 951_782_400 }
    }

    #[test]
    fn ours_gets_date_version_processor_and_ends_of_lines() {
        for (arch, models) in [(Arch::X64, "NTamd64.10.0"), (Arch::Arm64, "NTarm64.10.0")] {
            let text = inf(TEMPLATE, &revision(), arch).expect("it can be stamped");
            assert!(text.contains("\r\nDriverVer   = 02/29/2000,1.2.3.456\r\n"));
            assert!(text.contains(models));
            assert_eq!(text.matches("$ARCH$").count(), 0);
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
            assert_eq!(text.matches("\r\n").count(), TEMPLATE.lines().count());
        }
    }

    #[test]
    fn a_template_with_windows_lines_gives_the_same() {
        let windows = TEMPLATE.replace('\n', "\r\n");
        let both = [TEMPLATE, &windows].map(|text| inf(text, &revision(), Arch::X64).ok());
        assert!(both[0].is_some() && both[0] == both[1]);
    }

    #[test]
    fn one_line_takes_the_version() {
        let twice = TEMPLATE.replace("PnpLockdown = 1", "DriverVer = x");
        for wrong in [&twice, &TEMPLATE.replace("DriverVer ", ";"), "", "; \u{e9}"] {
            assert!(inf(wrong, &revision(), Arch::X64).is_err(), "{wrong}");
        }
    }
}
