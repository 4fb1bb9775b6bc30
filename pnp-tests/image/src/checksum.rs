//! The checksum in a PE header. The PE specification has Windows validate it for all drivers.

/// Whether the header's checksum, a field at `offset`, is that of the file.
pub(super) fn matches(file: &[u8], offset: usize, header: u32) -> bool {
    let words = file.chunks(2).map(|pair| match *pair {
        [low, high] => u16::from_le_bytes([low, high]),
        [low] => u16::from(low),
        _ => 0,
    });
    // The field itself counts as zero; headers are aligned to eight, so it is two whole words.
    let field = offset / 2..offset / 2 + 2;
    let summed = words.enumerate().filter(|(index, _)| !field.contains(index));
    let mut sum: u64 = summed.map(|(_, word)| u64::from(word)).sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum + file.len() as u64 == u64::from(header)
}
