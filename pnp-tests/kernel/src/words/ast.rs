//! What the words that hold for any driver mean. Durations are in units of 100 ns.

/// A part of the machine before the first step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Given {
    /// `given fail allocation 2`: the n-th pool allocation of the run fails, from 1.
    FailAllocation { nth: u32 },
    /// `given fail call ExAllocatePool2 1 RESOURCES`: the n-th call of an import fails, from 1.
    FailCall { import: String, nth: u32, status: i32 },
    /// `given parameter QueryWakeSettings 1`: a REG_DWORD of the driver's service.
    Parameter { name: String, value: u32 },
    /// `given trace off`: nobody listens until `when trace starts`.
    TraceOff,
}

/// `when ...`
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum When {
    /// `when driver loads`
    DriverLoads,
    /// `when driver unloads`
    DriverUnloads,
    /// `when driver upgrades`: it is unloaded and its image loaded anew.
    DriverUpgrades,
    /// `when 8h passes`
    Passes { for_100ns: u64 },
    /// `when trace starts`
    TraceStarts,
    /// `when trace starts at 0 0x0`: with that level and those keywords.
    TraceStartsAt { level: u8, keywords: u64 },
    /// `when trace stops`
    TraceStops,
    /// `when trace stops in 30s`: later, whatever goes on then.
    TraceStopsIn { for_100ns: u64 },
    /// `when trace captures`: the session asks for the state.
    TraceCaptures,
    /// `when trace captures in 1ms`: on a thread of its own, whatever goes on then.
    TraceCapturesIn { for_100ns: u64 },
}

/// `then ...`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// `then trace NetPnPEvent Event=SetPower Status=SUCCESS`: an event with these fields was
    /// traced since the last `when`.
    Trace(TracePattern),
    /// `then driver loaded | not-loaded | refused 0xC000009A`
    Driver(DriverState),
}

/// The expected state of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum DriverState {
    Loaded,
    NotLoaded,
    Refused { status: i32 },
}

/// `never ...`
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Never {
    /// `never trace Anomaly`
    Trace(TracePattern),
    /// `never call KeBugCheckEx`: the image never calls this import.
    Call { import: String },
}

/// A traced event by name, with fields that must have these values as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracePattern {
    /// `NetPnPEvent`
    pub event: String,
    /// `on eth0`: the field, and its value, that events about this thing have.
    pub on: Option<(String, String)>,
    /// `start`, `stop` or neither.
    pub opcode: Option<Opcode>,
    /// `Event=SetPower`
    pub fields: Vec<(String, String)>,
}

/// Opcodes of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Opcode {
    Start,
    Stop,
}
