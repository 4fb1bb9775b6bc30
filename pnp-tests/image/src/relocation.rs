//! Base relocations: every absolute address in the image, so that it can lie anywhere.

use object::pe;
use object::read::pe::RelocationBlockIterator;

use super::cursor;
use super::error::Refusal;

/// The RVAs of all 64-bit addresses, each with its 8 bytes inside `flat`.
pub(super) fn parse(flat: &[u8], rva: u32, size: u32) -> Result<Vec<u32>, Refusal> {
    let broken = |found: String| Refusal::Malformed {
        part: "relocation table",
        found,
        expected: "whole blocks inside the image",
    };
    let table = cursor::at(flat, rva).and_then(|mut cursor| cursor.take(size as usize));
    let table = table.ok_or_else(|| broken(format!("{size} bytes at RVA {rva:#x}")))?;
    let mut addresses = Vec::new();
    for block in RelocationBlockIterator::new(table) {
        for relocation in block.map_err(|error| broken(error.to_string()))? {
            let rva = relocation.virtual_address;
            match relocation.typ {
                // Padding that rounds a block up to four bytes.
                pe::IMAGE_REL_BASED_ABSOLUTE => {}
                pe::IMAGE_REL_BASED_DIR64 if slot(flat, rva).is_some() => addresses.push(rva),
                pe::IMAGE_REL_BASED_DIR64 => {
                    let size = u32::try_from(flat.len()).unwrap_or(u32::MAX);
                    return Err(Refusal::RelocationOutsideImage { rva, size });
                }
                pe::BaseRelocationType(kind) => return Err(Refusal::RelocationType { kind, rva }),
            }
        }
    }
    Ok(addresses)
}

/// Moves every address in `flat` by `delta`, the distance from the preferred base.
pub(super) fn apply(flat: &mut [u8], addresses: &[u32], delta: u64) {
    for rva in addresses {
        if let Some(value) = slot(flat, *rva) {
            write(flat, *rva, u64::from_le_bytes(value).wrapping_add(delta));
        }
    }
}

/// Writes one address; the parsers have checked that it fits.
pub(super) fn write(flat: &mut [u8], rva: u32, value: u64) {
    let place = flat.get_mut(rva as usize..).and_then(<[u8]>::first_chunk_mut);
    if let Some(place) = place {
        *place = value.to_le_bytes();
    }
}

fn slot(flat: &[u8], rva: u32) -> Option<[u8; 8]> {
    cursor::at(flat, rva)?.array()
}
