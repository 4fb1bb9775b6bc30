//! The events of the provider `NetPnpLwf`: the one table of names, types and meanings; `trace` writes them. `docs/events.md` and the profiles in `lab/` are made of it.

use driver_kit::etw::NoFields;
use driver_kit::{events, fields};

/// The provider's name; its GUID is the hash of it.
pub const PROVIDER: &str = "NetPnpLwf";

/// Keywords: what a session can ask for. User keywords are the low 48 bits.
pub mod keyword {
    /// Load, attach, restart, pause, detach, unload.
    pub const LIFECYCLE: u64 = 0x01;
    /// SetPower, QueryPower.
    pub const POWER: u64 = 0x02;
    /// Removal, capabilities, NDK, switch and device events.
    pub const PNP: u64 = 0x04;
    /// Binding and protocol configuration.
    pub const BINDING: u64 = 0x08;
    /// Port activation and deactivation.
    pub const PORTS: u64 = 0x10;
    /// Status indications.
    pub const STATUS: u64 = 0x20;
    /// Anomalies: events that should not have happened.
    pub const ANOMALY: u64 = 0x40;
    /// History: records from before the session began, and the modules that exist.
    pub const HISTORY: u64 = 0x80;
}

fields! {
    /// The fields that every event of a module begins with.
    Head {
        /// Interface index of this module
        IfIndex: U32,
        /// Interface index of the layer below it; equal to MiniportIfIndex for the lowest module of an adapter
        LowerIfIndex: U32,
        /// Interface index of the adapter
        MiniportIfIndex: U32,
        /// NET_LUID of the adapter; stays the same across detach and attach
        MiniportLuid: Hex64,
        /// NET_LUID of this module; a new one for each attach
        ModuleLuid: Hex64,
        /// Number of this span or point; unique as long as the machine is up
        SpanId: Hex64,
        /// Number of the span around it; 0 for none
        ParentSpanId: Hex64,
        /// The adapter's name for people
        Adapter: Wide,
    }
}

fields! {
    /// The fields that follow in the Start of every network event.
    NetPnp {
        /// The Windows name without `NetEvent`; `Unknown` for a code without one
        Event: Text,
        /// NET_PNP_EVENT_CODE
        Code: U32,
        /// NDIS port; 0 for the default port
        PortNumber: U32,
        /// Flags of the NET_PNP_EVENT_NOTIFICATION
        Flags: Hex32,
        /// Length of the buffer that came with it
        PayloadBytes: U32,
        /// Time since boot, time asleep included
        InterruptTime100ns: U64,
        /// Time since boot, time asleep not included
        UnbiasedTime100ns: U64,
        /// State of the module, before the event
        State: Text,
        /// Power state of the adapter, before the event
        Power: Text,
    }
}

events! {
    /// Every event.
    TABLE;

    /// The driver registered with NDIS. An Attach may stand before it.
    Load = "Load", Info, INFORMATIONAL, [NoFields, NoFields] {
        /// Version that was agreed on with NDIS
        NdisMajor: U8,
        /// Version that was agreed on with NDIS
        NdisMinor: U8,
        /// Version of the driver
        Version: Text,
        /// How many records of history the driver keeps
        HistoryRecords: U32,
    }

    /// The driver could not register and does not stay.
    LoadFailed = "LoadFailed", Info, ERROR, [NoFields, NoFields] {
        /// `ndis-too-old` or `refused`
        Reason: Text,
        /// Answer of NDIS; for `ndis-too-old` the version, major in the upper 16 bits
        Status: Status,
    }

    /// Every module is detached and the driver leaves.
    Unload = "Unload", Info, INFORMATIONAL, [NoFields, NoFields] {
        /// How many records the driver made, those since overwritten included
        Records: U64,
    }

    /// FilterAttach: a module comes to be.
    AttachStart = "Attach", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `{adapter}-{filter}-nnnn`
        Module: Wide,
        /// `\DEVICE\{guid}`
        Miniport: Wide,
        /// NDIS_MEDIUM
        Medium: I32,
        /// NDIS_PHYSICAL_MEDIUM
        PhysicalMedium: I32,
        /// NET_IF_MEDIA_CONNECT_STATE
        MediaConnectState: I32,
        /// State of the module, before it
        State: Text,
    }

    /// FilterAttach returns.
    AttachStop = "Attach", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Status that it returns
        Status: Status,
        /// Reason of a failure: `no-memory`, `set-attributes-refused`
        Reason: Text,
        /// State of the module, after it
        NewState: Text,
    }

    /// FilterAttach returns a failure; nothing of the module is left.
    AttachFailed = "AttachFailed", Info, ERROR, [NoFields, NoFields] {
        /// `no-memory`, `set-attributes-refused`; `foreign-parameters`: then there is no Attach, since
        /// nobody can be named
        Reason: Text,
        /// Status that it returns
        Status: Status,
    }

    /// FilterRestart: a module may run.
    RestartStart = "Restart", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Whether NDIS passed attributes
        AttributesChanged: Bool,
        /// MTU out of the attributes; 0 when it is not among them
        MtuBytes: U32,
        /// Speed of sending out of the attributes, in megabits per second; 0 when it is not known
        LinkMbps: U64,
        /// State of the module, before it
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// FilterRestart returns.
    RestartStop = "Restart", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Status that it returns
        Status: Status,
        /// State of the module, after it
        NewState: Text,
        /// Power state of the adapter
        NewPower: Text,
    }

    /// FilterPause: a module is to rest.
    PauseStart = "Pause", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// NDIS_PAUSE_* as NDIS states it, which is documented to say nothing
        PauseReason: Hex32,
        /// State of the module, before it
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// FilterPause returns.
    PauseStop = "Pause", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Status that it returns
        Status: Status,
        /// State of the module, after it
        NewState: Text,
        /// Power state of the adapter
        NewPower: Text,
    }

    /// FilterDetach: a module goes.
    DetachStart = "Detach", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Whether NetEventFilterPreDetach came since the attach
        PreDetachSeen: Bool,
        /// `none`, `query-pending`, `surprise`
        Removal: Text,
        /// State of the module, before it
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// FilterDetach returns.
    DetachStop = "Detach", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// State of the module, after it
        NewState: Text,
    }

    /// FilterNetPnPEvent: an event that carries nothing that could be named, or a damaged buffer.
    NetPnpPlain = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// Defect of the buffer; empty when there is none
        Problem: Text,
    }

    /// FilterNetPnPEvent: SetPower, QueryPower.
    NetPnpPower = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// Power state that is set or asked about
        NewPower: Text,
    }

    /// FilterNetPnPEvent: BindList.
    NetPnpNames = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// How many names there are
        NameCount: U32,
        /// The names with a zero between them, at most 4096 bytes
        BindList: Wide,
    }

    /// FilterNetPnPEvent: PnPCapabilities.
    NetPnpWakeUp = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// NDIS_DEVICE_WAKE_UP_*
        WakeUp: Hex32,
    }

    /// FilterNetPnPEvent: Pause, which is meant for protocols.
    NetPnpPause = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// NDIS_PAUSE_*
        PauseReason: Hex32,
    }

    /// FilterNetPnPEvent: Restart, which is meant for protocols.
    NetPnpRestart = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// Whether NDIS passed parameters
        AttributesChanged: Bool,
        /// Filter modules of the stack
        FilterModules: U32,
        /// The adapter that the protocol is bound to
        BoundIfIndex: U32,
        /// MTU out of the attributes; 0 when it is not among them
        MtuBytes: U32,
    }

    /// FilterNetPnPEvent: PortActivation, PortDeactivation.
    NetPnpPorts = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// How many ports there are
        PortCount: U32,
        /// The first 16 of them
        Ports: U32List,
        /// `cyclic`, `too-long`, `unreadable`, `damaged`, or empty
        ListDamage: Text,
    }

    /// FilterNetPnPEvent: IMReEnableDevice.
    NetPnpDevice = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// Device name of the virtual miniport
        DeviceName: Wide,
    }

    /// FilterNetPnPEvent: BindFailed.
    NetPnpBindFailed = "NetPnPEvent", Start, INFORMATIONAL, [Head<'static>, NetPnp<'static>] {
        /// The adapter that a protocol could not bind to
        FailedMiniportLuid: Hex64,
    }

    /// FilterNetPnPEvent returns.
    NetPnpStop = "NetPnPEvent", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Name of the event, as on the Start
        Event: Text,
        /// Number of the event, as on the Start
        Code: U32,
        /// Answer of the layers above
        Status: Status,
        /// Time spent in this module
        OwnTime100ns: U64,
        /// Time spent in NdisFNetPnPEvent
        ForwardTime100ns: U64,
        /// Time since boot, time asleep included
        InterruptTime100ns: U64,
        /// Time since boot, time asleep not included
        UnbiasedTime100ns: U64,
        /// State of the module, now
        NewState: Text,
        /// Power state of the adapter, now
        NewPower: Text,
    }

    /// An event goes to the layers above.
    CallUpStart = "CallUp", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `NdisFNetPnPEvent`
        Call: Text,
        /// Name of the event, as on the span around
        Event: Text,
    }

    /// The layers above are done with it.
    CallUpStop = "CallUp", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `NdisFNetPnPEvent`
        Call: Text,
        /// Name of the event, as on the span around
        Event: Text,
        /// Answer of those layers
        Status: Status,
    }

    /// FilterDevicePnPEventNotify: a device event on its way down.
    DevicePnpStart = "DevicePnPEvent", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// The Windows name without `NdisDevicePnPEvent`; `Unknown` for a code without one
        Event: Text,
        /// NDIS_DEVICE_PNP_EVENT
        Code: U32,
        /// Length of the buffer that came with it
        PayloadBytes: U32,
        /// `ac` or `battery` for PowerProfileChanged; `undecoded`, or empty
        Detail: Text,
        /// State of the module, the event's change included
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// FilterDevicePnPEventNotify returns.
    DevicePnpStop = "DevicePnPEvent", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Name of the event, as on the Start
        Event: Text,
        /// Number of the event, as on the Start
        Code: U32,
        /// State of the module, now
        NewState: Text,
        /// Power state of the adapter, now
        NewPower: Text,
    }

    /// A device event goes to the layers below.
    CallDownStart = "CallDown", Start, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `NdisFDevicePnPEventNotify`
        Call: Text,
        /// Name of the event, as on the span around
        Event: Text,
    }

    /// The layers below are done with it.
    CallDownStop = "CallDown", Stop, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `NdisFDevicePnPEventNotify`
        Call: Text,
        /// Name of the event, as on the span around
        Event: Text,
    }

    /// FilterStatus: an indication that matters to power and PnP, before it is passed up. Others are
    /// not traced.
    Status = "Status", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// The Windows name without `NDIS_STATUS_`
        Event: Text,
        /// NDIS_STATUS
        Code: Hex32,
        /// NDIS port; 0 for the default port
        PortNumber: U32,
        /// Length of the buffer that came with it
        PayloadBytes: U32,
        /// Value of the indication, in a word
        Value: Text,
        /// Value of the indication, as a number
        RawValue: I32,
        /// NET_IF_OPER_STATUS_* of OperStatus: why the interface is down or dormant
        Flags: Hex32,
        /// Speed of sending out of LinkState, in megabits per second; 0 when it is not known
        LinkMbps: U64,
        /// State of the module
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// FilterStatus: PmCapabilitiesChange, PmHardwareCapabilities. States are the lowest ones from which
    /// the adapter is woken, Unspecified where it is not.
    StatusPm = "Status", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `PmCapabilitiesChange` or `PmHardwareCapabilities`
        Event: Text,
        /// NDIS_STATUS
        Code: Hex32,
        /// Length of the buffer that came with it
        PayloadBytes: U32,
        /// Flags of the NDIS_PM_CAPABILITIES
        Flags: Hex32,
        /// Lowest state from which a magic packet wakes the adapter
        MagicPacket: Text,
        /// Lowest state from which a pattern wakes the adapter
        Pattern: Text,
        /// Lowest state from which a change of the link wakes the adapter
        LinkChange: Text,
        /// State of the module
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// The answer to OID_PM_PARAMETERS: what the adapter will wake the machine for. Only with the
    /// driver's own queries on.
    WakeSettings = "WakeSettings", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// NDIS_PM_WOL_*_ENABLED
        PacketPatterns: Hex32,
        /// NDIS_PM_PROTOCOL_OFFLOAD_*_ENABLED
        ProtocolOffloads: Hex32,
        /// NDIS_PM_WAKE_ON_*_ENABLED
        WakeUpFlags: Hex32,
    }

    /// The answer to OID_PM_HARDWARE_CAPABILITIES, once for each attach. States are the lowest ones from
    /// which the adapter is woken, Unspecified where it is not. Only with the driver's own queries on.
    WakeHardware = "WakeHardware", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// Flags of the NDIS_PM_CAPABILITIES
        Flags: Hex32,
        /// Lowest state from which a magic packet wakes the adapter
        MagicPacket: Text,
        /// Lowest state from which a pattern wakes the adapter
        Pattern: Text,
        /// Lowest state from which a change of the link wakes the adapter
        LinkChange: Text,
    }

    /// One of the driver's own queries was not answered; expected of an adapter that sleeps or goes.
    QueryFailed = "QueryFailed", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `PmParameters` or `PmHardwareCapabilities`
        Query: Text,
        /// Answer of the layers below
        Status: Status,
        /// `refused`, or the defect of the answer
        Reason: Text,
    }

    /// Something that should not have happened, or not like this; recorded and survived.
    Anomaly = "Anomaly", Info, WARNING, [Head<'static>, NoFields] {
        /// Rule that is broken
        Reason: Text,
        /// Name of the event or trigger that came
        Event: Text,
        /// Number of that event
        Code: U32,
    }

    /// A module that is there when a session begins to listen or asks for the state.
    Rundown = "Rundown", Info, INFORMATIONAL, [Head<'static>, NoFields] {
        /// `{adapter}-{filter}-nnnn`
        Module: Wide,
        /// `\DEVICE\{guid}`
        Miniport: Wide,
        /// NDIS_MEDIUM
        Medium: I32,
        /// NDIS_PHYSICAL_MEDIUM
        PhysicalMedium: I32,
        /// NET_IF_MEDIA_CONNECT_STATE at the attach
        MediaConnectState: I32,
        /// Whether NetEventFilterPreDetach came since the attach
        PreDetachSeen: Bool,
        /// `none`, `query-pending`, `surprise`
        Removal: Text,
        /// State of the module
        State: Text,
        /// Power state of the adapter
        Power: Text,
    }

    /// A record of what happened before the session. Its times and its place are inside; ETW's stamp is
    /// when it was written out.
    History = "History", Info, INFORMATIONAL, [NoFields, NoFields] {
        /// Interface index of this module
        IfIndex: U32,
        /// Interface index of the layer below it
        LowerIfIndex: U32,
        /// Interface index of the adapter
        MiniportIfIndex: U32,
        /// NET_LUID of the adapter; joins with Rundown
        MiniportLuid: Hex64,
        /// NET_LUID of this module
        ModuleLuid: Hex64,
        /// Number of the span or point, as the event itself had it
        SpanId: Hex64,
        /// Number of the span around, as the event itself had it
        ParentSpanId: Hex64,
        /// Twice the number of the record since the driver was loaded, one more for a stop; gaps are
        /// overwritten ones
        Sequence: U64,
        /// The performance counter, which stamps events
        Counter: U64,
        /// Time since boot, time asleep included
        InterruptTime100ns: U64,
        /// Time since boot, time asleep not included
        UnbiasedTime100ns: U64,
        /// 0 a point, 1 a start, 2 a stop
        Opcode: U8,
        /// Number in the event: its code
        Code: U32,
        /// The most telling number of the payload: a power state, flags, a count
        Value: Hex32,
        /// Status of a stop
        Status: Status,
        /// Name of the event that it was
        Of: Text,
        /// Name that the event itself had in Event; the reason of an anomaly
        Event: Text,
        /// State of the module, before it
        State: Text,
        /// State of the module, after it
        NewState: Text,
        /// Power state of the adapter, before it
        Power: Text,
        /// Power state of the adapter, after it
        NewPower: Text,
    }

    /// Rundown and history are complete.
    RundownEnd = "RundownEnd", Info, INFORMATIONAL, [NoFields, NoFields] {
        /// How many Rundown events there were
        Modules: U32,
        /// How many records were told; a span has two History events
        Records: U64,
        /// How many older records had been overwritten
        Overwritten: U64,
    }
}
