//! Whether the kit declares an import as `import` does: the same number of arguments, each and the answer of
//! the same size. Built with the WDK only.

/// Sizes in bytes of what a function answers and takes.
pub trait Prototype {
    /// The answer's size, then those of the arguments.
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

/// The sizes of a function.
pub const fn sizes<F: Prototype + Copy>(_: F) -> &'static [usize] {
    F::SIZES
}

/// Whether two functions answer and take things of the same sizes.
pub const fn equal(ours: &[usize], kits: &[usize]) -> bool {
    let mut at = 0;
    while at < ours.len() && at < kits.len() && ours[at] == kits[at] {
        at += 1;
    }
    at == ours.len() && at == kits.len()
}

/// Fails to compile where the kit declares a function otherwise; used by [`import!`](crate::import).
#[doc(hidden)]
#[macro_export]
macro_rules! same_prototype {
    ($kit:ident, $name:ident($($argument:ident),*)) => {
        assert!(
            $crate::kernel::prototype::equal(
                $crate::kernel::prototype::sizes(
                    $name as unsafe extern "system" fn($($crate::inferred!($argument)),*) -> _
                ),
                $crate::kernel::prototype::sizes(
                    $kit::$name as unsafe extern "C" fn($($crate::inferred!($argument)),*) -> _
                ),
            ),
            concat!("the prototype of ", stringify!($name), " is not the WDK's"),
        );
    };
}
/// One inferred type for each argument.
#[doc(hidden)]
#[macro_export]
macro_rules! inferred {
    ($argument:ident) => {
        _
    };
}
