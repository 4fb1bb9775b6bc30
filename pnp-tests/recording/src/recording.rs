//! A recorded session, event by event.

use super::attribute::{Attribution, Spans, of_spans};
use super::decode::{Decoder, Event};
use super::etl::{EtlError, Log, Session, Skipped};
use super::history;

/// A file of a session.
pub struct Recording {
    log: Log,
}

impl Recording {
    /// Reads a file's bytes.
    ///
    /// # Errors
    ///
    /// When they are no `.etl`.
    pub fn read(bytes: Vec<u8>) -> Result<Self, EtlError> {
        Ok(Self { log: Log::read(bytes)? })
    }

    /// The file's facts about the session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.log.session
    }

    /// The parts of the file that were not read.
    #[must_use]
    pub fn skipped(&self) -> &Skipped {
        self.log.skipped()
    }

    /// Every event in time order, decoded; the driver's history in its place.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let mut decoder = Decoder::default();
        let events = self.log.records().map(|record| decoder.decode(&record)).collect();
        history::restore(events, |counter| self.session().to_100ns(counter))
    }

    /// The driver's spans. One event at a time is decoded, so that large files fit.
    #[must_use]
    pub fn spans(&self) -> Spans {
        let mut decoder = Decoder::default();
        let (mut spans, mut past) = (Spans::default(), Vec::new());
        spans.to_100ns = self.session().end_100ns();
        for record in self.log.records() {
            let event = decoder.decode(&record);
            if history::is_of_history(&event) {
                past.push(event);
            } else {
                spans.add(&event);
            }
        }
        let told = history::as_told(past, |counter| self.session().to_100ns(counter));
        for event in told.iter().flatten() {
            spans.add(event);
        }
        spans.finish()
    }

    /// The attribution of the driver's events. Takes the file's bytes along, so that they make room.
    #[must_use]
    pub fn into_attribution(self) -> Attribution {
        let spans = self.spans();
        drop(self);
        of_spans(&spans)
    }
}
