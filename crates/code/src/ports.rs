use async_trait::async_trait;
use core_kernel::{Actor, PortError};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{Step, Steps};

/// A file of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Two files of one workspace with equal stamps have the same content.
    pub stamp: String,
}

/// Where source files are.
#[async_trait]
pub trait SourceTree: Send + Sync {
    /// All files of a workspace that the actor may read; true: there are more.
    async fn files(&self, actor: &Actor, workspace: Uuid) -> Result<(Vec<SourceFile>, bool), PortError>;
    /// The bytes of some of them, in their order; none: gone, over `most`, or not readable.
    async fn load(
        &self,
        actor: &Actor,
        workspace: Uuid,
        paths: Vec<String>,
        most: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, PortError>;
}

/// What is asked of a model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextRequest {
    /// What holds throughout.
    pub system: String,
    /// The question.
    pub prompt: String,
    /// The model, when not the default one.
    pub model: Option<String>,
    /// The most tokens of the answer.
    pub max_output_tokens: Option<u32>,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TextAnswer {
    /// The text.
    pub text: String,
    /// Whose model it is.
    pub provider: String,
    /// Which.
    pub model: String,
    /// Why it ended.
    pub finish_reason: String,
    /// The generation in the ledger.
    pub generation_id: Option<Uuid>,
    /// What it took, as the ledger says it.
    pub usage: Value,
    /// What was changed so that the provider would take it.
    pub adjustments: Vec<Value>,
}

/// Where the text of an answer goes as it comes.
#[derive(Clone, Debug)]
pub struct Pieces {
    pub(crate) steps: Steps,
    /// The part that the answer is about; none: it is the account itself.
    pub(crate) part: Option<usize>,
}

impl Pieces {
    /// Passes a piece on; waits while the reader is slow. Where nobody reads any more, it goes nowhere.
    pub async fn send(&self, text: String) {
        let step = match self.part {
            Some(part) => Step::Note { part, text },
            None => Step::Text(text),
        };
        let _left = self.steps.send(step).await;
    }
}

/// A language model.
#[async_trait]
pub trait TextModel: Send + Sync {
    /// False: none is configured.
    fn is_available(&self, actor: &Actor) -> bool;
    /// Asks it, and passes the text on as it comes where somebody follows. Its own rights are checked behind the port.
    async fn ask(&self, actor: &Actor, request: TextRequest, pieces: Option<&Pieces>) -> Result<TextAnswer, PortError>;
}

/// No workspaces.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSourceTree;

#[async_trait]
impl SourceTree for NoSourceTree {
    async fn files(&self, _: &Actor, _: Uuid) -> Result<(Vec<SourceFile>, bool), PortError> {
        Err(crate::CodeError::Plain(&crate::codes::NO_WORKSPACES).into())
    }

    async fn load(&self, _: &Actor, _: Uuid, _: Vec<String>, _: u64) -> Result<Vec<Option<Vec<u8>>>, PortError> {
        Err(crate::CodeError::Plain(&crate::codes::NO_WORKSPACES).into())
    }
}

/// No model.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoModel;

#[async_trait]
impl TextModel for NoModel {
    fn is_available(&self, _: &Actor) -> bool {
        false
    }

    async fn ask(&self, _: &Actor, _: TextRequest, _: Option<&Pieces>) -> Result<TextAnswer, PortError> {
        Err(crate::CodeError::Plain(&crate::codes::NO_MODEL).into())
    }
}
