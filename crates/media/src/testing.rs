//! Drawn pictures, and the contract fixture.

mod drawn;
#[cfg(feature = "http")]
mod fixture;

pub use drawn::{animation, drawing, photo};
#[cfg(feature = "http")]
pub use fixture::MediaFixture;
