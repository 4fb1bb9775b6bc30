//! The driver's and the modules' lives: Load, Attach, Restart, Pause, Detach, Unload.

use ndis_filter::condition::Condition;
use ndis_filter::kernel::{AttachError, PauseParameters, RegisterError, RestartParameters};
use tracelogging::write_event;

use super::{PROVIDER, counted, keyword, link_mbps};
use crate::module::{Identity, Module};

/// The driver registered with NDIS under this version.
pub fn load(version: (u8, u8)) {
    let (major, minor) = version;
    write_event!(
        PROVIDER,
        "Load",
        level(Informational),
        keyword(keyword::LIFECYCLE),
        u8("NdisMajor", &major),
        u8("NdisMinor", &minor),
        str8("Version", env!("CARGO_PKG_VERSION")),
    );
}

/// The driver could not register and will not stay.
pub fn load_failed(error: RegisterError) {
    let (reason, value) = match error {
        RegisterError::Runtime(runtime) => ("ndis-too-old", runtime.cast_signed()),
        RegisterError::Refused(status) => ("refused", status.0),
    };
    write_event!(
        PROVIDER,
        "LoadFailed",
        level(Error),
        keyword(keyword::LIFECYCLE | keyword::ANOMALY),
        str8("Reason", reason),
        win_ntstatus("Status", &value),
    );
}

/// Every module is detached and the driver leaves.
pub fn unload() {
    write_event!(PROVIDER, "Unload", level(Informational), keyword(keyword::LIFECYCLE));
}

/// A module is attached: who it is, in full.
#[inline(never)]
pub fn attach(module: &Module) {
    let identity = &module.identity;
    let adapter = counted(&identity.adapter);
    let guid_name = counted(&module.guid_name);
    let miniport = counted(&module.miniport_name);
    write_event!(
        PROVIDER,
        "Attach",
        level(Informational),
        keyword(keyword::LIFECYCLE),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        raw_meta("Module", Str16),
        raw_data(&guid_name.length),
        raw_data(guid_name.bytes),
        raw_meta("Miniport", Str16),
        raw_data(&miniport.length),
        raw_data(miniport.bytes),
        u64_hex("ModuleLuid", &module.luid),
        i32("Medium", &module.medium),
        i32("PhysicalMedium", &module.physical_medium),
        i32("MediaConnectState", &module.media_connect_state),
        str8("NewState", "Paused"),
    );
}

/// An attach failed; nothing of the module is left, so nothing of it can be named.
pub fn attach_failed(error: AttachError) {
    let reason = match error {
        AttachError::Memory => "no-memory",
        AttachError::Parameters => "foreign-parameters",
        AttachError::SetAttributes(_) => "set-attributes-refused",
    };
    write_event!(
        PROVIDER,
        "AttachFailed",
        level(Error),
        keyword(keyword::LIFECYCLE | keyword::ANOMALY),
        str8("Reason", reason),
        win_ntstatus("Status", &error.status().0),
    );
}

/// A module runs.
#[inline(never)]
pub fn restart(
    identity: &Identity,
    parameters: &RestartParameters<'_>,
    before: Condition,
    after: Condition,
) {
    if !PROVIDER.enabled(tracelogging::Level::Informational, keyword::LIFECYCLE) {
        return;
    }
    let adapter = counted(&identity.adapter);
    let general = parameters.attributes.and_then(|attributes| attributes.general());
    let (mtu_bytes, speed) =
        general.map_or((0, 0), |general| (general.mtu_size, general.max_xmit_link_speed));
    write_event!(
        PROVIDER,
        "Restart",
        level(Informational),
        keyword(keyword::LIFECYCLE),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        bool8("AttributesChanged", &parameters.attributes.is_some()),
        u32("MtuBytes", &mtu_bytes),
        u64("LinkMbps", &link_mbps(speed)),
        str8("State", before.state.name()),
        str8("NewState", after.state.name()),
        str8("Power", after.power.name()),
    );
}

/// A module is paused.
#[inline(never)]
pub fn pause(
    identity: &Identity,
    parameters: PauseParameters,
    before: Condition,
    after: Condition,
) {
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "Pause",
        level(Informational),
        keyword(keyword::LIFECYCLE),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        u32_hex("PauseReason", &parameters.reason.bits()),
        str8("State", before.state.name()),
        str8("NewState", after.state.name()),
        str8("Power", after.power.name()),
    );
}

/// A module is about to go.
#[inline(never)]
pub fn detach(module: &Module, before: Condition) {
    let identity = &module.identity;
    let adapter = counted(&identity.adapter);
    write_event!(
        PROVIDER,
        "Detach",
        level(Informational),
        keyword(keyword::LIFECYCLE),
        u32("IfIndex", &identity.if_index),
        u32("LowerIfIndex", &identity.lower_if_index()),
        u32("MiniportIfIndex", &identity.miniport_if_index),
        u64_hex("MiniportLuid", &identity.miniport_luid),
        raw_meta("Adapter", Str16),
        raw_data(&adapter.length),
        raw_data(adapter.bytes),
        bool8("PreDetachSeen", &before.pre_detached),
        str8("Removal", before.removal.name()),
        str8("State", before.state.name()),
        str8("NewState", "Detached"),
        str8("Power", before.power.name()),
    );
}
