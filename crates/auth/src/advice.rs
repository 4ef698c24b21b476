use core_kernel::Secret;

use crate::password::{Hasher, normalise};

/// How much of a password is looked at: the time grows faster than the length.
const LOOKED_AT: usize = 64;

/// What an estimate says about a password. Advice only: nothing is refused for it (NIST SP 800-63B-4 section 3.1.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordAdvice {
    /// 0 (guessed at once) to 4 (very hard to guess).
    pub score: u8,
    /// What is weak about it.
    pub warning: Option<String>,
    /// What would make it stronger.
    pub suggestions: Vec<String>,
}

impl Hasher {
    /// Estimates the strength of a password, off the async workers. `None`: there is no time for it now.
    pub(crate) async fn advise(&self, password: &Secret, about: Vec<String>) -> Option<PasswordAdvice> {
        let password: Secret = Secret::new(normalise(password).expose().chars().take(LOOKED_AT).collect::<String>());
        self.run(move || estimate(&password, &about)).await.ok()
    }
}

fn estimate(password: &Secret, about: &[String]) -> PasswordAdvice {
    let about: Vec<&str> = about.iter().map(String::as_str).collect();
    let estimate = zxcvbn::zxcvbn(password.expose(), &about);
    let feedback = estimate.feedback();
    PasswordAdvice {
        score: u8::from(estimate.score()),
        warning: feedback.and_then(|feedback| Some(feedback.warning()?.to_string())),
        suggestions: feedback
            .map(|feedback| feedback.suggestions().iter().map(ToString::to_string).collect())
            .unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_password_gets_a_low_score_and_a_hint_and_a_sentence_the_highest() {
        let weak = estimate(&Secret::new("ada.lovelace"), &["ada.lovelace".to_owned()]);
        assert!(weak.score <= 1 && !weak.suggestions.is_empty(), "{weak:?}");
        let strong = estimate(&Secret::new("a sentence that only I know"), &[]);
        assert_eq!((strong.score, strong.warning), (4, None));
    }
}
