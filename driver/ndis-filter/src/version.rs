//! The NDIS version under which a filter registers.
//!
//! The highest that both sides know: registering low makes NDIS switch off offloads for everyone
//! on the adapter (6.20 or less: receive segment coalescing, and a pause around every suspend;
//! below 6.89: UDP receive offload). Source: docs:network/introduction-to-ndis-6-*,
//! docs:network/programming-considerations-for-rsc-drivers, docs:network/udp-rsc-offload;
//! contract a.0.

use driver_abi::ndis::filter as abi;

/// Minor versions that this crate knows, highest first. 89 has no constant in the WDK 22621
/// headers.
const MINORS: [u8; 11] = [89, 87, 86, 85, 84, 82, 80, 70, 60, 50, 30];

/// The first minor version that wants characteristics of revision 3.
const REVISION_3_FROM: u8 = 80;

/// The version that a filter declares in its characteristics, with the header that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// MajorNdisVersion of the characteristics.
    pub major: u8,
    /// MinorNdisVersion of the characteristics.
    pub minor: u8,
    /// Header.Revision of the characteristics.
    pub revision: u8,
    /// Header.Size of the characteristics, bytes.
    pub size: u16,
}

/// The declarations for a system whose NdisGetVersion answers `runtime`, best first; where NDIS refuses
/// one, the next may do.
///
/// `runtime` is `major << 16 | minor`. Below 6.30 there is nothing to declare.
pub fn declarations(runtime: u32) -> impl Iterator<Item = Declaration> {
    let fits = move |minor: &u8| (6 << 16 | u32::from(*minor)) <= runtime;
    MINORS.into_iter().filter(fits).map(|minor| {
        let (revision, size) = if minor >= REVISION_3_FROM {
            (
                abi::NDIS_FILTER_CHARACTERISTICS_REVISION_3,
                abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3,
            )
        } else {
            (
                abi::NDIS_FILTER_CHARACTERISTICS_REVISION_2,
                abi::NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2,
            )
        };
        Declaration { major: 6, minor, revision, size }
    })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn minors(major: u32, minor: u32) -> Vec<u8> {
        declarations(major << 16 | minor).map(|declaration| declaration.minor).collect()
    }

    #[test]
    fn a_system_below_6_30_gets_no_declaration() {
        for minor in 0..30 {
            assert_eq!(minors(6, minor), []);
        }
        assert_eq!(minors(5, 99), []);
    }

    #[test]
    fn the_best_declaration_is_the_highest_known_version_not_above_the_system() {
        for (minor, best) in [(30, 30), (49, 30), (50, 50), (83, 82), (88, 87), (89, 89), (99, 89)]
        {
            assert_eq!(minors(6, minor).first(), Some(&best));
        }
        assert_eq!(minors(7, 0).first(), Some(&89));
    }

    #[test]
    fn the_steps_of_every_runtime_are_all_known_versions_up_to_it() {
        const KNOWN: [u8; 11] = [30, 50, 60, 70, 80, 82, 84, 85, 86, 87, 89];
        for runtime in 0..=90 {
            let expected: Vec<_> =
                KNOWN.into_iter().rev().filter(|known| u32::from(*known) <= runtime).collect();
            assert_eq!(minors(6, runtime), expected);
        }
        assert_eq!(minors(7, 0).len(), KNOWN.len());
        assert_eq!(declarations(u32::MAX).count(), KNOWN.len());
    }

    #[test]
    fn declarations_step_down_and_end_at_6_30() {
        let steps = minors(6, 89);
        assert!(steps.is_sorted_by(|a, b| a > b));
        assert_eq!(steps.last(), Some(&30));
    }

    #[test]
    fn revision_3_begins_at_6_80() {
        for declaration in declarations(0x0006_0059) {
            let expected = if declaration.minor >= 80 { (3, 240) } else { (2, 224) };
            assert_eq!((declaration.revision, declaration.size), expected);
        }
    }
}
