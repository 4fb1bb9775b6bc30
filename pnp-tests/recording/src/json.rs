//! The timeline's items for programs.

use serde_json::{Value, json};

use super::timeline::Item;

/// `{"events": [...]}`: every item in its place, spans not yet paired, times as they were recorded.
#[must_use]
pub fn events_json(items: &[Item]) -> Value {
    let entries: Vec<Value> = items
        .iter()
        .map(|item| match item {
            Item::Heading { time_100ns, text } => {
                json!({"heading": text, "time_100ns": time_100ns})
            }
            Item::Note { time_100ns, text } => json!({"note": text, "time_100ns": time_100ns}),
            Item::Event(event) => json!(event),
        })
        .collect();
    json!({ "events": entries })
}
