//! The contract fixture, and an issuer for tests of signing in with an account elsewhere.

#[cfg(feature = "http")]
mod fixture;
pub mod fuzz;
#[cfg(feature = "http")]
mod issuer;

#[cfg(feature = "http")]
pub use fixture::AuthFixture;
#[cfg(feature = "http")]
pub use issuer::{CLIENT, CLIENT_SECRET, Fault, TestIssuer, TestPerson};

impl crate::Auth {
    /// How often argon2 was run in this process.
    pub fn argon2_runs(&self) -> u64 {
        self.core.hasher.argon.runs()
    }
}
