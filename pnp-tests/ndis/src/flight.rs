//! What is on its way through a stack.

use std::rc::Rc;

use crate::door::raw::Raw;
use crate::id::AdapterId;

/// A structure that is on its way through a stack.
#[derive(Clone, Debug)]
pub struct InFlight {
    pub raw: Rc<Raw>,
    pub code: u32,
    pub adapter: AdapterId,
    /// It is for one module and goes no further.
    pub directed: bool,
}
