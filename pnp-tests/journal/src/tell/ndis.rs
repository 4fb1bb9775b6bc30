//! What NDIS has seen, in words.

use std::fmt;

use super::{of, oid, returned, status_of_ndis};
use crate::names::event::{device_event_name, event_name};
use crate::{NdisFact, OidFact, RegisterFact};

/// `SetPower`, or the number.
fn event(code: u32) -> String {
    event_name(code).map_or_else(|| format!("event {code}"), str::to_owned)
}

/// `call 10`, or that there was none.
fn during(call: Option<u32>) -> String {
    call.map_or_else(|| "outside a call".to_owned(), |call| format!("in call {call}"))
}

impl fmt::Display for NdisFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scripted { code, device: false } => {
                write!(f, "the scenario's own bytes follow: {}", event(*code))
            }
            Self::Scripted { code, device: true } => {
                let name = device_event_name(*code).unwrap_or("an unknown device event");
                write!(f, "the scenario's own bytes follow: {name}")
            }
            Self::RegisterReturned => f.write_str("NdisFRegisterFilterDriver returns"),
            Self::Wrote { callback, module } => {
                write!(f, "{callback}{} changed what it was given to read", of(module.as_deref()))
            }
            Self::Call { import, module, status } => {
                write!(f, "{import}{}", of(module.as_deref()))?;
                status.map_or(Ok(()), |status| write!(f, ": {}", returned(import, status)))
            }
            Self::Forward { import, module, during: call, same, unchanged } => {
                write!(f, "{module} forwards with {import}, {}", during(*call))?;
                f.write_str(if *same { "" } else { ", another structure" })?;
                f.write_str(if *unchanged { "" } else { ", changed" })
            }
            Self::Answered { during: call, status } => {
                write!(f, "answer from above {}: {}", during(*call), status_of_ndis(*status))
            }
            Self::Register(fact) => fact.fmt(f),
            Self::Module { module, adapter, state } => {
                write!(f, "module {module} on {adapter} is {state}")
            }
            Self::Miniport { adapter, what } => write!(f, "miniport {adapter}: {what}"),
            Self::Saw { component, adapter, code, status, held_100ns } => {
                let (event, status) = (event(*code), status_of_ndis(*status));
                let (ms, rest) = (held_100ns / 10_000, held_100ns % 10_000);
                write!(
                    f,
                    "{component} on {adapter} got {event}, held it {ms}.{rest:04} ms: {status}"
                )
            }
            Self::Result { adapter, code, status } => {
                write!(f, "{} is back at {adapter}: {}", event(*code), status_of_ndis(*status))
            }
            Self::Packet(fact) => fact.fmt(f),
            Self::Oid(fact) => fact.fmt(f),
            Self::OwnStatus { module, code, attributes_set } => {
                write!(f, "{module} indicates {} of its own", status_of_ndis(code.cast_signed()))?;
                f.write_str(before(*attributes_set))
            }
            Self::NoAttributes => f.write_str("no restart attributes are passed"),
            Self::RestartAttributes { module, what } => {
                write!(f, "restart attributes of {module}: {what}")
            }
            Self::PowerTold { module, d0 } => {
                write!(f, "{module} is told {}", if *d0 { "D0" } else { "a low-power state" })
            }
        }
    }
}

/// What is told of a module that does things too early.
fn before(attributes_set: bool) -> &'static str {
    if attributes_set { "" } else { " before NdisFSetAttributes" }
}

impl fmt::Display for RegisterFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, revision, size, major, minor, runtime, flags, .. } = self;
        let (service, unique, handlers) =
            (&self.service_name, &self.unique_name, self.handlers.join(", "));
        write!(
            f,
            "registers {service} {unique} for NDIS {major}.{minor} of {}.{}: header type {kind:#x}, \
             revision {revision}, size {size}, flags {flags:#x}, handlers [{handlers}]: {}",
            runtime.0,
            runtime.1,
            status_of_ndis(self.status)
        )
    }
}

impl fmt::Display for OidFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = |set: bool| if set { "set" } else { "query" };
        match self {
            Self::Issued { request, oid: code, set, adapter } => {
                write!(f, "request {request} to {adapter}: {} {}", verb(*set), oid(*code))
            }
            Self::PassedOn { request, module, original } => {
                let what = if *original { "the original" } else { "a clone" };
                match request {
                    Some(request) => write!(f, "request {request} passed on by {module}: {what}"),
                    None => write!(f, "a filter's request passed on by {module}: {what}"),
                }
            }
            Self::Headerless { module, kind, revision, size } => write!(
                f,
                "{module} sends a request with header type {kind:#x}, revision {revision}, size {size}"
            ),
            Self::Narrowed { module, above, own } => {
                write!(f, "{module} sets the packet filter {own:#x}, above it {above:#x} was set")
            }
            Self::Own { module, oid: code, set, attributes_set } => {
                write!(f, "{module} sends a request of its own: {} {}", verb(*set), oid(*code))?;
                f.write_str(before(*attributes_set))
            }
            Self::OwnDone { module } => write!(f, "{module} has its own request back"),
            Self::AtMiniport { request, oid: code, unchanged } => {
                match request {
                    Some(request) => {
                        write!(f, "request {request} at the miniport: {}", oid(*code))?;
                    }
                    None => write!(f, "a filter's request at the miniport: {}", oid(*code))?,
                }
                f.write_str(if *unchanged { "" } else { ", with another buffer" })
            }
            Self::Completed {
                request,
                module,
                clones,
                copied,
                revision_copied,
                reserved_intact,
            } => {
                write!(f, "request {request} completed by {module}")?;
                if *clones > 0 {
                    write!(f, ", {clones} clones not freed")?;
                }
                f.write_str(if *copied { "" } else { ", byte counts not copied" })?;
                f.write_str(if *revision_copied { "" } else { ", revision not copied" })?;
                f.write_str(if *reserved_intact { "" } else { ", NDIS's own part overwritten" })
            }
            Self::NotOutstanding { module, own } => {
                let what = if *own { "its own request" } else { "what was not outstanding" };
                write!(f, "{module} completed {what}")
            }
            Self::NeverCompleted { request } => {
                write!(f, "request {request} is kept, with nothing outstanding below")
            }
            Self::Answered { request, status } => {
                write!(f, "request {request} answered: {}", status_of_ndis(*status))
            }
            Self::Cancelled { request } => write!(f, "request {request} cancelled"),
            Self::CancelPassedOn { module, known } => {
                write!(f, "cancellation passed on by {module}")?;
                f.write_str(if *known { "" } else { ", of nothing that is out below it" })
            }
            Self::OutAtDetach { module, count } => {
                write!(f, "{module} is gone with {count} requests of its own out")
            }
        }
    }
}
