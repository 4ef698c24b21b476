use actix_web::web;
use core_http::{Caller, Json, Operation, Problem};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::code::Task;
use crate::{Completions, codes, permissions};

/// An instruction in somebody's own words.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TranslateRequest {
    #[schema(example = "explain this code")]
    instruction: String,
    /// The language that is meant; told from the words when absent.
    #[serde(default)]
    language: Option<String>,
}

/// A prompt.
#[derive(Serialize, ToSchema)]
struct TranslatedInstruction {
    /// What to send to a model, together with the code.
    prompt: String,
    /// What is asked for.
    task: Task,
    language: Option<String>,
    /// Sentences of the instruction that say what must be or must not be.
    constraints: Vec<String>,
}

pub(super) fn operation() -> Operation {
    Operation::post("/instructions/translate", handle)
        .id("translate_instruction_to_code_prompt")
        .summary("Make a prompt about code of an instruction")
        .describe("By the template `llm.instruction`: no model is asked, and the same instruction gives the same prompt.")
        .requires(&permissions::CHAT)
        .body::<TranslateRequest>()
        .answers::<TranslatedInstruction>(200, "The prompt")
        .problems(&[&codes::INVALID])
}

async fn handle(
    caller: Caller,
    completions: web::Data<dyn Completions>,
    Json(body): Json<TranslateRequest>,
) -> Result<Json<TranslatedInstruction>, Problem> {
    let language = body.language.as_deref();
    let found = completions.translate_instruction_to_code_prompt(&caller, &body.instruction, language).await?;
    let parts = found.parts;
    Ok(Json(TranslatedInstruction {
        prompt: found.prompt,
        task: parts.task,
        language: parts.language,
        constraints: parts.constraints,
    }))
}
