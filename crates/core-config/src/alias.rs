/// Makes a key's value from a variable's; an error is a sentence without the value.
pub type Transform = fn(&str) -> Result<String, String>;

/// A variable that hosts set under a name of their own, and the key it stands for. Later aliases of the same key win; an empty
/// variable counts as absent; `<variable>_FILE` names a file that holds the value.
#[derive(Clone, Copy, Debug)]
pub struct Alias {
    /// The variable, such as `DATABASE_URL`.
    pub variable: &'static str,
    /// The key, such as `database.url`.
    pub key: &'static str,
    /// Makes the key's value from the variable's.
    pub transform: Option<Transform>,
}

impl Alias {
    /// The variable's value is the key's.
    pub const fn new(variable: &'static str, key: &'static str) -> Self {
        Self { variable, key, transform: None }
    }

    /// The key's value is made from the variable's. A function that ignores its argument sets a second key whenever the
    /// variable is there.
    pub const fn with(variable: &'static str, key: &'static str, transform: Transform) -> Self {
        Self { variable, key, transform: Some(transform) }
    }
}
