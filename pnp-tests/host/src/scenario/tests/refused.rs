//! What is said about a line that is wrong.

use insta::assert_snapshot;

use super::PREAMBLE;
use crate::scenario::parse::parse;

/// Everything wrong with a file.
fn errors(text: &str) -> String {
    parse("dir/case.pnp", text).expect_err(text).to_string()
}

/// The one thing wrong with a file.
fn error(text: &str) -> String {
    let errors = errors(text);
    errors.strip_suffix("\n\n1 mistake").expect(text).to_owned()
}

#[test]
fn a_mistyped_word_is_shown_with_what_may_stand_there() {
    assert_snapshot!(error("when driver lods\n"), @r#"
    error: unknown verb `lods`
      --> dir/case.pnp:1:13
       |
     1 | when driver lods
       |             ^^^^
       = expected: loads, unloads, upgrades
       = did you mean `loads`?
    "#);
    assert_snapshot!(error("wehn driver loads\n"), @r#"
    error: unknown word `wehn`
      --> dir/case.pnp:1:1
       |
     1 | wehn driver loads
       | ^^^^
       = expected: given, when, then, never, vary
       = did you mean `when`?
    "#);
}

#[test]
fn windows_spelling_leads_to_the_spelling_of_scenarios() {
    // The page about scenarios shows such a message whole.
    let said = error("given adapter eth0\nwhen eth0 sends neteventsetpower\n");
    assert!(said.ends_with("\n   = did you mean `SetPower`?"), "{said}");
    assert_snapshot!(error("given adapter eth0\nwhen eth0 device-event surpriseremoved\n"), @r#"
    error: unknown event `surpriseremoved`
      --> dir/case.pnp:2:24
       |
     2 | when eth0 device-event surpriseremoved
       |                        ^^^^^^^^^^^^^^^
       = expected: QueryRemoved, Removed, SurpriseRemoved, QueryStopped, Stopped, PowerProfileChanged,
                   FilterListChanged, a number
       = did you mean `SurpriseRemoved`?
    "#);
    assert_snapshot!(error("when driver loads\nthen result NDIS_STATUS_FAILURE\n"), @r#"
    error: unknown status `NDIS_STATUS_FAILURE`
      --> dir/case.pnp:2:13
       |
     2 | then result NDIS_STATUS_FAILURE
       |             ^^^^^^^^^^^^^^^^^^^
       = expected: SUCCESS, PENDING, NOT_ACCEPTED, FAILURE, INVALID_PARAMETER, RESOURCES, NOT_SUPPORTED,
                   BAD_VERSION, BAD_CHARACTERISTICS, REQUEST_ABORTED, RESET_IN_PROGRESS,
                   UNSUPPORTED_MEDIA, PAUSED, LOW_POWER_STATE, 0xC0000001
       = did you mean `FAILURE`?
    "#);
}

#[test]
fn names_must_be_introduced_before_they_are_used() {
    assert_snapshot!(error("when eth0 disables\n"), @r#"
    error: unknown adapter or word `eth0`
      --> dir/case.pnp:1:6
       |
     1 | when eth0 disables
       |      ^^^^
       = expected: driver, trace, a duration, an adapter given on a line above
    "#);
    assert_snapshot!(error("given filter qos on eth0\n"), @r#"
    error: unknown adapter `eth0`
      --> dir/case.pnp:1:21
       |
     1 | given filter qos on eth0
       |                     ^^^^
       = expected: an adapter given on a line above
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}when eth1 disables\n")), @r#"
    error: unknown adapter or word `eth1`
      --> dir/case.pnp:3:6
       |
     3 | when eth1 disables
       |      ^^^^
       = expected: driver, trace, a duration, eth0
       = did you mean `eth0`?
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}given qos on eth0 vetoes QueryPower\n")), @r#"
    error: eth0 has no filter or protocol `qos`
      --> dir/case.pnp:3:7
       |
     3 | given qos on eth0 vetoes QueryPower
       |       ^^^
       = expected: acme, tcpip
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}given tcpip on eth0 swallows SetPower\n")), @r#"
    error: eth0 has no filter `tcpip`
      --> dir/case.pnp:3:7
       |
     3 | given tcpip on eth0 swallows SetPower
       |       ^^^^^
       = expected: acme
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}given acme on eth0 repeat SetPower\n")), @r#"
    error: unknown habit `repeat`
      --> dir/case.pnp:3:20
       |
     3 | given acme on eth0 repeat SetPower
       |                    ^^^^^^
       = expected: holds, vetoes, swallows, repeats
       = did you mean `repeats`?
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}when eth0 rebinds tcpip6\n")), @r#"
    error: eth0 has no protocol `tcpip6`
      --> dir/case.pnp:3:19
       |
     3 | when eth0 rebinds tcpip6
       |                   ^^^^^^
       = expected: tcpip
       = did you mean `tcpip`?
    "#);
}

#[test]
fn a_lost_filter_is_unknown_and_may_come_back() {
    let lost = format!("{PREAMBLE}when eth0 loses-filter acme\n");
    assert!(parse("case.pnp", &format!("{lost}when eth0 gains-filter acme at-top\n")).is_ok());
    assert_snapshot!(error(&format!("{lost}then acme on eth0 saw SetPower\n")), @r#"
    error: eth0 has no filter or protocol `acme`
      --> dir/case.pnp:4:6
       |
     4 | then acme on eth0 saw SetPower
       |      ^^^^
       = expected: tcpip
    "#);
}

#[test]
fn a_name_is_introduced_once() {
    assert_snapshot!(error("given adapter eth0\ngiven adapter eth0\n"), @r#"
    error: adapter `eth0` is already given
      --> dir/case.pnp:2:15
       |
     2 | given adapter eth0
       |               ^^^^
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}given filter acme on eth0\n")), @r#"
    error: `acme` is already on eth0
      --> dir/case.pnp:3:14
       |
     3 | given filter acme on eth0
       |              ^^^^
    "#);
    assert_snapshot!(error("given adapter a \"NIC\"\ngiven adapter b \"NIC\"\n"), @r#"
    error: two adapters are called "NIC"
      --> dir/case.pnp:2:17
       |
     2 | given adapter b "NIC"
       |                 ^^^^^
       = expected: an instance name of its own
    "#);
    assert_snapshot!(error("given adapter driver\n"), @r#"
    error: `driver` is a word of the grammar
      --> dir/case.pnp:1:15
       |
     1 | given adapter driver
       |               ^^^^^^
       = expected: another name
    "#);
    assert_snapshot!(error("given adapter Eth0\n"), @r#"
    error: `Eth0` is not a name
      --> dir/case.pnp:1:15
       |
     1 | given adapter Eth0
       |               ^^^^
       = expected: a lower-case letter, then letters, digits, `-` and `_`
    "#);
}

#[test]
fn the_implicit_protocol_is_gone_once_others_are_named() {
    let own = "given adapter eth0\ngiven protocol lltd on eth0\n";
    assert_snapshot!(error(&format!("{own}given tcpip on eth0 vetoes QueryPower\n")), @r#"
    error: eth0 has no filter or protocol `tcpip`
      --> dir/case.pnp:3:7
       |
     3 | given tcpip on eth0 vetoes QueryPower
       |       ^^^^^
       = expected: lltd
    "#);
    let used = "given adapter eth0\ngiven tcpip on eth0 vetoes QueryPower\n";
    assert_snapshot!(error(&format!("{used}given protocol lltd on eth0\n")), @r#"
    error: tcpip on eth0 is in use above
      --> dir/case.pnp:3:16
       |
     3 | given protocol lltd on eth0
       |                ^^^^
       = expected: the protocols of an adapter before the lines about them
    "#);
    assert!(parse("case.pnp", &format!("{own}given protocol tcpip on eth0\nwhen 1s pass")).is_ok());
}

#[test]
fn quantities_are_checked_and_explained() {
    assert_snapshot!(error("when 8hours pass\n"), @r#"
    error: `8hours` is not a duration
      --> dir/case.pnp:1:6
       |
     1 | when 8hours pass
       |      ^^^^^^
       = expected: 100ns, 10us, 850ms, 40s, 5m, 8h, 2d
    "#);
    assert_snapshot!(error("when 150ns pass\n"), @r#"
    error: time is counted in units of 100ns
      --> dir/case.pnp:1:6
       |
     1 | when 150ns pass
       |      ^^^^^
       = expected: 100ns, 10us, 850ms, 40s, 5m, 8h, 2d
    "#);
    assert_snapshot!(error("when 40000d pass\n"), @r#"
    error: longer than a century
      --> dir/case.pnp:1:6
       |
     1 | when 40000d pass
       |      ^^^^^^
       = expected: 36500d or less
    "#);
    assert_snapshot!(error("given runtime 6\n"), @r#"
    error: `6` is not an NDIS version
      --> dir/case.pnp:1:15
       |
     1 | given runtime 6
       |               ^
       = expected: 6.30, 6.89
    "#);
    assert_snapshot!(error("given fail allocation 0\n"), @r#"
    error: the first one is number 1
      --> dir/case.pnp:1:23
       |
     1 | given fail allocation 0
       |                       ^
       = expected: 1 or more
    "#);
    assert_snapshot!(error("when driver loads\nthen bugcheck 0xFFFFFFFFF\n"), @r#"
    error: `0xFFFFFFFFF` is not a number of 32 bits
      --> dir/case.pnp:2:15
       |
     2 | then bugcheck 0xFFFFFFFFF
       |               ^^^^^^^^^^^
       = expected: a decimal number, or 0x and hex digits
    "#);
    assert_snapshot!(error("when driver loads\nthen violation NV19\n"), @r#"
    error: `NV19` is not the id of a rule
      --> dir/case.pnp:2:16
       |
     2 | then violation NV19
       |                ^^^^
       = expected: NV-19
    "#);
}

#[test]
fn bytes_come_in_pairs_of_hex_digits() {
    assert_snapshot!(error(&format!("{PREAMBLE}when eth0 event SetPower 04 0\n")), @r#"
    error: odd number of hex digits in `0`
      --> dir/case.pnp:3:29
       |
     3 | when eth0 event SetPower 04 0
       |                             ^
       = expected: two digits for each byte
    "#);
    assert_snapshot!(error(&format!("{PREAMBLE}when eth0 event SetPower unalinged 04\n")), @r#"
    error: unknown byte `unalinged`
      --> dir/case.pnp:3:26
       |
     3 | when eth0 event SetPower unalinged 04
       |                          ^^^^^^^^^
       = expected: bytes in hex: 0a ff, null, unaligned, claims
       = did you mean `unaligned`?
    "#);
}

#[test]
fn lines_are_neither_too_short_nor_too_long() {
    assert_snapshot!(error(&format!("{PREAMBLE}when eth0 sleeps  # how deep?\n")), @r#"
    error: the line ends where a device state is missing
      --> dir/case.pnp:3:17
       |
     3 | when eth0 sleeps  # how deep?
       |                 ^
       = expected: D1, D2, D3
    "#);
    assert_snapshot!(error("when driver loads twice\n"), @r#"
    error: the line is complete before `twice`
      --> dir/case.pnp:1:19
       |
     1 | when driver loads twice
       |                   ^^^^^
       = expected: the end of the line
    "#);
    assert_snapshot!(error("given adapter eth0 \"Contoso\n"), @r#"
    error: this quote is not closed
      --> dir/case.pnp:1:20
       |
     1 | given adapter eth0 "Contoso
       |                    ^
       = expected: "
    "#);
    assert_snapshot!(error("when driver loads\nthen trace Attach State\n"), @r#"
    error: unknown part of a trace `State`
      --> dir/case.pnp:2:19
       |
     2 | then trace Attach State
       |                   ^^^^^
       = expected: start, stop, on, Field=Value
    "#);
}

#[test]
fn a_topic_is_settled_on_one_line() {
    assert_snapshot!(error("given runtime 6.89\nwhen 1s pass\nvary runtime 6.30\n"), @r#"
    error: `runtime` is given (line 1)
      --> dir/case.pnp:3:6
       |
     3 | vary runtime 6.30
       |      ^^^^^^^
       = expected: one line about it, `given` or `vary`
    "#);
    assert_snapshot!(error("given attach after-register\ngiven attach after-register\n"), @r#"
    error: `attach` is already given (line 1)
      --> dir/case.pnp:2:7
       |
     2 | given attach after-register
       |       ^^^^^^
    "#);
    assert_snapshot!(error("when 1s pass\nvary runtime 6.30\nvary runtime 6.30\n"), @r#"
    error: `runtime` varies already (line 2)
      --> dir/case.pnp:3:6
       |
     3 | vary runtime 6.30
       |      ^^^^^^^
       = expected: one line about it, `given` or `vary`
    "#);
    assert_snapshot!(error("when 1s pass\nvary predetach absent absent\n"), @r#"
    error: `absent` is listed twice
      --> dir/case.pnp:2:23
       |
     2 | vary predetach absent absent
       |                       ^^^^^^
    "#);
    assert_snapshot!(error("when 1s pass\nvary mood good bad\n"), @r#"
    error: unknown topic `mood`
      --> dir/case.pnp:2:6
       |
     2 | vary mood good bad
       |      ^^^^
       = expected: runtime, fail-allocation, predetach, attach, query-power, restart-attributes,
                   bind-events, halt-detach, stack-change, completion, power-oids, set-power-in-idle,
                   forwarding, port-events, status-before-attach, headers, work, mac-header
    "#);
}

#[test]
fn a_file_has_a_bounded_number_of_cases() {
    let numbers: Vec<String> = (1..=600).map(|nth| nth.to_string()).collect();
    let many = format!("vary fail-allocation {}\n", numbers.join(" "));
    assert!(parse("case.pnp", &format!("when 1s pass\n{many}")).is_ok());
    let text = format!("when 1s pass\n{many}vary attach during-register after-register\n");
    assert_snapshot!(error(&text), @r#"
    error: with this line the file has over 1000 cases
      --> dir/case.pnp:3:6
       |
     3 | vary attach during-register after-register
       |      ^^^^^^
    "#);
}

#[test]
fn givens_come_first_and_something_must_happen() {
    assert_snapshot!(error("when driver loads\ngiven adapter eth0\n"), @r#"
    error: `given` after the first `when` (line 1)
      --> dir/case.pnp:2:1
       |
     2 | given adapter eth0
       | ^^^^^
       = expected: when, then, never, vary
    "#);
    assert_snapshot!(error("# Nothing.\ngiven adapter eth0\n"), @r#"
    error: nothing happens in this file
      --> dir/case.pnp:2:1
       |
     2 | given adapter eth0
       | ^
       = expected: a `when` line
    "#);
}

#[test]
fn all_mistakes_of_a_file_are_reported_each_once() {
    let text = "given adapter eth0 fast\nwhen driver loads\ngiven adapter eth1\n\
                when eth1 sleeps D4\nwhen eth0 gains-filter qos ontop\nwhen eth0 loses-filter qos\n";
    assert_snapshot!(errors(text), @r#"
    error: unknown adapter option `fast`
      --> dir/case.pnp:1:20
       |
     1 | given adapter eth0 fast
       |                    ^^^^
       = expected: no-pause-on-suspend, halt-on-suspend, absent

    error: `given` after the first `when` (line 2)
      --> dir/case.pnp:3:1
       |
     3 | given adapter eth1
       | ^^^^^
       = expected: when, then, never, vary

    error: unknown device state `D4`
      --> dir/case.pnp:4:18
       |
     4 | when eth1 sleeps D4
       |                  ^^
       = expected: D1, D2, D3
       = did you mean `D1`?

    error: unknown place `ontop`
      --> dir/case.pnp:5:28
       |
     5 | when eth0 gains-filter qos ontop
       |                            ^^^^^
       = expected: above, below, at-bottom, at-top

    4 mistakes
    "#);
}

#[test]
fn a_long_line_is_shown_around_the_mistake() {
    let bytes = "00 ".repeat(60);
    let line = format!("when eth0 event SetPower {bytes}0x00 {bytes}");
    assert_snapshot!(error(&format!("given adapter eth0\n{line}\n")), @r#"
    error: unknown byte `0x00`
      --> dir/case.pnp:2:206
       |
     2 | … 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 0x00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 …
       |                                                ^^^^
       = expected: bytes in hex: 0a ff, null, unaligned, claims
    "#);
}
