//! Reads a `.pnp` file into scenarios, or says everything that is wrong with it.
//!
//! A line that is wrong still introduces its names where it can, so that one mistake is reported
//! once.

use std::path::Path;

use super::error::{Fault, ScenarioError, ScenarioErrors};
use super::grammar::Grammar;
use super::scenario::{Line, Scenario, Step};
use super::vary::{self, Variation};
use super::words::{Word, Words};

/// What happens and what must hold, in the words of a grammar.
type StepOf<G> = Step<<G as Grammar>::When, <G as Grammar>::Then, <G as Grammar>::Never>;

/// The cases of a file, in the words of a grammar.
type Cases<G> = Vec<Scenario<<G as Grammar>::Given, StepOf<G>>>;

/// Reads the text of one file into its cases, in the order of its `vary` lines.
///
/// `file` is what messages call it; its stem is the name of the scenario.
pub fn parse<G: Grammar>(file: &str, text: &str) -> Result<Cases<G>, ScenarioErrors>
where
    StepOf<G>: Clone,
{
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut reader = Reader::<G>::new(file);
    let mut last = (1, "");
    for (number, line) in (1..).zip(text.lines()) {
        last = (number, line);
        if let Err(fault) = reader.line(number, line) {
            reader.errors.push(fault.at(file, number, line));
        }
    }
    reader.check_variations(text);
    if reader.first_when.is_none() && reader.errors.is_empty() {
        let fault = Fault::new(1, 1, "nothing happens in this file").expected(&["a `when` line"]);
        reader.errors.push(fault.at(file, last.0, last.1));
    }
    if !reader.errors.is_empty() {
        reader.errors.sort_by_key(ScenarioError::line);
        return Err(ScenarioErrors(reader.errors));
    }
    let stem = Path::new(file)
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let base = Scenario {
        name: stem,
        file: file.to_owned(),
        summary: summary(text),
        givens: reader.givens,
        steps: reader.steps,
    };
    Ok(vary::expand(base, &reader.variations))
}

/// The comment at the top, as one paragraph.
fn summary(text: &str) -> String {
    let comments = text
        .lines()
        .map(str::trim)
        .skip_while(|line| line.is_empty())
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim)
        .filter(|line| !line.is_empty());
    comments.collect::<Vec<_>>().join(" ")
}

/// What the file has said so far.
struct Reader<'a, G: Grammar> {
    file: &'a str,
    scope: G::Scope,
    givens: Vec<Line<G::Given>>,
    steps: Vec<Line<StepOf<G>>>,
    variations: Vec<Variation<G::Given>>,
    first_when: Option<u32>,
    errors: Vec<ScenarioError>,
}

impl<'a, G: Grammar> Reader<'a, G> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            scope: G::Scope::default(),
            givens: Vec::new(),
            steps: Vec::new(),
            variations: Vec::new(),
            first_when: None,
            errors: Vec::new(),
        }
    }

    fn line(&mut self, number: u32, line: &str) -> Result<(), Fault> {
        const KINDS: [&str; 5] = ["given", "when", "then", "never", "vary"];
        let (mut words, code) = Words::split(line, G::LEXICON)?;
        let Some(kind) = words.take() else { return Ok(()) };
        let text = code.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim());
        let step = match kind.text.as_str() {
            "given" => {
                let subject = words.peek().unwrap_or(&kind).clone();
                let given = G::given(&mut words, &mut self.scope);
                if let Some(when) = self.first_when {
                    let message = format!("`given` after the first `when` (line {when})");
                    return Err(kind.fault(message).expected(&KINDS[1..]));
                }
                let given = given?;
                words.finish()?;
                return self.given(number, text, given, &subject);
            }
            "vary" => {
                let variation = vary::vary::<G>(&mut words, number)?;
                self.variations.push(variation);
                return Ok(());
            }
            "when" => {
                self.first_when.get_or_insert(number);
                Step::When(G::when(&mut words, &mut self.scope)?)
            }
            "then" => Step::Then(G::then(&mut words, &mut self.scope)?),
            "never" => Step::Never(G::never(&mut words, &self.scope)?),
            _ => return Err(kind.unknown("word", &KINDS)),
        };
        words.finish()?;
        self.steps.push(Line { number, text: text.to_owned(), what: step });
        Ok(())
    }

    fn given(
        &mut self,
        number: u32,
        text: &str,
        what: G::Given,
        subject: &Word,
    ) -> Result<(), Fault> {
        let topic = G::topic(&what).filter(|topic| topic.once);
        let before = topic
            .and_then(|topic| self.givens.iter().find(|line| G::topic(&line.what) == Some(topic)));
        if let (Some(topic), Some(line)) = (topic, before) {
            let message = format!("`{}` is already given (line {})", topic.name, line.number);
            return Err(subject.fault(message));
        }
        self.givens.push(Line { number, text: text.to_owned(), what });
        Ok(())
    }

    /// What only the whole file can show: a topic that is given and varies, or varies twice.
    fn check_variations(&mut self, text: &str) {
        let line = |number: u32| text.lines().nth(number as usize - 1).unwrap_or_default();
        for (index, variation) in self.variations.iter().enumerate() {
            let topic = variation.topic.text.as_str();
            let settles =
                |line: &&Line<G::Given>| G::topic(&line.what).is_some_and(|t| t.name == topic);
            let given = self.givens.iter().find(settles);
            let earlier = self.variations[..index].iter().find(|other| other.topic.text == topic);
            let message = match (given, earlier) {
                (Some(given), _) => format!("`{topic}` is given (line {})", given.number),
                (None, Some(other)) => format!("`{topic}` varies already (line {})", other.line),
                (None, None) => continue,
            };
            let fault =
                variation.topic.fault(message).expected(&["one line about it, `given` or `vary`"]);
            self.errors.push(fault.at(self.file, variation.line, line(variation.line)));
        }
        if let Some(variation) = vary::one_too_many(&self.variations) {
            let fault = variation.topic.fault("with this line the file has over 1000 cases");
            self.errors.push(fault.at(self.file, variation.line, line(variation.line)));
        }
    }
}
