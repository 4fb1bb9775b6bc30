//! A scenario after parsing: closed enums, names not yet resolved against each other.
//!
//! The grammar stands in `docs/scenarios.md`. Durations are in units of 100 ns, as everywhere in
//! the host.

use crate::ndis::given::{DeviceState, Place, RawBuffer, WakeReason};
use crate::ndis::switches::Switch;

/// One named case: a file, or one combination of a file's `vary` lines.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// File stem, with the drawn values of `vary` in brackets: `sleep[predetach=absent]`.
    pub name: String,
    /// Where it was read from, for messages.
    pub file: String,
    /// The comment at the top of the file, one sentence or several.
    pub summary: String,
    /// All `given` lines, in order.
    pub givens: Vec<Line<Given>>,
    /// `when`, `then` and `never` lines, in order.
    pub steps: Vec<Line<Step>>,
}

/// A line of the file, for messages and headings.
#[derive(Clone, Debug)]
pub struct Line<T> {
    /// 1-based.
    pub number: u32,
    /// As written, trimmed, without the first word.
    pub text: String,
    /// What it means.
    pub what: T,
}

/// What is there before the first step.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// `given runtime 6.89`: what `NdisGetVersion` answers.
    Runtime { major: u8, minor: u8 },
    /// `given adapter eth0 "Contoso 2.5GbE" no-pause-on-suspend halt-on-suspend absent`
    Adapter(Adapter),
    /// `given filter qos on eth0`: a foreign modifying filter; the first one named sits lowest.
    Filter { filter: String, adapter: String },
    /// `given protocol tcpip on eth0`: every adapter has `tcpip` unless it names its own.
    Protocol { protocol: String, adapter: String },
    /// `given tcpip on eth0 holds SetPower for 40ms`: a filter or protocol takes its time.
    Holds { component: String, adapter: String, event: EventName, for_100ns: u64 },
    /// `given tcpip on eth0 vetoes QueryPower`
    Vetoes { component: String, adapter: String, event: EventName },
    /// `given qos on eth0 swallows SetPower`: a filter keeps it from everyone above.
    Swallows { filter: String, adapter: String, event: EventName },
    /// `given qos on eth0 repeats SetPower`: a filter passes it on twice.
    Repeats { filter: String, adapter: String, event: EventName },
    /// `given fail allocation 2`: the n-th pool allocation of the run fails, from 1.
    FailAllocation { nth: u32 },
    /// `given fail call NdisFSetAttributes 1 RESOURCES`: the n-th call of an import fails, from 1.
    FailCall { import: String, nth: u32, status: StatusName },
    /// `given parameter QueryWakeSettings 1`: a REG_DWORD of the driver's service.
    Parameter { name: String, value: u32 },
    /// `given trace off`: nobody listens until `when trace starts`.
    TraceOff,
    /// `given predetach absent` and the like.
    Switch(Switch),
}

/// A miniport adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Scenario name: `eth0`.
    pub name: String,
    /// What NDIS gives as `BaseMiniportInstanceName`; the scenario name when absent.
    pub instance_name: Option<String>,
    /// `NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND`.
    pub no_pause_on_suspend: bool,
    /// Halted on suspend: no `NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND` and no power management.
    pub halt_on_suspend: bool,
    /// Not plugged in yet; `when eth0 appears` starts it.
    pub absent: bool,
}

/// What happens, and what must hold at that point.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// `when ...`
    When(When),
    /// `then ...`
    Then(Then),
    /// `never ...`: holds for the whole run, wherever the line stands.
    Never(Never),
}

/// `when ...`
#[derive(Clone, Debug, PartialEq)]
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
    /// `when eth0 ...`
    Adapter { adapter: String, does: AdapterVerb },
}

/// `when eth0 ...`
#[derive(Clone, Debug, PartialEq)]
pub enum AdapterVerb {
    /// `appears`: the device is plugged in and started.
    Appears,
    /// `disables`: query remove, pause, detach, halt with the devnode kept.
    Disables,
    /// `enables`
    Enables,
    /// `sleeps D3`
    Sleeps { state: DeviceState },
    /// `resumes`
    Resumes,
    /// `sleeps-and-resumes 1000`: so many times, 50 ms awake and 50 ms asleep each.
    CyclesPower { times: u32 },
    /// `sleep-refused D3`: QueryPower, then SetPower with the state in force.
    SleepRefused { state: DeviceState },
    /// `removal-refused`: QueryRemoveDevice, then CancelRemoveDevice.
    RemovalRefused,
    /// `surprise-removed`
    SurpriseRemoved,
    /// `rebinds tcpip`
    Rebinds { protocol: String },
    /// `activates-ports 1 2 3`
    ActivatesPorts { ports: Vec<u32> },
    /// `deactivates-ports 1 2 3`
    DeactivatesPorts { ports: Vec<u32> },
    /// `gains-filter qos above acme | below acme | at-bottom | at-top`
    GainsFilter { filter: String, place: Place },
    /// `loses-filter qos`
    LosesFilter { filter: String },
    /// `link up | down`
    Link { up: bool },
    /// `wakes packet | media-connect | media-disconnect | unspecified`
    Wakes { reason: WakeReason },
    /// `power-profile ac | battery`
    PowerProfile { ac: bool },
    /// `event PnPCapabilities 07 00 00 00`, `event 40 null 12`: raw, to every module from the lowest.
    Event { event: EventCode, buffer: RawBuffer },
    /// `device-event SurpriseRemoved`, `device-event 9 01 00 00 00`: raw, from the top down.
    DeviceEvent { event: DeviceEventCode, buffer: RawBuffer },
    /// `indicates 0x40010023 80 01 0c 00 ...`: a status indication, whatever it is.
    Indicates { code: u32, buffer: RawBuffer },
    /// `sends BindFailed`: the named event with a well-formed payload of the host's making.
    Sends { event: EventName },
    /// `idles`, `require-pause` and the like: a flow that needs no more words.
    Goes(Flow),
}

/// What an adapter goes through, as one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// e32: the miniport has the stack paused, reconfigures, and lets it start.
    RequirePause,
    /// e33: the miniport has everything above it detached and unbound.
    InhibitsBinds,
    /// e33: everything may come back.
    AllowsBinds,
    /// e17: the device is stopped for a rebalance of resources.
    Stops,
    /// e17: it is started again.
    Starts,
    /// e15: the order of Windows Vista.
    SurpriseRemovedVista,
    /// e11: selective suspend.
    Idles,
    /// e11.
    WakesFromIdle,
    /// e12: connected standby.
    EntersStandby,
    /// e12.
    LeavesStandby,
    /// e13: D3 on disconnect.
    Disconnects,
    /// e13.
    Reconnects,
    /// e35.
    ShutsDown,
    /// e36: the virtual machine is saved and restored.
    SavedAndRestored,
    /// e19: a mandatory filter comes and goes: protocols are unbound.
    MandatoryRebind,
    /// e26: the binding of the filter under test is disabled.
    OwnBindingOff,
    /// e26.
    OwnBindingOn,
    /// e22: the default port is activated late.
    DefaultPortOn,
    /// e22.
    DefaultPortOff,
    /// e39: traffic moves to a virtual function.
    VfAdded,
    /// e38.
    LiveMigrates,
    /// e27: what NdisFRestartFilter brings about.
    RestartsStack,
}

/// A network event by its name without `NetEvent`: `SetPower`. The parser knows all 23.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventName(pub u32);

/// A network event by name or by number; any number is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventCode(pub u32);

/// A device event by its name without `NdisDevicePnPEvent`, or by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceEventCode(pub u32);

/// `NDIS_STATUS` by name without its prefix: `SUCCESS`, `FAILURE`, `RESOURCES`, `PENDING`,
/// `BAD_VERSION`, `BAD_CHARACTERISTICS`, `NOT_SUPPORTED`, `INVALID_PARAMETER`, or `0xC0000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusName(pub i32);

/// `then ...`
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// `then trace NetPnPEvent Event=SetPower Status=SUCCESS`: an event with these fields was
    /// traced since the last `when`.
    Trace(TracePattern),
    /// `then eth0 running | paused | detached | absent`: every module of that adapter.
    Adapter { adapter: String, is: ModuleState },
    /// `then driver loaded | not-loaded | refused 0xC000009A`
    Driver(DriverState),
    /// `then tcpip on eth0 saw SetPower`: since the last `when`.
    Saw { component: String, adapter: String, event: EventName },
    /// `then result FAILURE`: what the last event returned to NDIS from the bottom of the stack.
    Result { status: StatusName },
    /// `then modules eth0 2`
    Modules { adapter: String, count: u32 },
    /// `then violation NV-19`: the run must break this rule; without the line it must break none.
    Violation { rule: String },
    /// `then bugcheck 0x50`: the run must end so.
    Bugcheck { code: u32 },
}

/// What a filter module of the driver under test is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModuleState {
    Running,
    Paused,
    Detached,
    Absent,
}

/// What became of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverState {
    Loaded,
    NotLoaded,
    Refused { status: i32 },
}

/// `never ...`
#[derive(Clone, Debug, PartialEq)]
pub enum Never {
    /// `never trace Anomaly`
    Trace(TracePattern),
    /// `never FilterPause eth0`: NDIS never calls this callback on a module of this adapter.
    Callback { callback: String, adapter: String },
    /// `never call KeBugCheckEx`: the image never calls this import.
    Call { import: String },
}

/// A traced event by name, with fields that must have these values as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TracePattern {
    /// `NetPnPEvent`
    pub event: String,
    /// `on eth0`: events whose `Adapter` field is this adapter's instance name.
    pub adapter: Option<String>,
    /// `start`, `stop` or neither.
    pub opcode: Option<Opcode>,
    /// `Event=SetPower`
    pub fields: Vec<(String, String)>,
}

/// Opcodes of spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    Start,
    Stop,
}
