//! The contract fixture.

#[cfg(feature = "http")]
mod fixture;

#[cfg(feature = "http")]
pub use fixture::AuthFixture;

impl crate::Auth {
    /// How often argon2 was run in this process.
    pub fn argon2_runs(&self) -> u64 {
        self.core.hasher.argon.runs()
    }
}
