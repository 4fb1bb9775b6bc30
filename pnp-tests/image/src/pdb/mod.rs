//! A total reader of PDB files, as much of them as a backtrace needs.
//!
//! Written here because the published readers panic on some damaged files, and this program is
//! built with `panic = "abort"`: a bad PDB would end a run that needs no symbols to be right.
//! Format: <https://llvm.org/docs/PDB/index.html>.

mod function;
mod info;
mod line;
mod module;
mod msf;
mod types;
mod variable;

pub(super) use function::Function;
pub(super) use line::Line;
pub(super) use variable::Variable;

use super::section::Section;
use msf::Msf;
use types::Types;

/// The stream numbers that are the same in every PDB.
const INFO_STREAM: usize = 1;
const TYPES_STREAM: usize = 2;
const DBI_STREAM: usize = 3;

/// An opened PDB whose identity is known and whose contents are not yet looked at.
pub(super) struct Pdb<'a> {
    msf: Msf<'a>,
    info: info::Info,
    dbi: module::Dbi,
}

/// Everything a PDB says about places in code.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// By RVA; the first of several at one RVA is the best name.
    pub(super) functions: Vec<Function>,
    /// By RVA.
    pub(super) lines: Vec<Line>,
    /// Indexed by `Line::file`.
    pub(super) files: Vec<String>,
    /// By RVA, each once.
    pub(super) variables: Vec<Variable>,
}

impl<'a> Pdb<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let msf = Msf::parse(bytes)?;
        let info = info::Info::parse(&msf.stream(INFO_STREAM)?)?;
        let dbi = module::Dbi::parse(&msf.stream(DBI_STREAM)?)?;
        Some(Self { msf, info, dbi })
    }

    pub(super) fn guid(&self) -> &str {
        &self.info.guid
    }

    /// The age that the linker also wrote into the image. The info stream has one of its own,
    /// which tools that edit the PDB later count up.
    pub(super) fn age(&self) -> u32 {
        self.dbi.age
    }

    /// A module that does not parse contributes what stands before the damage.
    pub(super) fn contents(&self, sections: &[Section]) -> Contents {
        let mut contents = Contents::default();
        let names = self.info.names.and_then(|stream| self.msf.stream(stream));
        let mut files = line::Files::new(names.as_deref());
        let types = self.msf.stream(TYPES_STREAM).unwrap_or_default();
        let types = Types::parse(&types).unwrap_or_default();
        for module in &self.dbi.modules {
            let Some(stream) = self.msf.stream(module.stream) else { continue };
            let (symbols, lines) = module.split(&stream);
            function::collect(symbols.get(4..), sections, &mut contents.functions);
            variable::collect(symbols.get(4..), sections, &types, &mut contents.variables);
            line::collect(lines, sections, &mut files, &mut contents.lines);
        }
        // Public symbols also name what has no debug information of its own: assembler, and
        // everything in a PDB that was stripped for publication.
        let publics = self.msf.stream(self.dbi.symbol_records);
        function::collect(publics.as_deref(), sections, &mut contents.functions);
        variable::collect(publics.as_deref(), sections, &types, &mut contents.variables);
        // A record with a type before a public symbol without one.
        contents.variables.sort_by_key(|variable| (variable.rva, variable.size.is_none()));
        contents.variables.dedup_by_key(|variable| variable.rva);
        contents.functions.sort_by_key(|function| (function.rva, function.length.is_none()));
        contents.lines.sort_by_key(|line| (line.rva, line.place));
        contents.files = files.into_names();
        contents
    }
}

/// The RVA of `segment:offset`; segments are the image's sections, counted from one.
fn rva(sections: &[Section], segment: u16, offset: u32) -> Option<u32> {
    let section = sections.get(usize::from(segment).checked_sub(1)?)?;
    (offset < section.virtual_size).then(|| section.rva.checked_add(offset))?
}
