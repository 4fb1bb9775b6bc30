//! The seed: where every choice of the host comes from.

/// SplitMix64. Public domain algorithm by Sebastiano Vigna; small, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// A sequence of choices; that of seed 0 is always the first.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Whether every choice is the first.
    pub fn takes_the_first(&self) -> bool {
        self.0 == 0
    }

    /// One of `count` choices. Seed 0 always takes the first: the order in which things were
    /// asked for.
    pub fn choose(&mut self, count: usize) -> usize {
        if self.0 == 0 || count < 2 {
            return 0;
        }
        usize::try_from(self.next() % count as u64).unwrap_or(0)
    }
}
