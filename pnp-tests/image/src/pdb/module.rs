//! Stream 3, the debug information: one entry per object file ("module") that was linked.

use super::super::cursor::Cursor;

/// The stream number of a module without symbols.
const NO_STREAM: usize = 0xffff;

pub(super) struct Dbi {
    pub(super) age: u32,
    /// The stream of global and public symbols.
    pub(super) symbol_records: usize,
    pub(super) modules: Vec<Module>,
}

/// Where a module's symbols and lines are.
pub(super) struct Module {
    pub(super) stream: usize,
    symbols: usize,
    old_lines: usize,
    lines: usize,
}

impl Dbi {
    pub(super) fn parse(stream: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(stream);
        let (_signature, _version) = (cursor.u32()?, cursor.u32()?);
        let age = cursor.u32()?;
        // Indices of the global and public hash tables, with versions of the tools between them.
        cursor.take(8)?;
        let symbol_records = usize::from(cursor.u16()?);
        cursor.take(2)?;
        let modules_size = cursor.len()?;
        // The sizes of the substreams after the modules, flags, machine.
        cursor.take(36)?;
        let mut table = Cursor(cursor.take(modules_size)?);
        let modules = std::iter::from_fn(|| Module::parse(&mut table));
        let modules = modules.filter(|module| module.stream != NO_STREAM).collect();
        Some(Self { age, symbol_records, modules })
    }
}

impl Module {
    fn parse(table: &mut Cursor<'_>) -> Option<Self> {
        let before = table.0.len();
        // A reserved word, the module's first section contribution, flags.
        table.take(4 + 28 + 2)?;
        let stream = usize::from(table.u16()?);
        let (symbols, old_lines, lines) = (table.len()?, table.len()?, table.len()?);
        // The number of source files, padding and name offsets; then two names.
        table.take(2 + 2 + 12)?;
        table.string();
        table.string();
        let padding = (before - table.0.len()).wrapping_neg() & 3;
        table.take(padding.min(table.0.len()));
        Some(Self { stream, symbols, old_lines, lines })
    }

    /// The symbols (after a signature of four bytes) and the C13 line information.
    pub(super) fn split<'a>(&self, stream: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let mut cursor = Cursor(stream);
        let symbols = cursor.take(self.symbols).unwrap_or_default();
        let lines = cursor.take(self.old_lines).and_then(|_| cursor.take(self.lines));
        (symbols, lines.unwrap_or_default())
    }
}
