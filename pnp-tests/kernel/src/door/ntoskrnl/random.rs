//! Random numbers out of a seed of the caller's.
#![allow(non_snake_case, reason = "Windows names")]

use crate::door::crossing::cross;
use crate::door::exports::exports;
use crate::machine::raw;

exports! {
    RtlRandom: le APC, since 2600, "ddi:ntifs/nf-ntifs-rtlrandom";
    RtlRandomEx: le APC, since 2600, "ddi:ntifs/nf-ntifs-rtlrandomex";
}

/// A number from 0 to MAXLONG-1, which is the next seed: RtlUniform's congruence, since Windows shuffles its own
/// out of a table that no page describes.
fn next(seed: usize) -> u32 {
    const MAXLONG: u64 = 0x7FFF_FFFF;
    let value = u64::from(raw::get::<u32>(seed)) * 0x7FFF_FFED + 0x7FFF_FFC3;
    let number = u32::try_from(value % MAXLONG).unwrap_or(0);
    raw::put(seed, number);
    number
}

extern "win64" fn RtlRandom(seed: usize) -> u32 {
    let _ = cross();
    next(seed)
}

extern "win64" fn RtlRandomEx(seed: usize) -> u32 {
    let _ = cross();
    next(seed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::block::Block;
    use crate::world::sample::machine;

    #[test]
    fn numbers_follow_from_the_seed_and_are_positive() {
        machine(0, |_| {
            let draw = || {
                let seed = Block::of(7_u32);
                [(); 50].map(|()| RtlRandomEx(seed.address()))
            };
            let drawn = draw();
            assert_eq!(drawn, draw());
            assert!(drawn.iter().all(|number| number.cast_signed() >= 0));
            assert!(drawn.windows(2).all(|pair| pair[0] != pair[1]));
        });
    }
}
