//! The import table: which functions of which modules, and where their addresses go.

use std::path::Path;

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ImageThunkData, ImportTable};

use super::cursor::{self, printable};
use super::error::Refusal;

/// Far beyond any driver; bounds what a hostile table costs.
const MOST_IMPORTS: usize = 1 << 14;
/// MSVC cuts decorated names here.
const LONGEST_NAME: usize = 4096;
const SLOT: u32 = 8;

/// Modules without the ending `.sys` that a driver may import from on Windows.
pub const KERNEL_MODULES: [&str; 3] = ["ntoskrnl.exe", "hal.dll", "bootvid.dll"];

/// Whether a driver may import from `module` at all: from the kernel's own, or from any other driver.
/// User-mode libraries are DLLs. Windows ignores case.
#[must_use]
pub fn is_kernel_module(module: &str) -> bool {
    let is_driver = Path::new(module).extension().is_some_and(|e| e.eq_ignore_ascii_case("sys"));
    is_driver || KERNEL_MODULES.iter().any(|known| known.eq_ignore_ascii_case(module))
}

/// One function that the image wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Spelled as in the image; Windows ignores its case.
    pub module: String,
    /// The function's name.
    pub name: String,
    /// Where the loader writes the function's address.
    pub slot_rva: u32,
}

impl std::fmt::Display for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}!{}", self.module, self.name)
    }
}

/// `flat` is the image as laid out, so that tables may cross sections as they may in Windows.
pub(super) fn parse(flat: &[u8], rva: u32) -> Result<Vec<Import>, Refusal> {
    let table = ImportTable::new(flat, 0, rva);
    let mut imports = Vec::new();
    for descriptor in table.descriptors().map_err(|error| broken(&error))? {
        let descriptor = descriptor.map_err(|error| broken(&error))?;
        let module = name_at(flat, descriptor.name.get(LE))?;
        let slots = descriptor.first_thunk.get(LE);
        let names = match descriptor.original_first_thunk.get(LE) {
            0 => slots,
            names => names,
        };
        let mut thunks = table.thunks(names).map_err(|error| broken(&error))?;
        let mut slot_rva = slots;
        while let Some(thunk) =
            thunks.next::<pe::ImageNtHeaders64>().map_err(|error| broken(&error))?
        {
            if thunk.is_ordinal() {
                return Err(Refusal::ImportByOrdinal { module, ordinal: thunk.ordinal() });
            }
            let end = slot_rva.checked_add(SLOT).filter(|end| *end as usize <= flat.len());
            let end = end.ok_or_else(|| table_error(format!("a slot at RVA {slot_rva:#x}")))?;
            // Two bytes of hint, which the kernel uses as a guess only, stand before the name.
            let name = name_at(flat, thunk.address().wrapping_add(2))?;
            imports.push(Import { module: module.clone(), name, slot_rva });
            slot_rva = end;
            if imports.len() > MOST_IMPORTS {
                return Err(table_error(format!("more than {MOST_IMPORTS} imports")));
            }
        }
    }
    Ok(imports)
}

fn name_at(flat: &[u8], rva: u32) -> Result<String, Refusal> {
    let text = cursor::at(flat, rva).map(|mut cursor| {
        let start = cursor.0.len().min(LONGEST_NAME);
        cursor::Cursor(cursor.take(start).unwrap_or_default()).string()
    });
    match text {
        Some(name) if !name.is_empty() && name.len() < LONGEST_NAME => Ok(printable(name)),
        _ => Err(table_error(format!("no name at RVA {rva:#x}"))),
    }
}

fn broken(error: &object::read::Error) -> Refusal {
    table_error(error.to_string())
}

fn table_error(found: String) -> Refusal {
    Refusal::Malformed { part: "import table", found, expected: "names and slots inside the image" }
}
