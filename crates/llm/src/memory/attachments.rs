use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_kernel::{Actor, FieldError};
use uuid::Uuid;

use super::assemble::fenced;
use crate::chat::Part;
use crate::engine::Engine;
use crate::error::{LlmError, codes};

/// The most attachments of one message.
const LIMIT: usize = 8;
/// The most bytes of a text that is attached.
const TEXT_LIMIT: usize = 256 * 1024;

/// The files that a message refers to, as parts of it: images as they are, texts between fences.
pub(crate) async fn load(engine: &Engine, actor: &Actor, ids: &[Uuid]) -> Result<Vec<Part>, LlmError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let Some(port) = &engine.ports.attachments else { return Err(LlmError::Plain(&codes::ATTACHMENTS_UNAVAILABLE)) };
    if ids.len() > LIMIT {
        return Err(LlmError::Invalid(vec![FieldError::new("/attachments", "too_many", format!("At most {LIMIT}."))]));
    }
    let mut parts = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        let pointer = format!("/attachments/{index}");
        let refuse = |code: &'static str, rule: &str| LlmError::Invalid(vec![FieldError::new(pointer.clone(), code, rule)]);
        let found = port.load(actor, *id).await.map_err(LlmError::Port)?;
        let found = found.ok_or_else(|| refuse("unknown_attachment", "There is no such file."))?;
        if found.mime.starts_with("image/") {
            let part = Part::Image { mime: found.mime, data: STANDARD.encode(found.bytes) };
            crate::images::check(std::slice::from_ref(&part), &pointer)?;
            parts.push(part);
            continue;
        }
        let text = String::from_utf8(found.bytes).ok().filter(|text| text.len() <= TEXT_LIMIT && !text.contains('\0'));
        let text = text.ok_or_else(|| refuse("unsupported_attachment", "Images, and texts of at most 256 KiB."))?;
        let name: String =
            found.name.chars().filter(|letter| !letter.is_control() && !matches!(letter, '<' | '>')).take(200).collect();
        parts.push(Part::text(fenced("attachment", &format!("{name}\n{text}"))));
    }
    Ok(parts)
}
