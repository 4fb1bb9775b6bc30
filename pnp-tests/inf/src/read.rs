//! From text to sections of entries: quotes, comments, continued lines. Nothing stops the reader;
//! what cannot be understood is a problem with a line number.
//!
//! Source: docs:install/general-syntax-rules-for-inf-files.

/// `key = value, value` or `value, value`: without quotes, %strings% not yet replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub line: u32,
    pub key: Option<String>,
    pub values: Vec<String>,
}

impl Entry {
    /// Whether the entry has this key.
    pub fn is(&self, key: &str) -> bool {
        self.name().eq_ignore_ascii_case(key)
    }

    /// The key, or nothing.
    pub fn name(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub line: u32,
    pub entries: Vec<Entry>,
}

/// A line that is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub line: u32,
    pub found: String,
    pub expected: &'static str,
}

/// The sections of a file, in its order.
pub fn read(text: &str) -> (Vec<Section>, Vec<Problem>) {
    let mut reader = Reader::default();
    let mut lines = (1u32..).zip(text.lines());
    while let Some((first, line)) = lines.next() {
        if let Some(rest) = line.trim_start().strip_prefix('[') {
            reader.section(first, line.trim(), rest);
            continue;
        }
        let mut whole = reader.without_comment(first, line);
        while let Some(begun) = whole.strip_suffix('\\') {
            let Some((number, next)) = lines.next() else {
                reader.problem(first, "\\ at the end of the file", "a line that it continues in");
                whole.pop();
                break;
            };
            whole = format!("{begun}{}", reader.without_comment(number, next));
        }
        reader.line(first, whole.trim());
    }
    (reader.sections, reader.problems)
}

#[derive(Default)]
struct Reader {
    sections: Vec<Section>,
    problems: Vec<Problem>,
    /// Whether the text before the first section was reported.
    lost: bool,
}

impl Reader {
    fn problem(&mut self, line: u32, found: impl Into<String>, expected: &'static str) {
        self.problems.push(Problem { line, found: found.into(), expected });
    }

    /// Up to a `;` that is not in quotes, without white space at the end.
    fn without_comment(&mut self, number: u32, line: &str) -> String {
        let mut quoted = false;
        let mut end = line.len();
        for (at, letter) in line.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                ';' if !quoted => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let mut line = line.get(..end).unwrap_or_default().trim_end().to_owned();
        if quoted {
            self.problem(number, line.trim(), "a second quotation mark in the same line");
            line.push('"');
        }
        line
    }

    /// `[name]`. The name is all that stands between the brackets: `[;; Std Mfg ]` is what
    /// `";; Std Mfg "` refers to, and `[ Version ]` is not Version.
    fn section(&mut self, number: u32, line: &str, rest: &str) {
        let (name, after) = match rest.split_once(']') {
            Some((name, after)) => (name, after.trim_start()),
            None => (rest.split(';').next().unwrap_or(rest).trim(), "without its end"),
        };
        let alone = after.is_empty() || after.starts_with(';');
        if !alone || name.is_empty() || name.contains(['[', '"']) {
            self.problem(number, line, "[name of a section], alone in its line");
        } else if name != name.trim() {
            self.problem(number, line, "no spaces around the name: they are part of it");
        }
        self.sections.push(Section { name: name.to_owned(), line: number, entries: Vec::new() });
    }

    fn line(&mut self, number: u32, line: &str) {
        if line.is_empty() {
            return;
        }
        let entry = entry(number, line);
        if entry.key.as_ref().is_some_and(String::is_empty) {
            self.problem(number, line, "a name before the equals sign");
        }
        match self.sections.last_mut() {
            Some(section) => section.entries.push(entry),
            None if !self.lost => {
                self.lost = true;
                self.problem(number, line, "[Version] or another section before the first entry");
            }
            None => {}
        }
    }
}

/// Splits a line without its comment.
fn entry(number: u32, line: &str) -> Entry {
    let (mut key, mut values) = (None, Vec::new());
    let mut field = Pending::default();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if field.quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => field.quoted = !field.quoted,
            _ if field.quoted => field.push(letter),
            ',' => values.push(field.take()),
            '=' if key.is_none() && values.is_empty() => key = Some(field.take()),
            _ if letter.is_whitespace() => field.space(letter),
            _ => field.push(letter),
        }
    }
    values.push(field.take());
    Entry { line: number, key, values }
}

/// A field that is being read. White space counts once something follows it.
#[derive(Default)]
struct Pending {
    text: String,
    space: String,
    quoted: bool,
}

impl Pending {
    fn push(&mut self, letter: char) {
        self.text.push_str(&std::mem::take(&mut self.space));
        self.text.push(letter);
    }

    fn space(&mut self, letter: char) {
        if !self.text.is_empty() {
            self.space.push(letter);
        }
    }

    fn take(&mut self) -> String {
        std::mem::take(self).text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `line key: value|value`, a line each.
    fn shown(text: &str) -> String {
        let (sections, problems) = read(text);
        let mut lines = Vec::new();
        for section in &sections {
            lines.push(format!("{} [{}]", section.line, section.name));
            for entry in &section.entries {
                let key = entry.key.as_deref().unwrap_or("-");
                lines.push(format!("{} {key}: {}", entry.line, entry.values.join("|")));
            }
        }
        lines
            .extend(problems.iter().map(|problem| format!("{} ! {}", problem.line, problem.found)));
        lines.join("\n")
    }

    #[test]
    fn sections_entries_quotes_and_comments() {
        let text = "; head\r\n [Version] ; x\r\nA = 1 , \"two; \"\"2\"\" \" ; rest\r\nHKR, Ndi\\Interfaces,,\r\n";
        assert_eq!(shown(text), "2 [Version]\n3 A: 1|two; \"2\" \n4 -: HKR|Ndi\\Interfaces||");
    }

    #[test]
    fn the_name_of_a_section_is_all_between_its_brackets() {
        let spaces = "[;; Std Mfg ]\nk\n[ Version ]\n";
        assert_eq!(
            shown(spaces),
            "1 [;; Std Mfg ]\n2 -: k\n3 [ Version ]\n1 ! [;; Std Mfg ]\n3 ! [ Version ]"
        );
        assert_eq!(shown("[A] b\n[]\n[B\\]"), "1 [A]\n2 []\n3 [B\\]\n1 ! [A] b\n2 ! []");
    }

    #[test]
    fn a_line_goes_on_after_a_backslash() {
        assert_eq!(shown("[A]\nkey = a, \\ ; why\n  b\nc"), "1 [A]\n2 key: a|b\n4 -: c");
        assert_eq!(shown("[A]\nk = a\\"), "1 [A]\n2 k: a\n2 ! \\ at the end of the file");
    }

    #[test]
    fn an_equals_sign_after_a_comma_or_in_quotes_makes_no_key() {
        assert_eq!(
            shown("[A]\nHKR,,x,,a=b\n\"a=b\"\nk=a=b"),
            "1 [A]\n2 -: HKR||x||a=b\n3 -: a=b\n4 k: a=b"
        );
    }

    #[test]
    fn what_is_not_understood_has_a_line_and_the_rest_is_read() {
        assert_eq!(
            shown("lost\n[A\n= 1\nk = \"open\n[B]\nx"),
            "2 [A]\n3 : 1\n4 k: open\n5 [B]\n6 -: x\n1 ! lost\n2 ! [A\n3 ! = 1\n4 ! k = \"open"
        );
    }
}
