//! What makes two sentences about a driver say the same: what is counted in them differs from run to run.

/// The words, each number as `#`: what is counted differs from run to run.
pub fn without_numbers(text: &str) -> String {
    let mut words: Vec<char> = Vec::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_ascii_digit() {
            words.push(character);
        } else if words.last() != Some(&'#') {
            words.push('#');
        }
    }
    words.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_are_all_alike() {
        assert_eq!(without_numbers("list 12 at 0x1F, 3"), "list # at #x#F, #");
    }
}
