//! Little-endian reading that ends at the end of the bytes instead of panicking.

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a>(pub(super) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(count)?;
        self.0 = tail;
        Some(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, tail) = self.0.split_first_chunk()?;
        self.0 = tail;
        Some(*head)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count or size field, widened.
    pub(super) fn len(&mut self) -> Option<usize> {
        self.u32().map(|value| value as usize)
    }

    /// Bytes up to a NUL, which is consumed; to the end if there is none.
    pub(super) fn string(&mut self) -> &'a [u8] {
        let end = self.0.iter().position(|byte| *byte == 0);
        let text = self.take(end.unwrap_or(self.0.len())).unwrap_or_default();
        self.take(1);
        text
    }

    /// `count` bytes, then the padding that rounds them up to four; the last item may go without.
    pub(super) fn padded(&mut self, count: usize) -> Option<&'a [u8]> {
        let item = self.take(count)?;
        let padding = count.wrapping_neg() & 3;
        self.take(padding.min(self.0.len()));
        Some(item)
    }
}

/// `bytes` from `offset` on.
pub(super) fn at(bytes: &[u8], offset: u32) -> Option<Cursor<'_>> {
    bytes.get(offset as usize..).map(Cursor)
}

/// A name out of a file, safe to print: it cannot move the terminal's cursor.
pub(super) fn printable(name: &[u8]) -> String {
    name.escape_ascii().to_string()
}
