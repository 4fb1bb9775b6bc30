//! The export directory: functions that other images may call.

use object::pe;

use image::Survey;

/// Far beyond any driver; bounds what a hostile table costs.
const MOST: u32 = 4096;
const LONGEST_NAME: usize = 256;

pub struct Export {
    pub name: String,
    pub rva: u32,
}

/// The exports with a name, as far as the directory is whole.
pub fn read(image: &Survey) -> Vec<Export> {
    let Some((directory, _)) = image.directory(pe::IMAGE_DIRECTORY_ENTRY_EXPORT) else {
        return Vec::new();
    };
    let field = |offset: u32| image.u32(directory.checked_add(offset)?);
    let (Some(count), Some(functions), Some(names), Some(ordinals)) =
        (field(24), field(28), field(32), field(36))
    else {
        return Vec::new();
    };
    let export = |index: u32| {
        let name = image.bytes(image.u32(names.checked_add(index * 4)?)?);
        let length = name.iter().take(LONGEST_NAME).position(|byte| *byte == 0)?;
        let ordinal = u32::from(image.u16(ordinals.checked_add(index * 2)?)?);
        let rva = image.u32(functions.checked_add(ordinal * 4)?)?;
        Some(Export { name: name.get(..length)?.escape_ascii().to_string(), rva })
    };
    (0..count.min(MOST)).filter_map(export).collect()
}
