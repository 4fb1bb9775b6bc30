//! The picture of the README: the page of a recording, in a browser.

use crate::image::{Arch, build_driver, target};
use crate::run::{Failed, cargo, program, root};

const PICTURE: &str = "docs/images/slow-filter.png";
/// The SetPower that the scenario's filter holds for four seconds.
const ROW: &str = "#row22";

pub fn draw() -> Result<(), Failed> {
    build_driver(Arch::X64)?;
    let folder = target()?;
    let (recording, page) = (folder.join("slow-filter.etl"), folder.join("slow-filter.html"));
    netpnp(["run", "--scenario", "slow-filter", "--etl"]).arg(&recording).output()?;
    netpnp(["trace", "export", "--format", "html", "--out"]).arg(&page).arg(&recording).run()?;
    let picture = root().join(PICTURE);
    program("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
        .args(["--window-size=1280,800", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", folder.join("chromium").display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}{ROW}", page.display()))
        .output()?;
    println!("{PICTURE}");
    Ok(())
}

fn netpnp<const N: usize>(arguments: [&str; N]) -> crate::run::Run {
    cargo(["run", "--quiet", "--package", "netpnp", "--"]).args(arguments)
}
