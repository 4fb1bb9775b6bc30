//! The kernel's facilities, one a file, in safe Rust: what an export of ntoskrnl.exe means.

pub mod bugcheck;
pub mod driver;
pub mod etw;
pub mod io;
pub mod pool;
pub mod user;
