//! The answers to what the contract marks unknown or contradicted: every question as a switch, the
//! readings it has, and the one that holds in a run.

use serde::Serialize;

use kernel::world::World;

/// The reading of every switch that holds in this run.
pub fn of(world: &World) -> Switches {
    *world.of::<Switches>().borrow()
}

/// One value for every switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the description")]
pub struct Switches {
    pub predetach: Predetach,
    pub attach: Attach,
    pub query_power: Presence,
    pub restart_attributes: RestartAttributes,
    pub bind_events: BindEvents,
    pub halt_detach: HaltDetach,
    pub stack_change: StackChange,
    pub completion: Completion,
    pub power_oids: PowerOids,
    pub set_power_in_idle: Delivery,
    pub forwarding: Forwarding,
    pub port_events: Delivery,
    pub status_before_attach: Presence,
    pub headers: Headers,
    pub work: Work,
    pub mac_header: MacHeader,
}

impl Default for Switches {
    /// The reading that shows a filter the most.
    fn default() -> Self {
        Self {
            predetach: Predetach::AfterPause,
            attach: Attach::DuringRegister,
            query_power: Presence::Present,
            restart_attributes: RestartAttributes::General,
            bind_events: BindEvents::Withheld,
            halt_detach: HaltDetach::Detached,
            stack_change: StackChange::DeviceEvent,
            completion: Completion::Async,
            power_oids: PowerOids::Filtered,
            set_power_in_idle: Delivery::Delivered,
            forwarding: Forwarding::Chain,
            port_events: Delivery::Delivered,
            status_before_attach: Presence::Absent,
            headers: Headers::Exact,
            work: Work::Soon,
            mac_header: MacHeader::Whole,
        }
    }
}

impl Switches {
    /// Sets one switch.
    pub fn set(&mut self, switch: Switch) {
        match switch {
            Switch::Predetach(value) => self.predetach = value,
            Switch::Attach(value) => self.attach = value,
            Switch::QueryPower(value) => self.query_power = value,
            Switch::RestartAttributes(value) => self.restart_attributes = value,
            Switch::BindEvents(value) => self.bind_events = value,
            Switch::HaltDetach(value) => self.halt_detach = value,
            Switch::StackChange(value) => self.stack_change = value,
            Switch::Completion(value) => self.completion = value,
            Switch::PowerOids(value) => self.power_oids = value,
            Switch::SetPowerInIdle(value) => self.set_power_in_idle = value,
            Switch::Forwarding(value) => self.forwarding = value,
            Switch::PortEvents(value) => self.port_events = value,
            Switch::StatusBeforeAttach(value) => self.status_before_attach = value,
            Switch::Headers(value) => self.headers = value,
            Switch::Work(value) => self.work = value,
            Switch::MacHeader(value) => self.mac_header = value,
        }
    }
}

/// Questions that the contract marks unknown or contradicted; each is one documented choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "switch", content = "value", rename_all = "kebab-case")]
pub enum Switch {
    /// `predetach before-pause | after-pause | twice | absent`
    Predetach(Predetach),
    /// `attach during-register | after-register`
    Attach(Attach),
    /// `query-power present | absent`: does a sleep begin with NetEventQueryPower?
    QueryPower(Presence),
    /// `restart-attributes general | null | revision1 | foreign-first | foreign-last | empty-data`
    RestartAttributes(RestartAttributes),
    /// `bind-events delivered | withheld`: do NetEventPause and NetEventRestart, which are meant
    /// for protocols, pass through filters?
    BindEvents(BindEvents),
    /// `halt-detach detached | kept`: are modules detached when a miniport is halted on suspend?
    HaltDetach(HaltDetach),
    /// `completion async | reentrant | late | never | held`: how the miniport completes requests and sends
    Completion(Completion),
    /// `power-oids filtered | direct`: do filters see OID_PNP_SET_POWER and OID_PM_PARAMETERS?
    PowerOids(PowerOids),
    /// `set-power-in-idle delivered | withheld`: NetEventSetPower in selective suspend, connected
    /// standby and D3 on disconnect
    SetPowerInIdle(Delivery),
    /// `forwarding chain | broadcast`: does a filter's forward carry an event up, or NDIS itself?
    Forwarding(Forwarding),
    /// `port-events delivered | withheld`: to filters
    PortEvents(Delivery),
    /// `status-before-attach absent | present`: a status right after NdisFSetAttributes
    StatusBeforeAttach(Presence),
    /// `headers exact | newer`: structures of a later NDIS
    Headers(Headers),
    /// `work soon | late`: when do the system's threads run a queued work item?
    Work(Work),
    /// `mac-header whole | split`: is the header of a frame in its first MDL?
    MacHeader(MacHeader),
    /// `stack-change device-event | none`: is FilterListChanged raised when a stack changes?
    StackChange(StackChange),
}

/// The time of the pre-detach event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Predetach {
    BeforePause,
    AfterPause,
    Twice,
    Absent,
}

/// The time of the first FilterAttach, relative to NdisFRegisterFilterDriver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Attach {
    DuringRegister,
    AfterRegister,
}

/// The presence of an event or indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Presence {
    Present,
    Absent,
}

/// The form of the attributes that FilterRestart is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum RestartAttributes {
    General,
    Null,
    /// NDIS_RESTART_GENERAL_ATTRIBUTES as it was before NDIS 6.20.
    Revision1,
    /// An attribute of some vendor's stands before the general ones.
    ForeignFirst,
    ForeignLast,
    /// An attribute without data stands before the general ones.
    EmptyData,
}

/// The delivery of bind events to filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum BindEvents {
    Delivered,
    Withheld,
}

/// The fate of a module while its miniport is halted for a sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum HaltDetach {
    Detached,
    Kept,
}

/// The way in which a miniport completes requests and packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// A little later, on another processor at DISPATCH_LEVEL.
    Async,
    /// At once, or from inside the call that hands it over, in turns.
    Reentrant,
    /// After 11 s.
    Late,
    /// When the miniport is halted or reset.
    Never,
    /// As async; but what a filter sends on its own when the filter pauses, or after 3 s.
    Held,
}

/// The way of power OIDs: through filters, or past them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum PowerOids {
    Filtered,
    Direct,
}

/// The delivery of an event to filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Delivery {
    Delivered,
    Withheld,
}

/// The way of an event through a stack: handed on by each filter, or called for each by NDIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Forwarding {
    Chain,
    Broadcast,
}

/// The age of the structures that NDIS passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum Headers {
    Exact,
    Newer,
}

/// The time of a queued work item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// At once.
    Soon,
    /// After 2 s: the system's threads are busy.
    Late,
}

/// The place of a frame's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MacHeader {
    /// In the first MDL, as the pages ask.
    Whole,
    /// In the first and the second, as senders do that have not read them.
    Split,
}

/// The event that NDIS raises when a stack changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the description")]
pub enum StackChange {
    DeviceEvent,
    None,
}

/// A switch and its readings.
pub type Readings = (&'static str, &'static [(&'static str, Switch)]);

/// Every switch. What each reading means and who says so stands in `docs/scenarios.md`.
pub const SWITCHES: &[Readings] = &[
    (
        "predetach",
        &[
            ("before-pause", Switch::Predetach(Predetach::BeforePause)),
            ("after-pause", Switch::Predetach(Predetach::AfterPause)),
            ("twice", Switch::Predetach(Predetach::Twice)),
            ("absent", Switch::Predetach(Predetach::Absent)),
        ],
    ),
    (
        "attach",
        &[
            ("during-register", Switch::Attach(Attach::DuringRegister)),
            ("after-register", Switch::Attach(Attach::AfterRegister)),
        ],
    ),
    (
        "query-power",
        &[
            ("present", Switch::QueryPower(Presence::Present)),
            ("absent", Switch::QueryPower(Presence::Absent)),
        ],
    ),
    (
        "restart-attributes",
        &[
            ("general", Switch::RestartAttributes(RestartAttributes::General)),
            ("null", Switch::RestartAttributes(RestartAttributes::Null)),
            ("revision1", Switch::RestartAttributes(RestartAttributes::Revision1)),
            ("foreign-first", Switch::RestartAttributes(RestartAttributes::ForeignFirst)),
            ("foreign-last", Switch::RestartAttributes(RestartAttributes::ForeignLast)),
            ("empty-data", Switch::RestartAttributes(RestartAttributes::EmptyData)),
        ],
    ),
    (
        "bind-events",
        &[
            ("delivered", Switch::BindEvents(BindEvents::Delivered)),
            ("withheld", Switch::BindEvents(BindEvents::Withheld)),
        ],
    ),
    (
        "halt-detach",
        &[
            ("detached", Switch::HaltDetach(HaltDetach::Detached)),
            ("kept", Switch::HaltDetach(HaltDetach::Kept)),
        ],
    ),
    (
        "stack-change",
        &[
            ("device-event", Switch::StackChange(StackChange::DeviceEvent)),
            ("none", Switch::StackChange(StackChange::None)),
        ],
    ),
    (
        "completion",
        &[
            ("async", Switch::Completion(Completion::Async)),
            ("reentrant", Switch::Completion(Completion::Reentrant)),
            ("late", Switch::Completion(Completion::Late)),
            ("never", Switch::Completion(Completion::Never)),
            ("held", Switch::Completion(Completion::Held)),
        ],
    ),
    (
        "power-oids",
        &[
            ("filtered", Switch::PowerOids(PowerOids::Filtered)),
            ("direct", Switch::PowerOids(PowerOids::Direct)),
        ],
    ),
    (
        "set-power-in-idle",
        &[
            ("delivered", Switch::SetPowerInIdle(Delivery::Delivered)),
            ("withheld", Switch::SetPowerInIdle(Delivery::Withheld)),
        ],
    ),
    (
        "forwarding",
        &[
            ("chain", Switch::Forwarding(Forwarding::Chain)),
            ("broadcast", Switch::Forwarding(Forwarding::Broadcast)),
        ],
    ),
    (
        "port-events",
        &[
            ("delivered", Switch::PortEvents(Delivery::Delivered)),
            ("withheld", Switch::PortEvents(Delivery::Withheld)),
        ],
    ),
    (
        "status-before-attach",
        &[
            ("absent", Switch::StatusBeforeAttach(Presence::Absent)),
            ("present", Switch::StatusBeforeAttach(Presence::Present)),
        ],
    ),
    (
        "headers",
        &[("exact", Switch::Headers(Headers::Exact)), ("newer", Switch::Headers(Headers::Newer))],
    ),
    ("work", &[("soon", Switch::Work(Work::Soon)), ("late", Switch::Work(Work::Late))]),
    (
        "mac-header",
        &[
            ("whole", Switch::MacHeader(MacHeader::Whole)),
            ("split", Switch::MacHeader(MacHeader::Split)),
        ],
    ),
];

/// The readings of the switch called `name`.
pub fn readings(name: &str) -> Option<&'static [(&'static str, Switch)]> {
    SWITCHES.iter().find(|(switch, _)| *switch == name).map(|(_, readings)| *readings)
}

/// Whether Windows hardly has this reading of a switch: Microsoft's own sample does not survive restart
/// attributes that begin with others' or without data; the page about sends says that headers are not split
/// (docs:network/sending-ethernet-frames). What breaks only then is risky.
pub fn hardly_holds(switch: &str, reading: &str) -> bool {
    matches!(
        (switch, reading),
        ("restart-attributes", "foreign-first" | "empty-data") | ("mac-header", "split")
    )
}

/// Every switch with its readings other than the default.
pub fn unusual() -> impl Iterator<Item = (&'static str, Vec<&'static str>)> {
    let defaults = Switches::default();
    let is_other = move |reading: Switch| {
        let mut changed = defaults;
        changed.set(reading);
        changed != defaults
    };
    SWITCHES.iter().map(move |(name, readings)| {
        let others = readings.iter().filter(|(_, reading)| is_other(*reading));
        (*name, others.map(|(value, _)| *value).collect())
    })
}

/// The readings that differ from the default, by name.
pub fn changed(switches: &Switches) -> Vec<(&'static str, &'static str)> {
    let is_set = |switches: &Switches, reading: Switch| {
        let mut changed = *switches;
        changed.set(reading);
        changed == *switches
    };
    SWITCHES
        .iter()
        .flat_map(|(name, readings)| readings.iter().map(move |reading| (*name, reading)))
        .filter(|(_, (_, reading))| {
            is_set(switches, *reading) && !is_set(&Switches::default(), *reading)
        })
        .map(|(name, (value, _))| (name, *value))
        .collect()
}

/// The name of a switch, whatever it is set to.
pub fn name(switch: Switch) -> &'static str {
    match switch {
        Switch::Predetach(_) => "predetach",
        Switch::Attach(_) => "attach",
        Switch::QueryPower(_) => "query-power",
        Switch::RestartAttributes(_) => "restart-attributes",
        Switch::BindEvents(_) => "bind-events",
        Switch::HaltDetach(_) => "halt-detach",
        Switch::StackChange(_) => "stack-change",
        Switch::Completion(_) => "completion",
        Switch::PowerOids(_) => "power-oids",
        Switch::SetPowerInIdle(_) => "set-power-in-idle",
        Switch::Forwarding(_) => "forwarding",
        Switch::PortEvents(_) => "port-events",
        Switch::StatusBeforeAttach(_) => "status-before-attach",
        Switch::Headers(_) => "headers",
        Switch::Work(_) => "work",
        Switch::MacHeader(_) => "mac-header",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reading_stands_under_the_name_of_its_switch() {
        for (switch, readings) in SWITCHES {
            assert!(readings.len() > 1, "{switch} has one reading only");
            assert!(readings.iter().all(|(_, reading)| name(*reading) == *switch), "{switch}");
        }
    }

    #[test]
    fn what_hardly_holds_is_a_reading_and_not_the_usual_one() {
        let unusual =
            unusual().flat_map(|(name, values)| values.into_iter().map(move |v| (name, v)));
        let hardly = unusual.filter(|(name, value)| hardly_holds(name, value)).count();
        assert_eq!(hardly, 3);
    }

    #[test]
    fn readings_are_written_as_serde_writes_them() {
        for (switch, readings) in SWITCHES {
            for (value, reading) in *readings {
                let expected = serde_json::json!({ "switch": switch, "value": value });
                assert_eq!(serde_json::to_value(reading).unwrap(), expected);
            }
        }
    }
}
