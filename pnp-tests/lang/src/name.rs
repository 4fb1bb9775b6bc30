//! Names that a file introduces.

use super::error::Fault;
use super::words::Word;

/// The named things of one kind of driver that events can be about: adapters, volumes, disks.
pub trait Names {
    /// What such a thing is called, in the singular.
    fn noun(&self) -> &'static str;

    /// The names that may stand here; a hint where there are none.
    fn choices(&self) -> Vec<&str>;

    /// The field, and its value, that traced events about the thing called `name` have.
    fn traced_as(&self, name: &str) -> Option<(String, String)>;
}

/// `an adapter`, `a volume`.
#[must_use]
pub fn with_article(noun: &str) -> String {
    let vowel = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if vowel { "an" } else { "a" })
}

impl Word {
    /// A name as the file may introduce one: lower case first, so that it never reads like a
    /// callback.
    pub fn new_name(&self) -> Result<String, Fault> {
        let first = self.text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !first || !self.text.bytes().all(fits) {
            return Err(self.malformed(
                "a name",
                &["a lower-case letter", "then letters, digits, `-` and `_`"],
            ));
        }
        if (self.lexicon().is_reserved)(&self.text) {
            let message = format!("`{}` is a word of the grammar", self.text);
            return Err(self.fault(message).expected(&["another name"]));
        }
        Ok(self.text.clone())
    }
}
