//! `lab/netpnplwf.wprp`: what `wpr -start` takes. Source: the reference of WPR's profile elements on
//! Microsoft Learn (Windows Performance Toolkit, "WPRControlProfiles schema").

use std::format;
use std::string::String;

use super::{escaped, guid_of, keep, names};
use crate::events::{PROVIDER, keyword};

/// Providers of Windows that the verbose profiles add: name, GUID, what they tell.
const WINDOWS: [(&str, &str); 3] = [
    ("Microsoft-Windows-NDIS", "cdead503-17f5-4a3e-b7ae-df8cc2902eb9"),
    ("Microsoft-Windows-Kernel-Power", "331c3b3a-2005-44c2-ac5e-77220c37d6b4"),
    ("Microsoft-Windows-Kernel-PnP", "9c205a39-1250-487d-abd7-e831c6290539"),
];

/// Every keyword of the driver.
const KEYWORDS: u64 = keyword::LIFECYCLE
    | keyword::POWER
    | keyword::PNP
    | keyword::BINDING
    | keyword::PORTS
    | keyword::STATUS
    | keyword::ANOMALY
    | keyword::HISTORY;

fn id(name: &str) -> String {
    format!("EventProvider_{}", name.replace('-', ""))
}

fn providers() -> String {
    let guid = guid_of(PROVIDER);
    let mut out = format!(
        r#"    <!-- NonPagedMemory: a driver writes at any IRQL. CaptureState: modules and history. -->
    <EventProvider Id="{}" Name="{guid}" NonPagedMemory="true" Level="5">
      <Keywords>
        <Keyword Value="{KEYWORDS:#x}"/>
      </Keywords>
      <CaptureStateOnStart>
        <Keyword Value="{:#x}"/>
      </CaptureStateOnStart>
      <CaptureStateOnSave>
        <Keyword Value="{:#x}"/>
      </CaptureStateOnSave>
    </EventProvider>
"#,
        id(PROVIDER),
        keyword::HISTORY,
        keyword::HISTORY
    );
    for (name, guid) in WINDOWS {
        out += &format!(
            r#"    <!-- {} -->
    <EventProvider Id="{}" Name="{guid}" NonPagedMemory="true" Level="5">
      <Keywords>
        <Keyword Value="0x7FFFFFFFFFFFFFFF"/>
      </Keywords>
    </EventProvider>
"#,
            escaped(name),
            id(name)
        );
    }
    out
}

fn profiles() -> String {
    let mut out = String::new();
    for (detail, what, windows) in [
        ("Light", "Network PnP and power events of every adapter", &WINDOWS[..0]),
        ("Verbose", "The same, with NDIS, kernel power and kernel PnP", &WINDOWS[..]),
    ] {
        for mode in ["File", "Memory"] {
            let ids = [PROVIDER].into_iter().chain(windows.iter().map(|(name, _)| *name));
            let ids: String = ids
                .map(|name| format!("            <EventProviderId Value=\"{}\"/>\n", id(name)))
                .collect();
            out += &format!(
                r#"    <Profile Id="NetPnP.{detail}.{mode}" Name="NetPnP" Description="{what}"
             DetailLevel="{detail}" LoggingMode="{mode}">
      <Collectors>
        <EventCollectorId Value="EventCollector_NetPnP">
          <EventProviders>
{ids}          </EventProviders>
        </EventCollectorId>
      </Collectors>
    </Profile>
"#
            );
        }
    }
    out
}

fn profile() -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Made of driver/src/events.rs by `cargo xtask lab`. Nobody has run it on Windows yet. -->
<WindowsPerformanceRecorder Version="1.0" Author="netpnplwf">
  <Profiles>
    <EventCollector Id="EventCollector_NetPnP" Name="NetPnP Collector">
      <BufferSize Value="256"/>
      <Buffers Value="64"/>
    </EventCollector>
{}{}  </Profiles>
</WindowsPerformanceRecorder>
"#,
        providers(),
        profiles()
    )
}

#[test]
fn the_profile_is_the_one_in_lab_and_has_documented_names_only() {
    names::check("profile", &profile());
    keep("lab/netpnplwf.wprp", &profile());
}

#[test]
fn every_id_that_the_profile_refers_to_is_defined_once_before_it() {
    let xml = profile();
    let document = roxmltree::Document::parse(&xml).unwrap();
    for reference in document.descendants() {
        let defined = match reference.tag_name().name() {
            "EventProviderId" => "EventProvider",
            "EventCollectorId" => "EventCollector",
            _ => continue,
        };
        let wanted = reference.attribute("Value");
        let definitions = document
            .descendants()
            .filter(|element| element.has_tag_name(defined) && element.attribute("Id") == wanted);
        let places: std::vec::Vec<_> = definitions.map(|element| element.range().start).collect();
        assert!(places.len() == 1 && places[0] < reference.range().start, "{wanted:?}");
    }
}
