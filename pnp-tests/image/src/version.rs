//! The version resource: what the properties of a file and a debugger's list of modules show.
//! Source: learn:windows/win32/menurc/vs-versioninfo.

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ResourceDirectory, ResourceDirectoryEntryData, ResourceDirectoryTable};

use super::cursor::{self, Cursor};

const DAMAGED: &str = "it does not fit into the image, or has no VS_FIXEDFILEINFO";

/// The four numbers of the first version resource's file version, whatever its name and language; none
/// without one.
pub(super) fn file_version(flat: &[u8], rva: u32) -> Result<Option<[u16; 4]>, &'static str> {
    let resources = ResourceDirectory::new(flat.get(rva as usize..).ok_or(DAMAGED)?);
    let kinds = resources.root().map_err(|_| DAMAGED)?;
    let mut versions =
        kinds.entries.iter().filter(|kind| kind.name_or_id().id() == Some(pe::RT_VERSION));
    let Some(kind) = versions.next() else { return Ok(None) };
    // Below the kind are names, below those languages.
    let data = kind.data(resources).ok().and_then(ResourceDirectoryEntryData::table);
    let data = data.and_then(|names| first(&names, resources)?.table());
    let data = data.and_then(|languages| first(&languages, resources)?.data());
    let value = data.and_then(|data| {
        cursor::at(flat, data.offset_to_data.get(LE))?.take(data.size.get(LE) as usize)
    });
    value.and_then(fixed).map(Some).ok_or(DAMAGED)
}

fn first<'data>(
    table: &ResourceDirectoryTable<'data>,
    resources: ResourceDirectory<'data>,
) -> Option<ResourceDirectoryEntryData<'data>> {
    table.entries.first()?.data(resources).ok()
}

/// The file version of `VS_FIXEDFILEINFO`, the value of the block that the resource is.
fn fixed(resource: &[u8]) -> Option<[u16; 4]> {
    const SIGNATURE: u32 = 0xFEEF_04BD;
    const KEY: &str = "VS_VERSION_INFO";
    let mut block = Cursor(resource);
    // Its length, the length of the value and its type.
    block.take(6)?;
    let key = block.take(2 * KEY.len())?.chunks(2);
    let same = key.eq(KEY.bytes().map(|byte| [byte, 0]));
    // The end of the key, and what makes it four times something.
    block.take(4)?;
    let (signature, _layout) = (block.u32()?, block.u32()?);
    // Two numbers of four bytes, each the later half first.
    let (minor, major, build, patch) = (block.u16()?, block.u16()?, block.u16()?, block.u16()?);
    (same && signature == SIGNATURE).then_some([major, minor, patch, build])
}
