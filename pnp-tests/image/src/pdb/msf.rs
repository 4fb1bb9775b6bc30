//! The container: a file of numbered streams, each scattered over blocks.

use super::super::cursor::Cursor;

const MAGIC: &[u8] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// The size of a deleted stream.
const NIL: u32 = u32::MAX;

pub(super) struct Msf<'a> {
    file: &'a [u8],
    block_size: usize,
    streams: Vec<Stream>,
}

struct Stream {
    size: usize,
    blocks: Vec<u32>,
}

impl<'a> Msf<'a> {
    pub(super) fn parse(file: &'a [u8]) -> Option<Self> {
        let mut header = Cursor(file.strip_prefix(MAGIC)?);
        let block_size = header.len()?;
        if !block_size.is_power_of_two() {
            return None;
        }
        let (_free_map, _blocks) = (header.u32()?, header.u32()?);
        let directory_size = header.len()?;
        let _reserved = header.u32()?;
        // One block, or a run of them, lists the blocks of the directory.
        let map_start = header.len()?.checked_mul(block_size)?;
        let count = directory_size.div_ceil(block_size);
        let blocks = numbers(&mut Cursor(file.get(map_start..)?), count)?;
        let mut msf = Self { file, block_size, streams: Vec::new() };
        let directory = msf.assemble(&Stream { size: directory_size, blocks })?;
        msf.streams = msf.directory(&directory)?;
        Some(msf)
    }

    pub(super) fn stream(&self, number: usize) -> Option<Vec<u8>> {
        self.assemble(self.streams.get(number)?)
    }

    fn directory(&self, bytes: &[u8]) -> Option<Vec<Stream>> {
        let mut cursor = Cursor(bytes);
        let count = cursor.len()?;
        let sizes = numbers(&mut cursor, count)?;
        let mut streams = Vec::new();
        for size in sizes {
            let size = if size == NIL { 0 } else { size as usize };
            let blocks = numbers(&mut cursor, size.div_ceil(self.block_size))?;
            streams.push(Stream { size, blocks });
        }
        Some(streams)
    }

    fn assemble(&self, stream: &Stream) -> Option<Vec<u8>> {
        // No honest stream is larger than the file; this bounds what a dishonest one costs.
        if stream.size > self.file.len() {
            return None;
        }
        let mut bytes = Vec::with_capacity(stream.size);
        for block in &stream.blocks {
            let start = (*block as usize).checked_mul(self.block_size)?;
            let count = self.block_size.min(stream.size - bytes.len());
            bytes.extend_from_slice(self.file.get(start..)?.get(..count)?);
        }
        Some(bytes)
    }
}

fn numbers(cursor: &mut Cursor<'_>, count: usize) -> Option<Vec<u32>> {
    let mut bytes = Cursor(cursor.take(count.checked_mul(4)?)?);
    Some(std::iter::from_fn(|| bytes.u32()).collect())
}
