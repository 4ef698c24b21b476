use serde_json::Value;

use super::ModelError;

/// Texts whose vectors are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmbedRequest {
    /// The provider's own name of the model.
    pub model: String,
    /// The texts.
    pub texts: Vec<String>,
    /// The length of the vectors, where the model lets one choose.
    pub dimensions: Option<u32>,
}

/// Vectors, one for each text and in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// The vectors.
    pub vectors: Vec<Vec<f32>>,
    /// Tokens of the texts, where the provider says so.
    pub input_tokens: Option<u64>,
}

impl Embeddings {
    /// Refuses anything but one vector for each text, all of one length.
    pub(crate) fn check(self, texts: usize) -> Result<Self, ModelError> {
        let length = self.vectors.first().map_or(0, Vec::len);
        let even = length > 0 && self.vectors.iter().all(|vector| vector.len() == length);
        if self.vectors.len() == texts && even { Ok(self) } else { Err(ModelError::protocol("it has not one vector a text")) }
    }

    /// A vector as it stands in a document.
    #[expect(clippy::cast_possible_truncation, reason = "vectors are of 32 bits everywhere")]
    pub(super) fn vector(value: &Value) -> Result<Vec<f32>, ModelError> {
        let numbers = value.as_array().ok_or_else(|| ModelError::protocol("a vector is no list"))?;
        let number = |value: &Value| value.as_f64().map(|number| number as f32);
        numbers.iter().map(number).collect::<Option<_>>().ok_or_else(|| ModelError::protocol("a vector holds no numbers"))
    }
}

/// The length of [`offline_vector`].
const OFFLINE_DIMENSIONS: usize = 256;

/// A vector without a model: words and their three-letter pieces, hashed into 256 places, of length 1. Texts that share words are
/// near each other; meaning it knows none of. Named `offline/hash-256`, so that it never mixes with a model's.
pub fn offline_vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0_f32; OFFLINE_DIMENSIONS];
    let mut add = |piece: &str, weight: f32| {
        let hash = fnv1a(piece.as_bytes());
        let place = usize::try_from(hash % OFFLINE_DIMENSIONS as u64).unwrap_or_default();
        let sign = if hash >> 63 == 0 { weight } else { -weight };
        if let Some(slot) = vector.get_mut(place) {
            *slot += sign;
        }
    };
    for word in text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        add(&word, 1.0);
        let letters: Vec<char> = format!("<{word}>").chars().collect();
        for piece in letters.windows(3) {
            add(&piece.iter().collect::<String>(), 0.3);
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length > 0.0 {
        for value in &mut vector {
            *value /= length;
        }
    }
    vector
}

/// FNV-1a, 64 bits: the same on every machine and in every version.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// How alike two vectors point, -1 to 1; 0 where they can't be compared.
pub(crate) fn cosine(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return 0.0;
    }
    let dot: f32 = one.iter().zip(other).map(|(one, other)| one * other).sum();
    let length = |vector: &[f32]| vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    let lengths = length(one) * length(other);
    if lengths > 0.0 { dot / lengths } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_share_words_are_nearer_than_texts_that_share_none() {
        let near = cosine(&offline_vector("bricks and mortar"), &offline_vector("Mortar between bricks"));
        let far = cosine(&offline_vector("bricks and mortar"), &offline_vector("piano sonata"));
        assert!(near > 0.4 && near > far + 0.2, "{near} {far}");
        assert!((cosine(&offline_vector("x"), &offline_vector("x")) - 1.0).abs() < 1e-5);
        assert_eq!(offline_vector(" ").iter().filter(|value| **value != 0.0).count(), 0);
    }

    #[test]
    fn vectors_of_other_numbers_than_texts_are_refused() {
        let one = Embeddings { vectors: vec![vec![1.0]], input_tokens: None };
        assert!(one.clone().check(1).is_ok());
        assert!(one.check(2).is_err());
    }
}
