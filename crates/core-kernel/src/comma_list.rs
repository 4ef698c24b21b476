use serde::{Deserialize, Deserializer};

/// Reads a setting that is a list: an array, or a text with commas between its parts as environment variables have it. Parts are
/// trimmed, empty ones are left out.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Settings {
///     #[serde(deserialize_with = "core_kernel::comma_list")]
///     hosts: Vec<String>,
/// }
/// let settings: Settings = serde_json::from_str(r#"{"hosts": "a.example, b.example,"}"#)?;
/// assert_eq!(settings.hosts, ["a.example", "b.example"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
/// What is neither a list of texts nor a text.
pub fn comma_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::List(list) => list,
        Form::Text(text) => text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect(),
    })
}
