/// How alike two words must be, 0 to 1, to be taken for a slip.
const ALIKE: f64 = 0.84;

/// The word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.into_iter().map(|candidate| (strsim::jaro_winkler(word, candidate), candidate));
    scored.filter(|(score, _)| *score >= ALIKE).max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, word)| word)
}

/// The key that was probably meant: a slip in this segment, or the same last segment in another section.
pub(crate) fn meant(key: &str, siblings: &[&str], known: &[String]) -> Option<String> {
    let (section, word) = key.rsplit_once('.').map_or((None, key), |(section, word)| (Some(section), word));
    if let Some(near) = nearest(word, siblings.iter().copied()) {
        return Some(section.map_or_else(|| near.to_owned(), |section| format!("{section}.{near}")));
    }
    let elsewhere = known.iter().find(|known| known.rsplit('.').next() == Some(word));
    elsewhere.cloned().or_else(|| nearest(key, known.iter().map(String::as_str)).map(str::to_owned))
}
