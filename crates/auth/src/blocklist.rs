use std::collections::HashSet;
use std::sync::LazyLock;

/// See the head of the file: most of them are shorter than a password has to be, and what people make of them is not.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("common_passwords.txt").lines().filter(|line| !line.starts_with("# ")).collect());

/// Long enough, and guessed first all the same.
const PHRASES: &[&str] = &[
    "correcthorsebatterystaple",
    "correct horse battery staple",
    "thisismypassword",
    "thisisapassword",
    "mypasswordispassword",
    "administrator123",
    "administrator1234",
];

/// Rows of keyboards and the alphabet: walks along them are no secret.
const ROWS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujmikolp",
];

/// The longest piece that is looked for.
const LONGEST: usize = 26;
/// So many pieces make no secret.
const FEW: usize = 2;

/// True for what is guessed first: one or two of the most common passwords, sequences, walks over the keyboard or short numbers in a
/// row, repeated or not, with or without the usual letters turned into digits and a sign at the end. `lower` is in lower case.
pub(crate) fn is_first_guess(lower: &str) -> bool {
    if PHRASES.contains(&lower) {
        return true;
    }
    let letters: Vec<char> = lower.chars().collect();
    let end = letters.iter().rposition(|letter| letter.is_alphanumeric()).map_or(0, |last| last + 1);
    // One or two signs at the end are what rules of composition taught people.
    let kept = if letters.len() - end <= 2 { end } else { letters.len() };
    let unit = unrepeated(letters.get(..kept).unwrap_or_default());
    unit.len() <= 3 || fewest_pieces(unit) <= FEW
}

/// A letter for the sign that is often typed in its place.
fn unmasked(letter: char) -> char {
    match letter {
        '@' | '4' => 'a',
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '$' | '5' => 's',
        '7' => 't',
        other => other,
    }
}

/// What a text is repetitions of, if of anything.
fn unrepeated(letters: &[char]) -> &[char] {
    let repeats = |length: &usize| {
        letters.len().is_multiple_of(*length) && letters.chunks(*length).all(|chunk| letters.get(..*length) == Some(chunk))
    };
    let length = (1..=letters.len() / 2).find(repeats).unwrap_or(letters.len());
    letters.get(..length).unwrap_or_default()
}

/// The fewest known pieces that a text is made of; more than anything when it is not made of such pieces.
fn fewest_pieces(letters: &[char]) -> usize {
    let mut fewest = vec![usize::MAX; letters.len() + 1];
    if let Some(start) = fewest.first_mut() {
        *start = 0;
    }
    for end in 1..=letters.len() {
        let best = (end.saturating_sub(LONGEST)..end).filter_map(|start| {
            let before = fewest.get(start).copied().filter(|before| *before < FEW)?;
            is_piece(letters.get(start..end)?).then_some(before + 1)
        });
        let best = best.min().unwrap_or(usize::MAX);
        if let Some(place) = fewest.get_mut(end) {
            *place = best;
        }
    }
    fewest.last().copied().unwrap_or(usize::MAX)
}

fn is_piece(piece: &[char]) -> bool {
    if piece.len() <= 4 && piece.iter().all(char::is_ascii_digit) {
        return true;
    }
    if piece.len() < 3 {
        return false;
    }
    let text: String = piece.iter().collect();
    let plain: String = piece.iter().copied().map(unmasked).collect();
    let backwards: String = piece.iter().rev().collect();
    let same = piece.windows(2).all(|pair| pair.first() == pair.last());
    let common = COMMON.contains(text.as_str()) || COMMON.contains(plain.as_str());
    same || common || ROWS.iter().any(|row| row.contains(&text) || row.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_common_passwords_is_a_first_guess() {
        for text in [
            "passwordpassword",
            "password12345678",
            "p@ssw0rdp@ssw0rd",
            "p@ssword12345678",
            "sunshinefootball",
            "iloveyouiloveyouiloveyou",
            "qwertyuiopasdfghjkl",
            "1qaz2wsx3edc4rfv",
            "zyxwvutsrqponmlk",
            "abcdefghijklmnop",
            "123456789012345",
            "letmeinletmeinletmein!",
            "password12345678!!",
            "aaaaaaaaaaaaaaaaa",
            "dragon1234567890",
        ] {
            assert!(is_first_guess(text), "{text}");
        }
    }

    #[test]
    fn sentences_and_random_letters_are_none() {
        for text in [
            "a sentence that only i know",
            "another sentence, just for me",
            "correct horse battery staple 42",
            "all lower case words",
            "kq7-vnw2-xxp4-lm9d",
            "my dragon eats football",
            "f\u{f6}hnwind \u{fc}ber dem see",
        ] {
            assert!(!is_first_guess(text), "{text}");
        }
    }

    #[test]
    fn the_list_holds_thousands_of_common_passwords_of_eight_characters_and_more() {
        assert!(COMMON.iter().filter(|word| word.chars().count() >= 8).count() >= 3000);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_looked_at_without_a_fault(text in "\\PC{0,128}") {
            is_first_guess(&text);
        }
    }
}
