//! The driver's life: Load, LoadFailed, Unload.

use driver_kit::etw::{NoFields, text};
use ndis_filter::kernel::RegisterError;

use super::PROVIDER;
use super::span::{Ids, activity, own_activity};
use crate::events::{Load, LoadFailed, Unload, keyword};
use crate::recorder;

/// Traces that the driver registered with NDIS under this version.
pub fn load(version: (u8, u8)) {
    let (major, minor) = version;
    let event = Load {
        NdisMajor: major,
        NdisMinor: minor,
        Version: text(env!("CARGO_PKG_VERSION")),
        HistoryRecords: recorder::capacity(),
    };
    let id = activity(Ids::alone().span);
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &NoFields, &NoFields, &event);
}

/// Traces that the driver could not register and will not stay.
pub fn load_failed(error: RegisterError) {
    let (reason, status) = match error {
        RegisterError::Runtime(runtime) => ("ndis-too-old", runtime.cast_signed()),
        RegisterError::Refused(status) => ("refused", status.0),
    };
    let event = LoadFailed { Reason: text(reason), Status: status };
    let id = activity(Ids::alone().span);
    PROVIDER.write(
        keyword::LIFECYCLE | keyword::ANOMALY,
        own_activity(&id),
        &NoFields,
        &NoFields,
        &event,
    );
}

/// Traces that every module is detached and the driver leaves.
pub fn unload() {
    let event = Unload { Records: recorder::filling().next };
    let id = activity(Ids::alone().span);
    PROVIDER.write(keyword::LIFECYCLE, own_activity(&id), &NoFields, &NoFields, &event);
}
