use std::sync::{Arc, OnceLock};

use super::offered::FeatureOff;

/// A port whose answer is built later than its asker: filled by the root before serving. While empty it is unavailable.
#[derive(Debug)]
pub(crate) struct Late<T: ?Sized> {
    port: &'static str,
    cell: Arc<OnceLock<Arc<T>>>,
}

impl<T: ?Sized> Clone for Late<T> {
    fn clone(&self) -> Self {
        Self { port: self.port, cell: Arc::clone(&self.cell) }
    }
}

impl<T: ?Sized> Late<T> {
    /// An empty port of this name.
    pub(crate) fn empty(port: &'static str) -> Self {
        Self { port, cell: Arc::new(OnceLock::new()) }
    }

    /// Fills it; the first filling counts.
    pub(crate) fn fill(&self, answer: Arc<T>) {
        // A second filling would mean that the root wires twice; the first one stays in use.
        drop(self.cell.set(answer));
    }

    /// What fills it, or 503 with the port's name.
    pub(crate) fn get(&self) -> Result<Arc<T>, FeatureOff> {
        self.cell.get().cloned().ok_or(FeatureOff(self.port))
    }

    /// True once it is filled.
    #[cfg(test)]
    pub(crate) fn is_filled(&self) -> bool {
        self.cell.get().is_some()
    }
}
