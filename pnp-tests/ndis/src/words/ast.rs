//! What the words of NDIS mean: closed enums, names not yet resolved against each other.
//!
//! Durations are in units of 100 ns, as everywhere in the host.

use super::flows::Flow;
use crate::given::{ChainPosition, DeviceState, RawBuffer, WakeReason};
use crate::switches::Switch;

/// A part of the machine before the first step.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
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
    /// `given predetach absent` and the like.
    Switch(Switch),
}

/// A miniport adapter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Scenario name: `eth0`.
    pub name: String,
    /// The name that NDIS gives as `BaseMiniportInstanceName`; the scenario name when absent.
    pub instance_name: Option<String>,
    /// `NDIS_MINIPORT_ATTRIBUTES_NO_PAUSE_ON_SUSPEND`.
    pub no_pause_on_suspend: bool,
    /// Halted on suspend: no `NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND` and no power management.
    pub halt_on_suspend: bool,
    /// Not plugged in yet; `when eth0 appears` starts it.
    pub absent: bool,
}

/// `when ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum When {
    /// `when eth0 ...`
    Adapter { adapter: String, does: AdapterVerb },
}

/// `when eth0 ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
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
    GainsFilter { filter: String, place: ChainPosition },
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
    Goes(&'static Flow),
}

/// A network event by its name without `NetEvent`: `SetPower`. The parser knows them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventName(pub u32);

/// A network event by name or by number; any number is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EventCode(pub u32);

/// A device event by its name without `NdisDevicePnPEvent`, or by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeviceEventCode(pub u32);

/// `then ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Then {
    /// `then eth0 running | paused | detached | absent`: every module of that adapter.
    Adapter { adapter: String, is: ModuleState },
    /// `then tcpip on eth0 saw SetPower`: since the last `when`.
    Saw { component: String, adapter: String, event: EventName },
    /// `then result FAILURE`: what the last event returned to NDIS from the bottom of the stack.
    Result { status: i32 },
    /// `then modules eth0 2`
    Modules { adapter: String, count: u32 },
}

/// The expected state of a filter module of the driver under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum ModuleState {
    Running,
    Paused,
    Detached,
    Absent,
}

/// `never ...`
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Never {
    /// `never FilterPause eth0`: NDIS never calls this callback on a module of this adapter.
    Callback { callback: String, adapter: String },
}
