//! The driver under test: its file, and what is in memory of it.

use std::cell::OnceCell;
use std::path::Path;
use std::rc::Rc;

use image::{Image, ImageError, ImageFile, Survey, Symbols};
use inspect::blocks::Blocks;

use crate::door::exports::ExportTables;
use crate::door::structure::DriverObject;
use crate::machine::block::Block;
use crate::machine::unwind::Functions;
use crate::nt::control_code;
use crate::nt::coverage::Coverage;
use crate::world::World;
use crate::world::subsystem::Subsystems;

/// The file under test and its symbols.
pub struct DriverFile {
    /// The image file.
    pub file: ImageFile,
    symbols: Option<Symbols>,
    blocks: OnceCell<Blocks>,
    /// The values under the service's key `Parameters`: names and REG_DWORDs.
    pub parameters: Vec<(String, u32)>,
    /// The control codes that the image mentions.
    pub control_codes: Vec<u32>,
    /// The blocks that are reached, if somebody wants to know.
    pub coverage: Option<Coverage>,
}

impl DriverFile {
    /// Refuses what Windows would refuse, and what this host cannot run, before anything starts.
    pub fn new(file: ImageFile, subsystems: Subsystems) -> Result<Self, ImageError> {
        let image = Image::load(&file, &ExportTables(subsystems))?;
        let control_codes = control_code::mentioned(&file, image.base());
        let symbols = Symbols::beside(&file);
        let blocks = OnceCell::new();
        Ok(Self { file, symbols, blocks, parameters: Vec::new(), control_codes, coverage: None })
    }

    /// The file's code, as far as it is proven to be code. It is looked at when somebody first asks; of a
    /// file that cannot be read again there is none.
    pub fn blocks(&self) -> &Blocks {
        self.blocks.get_or_init(|| {
            let image = Survey::open(self.file.path());
            image.map(|image| Blocks::read(&image, self.symbols())).unwrap_or_default()
        })
    }

    /// The symbols, if there are some that match.
    pub fn symbols(&self) -> Option<&Symbols> {
        self.symbols.as_ref()
    }

    /// The PDB in use, if there is one that matches.
    pub fn symbols_path(&self) -> Option<&Path> {
        self.symbols.as_ref().map(Symbols::path)
    }

    /// `function+0x1f, file:line` of a place in the image, if a PDB lies beside it.
    pub fn symbol(&self, rva: u32) -> Option<String> {
        let symbol = self.symbols.as_ref()?.name_of(rva)?;
        let line = symbol.line.map(|(file, line)| format!(", {file}:{line}")).unwrap_or_default();
        Some(format!("{}+{:#x}{line}", symbol.function, symbol.offset))
    }

    /// The function around a place in the image, if a PDB lies beside it.
    pub fn function(&self, rva: u32) -> Option<String> {
        Some(self.symbols.as_ref()?.name_of(rva)?.function)
    }

    /// `plain+0x1234 (function+0x10, file:line)`, as far as it is known.
    pub fn place(&self, rva: u32) -> String {
        let name = self.file.name();
        match self.symbol(rva) {
            Some(symbol) => format!("{name}+{rva:#x} ({symbol})"),
            None => format!("{name}+{rva:#x}"),
        }
    }

    /// File and line of a place in the image, if a PDB lies beside it.
    pub fn source(&self, rva: u32) -> Option<(String, u32)> {
        self.symbols.as_ref()?.name_of(rva)?.line
    }
}

/// The driver that is in memory, if one is.
pub type Loaded = Option<Driver>;

/// The file under test.
pub(super) fn program(world: &World) -> Rc<DriverFile> {
    Rc::clone(&world.of::<Rc<DriverFile>>().borrow())
}

/// A loaded image and what it was given.
pub struct Driver {
    /// The loaded image.
    pub image: Image,
    /// The image's functions, as its unwind data has them.
    pub functions: Rc<Functions>,
    pub(super) object: DriverObject,
    /// Kept: a driver may hold on to the pointer.
    pub(super) _registry_path: [Block; 2],
}

/// The address of the driver object; 0 when no driver is loaded.
pub fn object(world: &World) -> usize {
    world.of::<Loaded>().borrow().as_ref().map_or(0, |driver| driver.object.address())
}

/// Whether the driver is in memory.
pub fn is_loaded(world: &World) -> bool {
    world.of::<Loaded>().borrow().is_some()
}
