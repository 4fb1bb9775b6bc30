//! The Windows that the machine runs: 11, version 24H2.

/// The build, as RtlGetVersion, NtBuildNumber and the shared page tell it.
pub const BUILD: u32 = 26_100;
