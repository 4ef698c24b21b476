use core_db::{DbError, Tx, owned};
use core_kernel::Owner;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, QueryFilter};
use serde_json::json;

use super::rows::generation::{ActiveModel, Column, Entity};
use super::{attempts, spending};
use crate::chat::FinishReason;
use crate::model::{ConversationId, Generation, GenerationId, GenerationState};

/// Takes the words out of generations; the accounts stay. Those that still run are settled as cancelled here, so that whoever runs
/// them writes nothing more; their ids are given, to be stopped.
pub(crate) async fn forget_words(tx: &Tx, owner: Owner, scope: Scope) -> Result<Vec<GenerationId>, DbError> {
    let now = tx.ambient().now().millis();
    let running = Column::State.eq(GenerationState::Running.as_str());
    let rows = owned::<Entity>(owner).select().filter(scope.condition()).filter(running.clone()).all(tx).await?;
    let end = ActiveModel {
        state: Set(GenerationState::Cancelled.as_str().to_owned()),
        finish_reason: Set(Some(FinishReason::Cancelled.as_str().to_owned())),
        finished_at: Set(Some(now)),
        ..Default::default()
    };
    owned::<Entity>(owner).update_many().set(end).filter(scope.condition()).filter(running).exec(tx).await?;
    let change = ActiveModel {
        answer_text: Set(String::new()),
        reasoning: Set(String::new()),
        tool_calls: Set(json!([])),
        failure_detail: Set(None),
        assistant_message_id: Set(None),
        user_message_id: Set(None),
        updated_at: Set(now),
        ..Default::default()
    };
    attempts::forget_words(tx, owner, scope.condition()).await?;
    let update = owned::<Entity>(owner).update_many().set(change).filter(scope.condition());
    update.col_expr(Column::Version, Expr::col(Column::Version).add(1)).exec(tx).await?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in rows {
        let row = Generation::try_from(row)?;
        // Nobody settles it any more: what was set aside goes back.
        if let Some(reservation) = &row.reservation {
            spending::settle(tx, reservation, 0).await?;
        }
        ids.push(row.id);
    }
    Ok(ids)
}

/// Which generations lose their words.
#[derive(Clone, Debug)]
pub(crate) enum Scope {
    Conversation(ConversationId),
    Ids(Vec<GenerationId>),
}

impl Scope {
    fn condition(&self) -> SimpleExpr {
        match self {
            Self::Conversation(id) => Column::ConversationId.eq(id.get()),
            Self::Ids(ids) => Column::Id.is_in(ids.iter().map(|id| id.get())),
        }
    }
}
