#![doc = include_str!("../README.md")]

mod address;
mod client;
mod config;
mod error;
mod guard;
mod request;
mod response;
mod retry_after;
mod trace;

pub use address::is_public;
pub use client::{Client, Egress};
pub use config::EgressConfig;
pub use error::EgressError;
pub use request::RequestBuilder;
pub use response::Response;
pub use retry_after::retry_after;

pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Body, Method, StatusCode};
pub use url::Url;
