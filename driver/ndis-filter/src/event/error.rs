//! The errors of decoding, for buffers that are not what the event promises.
//!
//! None of them stops an event: whatever the parse says, the event is forwarded (contract d, buffer
//! reading rule 6).

use super::code::EventCode;

/// The reason why a network event has no typed form.
///
/// An event newer than this crate and an event with a damaged buffer are different findings; both
/// keep the raw code and the claimed length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// The code has no variant of [`EventCode`]: it is newer than this crate, or nonsense. Whether that is
    /// an anomaly, the filter decides (netpnplwf: yes).
    Unknown {
        /// The code that NDIS passed.
        code: u32,
        /// `BufferLength`, in bytes. The buffer was not touched.
        length: u32,
    },
    /// The code is known, and its buffer does not hold what the event promises.
    Malformed {
        /// The event's code, which decides how the event is forwarded.
        code: EventCode,
        /// `BufferLength`, in bytes, as the issuer claims it.
        length: u32,
        /// The defect of the buffer.
        reason: Malformed,
    },
}

impl DecodeError {
    /// The code that NDIS passed.
    #[must_use]
    pub const fn raw_code(self) -> u32 {
        match self {
            Self::Unknown { code, .. } => code,
            Self::Malformed { code, .. } => code.raw(),
        }
    }

    /// `BufferLength`, in bytes, as the issuer claims it.
    #[must_use]
    pub const fn length(self) -> u32 {
        match self {
            Self::Unknown { length, .. } | Self::Malformed { length, .. } => length,
        }
    }
}

/// A defect of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// NULL, or zero bytes long, where the contract promises bytes; or a string of some length at
    /// NULL.
    Null,
    /// The buffer is shorter than the structure that it should hold; nothing was read.
    Short {
        /// Bytes that the structure has at least.
        needed: u32,
    },
    /// The buffer is not a whole number of elements long.
    OddLength,
    /// The object header has another type, an older revision or a smaller size than the structure.
    Header,
    /// A device power state that [`DevicePowerState`](super::DevicePowerState) has not.
    PowerState {
        /// The number in the buffer.
        value: i32,
    },
    /// A power profile that is neither battery nor mains.
    PowerProfile {
        /// The number in the buffer.
        value: u32,
    },
    /// A counted string whose `Length` exceeds its `MaximumLength`.
    StringLength {
        /// `Length`, in bytes.
        length: u16,
        /// `MaximumLength`, in bytes.
        maximum: u16,
    },
    /// An inner offset and size that reach past the buffer.
    Bounds,
    /// The buffer, or what it points at, cannot be read.
    Unreadable,
}

impl Malformed {
    /// A stable short name for traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null-buffer",
            Self::Short { .. } => "short-buffer",
            Self::OddLength => "odd-length",
            Self::Header => "foreign-header",
            Self::PowerState { .. } => "power-state",
            Self::PowerProfile { .. } => "power-profile",
            Self::StringLength { .. } => "string-length",
            Self::Bounds => "out-of-bounds",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The reason why the walk of a list ended early. It is the last item that the iterator yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListError {
    /// A pointer that cannot be read.
    Unreadable,
    /// More entries than the 256 that are walked.
    TooLong,
    /// An entry that was already visited comes again.
    Cyclic,
    /// An entry contradicts itself: its length reaches past the buffer, or its header is foreign.
    Damaged,
}

impl ListError {
    /// A stable short name for traces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLong => "too-long",
            Self::Cyclic => "cyclic",
            Self::Damaged => "damaged",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_errors_keep_the_raw_code_and_the_claimed_length() {
        let unknown = DecodeError::Unknown { code: 99, length: 7 };
        assert_eq!((unknown.raw_code(), unknown.length()), (99, 7));
        let reason = Malformed::Null;
        let malformed = DecodeError::Malformed { code: EventCode::BindFailed, length: 3, reason };
        assert_eq!((malformed.raw_code(), malformed.length()), (16, 3));
    }
}
