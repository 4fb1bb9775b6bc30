//! The kernel's facilities, one a file, in safe Rust: what an export of ntoskrnl.exe means.

pub mod bugcheck;
pub mod dispatcher;
pub mod dpc;
pub mod driver;
pub mod etw;
pub mod io;
pub mod later;
pub mod object;
pub mod pool;
pub mod registry;
pub mod signal;
pub mod spin;
pub mod thread;
pub mod time;
pub mod timer;
pub mod user;
pub mod work;
