//! What is on its way through a stack.

use std::rc::Rc;

use crate::door::raw::Raw;
use crate::id::AdapterId;

/// A structure that is on its way through a stack.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// The structure in memory.
    pub raw: Rc<Raw>,
    /// NET_PNP_EVENT_CODE.
    pub code: u32,
    /// The adapter that the event is about.
    pub adapter: AdapterId,
    /// Whether the event is for one module and goes no further.
    pub directed: bool,
}
