//! No bytes make a parser panic.

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;

use super::super::{Image, ImageFile};
use super::NOWHERE;
use image_builder::Pe;

/// Opens and, if that works, loads.
fn survive(bytes: &[u8]) {
    let Ok(file) = ImageFile::parse(Path::new("hostile.sys"), bytes) else { return };
    if let Ok(image) = Image::load(&file, &NOWHERE) {
        assert_eq!(image.size(), file.facts().size_of_image as usize);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn flipped_bytes_are_refused_or_loaded(
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = Pe::driver().build();
        for (place, value) in flips {
            *place.get_mut(&mut bytes) = value;
        }
        survive(&bytes);
    }

    #[test]
    fn flipped_header_bytes_are_refused_or_loaded(
        flips in prop::collection::vec((0..0x200_usize, any::<u8>()), 1..4),
    ) {
        let mut bytes = Pe::driver().build();
        for (place, value) in flips {
            bytes[place] = value;
        }
        survive(&bytes);
    }

    #[test]
    fn extreme_words_in_tables_are_refused_or_loaded(
        place in any::<Index>(),
        value in prop::sample::select(vec![0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, u32::MAX]),
    ) {
        let mut bytes = Pe::driver().build();
        let (words, _) = bytes.as_chunks_mut::<4>();
        *place.get_mut(words) = value.to_le_bytes();
        survive(&bytes);
    }

    #[test]
    fn truncated_files_are_refused(length in any::<Index>()) {
        let bytes = Pe::driver().build();
        let cut = &bytes[..length.index(bytes.len())];
        prop_assert!(ImageFile::parse(Path::new("cut.sys"), cut).is_err());
    }

    #[test]
    fn noise_behind_a_dos_magic_is_refused_or_loaded(noise in prop::collection::vec(any::<u8>(), 0..400)) {
        survive(&[b"MZ".as_slice(), &noise].concat());
    }
}
