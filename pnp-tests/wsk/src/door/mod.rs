//! The door between WSK and a client: the exports of netio.sys, and the tables that they lead to.

mod exports;
mod subsystem;
pub(crate) mod tables;

pub use subsystem::NetioSys;
