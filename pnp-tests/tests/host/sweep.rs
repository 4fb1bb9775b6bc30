//! Sweeps over the shipped driver: every NDIS version, every allocation, every code.

use std::fmt::Write as _;

use crate::netpnp::play_text;

#[test]
fn every_runtime_from_6_30_up_is_registered_with_the_highest_version_both_sides_know() {
    let known = [30, 50, 60, 70, 80, 82, 84, 85, 86, 87, 89];
    for runtime in 0..=90 {
        let best = known.iter().rev().find(|&&minor| minor <= runtime);
        let outcome = match best {
            Some(minor) => format!(
                "then driver loaded\nthen trace Load NdisMajor=6 NdisMinor={minor}\n\
                 then eth0 running\n"
            ),
            None => "then driver refused 0xC00000BB\nthen trace LoadFailed Reason=ndis-too-old\n"
                .to_owned(),
        };
        let text =
            format!("given runtime 6.{runtime}\ngiven adapter eth0\nwhen driver loads\n{outcome}");
        let ran = play_text("netpnplwf", "version", &text, &[]);
        assert_eq!(ran.code, Some(0), "6.{runtime}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn every_allocation_may_fail_and_nothing_is_lost() {
    // The recorder's; three adapters, one with two modules: 4 modules of 4 allocations each, and
    // re-attached ones.
    for nth in 1..=25 {
        let text = format!(
            "given adapter eth0\ngiven adapter eth1\ngiven adapter eth2\ngiven filter qos on eth0\n\
             given fail allocation {nth}\n\
             when driver loads\nthen driver loaded\n\
             when eth0 disables\nwhen eth0 enables\nwhen eth0 sleeps D3\nwhen eth0 resumes\n\
             when driver unloads\nthen driver not-loaded\n"
        );
        let ran = play_text("netpnplwf", "allocation", &text, &[]);
        assert_eq!(ran.code, Some(0), "allocation {nth}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_failed_allocation_costs_exactly_one_module() {
    // Three names and the module; with requests of its own, what those need comes in between.
    for (asks, nth) in (1..=4).map(|nth| (0, nth)).chain((1..=5).map(|nth| (1, nth))) {
        let text = format!(
            "given parameter QueryWakeSettings {asks}\ngiven adapter eth0\ngiven adapter eth1\ngiven fail allocation {nth}\n\
             when driver loads\nthen modules eth0 0\nthen modules eth1 1\nthen eth1 running\n\
             then trace AttachFailed Reason=no-memory Status=RESOURCES\n"
        );
        let ran = play_text("netpnplwf", "allocation", &text, &[]);
        assert_eq!(ran.code, Some(0), "allocation {nth}\n{}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn a_session_gets_what_it_asks_for_and_0_asks_for_everything() {
    let sessions = [
        ("0 0x0", "then trace Anomaly\nnever trace Nothing\n"),
        ("4 0", "then trace Anomaly\nnever trace Nothing\n"),
        ("0 0x2", "never trace Pause\nnever trace Anomaly\nnever trace Rundown\n"),
        ("3 0x0", "then trace Anomaly\nnever trace NetPnPEvent\nnever trace Pause\n"),
        ("4 0x80", "never trace NetPnPEvent\nnever trace Anomaly\n"),
    ];
    for (asked, outcome) in sessions {
        let power = if asked.starts_with('3') || asked.ends_with("80") {
            ""
        } else {
            "then trace NetPnPEvent stop on eth0 Event=SetPower\nthen trace CallUp on eth0\n"
        };
        let rundown = if asked.ends_with("0x80") || asked == "0 0x0" || asked == "4 0" {
            "then trace RundownEnd Modules=1\n"
        } else {
            ""
        };
        let text = format!(
            "given adapter eth0\ngiven trace off\nwhen driver loads\n\
             when trace starts at {asked}\n{rundown}when eth0 sleeps D3\n{power}\
             when eth0 event RequirePause\n{outcome}"
        );
        let ran = play_text("netpnplwf", "session", &text, &[]);
        assert_eq!(ran.code, Some(0), "{asked}\n{}{}", ran.stdout, ran.stderr);
    }
}

/// Buffers that no event may crash on, whatever it expects.
const BUFFERS: [&str; 14] = [
    "",
    "null 4",
    "null 176",
    "00",
    "01 00",
    "04 00 00 00",
    "unaligned 04 00 00 00",
    "ff ff ff ff",
    "ff ff ff 7f",
    "41 00 42",
    "80 01 0c 00 00 00 00 00 01 00 00 00",
    "80 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
    "a3 01 34 00 00 00 00 00 00 00 00 00 00 00 00 00 ff 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 \
     00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
];

#[test]
fn every_code_with_every_malformed_buffer_is_forwarded_and_none_crashes() {
    let mut text = String::from("given adapter eth0\nwhen driver loads\n");
    for code in (0..=40).chain([255, 65_536, 2_147_483_647, 2_147_483_648, 4_294_967_295]) {
        for buffer in BUFFERS {
            let _ = writeln!(text, "when eth0 event {code} {buffer}");
            text.push_str("then result SUCCESS\n");
            if let Some(name) = host::scenario::names::event_name(code) {
                let _ = writeln!(text, "then tcpip on eth0 saw {name}");
            }
        }
    }
    for code in 0..=12 {
        for buffer in BUFFERS {
            let _ = writeln!(text, "when eth0 device-event {code} {buffer}");
        }
    }
    let ran = play_text("netpnplwf", "malformed", &text, &[]);
    let tail: Vec<_> = ran.stdout.lines().rev().take(30).collect();
    assert_eq!(ran.code, Some(0), "{tail:#?}\n{}", ran.stderr);
}
