//! The names that scenarios use for Windows' numbers.

pub use journal::names::{STATUS_NAMES, parse_status, status_name};
pub use ndis::names::{
    DEVICE_EVENT_NAMES, EVENT_NAMES, device_event_code, device_event_name, event_code, event_name,
};
