//! Text in columns: widths out of the contents, long cells wrapped, no line too long.

/// Between two columns.
const GAP: usize = 2;

/// A cell that needs more lines is folded, and says how much is left out.
const MAX_LINES: usize = 8;

/// The narrowest table there is.
pub(super) const MIN_WIDTH: usize = 70;

pub(super) struct Column {
    pub(super) title: &'static str,
    /// Numbers align on the right.
    pub(super) right: bool,
    /// No wider than this, whatever it holds.
    pub(super) widest: usize,
    /// Where space is short, first every column gives down to this, in the order of `gives`,
    pub(super) comfortable: usize,
    /// and then down to this. All of these together fit `MIN_WIDTH`.
    pub(super) narrowest: usize,
    /// 0 gives first.
    pub(super) gives: u8,
}

#[derive(Clone, Default)]
pub(super) struct Cell {
    /// In front of the first line; further lines are indented as far.
    pub(super) lead: String,
    /// Lines break between pieces if they can, else at blanks, else anywhere.
    pub(super) pieces: Vec<String>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell { lead: String::new(), pieces: if text.is_empty() { Vec::new() } else { vec![text] } }
    }
}

impl Cell {
    fn width(&self) -> usize {
        let gaps = self.pieces.len().saturating_sub(1);
        chars(&self.lead) + self.pieces.iter().map(|piece| chars(piece)).sum::<usize>() + gaps
    }

    fn lines(&self, width: usize) -> Vec<String> {
        // A tree that leaves no room for the text gives way to it.
        let lead = if chars(&self.lead) + 4 > width { "" } else { &self.lead };
        let inner = width - chars(lead);
        let hanging = " ".repeat(chars(lead));
        let lines = fold(wrap(&self.pieces, inner), inner).into_iter().enumerate();
        lines
            .map(|(i, line)| if i == 0 { lead.to_owned() } else { hanging.clone() } + &line)
            .collect()
    }
}

/// Column widths for these rows, together with gaps no wider than `width`. A column that nothing
/// fills gets none.
pub(super) fn widths(columns: &[Column], rows: &[Vec<Cell>], width: usize) -> Vec<usize> {
    let width = width.max(MIN_WIDTH);
    let mut widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(i, column)| {
            let content = rows.iter().map(|row| row[i].width()).max().unwrap_or(0);
            let title = if content == 0 { 0 } else { chars(column.title) };
            content.max(title).min(column.widest)
        })
        .collect();
    let excess = |widths: &[usize]| {
        let used = widths.iter().filter(|w| **w > 0).count();
        (widths.iter().sum::<usize>() + used.saturating_sub(1) * GAP).saturating_sub(width)
    };
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|i| columns[*i].gives);
    for floor in [|column: &Column| column.comfortable, |column: &Column| column.narrowest] {
        for &i in &order {
            let gives = widths[i].saturating_sub(floor(&columns[i]));
            widths[i] -= gives.min(excess(&widths));
        }
    }
    widths
}

/// The row as lines, without blanks at their ends.
pub(super) fn line(columns: &[Column], widths: &[usize], row: &[Cell]) -> Vec<String> {
    let used = || widths.iter().enumerate().filter(|(_, width)| **width > 0);
    let cells: Vec<_> = used().map(|(i, width)| row[i].lines(*width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let text = |n: usize| {
        let cells = used().zip(&cells).map(|((i, width), lines)| {
            let text = lines.get(n).map_or("", String::as_str);
            if columns[i].right { format!("{text:>width$}") } else { format!("{text:<width$}") }
        });
        cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    };
    (0..height).map(text).collect()
}

pub(super) fn titles(columns: &[Column], widths: &[usize]) -> Vec<String> {
    let row: Vec<Cell> = columns.iter().map(|column| column.title.to_owned().into()).collect();
    line(columns, widths, &row)
}

/// Greedy: a piece stays whole if a line can hold it, and so does a word.
#[must_use]
pub fn wrap(pieces: &[String], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut end = 0;
    let mut put = |word: &str| {
        let length = chars(word);
        match lines.last_mut() {
            Some(line) if end + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                end += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                end = length;
            }
        }
    };
    for piece in pieces {
        if chars(piece) <= width {
            put(piece);
        } else {
            piece.split(' ').flat_map(|word| split(word, width)).for_each(&mut put);
        }
    }
    lines
}

/// Parts no longer than `width`, after punctuation if there is some late enough.
fn split(mut word: &str, width: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    while let Some((end, _)) = word.char_indices().nth(width) {
        let mark = word[..end].rfind(['>', '_', '=', '-', '.', ',']).map(|at| at + 1);
        let (part, rest) = word.split_at(mark.filter(|mark| mark * 3 > end).unwrap_or(end));
        parts.push(part);
        word = rest;
    }
    parts.push(word);
    parts
}

fn fold(mut lines: Vec<String>, width: usize) -> Vec<String> {
    if lines.len() > MAX_LINES {
        let left_out: usize = lines[MAX_LINES - 1..].iter().map(|line| chars(line)).sum();
        lines.truncate(MAX_LINES - 1);
        lines.extend(wrap(&[format!("… {left_out} more characters")], width));
    }
    lines
}

pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}
