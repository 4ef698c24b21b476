use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use core_kernel::{Actor, Permission};
use serde_json::Value;

/// A prompt template that a feature hands in under its prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// `feature.name`.
    pub name: &'static str,
    /// Raised with every change of the text.
    pub version: u32,
    /// minijinja source.
    pub text: &'static str,
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Looks only.
    Read,
    /// Changes something; a person confirms it first.
    Write,
}

type ToolFuture = Pin<Box<dyn Future<Output = Result<Value, String>> + Send>>;

/// A method of a facade that a language model may call.
#[derive(Clone)]
pub struct Tool {
    /// `feature.verb`.
    pub name: &'static str,
    /// What it does, for the model.
    pub description: &'static str,
    /// JSON Schema of its arguments.
    pub schema: fn() -> Value,
    /// The right it asks for.
    pub permission: &'static Permission,
    /// Read or write.
    pub effect: Effect,
    /// Runs it; the error is for the model.
    pub call: Arc<dyn Fn(Actor, Value) -> ToolFuture + Send + Sync>,
}

impl fmt::Debug for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tool").field("name", &self.name).field("effect", &self.effect).finish_non_exhaustive()
    }
}
