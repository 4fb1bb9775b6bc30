//! What a recording of a real Windows answers of the questions that Microsoft's documentation leaves
//! open: the contract's list of what only Windows can confirm, and the host's switches with it.
//!
//! A question is answered from occasions, places in the recording where it had to show one way or the
//! other. Where there is no occasion there is no answer: silence proves nothing.

mod answer;
mod delivery;
mod life;
mod path;
mod power;
mod story;

use super::decode::Event;

use answer::Tally;
pub use answer::{Answer, Evidence, Settled};
use story::Story;

/// A question that Windows answers.
pub struct Question {
    /// The question's name in the output.
    pub id: &'static str,
    /// The question, in a sentence.
    pub asks: &'static str,
    /// The actions that are needed while the trace is recorded.
    pub needs: &'static str,
    settle: fn(&Story<'_>, &mut Tally),
}

/// Every question, in the order in which they are answered.
pub const QUESTIONS: [&Question; 19] = [
    &path::REGISTRATION,
    &path::FORWARDING,
    &path::ACTIVITY,
    &life::ATTACH,
    &life::STATUS_BEFORE_ATTACH,
    &life::PREDETACH,
    &life::PAUSE_REASONS,
    &life::STACK_CHANGE,
    &power::QUERY_POWER,
    &power::SET_POWER_IN_IDLE,
    &power::HALT_DETACH,
    &power::ATTRIBUTES_AT_RESUME,
    &power::ATTRIBUTES_ELSEWHERE,
    &power::SHUTDOWN,
    &delivery::BIND_EVENTS,
    &delivery::BIND_LIST,
    &delivery::RECONFIGURE,
    &delivery::PORT_EVENTS,
    &delivery::CAPABILITIES,
];

/// Answers every question from a recording's events, which are in the order of time.
#[must_use]
pub fn confirm(events: &[Event]) -> Vec<Settled> {
    let story = Story::of(events);
    let settle = |question: &&'static Question| {
        let mut tally = Tally::default();
        (question.settle)(&story, &mut tally);
        tally.settle(question)
    };
    QUESTIONS.iter().map(settle).collect()
}

#[cfg(test)]
mod tests;
