//! What was found, counted, and the answer that follows.

use std::rc::Rc;

use serde::{Serialize, Serializer};

use super::Question;
use super::story::Seen;

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It happens.
    Yes,
    /// It does not happen, where it could have.
    No,
    /// One of several readings, or several of them.
    Value(String),
    /// The recording has no occasion.
    NotSeen,
}

impl Answer {
    /// The answer as it is printed.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Value(value) => value,
            Self::NotSeen => "not seen in this recording",
        }
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

/// The occasions that speak for one answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The answer that they speak for.
    pub answer: String,
    /// How many they are.
    pub occasions: u32,
    /// The time of the first event that answers, units of 100 ns.
    pub time_100ns: u64,
    /// The adapter and the layer of our module; empty for the machine or the driver.
    pub of: Rc<str>,
    /// The observation of the first event that answers.
    pub what: String,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settled {
    /// `Question::id`.
    pub question: &'static str,
    /// `Question::asks`.
    pub asks: &'static str,
    /// The answer.
    pub answer: Answer,
    /// Readings of the host's switches that the evidence speaks for: `predetach=absent`.
    pub readings: Vec<String>,
    /// The occasions, by answer.
    pub evidence: Vec<Evidence>,
    /// `Question::needs`.
    pub needs: &'static str,
}

/// Where a question counts what it finds.
#[derive(Default)]
pub(super) struct Tally {
    evidence: Vec<Evidence>,
    readings: Vec<String>,
}

impl Tally {
    /// An occasion that speaks for an answer.
    pub(super) fn add(&mut self, answer: &str, at: &Seen<'_>, what: impl FnOnce() -> String) {
        if let Some(known) = self.evidence.iter_mut().find(|known| known.answer == answer) {
            known.occasions += 1;
            return;
        }
        self.evidence.push(Evidence {
            answer: answer.to_owned(),
            occasions: 1,
            time_100ns: at.event.time_100ns,
            of: Rc::clone(&at.of),
            what: what(),
        });
    }

    /// The same for an answer that is a reading of a switch.
    pub(super) fn add_reading(
        &mut self,
        (answer, reading): (&str, &str),
        at: &Seen<'_>,
        what: impl FnOnce() -> String,
    ) {
        self.add(answer, at, what);
        if !self.readings.iter().any(|known| known == reading) {
            self.readings.push(reading.to_owned());
        }
    }

    pub(super) fn settle(mut self, question: &'static Question) -> Settled {
        self.evidence.sort_by(|one, other| one.answer.cmp(&other.answer));
        self.readings.sort();
        let answers: Vec<&str> =
            self.evidence.iter().map(|evidence| evidence.answer.as_str()).collect();
        let answer = match answers.as_slice() {
            [] => Answer::NotSeen,
            ["no"] => Answer::No,
            // It does happen, if not at every occasion.
            ["yes"] | ["no", "yes"] => Answer::Yes,
            several => Answer::Value(several.join(", ")),
        };
        Settled {
            question: question.id,
            asks: question.asks,
            answer,
            readings: self.readings,
            evidence: self.evidence,
            needs: question.needs,
        }
    }
}
