#![doc = include_str!("../README.md")]

pub mod hooks;
pub mod links;
pub mod permissions;
