/// How many tokens a text has, never too few in practice: letters and digits in threes, every other visible character by itself, line ends, and
/// each run of further blanks. Tokenisers of today's models give source code about a third fewer; a budget counted so is kept with all of them.
///
/// Lines joined have as many as they have apart.
pub fn count_tokens(text: &str) -> usize {
    let (mut tokens, mut run, mut blanks) = (0, 0_usize, 0_usize);
    for letter in text.chars() {
        let is_word = letter.is_ascii_alphanumeric() || letter == '_';
        let is_blank = letter == ' ' || letter == '\t';
        if !is_word {
            tokens += run.div_ceil(3);
            run = 0;
        }
        if !is_blank {
            tokens += usize::from(blanks > 1);
            blanks = 0;
        }
        match letter {
            _ if is_word => run += 1,
            _ if is_blank => blanks += 1,
            // Beyond ASCII a letter may be several tokens.
            letter if !letter.is_ascii() => tokens += letter.len_utf8(),
            _ => tokens += 1,
        }
    }
    tokens + run.div_ceil(3) + usize::from(blanks > 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_counted_generously() {
        assert_eq!((count_tokens(""), count_tokens("fn main() {}\n")), (0, 1 + 2 + 2 + 2 + 1));
        assert!(count_tokens("ein Würfel") >= 6);
    }

    proptest! {
        #[test]
        fn lines_joined_have_what_they_have_apart(a in "\\PC{0,30}", b in "[a-zäß \n]{0,30}") {
            let first = format!("{a}\n");
            let both = [first.as_str(), b.as_str()].concat();
            prop_assert_eq!(count_tokens(&both), count_tokens(&first) + count_tokens(&b));
        }
    }
}
