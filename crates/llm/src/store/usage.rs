use std::collections::BTreeMap;

use core_db::{DbError, owned};
use core_kernel::{Owner, Timestamp, UserId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::rows::generation::{Column, Entity};
use crate::model::{UsageBy, UsageLine};

const DAY: i64 = 86_400_000;

#[derive(FromQueryResult)]
struct Group {
    day: i64,
    provider: Option<String>,
    model: Option<String>,
    purpose: String,
    created_by: Uuid,
    generations: i64,
    input: i64,
    output: i64,
    cost: i64,
}

/// What was used in a space between two moments; of one person, or of all.
pub(crate) async fn report<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    person: Option<UserId>,
    from: Timestamp,
    to: Timestamp,
    by: UsageBy,
) -> Result<Vec<UsageLine>, DbError> {
    // Both engines cut a quotient of whole numbers.
    let day = Expr::col(Column::CreatedAt).div(DAY);
    let sum = |column: Column| Expr::expr(Expr::col(column).sum()).cast_as("bigint");
    let mut select = owned::<Entity>(owner)
        .select()
        .select_only()
        .column_as(day, "day")
        .column(Column::Provider)
        .column(Column::Model)
        .column(Column::Purpose)
        .column(Column::CreatedBy)
        .column_as(Column::Id.count(), "generations")
        .column_as(sum(Column::InputTokens), "input")
        .column_as(sum(Column::OutputTokens), "output")
        .column_as(sum(Column::CostMicros), "cost")
        .filter(Column::CreatedAt.gte(from.millis()))
        .filter(Column::CreatedAt.lt(to.millis()))
        .group_by(Expr::col(Alias::new("day")))
        .group_by(Column::Provider)
        .group_by(Column::Model)
        .group_by(Column::Purpose)
        .group_by(Column::CreatedBy);
    if let Some(person) = person {
        select = select.filter(Column::CreatedBy.eq(person.get()));
    }
    let mut lines: BTreeMap<String, UsageLine> = BTreeMap::new();
    for group in select.into_model::<Group>().all(connection).await? {
        let key = match by {
            UsageBy::Day => Timestamp::from_millis(group.day * DAY).to_string().chars().take(10).collect(),
            UsageBy::Model => match (group.provider, group.model) {
                (Some(provider), Some(model)) => format!("{provider}/{model}"),
                _ => String::new(),
            },
            UsageBy::Purpose => group.purpose,
            UsageBy::User => group.created_by.to_string(),
        };
        let line = lines.entry(key.clone()).or_insert_with(|| UsageLine { key, ..UsageLine::default() });
        line.generations += group.generations;
        line.input_tokens += group.input;
        line.output_tokens += group.output;
        line.cost_micros += group.cost;
    }
    Ok(lines.into_values().collect())
}
