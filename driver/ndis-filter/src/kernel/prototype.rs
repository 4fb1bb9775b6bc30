//! Whether the kit declares an import as `import` does: the same number of arguments, each and the answer of
//! the same size. Built with the WDK only.

/// Sizes in bytes of what a function answers and takes.
pub trait Prototype {
    const SIZES: &[usize];
}

macro_rules! prototypes {
    ($(($($argument:ident),*))*) => {$(
        impl<Answer, $($argument),*> Prototype for unsafe extern "C" fn($($argument),*) -> Answer {
            const SIZES: &[usize] = &[size_of::<Answer>(), $(size_of::<$argument>()),*];
        }
        impl<Answer, $($argument),*> Prototype for unsafe extern "system" fn($($argument),*) -> Answer {
            const SIZES: &[usize] = &[size_of::<Answer>(), $(size_of::<$argument>()),*];
        }
    )*};
}

prototypes! { () (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) }

pub const fn sizes<F: Prototype + Copy>(_: F) -> &'static [usize] {
    F::SIZES
}

pub const fn equal(ours: &[usize], kits: &[usize]) -> bool {
    let mut at = 0;
    while at < ours.len() && at < kits.len() && ours[at] == kits[at] {
        at += 1;
    }
    at == ours.len() && at == kits.len()
}

macro_rules! same {
    ($kit:ident, $name:ident($($argument:ident),*)) => {
        assert!(
            $crate::kernel::prototype::equal(
                $crate::kernel::prototype::sizes(
                    $name as unsafe extern "system" fn($($crate::kernel::prototype::any!($argument)),*) -> _
                ),
                $crate::kernel::prototype::sizes(
                    $kit::$name as unsafe extern "C" fn($($crate::kernel::prototype::any!($argument)),*) -> _
                ),
            ),
            concat!("the prototype of ", stringify!($name), " is not the WDK's"),
        );
    };
}
/// One inferred type for each argument.
macro_rules! any {
    ($argument:ident) => {
        _
    };
}
pub(crate) use {any, same};

/// NDIS's functions, out of the kit's ndis.h (`build.rs`).
#[allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    missing_docs,
    dead_code,
    clashing_extern_declarations,
    clippy::all,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    unsafe_op_in_unsafe_fn,
    unnecessary_transmutes,
    reason = "generated"
)]
pub mod ndis {
    include!(concat!(env!("OUT_DIR"), "/ndis.rs"));
}
