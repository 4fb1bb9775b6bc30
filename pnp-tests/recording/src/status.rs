//! NTSTATUS by the name that NDIS gives it, without the prefix.

/// Completion codes, then the indications that concern links, ports and power.
const NAMES: &[(u32, &str)] = &[
    (0x0000_0000, "SUCCESS"),
    (0x0000_0103, "PENDING"),
    (0x0001_0003, "NOT_ACCEPTED"),
    (0xC000_0001, "FAILURE"),
    (0xC000_000D, "INVALID_PARAMETER"),
    (0xC000_0010, "INVALID_DEVICE_REQUEST"),
    (0xC000_009A, "RESOURCES"),
    (0xC000_00BB, "NOT_SUPPORTED"),
    (0xC000_0184, "INVALID_STATE"),
    (0xC001_0002, "CLOSING"),
    (0xC001_0004, "BAD_VERSION"),
    (0xC001_0005, "BAD_CHARACTERISTICS"),
    (0xC001_0006, "ADAPTER_NOT_FOUND"),
    (0xC001_0007, "OPEN_FAILED"),
    (0xC001_0008, "DEVICE_FAILED"),
    (0xC001_000C, "REQUEST_ABORTED"),
    (0xC001_000D, "RESET_IN_PROGRESS"),
    (0xC001_0014, "INVALID_LENGTH"),
    (0xC001_0015, "INVALID_DATA"),
    (0xC001_0016, "BUFFER_TOO_SHORT"),
    (0xC001_0017, "INVALID_OID"),
    (0xC001_0018, "ADAPTER_REMOVED"),
    (0xC001_0019, "UNSUPPORTED_MEDIA"),
    (0xC023_001F, "MEDIA_DISCONNECTED"),
    (0xC023_002A, "PAUSED"),
    (0xC023_002B, "INTERFACE_NOT_FOUND"),
    (0xC023_002C, "UNSUPPORTED_REVISION"),
    (0xC023_002F, "LOW_POWER_STATE"),
    (0x4001_0004, "RESET_START"),
    (0x4001_0005, "RESET_END"),
    (0x4001_0017, "LINK_STATE"),
    (0x4001_0018, "NETWORK_CHANGE"),
    (0x4001_0022, "PORT_STATE"),
    (0x4001_0023, "OPER_STATUS"),
    (0x4003_0053, "PM_CAPABILITIES_CHANGE"),
    (0x4003_0054, "PM_HARDWARE_CAPABILITIES"),
    (0x4003_0055, "PM_WAKE_REASON"),
];

pub(super) fn name(status: u32) -> Option<&'static str> {
    NAMES.iter().find(|(code, _)| *code == status).map(|(_, name)| *name)
}
