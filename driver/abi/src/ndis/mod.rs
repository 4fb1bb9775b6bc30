//! NDIS 6.x, one file per header chapter.

pub mod device_pnp;
pub mod filter;
pub mod indication;
pub mod net_pnp;
pub mod object;
pub mod oid;
pub mod packet;
pub mod port;
pub mod status;
