#![doc = include_str!("../README.md")]

mod error;
mod file;
mod keyring;
mod master;
mod roots;

pub use error::KeyError;
pub use keyring::Keyring;
pub use master::MasterKey;
