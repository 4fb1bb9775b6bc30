//! NDIS: what is on the machine (`stack`) and one file for each conversation it holds with
//! filters. Every step of a flow cites where its order is documented.

pub mod attach;
pub mod bind;
pub mod chain;
pub mod device_pnp;
pub mod door;
pub mod exercise;
pub mod given;
pub mod guest;
pub mod idle;
pub mod names;
pub mod net_pnp;
pub mod oid;
pub mod packet;
pub mod pause;
pub mod pnp;
pub mod port;
pub mod power;
pub mod receive;
pub mod reconfigure;
pub mod register;
pub mod rules;
pub mod send;
pub mod stack;
pub mod status;
pub mod switches;
pub mod traffic;
pub mod words;

pub use stack::{Adapter, AdapterId, Filter, Layer, Module, ModuleId, Ndis};
