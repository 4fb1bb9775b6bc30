//! A Markdown page, as far as something in it can be wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, TextMergeWithOffset};

/// A piece of a page, and the line where it begins.
pub struct At<T> {
    pub line: usize,
    pub what: T,
}

/// A fenced block.
pub struct Fence {
    pub language: String,
    pub text: String,
}

pub struct Page {
    /// From the repository's root, with slashes.
    pub name: String,
    /// Where links and images lead to, as written.
    pub targets: Vec<At<String>>,
    /// What `#...` may name.
    pub anchors: BTreeSet<String>,
    pub fences: Vec<At<Fence>>,
    /// Code within a sentence.
    pub spans: Vec<At<String>>,
    /// Text of every kind, code included, in pieces.
    pub texts: Vec<At<String>>,
}

impl Page {
    pub fn read(name: String, text: &str) -> Self {
        let mut page = Self {
            name,
            targets: Vec::new(),
            anchors: BTreeSet::new(),
            fences: Vec::new(),
            spans: Vec::new(),
            texts: Vec::new(),
        };
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
        let mut slugs = BTreeMap::new();
        let mut heading: Option<String> = None;
        let mut fence: Option<Fence> = None;
        let line = |range: &Range<usize>| text[..range.start].matches('\n').count() + 1;
        let events = Parser::new_ext(text, options).into_offset_iter();
        for (event, range) in TextMergeWithOffset::new(events) {
            let line = line(&range);
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.targets.push(At { line, what: dest_url.into_string() });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let text = heading.take().unwrap_or_default();
                    page.anchors.insert(slug(&text, &mut slugs));
                }
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(language) => language.into_string(),
                        CodeBlockKind::Indented => String::new(),
                    };
                    fence = Some(Fence { language, text: String::new() });
                }
                Event::End(TagEnd::CodeBlock) => {
                    page.fences.extend(fence.take().map(|what| At { line, what }));
                }
                Event::Text(piece) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&piece);
                    }
                    if let Some(fence) = &mut fence {
                        fence.text.push_str(&piece);
                    }
                    page.texts.push(At { line, what: piece.into_string() });
                }
                Event::Code(piece) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&piece);
                    }
                    page.texts.push(At { line, what: piece.to_string() });
                    page.spans.push(At { line, what: piece.into_string() });
                }
                _ => {}
            }
        }
        page
    }

    /// Whether the page is one of the book's.
    pub fn is_in_docs(&self) -> bool {
        self.name.starts_with("docs/")
    }
}

/// GitHub's name for a heading: letters, digits, `-` and `_` in lower case, spaces as `-`; the second
/// of one name gets `-1`. mdbook makes the same.
fn slug(heading: &str, taken: &mut BTreeMap<String, u32>) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept.chars().filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
    let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
    let before = taken.entry(slug.clone()).or_default();
    *before += 1;
    if *before == 1 { slug } else { format!("{slug}-{}", *before - 1) }
}

#[test]
fn headings_are_named_as_github_names_them() {
    let text = "# What `Load` says: 1, 2\n## A b\n### A b\n## NDIS_STATUS & Co.\n";
    let page = Page::read("a.md".to_owned(), text);
    let expected = ["a-b", "a-b-1", "ndis_status--co", "what-load-says-1-2"];
    assert!(page.anchors.iter().eq(expected), "{:?}", page.anchors);
}
