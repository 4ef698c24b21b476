use std::collections::{HashMap, HashSet};

/// The provider that needs nothing: it summarises by choosing sentences. It never writes text of its own, and free generation
/// without a provider is an error, not an imitation.
pub const OFFLINE_PROVIDER: &str = "offline";

/// An extractive summary: sentences of the text itself, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The sentences joined.
    pub text: String,
    /// How many sentences the text has.
    pub sentences: usize,
}

/// The most sentences that are weighed; of a longer text the first ones are.
const SENTENCE_LIMIT: usize = 800;

/// Words that say nothing about the subject (English; in other languages frequency alone decides).
const STOP_WORDS: &str = "a about after all also an and any are as at be because been but by can could did do does for from had \
    has have he her him his how i if in into is it its just like me more most my no not of on one only or other our out over she \
    so some such than that the their them then there these they this to too up us very was we were what when which who will with \
    would you your";

/// Chooses the `max_sentences` sentences that say most: TextRank (Mihalcea and Tarau, 2004) over the words that they share, the earlier ones a little
/// before the later ones, and without repeating themselves (maximal marginal relevance). They stand in their order. The same text gives the same
/// summary.
pub fn summarize(text: &str, max_sentences: usize) -> Summary {
    let sentences = sentences(text);
    let count = sentences.len();
    let weighed: Vec<Vec<String>> = sentences.iter().take(SENTENCE_LIMIT).map(|sentence| words(sentence)).collect();
    let chosen = choose(&weighed, max_sentences.max(1));
    let text = chosen.iter().filter_map(|index| sentences.get(*index).copied()).collect::<Vec<_>>().join(" ");
    Summary { text, sentences: count }
}

fn choose(sentences: &[Vec<String>], wanted: usize) -> Vec<usize> {
    let vectors = vectors(sentences);
    let alike: Vec<Vec<f64>> = vectors.iter().map(|one| vectors.iter().map(|other| cosine(one, other)).collect()).collect();
    let ranks = rank(&alike);
    let highest = ranks.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let scored = ranks.iter().enumerate().map(|(index, rank)| {
        let words = sentences.get(index).map_or(0, Vec::len);
        let length_penalty = if words < 3 { 0.5 } else { 1.0 };
        (index, rank / highest * length_penalty * (1.0 + 0.2 / (1.0 + ratio(index, 1))))
    });
    let mut rest: Vec<(usize, f64)> = scored.collect();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < wanted && !rest.is_empty() {
        let likeness = |one: usize, other: usize| alike.get(one).and_then(|row| row.get(other)).copied().unwrap_or(0.0);
        let repeats = |index: usize| chosen.iter().map(|other| likeness(index, *other)).fold(0.0, f64::max);
        let best = rest.iter().enumerate().fold((0, f64::MIN), |best, (place, (index, score))| {
            let worth = score * (1.0 - repeats(*index));
            if worth > best.1 { (place, worth) } else { best }
        });
        let (index, _) = rest.remove(best.0);
        chosen.push(index);
    }
    chosen.sort_unstable();
    chosen
}

type Vector<'a> = HashMap<&'a str, f64>;

/// Words weighed by how few sentences have them, each vector of length 1.
fn vectors(sentences: &[Vec<String>]) -> Vec<Vector<'_>> {
    let mut within: HashMap<&str, usize> = HashMap::new();
    for sentence in sentences {
        let distinct: HashSet<&str> = sentence.iter().map(String::as_str).collect();
        for word in distinct {
            *within.entry(word).or_insert(0) += 1;
        }
    }
    let weight = |word: &str| (1.0 + ratio(sentences.len(), within.get(word).copied().unwrap_or(1))).ln();
    sentences
        .iter()
        .map(|sentence| {
            let mut words: Vector<'_> = HashMap::new();
            for word in sentence {
                *words.entry(word.as_str()).or_insert(0.0) += weight(word);
            }
            let length = words.values().map(|value| value * value).sum::<f64>().sqrt();
            for value in words.values_mut() {
                *value /= length.max(f64::MIN_POSITIVE);
            }
            words
        })
        .collect()
}

fn cosine(one: &Vector<'_>, other: &Vector<'_>) -> f64 {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    short.iter().filter_map(|(word, weight)| Some(weight * long.get(word)?)).sum()
}

/// PageRank: damping 0.85, at most 64 rounds.
fn rank(alike: &[Vec<f64>]) -> Vec<f64> {
    let count = alike.len();
    let out: Vec<f64> =
        alike.iter().enumerate().map(|(at, row)| row.iter().sum::<f64>() - row.get(at).copied().unwrap_or(0.0)).collect();
    let mut ranks = vec![1.0 / ratio(count.max(1), 1); count];
    for _ in 0..64 {
        let next: Vec<f64> = (0..count)
            .map(|to| {
                let votes = alike.iter().enumerate().filter(|(from, _)| *from != to).map(|(from, row)| {
                    let (weight, total) = (row.get(to).copied().unwrap_or(0.0), out.get(from).copied().unwrap_or(0.0));
                    if total > 0.0 { ranks.get(from).copied().unwrap_or(0.0) * weight / total } else { 0.0 }
                });
                0.15 / ratio(count, 1) + 0.85 * votes.sum::<f64>()
            })
            .collect();
        let moved: f64 = next.iter().zip(&ranks).map(|(new, old)| (new - old).abs()).sum();
        ranks = next;
        if moved < 1e-4 {
            break;
        }
    }
    ranks
}

#[expect(clippy::cast_precision_loss, reason = "counts of words are far below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn words(sentence: &str) -> Vec<String> {
    let words = sentence.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase);
    words.filter(|word| word.chars().count() > 1 && !STOP_WORDS.split_whitespace().any(|stop| stop == word)).collect()
}

/// Cuts text into sentences: at `.`, `!`, `?`, `…` before white space (not after a single letter or a well-known
/// abbreviation), at their full-width forms, and at empty lines and list items.
pub(crate) fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|(_, next)| *next);
        let ends = match letter {
            '。' | '！' | '？' => true,
            '.' => next.is_none_or(char::is_whitespace) && !abbreviated(text.get(start..at).unwrap_or_default()),
            '!' | '?' | '…' => next.is_none_or(char::is_whitespace),
            '\n' => next.is_some_and(|next| matches!(next, '\n' | '\r' | '-' | '*' | '#')),
            _ => false,
        };
        if ends {
            let end = at + letter.len_utf8();
            found.extend(text.get(start..end));
            start = end;
        }
    }
    found.extend(text.get(start..));
    found.into_iter().map(str::trim).filter(|sentence| sentence.chars().any(char::is_alphanumeric)).collect()
}

fn abbreviated(before: &str) -> bool {
    let word = before.rsplit(|letter: char| letter.is_whitespace() || letter == '(').next().unwrap_or_default();
    let known = ["e.g", "i.e", "etc", "dr", "mr", "mrs", "ms", "prof", "vs", "no", "approx", "z.b", "bzw"];
    let one_letter = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    one_letter || known.contains(&word.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end_where_a_reader_would_end_them() {
        let text = "Dr. J. Smith paid 3.50 euros, e.g. for tea. Really? Yes!\n\n# Title\n- one\n- two… and so on. 你好。世界";
        let expected = [
            "Dr. J. Smith paid 3.50 euros, e.g. for tea.",
            "Really?",
            "Yes!",
            "# Title",
            "- one",
            "- two…",
            "and so on.",
            "你好。",
            "世界",
        ];
        assert_eq!(sentences(text), expected);
        assert!(sentences(" \n\n ... ").is_empty());
    }

    #[test]
    fn the_sentences_about_the_subject_are_chosen_in_their_order() {
        let text = "The library opened in 1911. I had soup. The library lends books, and the library lends tools. \
            It rained. Every year the library lends more books to more readers of books.";
        let summary = summarize(text, 2);
        assert_eq!(summary.sentences, 5);
        assert!(summary.text.contains("lends"), "{}", summary.text);
        assert!(!summary.text.contains("soup") && !summary.text.contains("rained"), "{}", summary.text);
        assert_eq!(summary, summarize(text, 2));
    }

    #[test]
    fn a_repeated_sentence_is_said_once() {
        let text = "Rust prevents data races. Rust prevents data races. The compiler checks borrowing rules.";
        assert_eq!(summarize(text, 2).text, "Rust prevents data races. The compiler checks borrowing rules.");
    }

    #[test]
    fn a_short_text_is_its_own_summary_and_an_empty_one_is_empty() {
        assert_eq!(summarize("One sentence only", 3).text, "One sentence only");
        assert_eq!(summarize("", 3), Summary { text: String::new(), sentences: 0 });
    }

    proptest::proptest! {
        #[test]
        fn every_sentence_of_a_summary_stands_in_the_text(text in ".{0,400}", wanted in 1_usize..6) {
            let all = sentences(&text);
            let summary = summarize(&text, wanted);
            proptest::prop_assert!(summary.text.is_empty() == all.is_empty());
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).count();
            proptest::prop_assert!(letters(&summary.text) <= letters(&text));
        }
    }
}
