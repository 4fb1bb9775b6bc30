//! Requests of users.

use super::rule::{Rule, Severity};
use super::stop::Stop;
use journal::names::table::nt_status;
use journal::{IoFact, KernelFact};

pub const REQUESTS: Rule = Rule {
    id: "NV-56",
    severity: Severity::Contract,
    says: "Every request of a user's is completed exactly once; PENDING is returned for those marked \
           pending and no others; none is out after the cleanup of its file; none gives the user more \
           bytes than its buffer has",
    source: "docs:kernel/completing-irps, docs:kernel/introduction-to-cancel-routines, \
             ddi:wdm/ns-wdm-_io_status_block",
    provoked_by: "unknown codes, short buffers, cancellation, files closed with requests out",
    bugchecks: &[Stop::any(0x44)],
    check: |history, report| {
        for (index, fact) in history.kernel() {
            let KernelFact::Io(fact) = fact else { continue };
            let found = match fact {
                IoFact::PendingMismatch { irp, marked: true, status } => {
                    let status = nt_status(*status);
                    format!("request {irp} was marked pending and answered {status}")
                }
                IoFact::TooMuch { irp, information, room } => {
                    format!("request {irp} says {information} bytes for the user's {room}")
                }
                IoFact::PendingMismatch { irp, .. } => {
                    format!("PENDING was returned for request {irp}, which is not marked pending")
                }
                IoFact::NotCompleted { irp, status } => {
                    let status = nt_status(*status);
                    format!("request {irp} was answered {status} and not completed")
                }
                IoFact::NoSuchRequest => "a request was completed that is not out".to_owned(),
                IoFact::LeftPending { irp } => {
                    format!("request {irp} is out after the cleanup of its file")
                }
                _ => continue,
            };
            report.breach(index, found);
        }
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::Sample;

    #[test]
    fn nv56_catches_requests_that_are_lost_doubled_or_wrongly_pended() {
        for fact in [
            IoFact::PendingMismatch { irp: 1, marked: false, status: 0x103 },
            IoFact::PendingMismatch { irp: 1, marked: true, status: 0 },
            IoFact::TooMuch { irp: 1, information: 20, room: 16 },
            IoFact::NotCompleted { irp: 1, status: 0 },
            IoFact::NoSuchRequest,
            IoFact::LeftPending { irp: 1 },
        ] {
            Sample::new().fact(KernelFact::Io(fact)).breaks(&REQUESTS);
        }
        Sample::new()
            .fact(KernelFact::Io(IoFact::Completed { irp: 1, status: 0 }))
            .keeps(&REQUESTS);
    }
}
