//! `lab/netpnplwf.regions.xml`: regions of interest for Windows Performance Analyzer, one for every
//! event and for every part of a module's life; and the profile that loads them. Source: "Regions of
//! Interest" on Microsoft Learn; Name and Opcode of an Event as in the file that Windows Terminal
//! ships for its own TraceLogging provider.

use std::format;
use std::string::{String, ToString};

use ndis_filter::event::{EventCode, NetDevicePnpEvent, PowerProfile};

use super::{escaped, guid_of, keep, names};
use crate::events::{PROVIDER, TABLE};

/// One of each.
const DEVICE_EVENTS: [NetDevicePnpEvent; 7] = [
    NetDevicePnpEvent::QueryRemoved,
    NetDevicePnpEvent::Removed,
    NetDevicePnpEvent::SurpriseRemoved,
    NetDevicePnpEvent::QueryStopped,
    NetDevicePnpEvent::Stopped,
    NetDevicePnpEvent::PowerProfileChanged(PowerProfile::AcOnLine),
    NetDevicePnpEvent::FilterListChanged,
];

/// A span of the trace as a region: its events, told apart by the field `Event` where they stand for
/// many.
struct Span<'a> {
    region: &'a str,
    friendly: &'a str,
    event: &'a str,
    is: Option<&'a str>,
}

/// Start, stop and how they find each other; without the element's end, for what lies inside.
fn begin(span: &Span<'_>, indent: &str, matched: &str, name_field: &str) -> String {
    let provider = guid_of(PROVIDER);
    let region = guid_of(&format!("{PROVIDER}.Region.{}", span.region));
    let which = span.is.map_or(String::new(), |name| {
        format!("{indent}    <PayloadIdentifier FieldName=\"Event\" FieldValue=\"{name}\"/>\n")
    });
    let ends: String = [("Start", 1), ("Stop", 2)]
        .iter()
        .map(|(element, opcode)| {
            format!(
                "{indent}  <{element}>\n\
                 {indent}    <Event Provider=\"{{{provider}}}\" Name=\"{}\" Opcode=\"{opcode}\"/>\n\
                 {which}{indent}  </{element}>\n",
                span.event
            )
        })
        .collect();
    format!(
        "{indent}<Region Guid=\"{{{region}}}\" Name=\"{}\" FriendlyName=\"{}\">\n\
         {ends}\
         {indent}  <Match>\n\
         {indent}    <Event AID=\"true\">\n\
         {indent}      <Payload FieldName=\"SpanId\"/>\n\
         {indent}    </Event>\n\
         {matched}\
         {indent}  </Match>\n\
         {indent}  <Naming>\n\
         {indent}    <PayloadBased NameField=\"{name_field}\"/>\n\
         {indent}  </Naming>\n",
        span.region,
        escaped(span.friendly)
    )
}

/// An event's region, and inside it the part that the layers above or below took. The same event one
/// layer up lies inside that one: WPA nests it by thread and time.
fn event(name: &str, event: &str, call: &str, layers: &str) -> String {
    let own = Span { region: name, friendly: name, event, is: Some(name) };
    let region = format!("{name}.{call}");
    let friendly = format!("{name}: layers {layers}");
    let inside = Span { region: &region, friendly: &friendly, event: call, is: Some(name) };
    let nest = "          <SelfNest TID=\"true\"/>\n";
    let parent = "            <Parent>\n\
                  \x20             <Payload FieldName=\"ParentSpanId\" TargetFieldName=\"SpanId\"/>\n\
                  \x20           </Parent>\n";
    begin(&own, "      ", nest, "Adapter")
        + &begin(&inside, "        ", parent, "Call")
        + "        </Region>\n      </Region>\n"
}

fn regions() -> String {
    let mut inside = String::new();
    for code in EventCode::ALL {
        inside += &event(code.name(), "NetPnPEvent", "CallUp", "above");
    }
    for name in DEVICE_EVENTS.map(|event| event.name()) {
        inside += &event(name, "DevicePnPEvent", "CallDown", "below");
    }
    for name in ["Attach", "Restart", "Pause", "Detach"] {
        let region = format!("Module.{name}");
        let friendly = format!("Filter{name}");
        let span = Span { region: &region, friendly: &friendly, event: name, is: None };
        inside += &begin(&span, "      ", "", "Adapter");
        inside += "      </Region>\n";
    }
    let root = guid_of(&format!("{PROVIDER}.Regions"));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <!-- Made of driver/src/events.rs by `cargo xtask lab`. Nobody has loaded it in WPA yet. -->\n\
         <InstrumentationManifest>\n  <Instrumentation>\n    <Regions>\n\
         \x20   <RegionRoot Guid=\"{{{root}}}\" Name=\"NetPnP\" FriendlyName=\"Network PnP and power\">\n\
         {inside}\
         \x20   </RegionRoot>\n    </Regions>\n  </Instrumentation>\n</InstrumentationManifest>\n"
    )
}

/// Opens a trace with the regions loaded; tables and their columns are chosen by hand
/// (`docs/wpa.md`).
const ANALYZER: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Made by `cargo xtask lab`. Nobody has opened it in WPA yet. -->
<WpaProfileContainer Version="2" xmlns="http://tempuri.org/SerializableElement.xsd" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Content xsi:type="WpaProfile2">
    <Sessions>
      <Session Index="0">
        <FileReferences>
          <FileReference FileName="netpnplwf.regions.xml" ServiceMoniker="Regions.{51EF6868-EFEC-42A3-B284-1838673CC095}"/>
        </FileReferences>
      </Session>
    </Sessions>
    <Views/>
    <ModifiedGraphs/>
  </Content>
</WpaProfileContainer>
"#;

#[test]
fn the_regions_are_the_ones_in_lab_and_have_documented_names_only() {
    names::check("regions", &regions());
    keep("lab/netpnplwf.regions.xml", &regions());
}

#[test]
fn the_analyzers_profile_is_the_one_in_lab() {
    names::check("analyzer", ANALYZER);
    keep("lab/netpnplwf.wpaProfile", ANALYZER);
}

#[test]
fn every_region_is_of_an_event_of_the_table_and_has_a_guid_of_its_own() {
    let xml = regions();
    let document = roxmltree::Document::parse(&xml).unwrap();
    let mut guids = std::collections::BTreeSet::new();
    for element in document.descendants() {
        if let Some(guid) = element.attribute("Guid") {
            assert!(guids.insert(guid), "{guid} twice");
        }
        if element.has_tag_name("Event")
            && let Some(name) = element.attribute("Name")
        {
            let opcode = element.attribute("Opcode").unwrap();
            let declared = |event: &&driver_kit::etw::Declared| {
                event.name == name && (event.opcode as u8).to_string() == opcode
            };
            assert!(TABLE.iter().any(|event| declared(&event)), "{name} {opcode}");
        }
        if let Some(field) = element.attribute("FieldName").or(element.attribute("NameField")) {
            let fields =
                TABLE.iter().flat_map(|event| event.shared.into_iter().chain([event.fields]));
            assert!(fields.flatten().any(|known| known.name == field), "{field}");
        }
    }
    assert!(guids.len() > 60, "{}", guids.len());
}
