//! What stays the same of a finding when the driver is built again: rule, function, callback and words, each
//! number as `#`; no line and no address.

use std::collections::BTreeMap;

use super::Verdict;
use crate::alike::without_numbers;
use crate::verify::findings::Finding;

/// The fingerprints of findings in their order; those that would be one are counted.
#[derive(Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<u64, u32>,
}

impl Fingerprints {
    /// `1f2e3d4c5b6a7988:1`
    pub(super) fn next(&mut self, verdict: &Verdict<'_>, finding: &Finding) -> String {
        let breach = &finding.breach;
        let function = breach.site.and_then(|rva| verdict.program.function(rva));
        let words = without_numbers(&breach.found);
        self.of([
            &breach.rule,
            function.as_deref().unwrap_or_default(),
            breach.callback.as_deref().unwrap_or_default(),
            &words,
        ])
    }

    fn of(&mut self, parts: [&str; 4]) -> String {
        let hash = fnv(parts);
        let count = self.seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:016x}:{count}")
    }
}

/// FNV-1a over the parts, each with an end of its own.
fn fnv(parts: [&str; 4]) -> u64 {
    let bytes = parts.into_iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_fingerprint_and_a_second_one_is_counted() {
        let parts = ["NV-43", "attach", "FilterAttach", "left behind: pool block #"];
        let (mut first, mut again) = (Fingerprints::default(), Fingerprints::default());
        let one = first.of(parts);
        assert_eq!(one, again.of(parts));
        assert!(one.ends_with(":1"));
        assert_eq!(first.of(parts), one.replace(":1", ":2"));
        let other = first.of(["NV-43", "attachF", "ilterAttach", parts[3]]);
        assert_ne!(other[..16], one[..16], "the border between two parts counts");
    }
}
