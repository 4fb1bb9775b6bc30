//! A Markdown page, as far as something in it can be wrong.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The anchors that `#...` may name.
    pub anchors: BTreeSet<String>,
    pub fences: Vec<At<Fence>>,
    /// Code within a sentence.
    pub spans: Vec<At<String>>,
    /// Text of every kind, code included, in pieces.
    pub texts: Vec<At<String>>,
}

impl Page {
    pub fn read(name: String, text: &str) -> Self {
        let page = Self {
            name,
            targets: Vec::new(),
            anchors: BTreeSet::new(),
            fences: Vec::new(),
            spans: Vec::new(),
            texts: Vec::new(),
        };
        let mut reader = Reader { page, slugs: BTreeMap::new(), heading: None, fence: None };
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM;
        let events = Parser::new_ext(text, options).into_offset_iter();
        for (event, range) in TextMergeWithOffset::new(events) {
            reader.event(event, text[..range.start].matches('\n').count() + 1);
        }
        reader.page
    }

    /// Whether the page is one of the book's.
    pub fn is_in_docs(&self) -> bool {
        self.name.starts_with("docs/")
    }
}

/// A page in the making, and what is open in it.
struct Reader {
    page: Page,
    slugs: BTreeMap<String, u32>,
    heading: Option<String>,
    fence: Option<At<Fence>>,
}

impl Reader {
    fn event(&mut self, event: Event, line: usize) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.page.targets.push(At { line, what: dest_url.into_string() });
            }
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let text = self.heading.take().unwrap_or_default();
                self.page.anchors.insert(slug(&text, &mut self.slugs));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                self.fence = Some(At { line, what: Fence { language, text: String::new() } });
            }
            Event::End(TagEnd::CodeBlock) => self.page.fences.extend(self.fence.take()),
            Event::Text(piece) => {
                if let Some(fence) = &mut self.fence {
                    fence.what.text.push_str(&piece);
                } else {
                    let bare = piece
                        .split([' ', '(', ')', ','])
                        .filter(|word| word.starts_with("http") && word.contains("://"));
                    let targets = bare.map(|word| At { line, what: word.to_owned() });
                    self.page.targets.extend(targets);
                }
                self.text(&piece, line);
            }
            Event::Code(piece) => {
                self.text(&piece, line);
                self.page.spans.push(At { line, what: piece.into_string() });
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let targets = targets_of_html(&html).map(|what| At { line, what });
                self.page.targets.extend(targets);
            }
            Event::Start(_)
            | Event::End(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }

    fn text(&mut self, piece: &str, line: usize) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(piece);
        }
        self.page.texts.push(At { line, what: piece.to_owned() });
    }
}

/// What `href="..."` and `src="..."` of a piece of HTML name.
fn targets_of_html(html: &str) -> impl Iterator<Item = String> {
    ["href=\"", "src=\""].into_iter().flat_map(|attribute| {
        let values = html.split(attribute).skip(1);
        values.filter_map(|value| Some(value.split_once('"')?.0.to_owned()))
    })
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
fn links_are_found_however_they_are_written() {
    let text = "[a](1) ![b](2) [c][d] https://3 x\n\n<img alt=\"\" src=\"4\">\n\n[d]: 5 \"title\"\n`[x](6)`";
    let page = Page::read("a.md".to_owned(), text);
    let targets: Vec<&str> = page.targets.iter().map(|target| &*target.what).collect();
    assert_eq!(targets, ["1", "2", "5", "https://3", "4"]);
}

#[test]
fn headings_are_named_as_github_names_them() {
    let text = "# What `Load` says: 1, 2\n## A b\n### A b\n## NDIS_STATUS & Co.\n";
    let page = Page::read("a.md".to_owned(), text);
    let expected = ["a-b", "a-b-1", "ndis_status--co", "what-load-says-1-2"];
    assert!(page.anchors.iter().eq(expected), "{:?}", page.anchors);
}
