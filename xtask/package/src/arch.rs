//! Processors, and what each of their names is for.

use clap::ValueEnum;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Arch {
    X64,
    Arm64,
}

impl Arch {
    pub const BOTH: [Self; 2] = [Self::X64, Self::Arm64];

    /// The processor's name in folders and zips, and in xtask's `--arch`.
    pub fn name(self) -> &'static str {
        match self {
            Self::X64 => "x64",
            Self::Arm64 => "arm64",
        }
    }

    /// In an INF, for `$ARCH$` (docs:install/inf-manufacturer-section).
    pub fn decoration(self) -> &'static str {
        match self {
            Self::X64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As inf2cat calls the oldest Windows that the INF is for.
    pub fn inf2cat(self) -> &'static str {
        match self {
            Self::X64 => "10_X64",
            Self::Arm64 => "Server10_ARM64",
        }
    }

    pub fn target(self) -> &'static str {
        match self {
            Self::X64 => "x86_64-pc-windows-msvc",
            Self::Arm64 => "aarch64-pc-windows-msvc",
        }
    }
}
