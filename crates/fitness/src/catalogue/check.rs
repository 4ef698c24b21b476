//! What every exercise keeps, whether it is ours or somebody's own.

use core_kernel::FieldError;

use super::{Area, Equipment, Exercise, Muscle};

/// The longest name.
const MAX_NAME: usize = 120;
/// The longest sentence of the wording.
const MAX_SENTENCE: usize = 600;
/// The most names and wordings, over all languages.
const MAX_LANGUAGES: usize = 60;
/// The most sentences of one kind.
const MAX_SENTENCES: usize = 20;

/// True for `push-up`: lower-case words joined by single hyphens, 2 to 80 characters.
pub fn is_slug(text: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    (2..=80).contains(&text.len()) && text.split('-').all(part)
}

/// The slug of a name; empty where it has no letters of the Latin alphabet.
pub fn slug_of(name: &str) -> String {
    super::vocabulary::canonical(name).chars().filter(char::is_ascii).collect::<String>().replace('_', "-")
}

/// Every broken rule.
pub fn faults(exercise: &Exercise) -> Vec<FieldError> {
    let mut faults = Vec::new();
    let mut require = |holds: bool, pointer: &str, code: &'static str, rule: &str| {
        if !holds {
            faults.push(FieldError::new(pointer, code, rule));
        }
    };
    require(is_slug(&exercise.id), "/slug", "invalid_slug", "2 to 80 lower-case letters and digits, words joined by hyphens");
    let names_fit = !exercise.names.is_empty() && exercise.names.values().all(|name| is_line(name, MAX_NAME));
    require(names_fit, "/names", "invalid_name", "at least one name of 1 to 120 printable characters, by language");
    let languages = [&exercise.instructions, &exercise.cues, &exercise.mistakes];
    let codes = exercise.names.keys().chain(languages.iter().flat_map(|texts| texts.keys()));
    require(codes.clone().all(|code| is_language(code)), "/names", "invalid_language", "languages as `en` or `pt-br`");
    let aliases_fit = exercise.aliases.len() <= 30 && exercise.aliases.iter().all(|alias| is_line(alias, MAX_NAME));
    require(aliases_fit, "/aliases", "invalid_name", "at most 30 names of 1 to 120 printable characters");
    for (texts, pointer) in languages.into_iter().zip(["/instructions", "/cues", "/mistakes"]) {
        let fit =
            texts.values().all(|lines| lines.len() <= MAX_SENTENCES && lines.iter().all(|line| is_line(line, MAX_SENTENCE)));
        require(fit, pointer, "invalid_text", "at most 20 sentences of 1 to 600 printable characters");
    }
    require((1..=5).contains(&exercise.level), "/level", "out_of_range", "1 to 5");
    require((1.0..=23.0).contains(&exercise.met), "/met", "out_of_range", "1 to 23");
    require((0.5..=60.0).contains(&exercise.rep_seconds), "/rep_seconds", "out_of_range", "0.5 to 60");
    require((0.0..=1.2).contains(&exercise.bodyweight_fraction), "/bodyweight_fraction", "out_of_range", "0 to 1.2");
    let shares = exercise.muscles.values().all(|share| [1.0, 0.5, 0.25].contains(share));
    require(!exercise.muscles.is_empty() && shares, "/muscles", "invalid_share", "at least one muscle, each with 1, 0.5 or 0.25");
    let few = exercise.muscles.len() <= Muscle::ALL.len() && exercise.media.len() <= 20;
    require(few, "/media", "too_many", "at most 20 media");
    let others = [&exercise.regressions, &exercise.progressions];
    let others_fit = others.into_iter().all(|slugs| slugs.len() <= 20 && slugs.iter().all(|slug| is_slug(slug)));
    require(others_fit, "/progressions", "invalid_slug", "at most 20 slugs of other exercises");
    let pieces = exercise.equipment_all.len().max(exercise.equipment_any.len());
    let once = pieces <= Equipment::ALL.len() && exercise.contraindications.len() <= Area::ALL.len();
    require(once, "/equipment_all", "too_many", "each word once");
    require(codes.count() <= MAX_LANGUAGES, "/names", "too_many", "at most 60 texts in other languages");
    let origin = [&exercise.uuid, &exercise.motion, &exercise.author].into_iter().flatten();
    let mut origin = origin.chain([&exercise.licence, &exercise.source]);
    require(origin.all(|word| is_line(word, MAX_NAME)), "/source", "invalid_text", "1 to 120 printable characters");
    faults
}

fn is_language(code: &str) -> bool {
    (2..=12).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

/// One line of text that says something.
pub(crate) fn is_line(text: &str, most: usize) -> bool {
    let count = text.chars().count();
    (1..=most).contains(&count) && !text.trim().is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_words_and_hyphens() {
        for good in ["push-up", "a1", "t-bar-row"] {
            assert!(is_slug(good), "{good}");
        }
        for wrong in ["", "a", "Push-Up", "push--up", "-push", "push_up", "push up"] {
            assert!(!is_slug(wrong), "{wrong}");
        }
        assert_eq!(slug_of("Farmer's Carry (heavy)"), "farmer-s-carry-heavy");
    }
}
