pub struct Stack<T, const N: usize> where T: Copy {
    items: [T; N],
}

impl<T: Copy, const N: usize> Stack<T, N> {
    /// Makes one.
    #[must_use]
    pub const fn new(items: [T; N]) -> Self { Self { items } }

    pub fn map<U, F>(self, f: F) -> [U; N]
    where
        F: Fn(T) -> U,
    {
        self.items.map(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works() {}
}

pub enum Never {}
pub struct Unit;
pub fn r#match() {}
