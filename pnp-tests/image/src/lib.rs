//! The loader: takes the file that Windows would load, refuses what Windows or this host cannot
//! run and says why, and maps the rest as the Windows kernel would.
//!
//! ```text
//! path -> ImageFile (parsed, laid out, nothing executable) -> Image (mapped, bound, protected)
//!             \-> Symbols (names and lines out of the PDB beside it)
//! ```
//!
//! - All parsing is total: hostile bytes give an [`ImageError`], never a panic.
//! - What touches memory the compiler does not know of is in `map.rs` alone.
//! - Nothing here knows what an image imports: the kernel that it is bound to is an `Exports`.
//!
//! Elsewhere than on `cfg(host)` files are read, and nothing is mapped.

#![deny(unsafe_code)]
#![cfg_attr(not(host), allow(dead_code, reason = "the rest is for what is mapped"))]

mod checksum;
mod cursor;
mod debug;
mod error;
mod file;
mod header;
mod import;
#[cfg(host)]
mod load;
mod load_config;
mod magic;
#[cfg(host)]
mod map;
mod pdb;
mod relocation;
mod section;
mod survey;
mod symbols;
#[cfg(all(test, host))]
mod tests;
mod version;

pub use debug::PdbReference;
pub use error::{ImageError, Refusal};
pub use file::{ImageFacts, ImageFile};
pub use import::{Import, KERNEL_MODULES, is_kernel_module};
#[cfg(host)]
pub use load::{Exports, Image};
pub use section::Section;
pub use survey::{Machine, Survey};
pub use symbols::{Symbol, Symbols, SymbolsState};

/// The page of x86-64 and the granularity of every protection here.
const PAGE: u32 = 4096;

/// Far beyond any network driver; bounds what a hostile header costs.
const LARGEST_IMAGE: u32 = 256 << 20;
