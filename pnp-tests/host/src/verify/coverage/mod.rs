//! Which of the driver's code the flows reached, for people and for the tools that show it.

mod cobertura;
mod lcov;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use inspect::blocks::{Block, Blocks};
use kernel::nt::driver::DriverFile;

/// How coverage is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A tracefile of LCOV: `.info`.
    Lcov,
    /// XML of Cobertura.
    Cobertura,
}

impl Format {
    /// The format that a file's name asks for.
    pub fn of(file: &Path) -> Self {
        let xml = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("xml"));
        if xml { Self::Cobertura } else { Self::Lcov }
    }
}

/// The code of a driver, and how much of it was reached.
#[derive(Debug, Default)]
pub struct Reached {
    /// By start.
    pub functions: Vec<Function>,
    /// By name. Without symbols there is one, the image itself, and its lines are RVAs.
    pub files: BTreeMap<String, BTreeMap<u32, Line>>,
    /// Jumps through tables that could not be followed: what stands behind them is not counted.
    pub unresolved: usize,
}

/// A function, as far as it has blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// As the PDB calls it, or `sub_1234`.
    pub name: String,
    /// File and line of its first instruction.
    pub place: (String, u32),
    /// Whether its first block was reached.
    pub entered: bool,
    /// All blocks, and those that were reached.
    pub blocks: Ratio,
}

/// The blocks that a line of source has instructions in: reached or not, by start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<bool>);

impl Line {
    /// Whether an instruction of it was carried out.
    pub fn is_reached(&self) -> bool {
        self.0.contains(&true)
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ratio {
    /// The number of those that were reached.
    pub reached: usize,
    /// All of them.
    pub all: usize,
}

impl Ratio {
    fn of(items: impl Iterator<Item = bool>) -> Self {
        items.fold(Self::default(), |ratio, reached| Self {
            reached: ratio.reached + usize::from(reached),
            all: ratio.all + 1,
        })
    }
}

impl Reached {
    /// The part of a driver's code that `reached`, the starts of blocks, is.
    pub fn new(program: &DriverFile, reached: &BTreeSet<u32>) -> Self {
        let name = |rva| {
            let symbol = program.symbols().and_then(|symbols| symbols.name_of(rva));
            symbol.map_or_else(|| format!("sub_{rva:x}"), |symbol| symbol.function)
        };
        let image = program.file.path().display().to_string();
        let lines: Option<Vec<_>> = program.symbols().map(|symbols| symbols.lines().collect());
        Self::build(program.blocks(), reached, lines.as_deref(), name, &image)
    }

    /// `lines` are where lines begin, by RVA; a function's name is `name` of its start.
    fn build(
        blocks: &Blocks,
        reached: &BTreeSet<u32>,
        lines: Option<&[LineStart]>,
        name: impl Fn(u32) -> String,
        image: &str,
    ) -> Self {
        let mut files: BTreeMap<String, BTreeMap<u32, Line>> = BTreeMap::new();
        let mut by_function: BTreeMap<u32, Vec<bool>> = BTreeMap::new();
        for block in &blocks.list {
            let is_reached = reached.contains(&block.start);
            by_function.entry(block.function).or_default().push(is_reached);
            for (file, line) in places(block, lines, image) {
                let lines = files.entry(file).or_default();
                lines.entry(line).or_default().0.push(is_reached);
            }
        }
        let function = |start: &u32| {
            let first = Block { start: *start, end: start + 1, function: *start };
            let place = places(&first, lines, image).into_iter().next();
            let blocks = by_function.get(start).into_iter().flatten().copied();
            Function {
                name: name(*start),
                place: place.unwrap_or_else(|| (image.to_owned(), *start)),
                entered: reached.contains(start),
                blocks: Ratio::of(blocks),
            }
        };
        let functions = blocks.functions.iter().map(function).collect();
        Self { functions, files, unresolved: blocks.unresolved }
    }

    /// Functions that no flow entered, by start.
    pub fn never_entered(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(|function| !function.entered)
    }

    /// Blocks.
    pub fn blocks(&self) -> Ratio {
        self.functions.iter().fold(Ratio::default(), |sum, function| Ratio {
            reached: sum.reached + function.blocks.reached,
            all: sum.all + function.blocks.all,
        })
    }

    /// Functions entered.
    pub fn entered(&self) -> Ratio {
        Ratio::of(self.functions.iter().map(|function| function.entered))
    }

    /// Lines of source; none without symbols.
    pub fn lines(&self) -> Ratio {
        Ratio::of(self.files.values().flat_map(BTreeMap::values).map(Line::is_reached))
    }

    /// The document.
    pub fn render(&self, format: Format, package: &str) -> String {
        match format {
            Format::Lcov => lcov::render(self),
            Format::Cobertura => cobertura::render(self, package),
        }
    }

    fn functions_of<'a>(&'a self, file: &'a str) -> impl Iterator<Item = &'a Function> {
        self.functions.iter().filter(move |function| function.place.0 == file)
    }
}

/// The RVA at which the code of a source line begins, with file and line where there is one.
type LineStart = (u32, Option<(String, u32)>);

/// Files and lines of a block's instructions, each once.
fn places(block: &Block, lines: Option<&[LineStart]>, image: &str) -> BTreeSet<(String, u32)> {
    let Some(lines) = lines else { return BTreeSet::from([(image.to_owned(), block.start)]) };
    let after = lines.partition_point(|(rva, _)| *rva <= block.start);
    let first = after.saturating_sub(1);
    let within = lines[first..].iter().take_while(|(rva, _)| *rva < block.end);
    within.filter_map(|(_, place)| place.clone()).collect()
}

#[cfg(test)]
mod tests;
