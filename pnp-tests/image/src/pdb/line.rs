//! C13 line information: which code comes from which line of which file.

use std::collections::BTreeMap;

use super::super::cursor::{self, Cursor};
use super::super::section::Section;
use super::rva;

const LINES: u32 = 0xf2;
const FILE_CHECKSUMS: u32 = 0xf4;
/// Lines from here on mean "no line": compiler-generated code that a debugger steps over.
const HIDDEN: u32 = 0x00f0_0f00;

/// From `rva` up to the next `Line`.
#[derive(Debug)]
pub(in super::super) struct Line {
    pub(in super::super) rva: u32,
    /// File and line; `None` ends a contribution. Sorts first, so that one which starts where
    /// another ends wins.
    pub(in super::super) place: Option<(usize, u32)>,
}

/// The source files' names, each once.
pub(super) struct Files<'a> {
    strings: &'a [u8],
    by_offset: BTreeMap<u32, usize>,
    names: Vec<String>,
}

impl<'a> Files<'a> {
    /// `stream` is `/names`: a signature, a version, the strings' size, the strings.
    pub(super) fn new(stream: Option<&'a [u8]>) -> Self {
        let strings = stream.and_then(|stream| {
            let mut cursor = Cursor(stream);
            cursor.take(8)?;
            let size = cursor.len()?;
            cursor.take(size)
        });
        Self { strings: strings.unwrap_or_default(), by_offset: BTreeMap::new(), names: Vec::new() }
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.names
    }

    fn index(&mut self, offset: u32) -> Option<usize> {
        if let Some(index) = self.by_offset.get(&offset) {
            return Some(*index);
        }
        let name = cursor::at(self.strings, offset)?.string();
        let index = self.names.len();
        self.names.push(String::from_utf8_lossy(name).into_owned());
        self.by_offset.insert(offset, index);
        Some(index)
    }
}

/// Appends the lines of one module.
pub(super) fn collect(
    bytes: &[u8],
    sections: &[Section],
    files: &mut Files<'_>,
    into: &mut Vec<Line>,
) {
    let mut cursor = Cursor(bytes);
    let subsections: Vec<_> = std::iter::from_fn(|| subsection(&mut cursor)).collect();
    let checksums = subsections.iter().find(|(kind, _)| *kind == FILE_CHECKSUMS);
    let Some((_, checksums)) = checksums else { return };
    for (_, body) in subsections.iter().filter(|(kind, _)| *kind == LINES) {
        contribution(body, checksums, sections, files, into);
    }
}

fn subsection<'a>(cursor: &mut Cursor<'a>) -> Option<(u32, &'a [u8])> {
    let (kind, size) = (cursor.u32()?, cursor.len()?);
    Some((kind, cursor.padded(size)?))
}

/// The code of one function: where it is, then a block of lines per source file.
fn contribution(
    body: &[u8],
    checksums: &[u8],
    sections: &[Section],
    files: &mut Files<'_>,
    into: &mut Vec<Line>,
) -> Option<()> {
    let mut body = Cursor(body);
    let (offset, segment) = (body.u32()?, body.u16()?);
    let _flags = body.u16()?;
    let size = body.u32()?;
    let start = rva(sections, segment, offset)?;
    into.push(Line { rva: start.checked_add(size)?, place: None });
    loop {
        let checksum = body.u32()?;
        let (count, block_size) = (body.len()?, body.len()?);
        // The block's size counts its header of twelve bytes; columns may follow the lines.
        let mut lines = Cursor(body.take(block_size.checked_sub(12)?)?);
        let file = cursor::at(checksums, checksum)?.u32().and_then(|name| files.index(name))?;
        for _ in 0..count {
            let (offset, flags) = (lines.u32()?, lines.u32()?);
            let line = flags & 0x00ff_ffff;
            if line < HIDDEN && offset < size {
                into.push(Line { rva: start.checked_add(offset)?, place: Some((file, line)) });
            }
        }
    }
}
