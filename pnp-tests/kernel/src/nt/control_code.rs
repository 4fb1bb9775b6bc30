//! The control codes of a driver, out of its image: a 32-bit number with the shape of CTL_CODE is most likely one.

use std::collections::BTreeSet;

use image::ImageFile;

use crate::machine::raw;

/// FILE_DEVICE_NETWORK, FILE_DEVICE_PHYSICAL_NETCARD, FILE_DEVICE_UNKNOWN, and the first that vendors may use.
const DEVICES: [u32; 4] = [0x12, 0x17, 0x22, 0x8000];
/// Functions from here on are vendors' (docs:kernel/defining-i-o-control-codes).
const FUNCTION_MIN: u32 = 0x800;
/// More are no codes but chance.
const MOST: usize = 24;

/// The codes in the code and the constants of an image that lies at `base`, in order.
pub fn mentioned(file: &ImageFile, base: usize) -> Vec<u32> {
    let mut codes = BTreeSet::new();
    let constant = |name: &str| name == ".rdata";
    for section in file.sections().iter().filter(|s| s.execute || constant(&s.name)) {
        let length = section.virtual_size.min(section.raw_size) as usize;
        let bytes = raw::bytes(base + section.rva as usize, length);
        let numbers = bytes.windows(4).map(|at| u32::from_le_bytes([at[0], at[1], at[2], at[3]]));
        codes.extend(numbers.filter(|number| is_code(*number)));
    }
    codes.into_iter().take(MOST).collect()
}

fn is_code(number: u32) -> bool {
    DEVICES.contains(&(number >> 16)) && number >> 2 & 0xFFF >= FUNCTION_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_of_a_device_and_a_function_that_vendors_use() {
        assert!(is_code(0x0012_2004), "CTL_CODE(FILE_DEVICE_NETWORK, 0x801, METHOD_BUFFERED, 0)");
        assert!(is_code(0x8000_E003), "the first of vendors' devices, both kinds of access");
        assert!(!is_code(0x0012_0004), "a function of Microsoft's");
        assert!(!is_code(0x0013_2004), "another device");
    }
}
