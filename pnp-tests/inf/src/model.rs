//! An INF as Windows looks things up in it: sections by name, whatever the case, %strings% replaced.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{self, Entry, Problem, Section};

pub struct Inf {
    pub sections: Vec<Section>,
    pub problems: Vec<Problem>,
    strings: BTreeMap<String, String>,
}

/// A piece of a text: literal, or a placeholder.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    Text(&'a str),
    /// `%name%`
    Token(&'a str),
}

/// One line of an add-registry section.
#[derive(Clone, Debug)]
pub struct RegistryLine {
    pub line: u32,
    pub root: String,
    pub key: String,
    pub value: String,
    pub flags: u32,
    pub data: Vec<String>,
}

/// The type bits of the flags; the rest says when to write.
pub const TYPE: u32 = 0xFFFF_0001;
pub const REG_SZ: u32 = 0;
pub const REG_MULTI_SZ: u32 = 0x0001_0000;
pub const REG_DWORD: u32 = 0x0001_0001;

impl Inf {
    pub fn new(text: &str) -> Self {
        let (sections, problems) = read::read(text);
        let mut strings = BTreeMap::new();
        for entry in named(&sections, "Strings").flat_map(|section| &section.entries) {
            let value = entry.values.join(",");
            strings.entry(entry.name().to_ascii_lowercase()).or_insert(value);
        }
        Self { sections, problems, strings }
    }

    /// Windows reads sections of one name as one.
    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Section> {
        named(&self.sections, name)
    }

    pub fn has(&self, name: &str) -> bool {
        self.named(name).next().is_some()
    }

    pub fn entries<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.named(name).flat_map(|section| &section.entries)
    }

    /// The entries of a section with this key.
    pub fn with_key<'a>(&'a self, name: &'a str, key: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries(name).filter(move |entry| entry.is(key))
    }

    /// Line and value of the first entry with this key; all after it joined.
    pub fn value(&self, name: &str, key: &str) -> Option<(u32, String)> {
        let entry = self.with_key(name, key).next()?;
        Some((entry.line, self.expand(&entry.values.join(","))))
    }

    /// Where a section begins, or the file.
    pub fn line_of(&self, name: &str) -> u32 {
        self.named(name).next().map_or(1, |section| section.line)
    }

    /// The value of a string; None too if only [Strings.LanguageID] has it.
    pub fn string(&self, token: &str) -> Option<&str> {
        self.strings.get(&token.to_ascii_lowercase()).map(String::as_str)
    }

    /// With strings replaced; what has no value stays, and so do numbers of directories, `%13%`.
    pub fn expand(&self, text: &str) -> String {
        let mut whole = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => whole.push_str(text),
                Piece::Token(token) => match self.string(token) {
                    Some(value) => whole.push_str(value),
                    None => whole.extend(["%", token, "%"]),
                },
            }
        }
        whole
    }

    /// One value of an entry, expanded; nothing if it is not there.
    pub fn field(&self, entry: &Entry, index: usize) -> String {
        entry.values.get(index).map(|value| self.expand(value)).unwrap_or_default()
    }

    /// All values of all entries with this key, each once: the sections that a directive names.
    pub fn listed(&self, section: &str, directive: &str) -> Vec<(u32, String)> {
        let mut known = BTreeSet::new();
        let entries = self.with_key(section, directive);
        entries
            .flat_map(|entry| entry.values.iter().map(|value| (entry.line, self.expand(value))))
            .filter(|(_, name)| !name.is_empty() && known.insert(name.to_ascii_lowercase()))
            .collect()
    }

    /// The registry lines that the AddReg directives of a section write.
    pub fn registry(&self, section: &str) -> Vec<RegistryLine> {
        let mut lines = Vec::new();
        for (_, name) in self.listed(section, "AddReg") {
            lines.extend(self.entries(&name).map(|entry| self.registry_line(entry)));
        }
        lines
    }

    fn registry_line(&self, entry: &Entry) -> RegistryLine {
        RegistryLine {
            line: entry.line,
            root: self.field(entry, 0),
            key: self.field(entry, 1),
            value: self.field(entry, 2),
            flags: number(&self.field(entry, 3)).unwrap_or_default(),
            data: entry.values.iter().skip(4).map(|value| self.expand(value)).collect(),
        }
    }
}

impl RegistryLine {
    /// Whether it writes this value of this key, relative to the component or service.
    pub fn writes(&self, key: &str, value: &str) -> bool {
        self.key.eq_ignore_ascii_case(key) && self.value.eq_ignore_ascii_case(value)
    }

    pub fn dword(&self) -> Option<u32> {
        let data = self.data.first().and_then(|data| number(data));
        data.filter(|_| self.flags & TYPE == REG_DWORD)
    }

    pub fn text(&self) -> Option<String> {
        (self.flags & TYPE == REG_SZ).then(|| self.data.join(","))
    }

    /// As it stands in the file, more or less.
    pub fn shown(&self) -> String {
        let Self { root, key, value, flags, data, .. } = self;
        format!("{root}, {key}, {value}, {flags:#x}, {}", data.join(", "))
    }
}

fn named<'a>(sections: &'a [Section], name: &'a str) -> impl Iterator<Item = &'a Section> {
    sections.iter().filter(move |section| section.name.eq_ignore_ascii_case(name))
}

/// Text and tokens in turn; `%%` is a percent sign, and so is one without a second.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        pieces.push(Piece::Text(before));
        match after.split_once('%') {
            Some(("", next)) => {
                pieces.push(Piece::Text("%"));
                rest = next;
            }
            Some((token, next)) => {
                pieces.push(Piece::Token(token));
                rest = next;
            }
            None => {
                pieces.push(Piece::Text("%"));
                rest = after;
            }
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// `0x10`, `16`, and with a sign as in C.
pub fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}`
pub fn is_guid(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
        return false;
    };
    let groups: Vec<_> = digits.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_replaced_and_directories_are_not() {
        let inf = Inf::new("[strings]\nName = \"a, b\"\n[Strings.0407]\nOnly = x\n");
        assert_eq!(inf.expand("%NAME%: 100%% of %13%\\%Only% %"), "a, b: 100% of %13%\\%Only% %");
        assert_eq!(inf.string("only"), None);
    }

    #[test]
    fn sections_of_one_name_are_one() {
        let inf = Inf::new("[A]\nk = 1\n[B]\n[a]\nK = 2, 3\n");
        assert_eq!(inf.listed("A", "k"), [(2, "1".into()), (5, "2".into()), (5, "3".into())]);
    }

    #[test]
    fn values_of_the_registry() {
        let inf = Inf::new(
            "[I]\nAddReg = R\n[R]\nHKR, Ndi, T, 0x00010003, 2\nHKR, Ndi, S,, \"x, y\"\nHKR\n",
        );
        let lines = inf.registry("I");
        assert_eq!(lines[0].dword(), Some(2));
        assert!(lines[0].writes("ndi", "t") && lines[0].text().is_none());
        assert_eq!(lines[1].text().as_deref(), Some("x, y"));
        assert_eq!(lines[2].dword(), None);
    }

    #[test]
    fn guids_have_braces_and_five_groups() {
        assert!(is_guid("{6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}"));
        for wrong in ["6F0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24", "{6F0D3B1E}", "{", ""] {
            assert!(!is_guid(wrong), "{wrong}");
        }
        assert!(!is_guid("{6G0D3B1E-52C4-4C0E-9C57-3B7E1D9A8F24}"));
    }
}
