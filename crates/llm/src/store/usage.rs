use std::collections::BTreeMap;

use core_db::{DbError, owned};
use core_kernel::{Owner, Timestamp, UserId};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QuerySelect, QueryTrait, Select};
use uuid::Uuid;

use super::more_rows::attempt;
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

/// What a model took in attempts of generations that made several.
#[derive(FromQueryResult)]
struct ByModel {
    provider: String,
    model: String,
    input: i64,
    output: i64,
    cost: i64,
}

/// Whose generations, and of which time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) owner: Owner,
    /// One person, or all.
    pub(crate) person: Option<UserId>,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

impl Span {
    fn select(&self) -> Select<Entity> {
        let select = owned::<Entity>(self.owner)
            .select()
            .select_only()
            .filter(Column::CreatedAt.gte(self.from.millis()))
            .filter(Column::CreatedAt.lt(self.to.millis()));
        match self.person {
            Some(person) => select.filter(Column::CreatedBy.eq(person.get())),
            None => select,
        }
    }
}

fn sum<C: ColumnTrait>(column: C) -> SimpleExpr {
    Expr::expr(Expr::col(column).sum()).cast_as("bigint")
}

fn model_key(provider: Option<&str>, model: Option<&str>) -> String {
    match (provider, model) {
        (Some(provider), Some(model)) => format!("{provider}/{model}"),
        _ => String::new(),
    }
}

/// What was used in a space between two moments; of one person, or of all.
pub(crate) async fn report<C: ConnectionTrait>(connection: &C, span: Span, by: UsageBy) -> Result<Vec<UsageLine>, DbError> {
    // Both engines cut a quotient of whole numbers.
    let day = Expr::col(Column::CreatedAt).div(DAY);
    let select = span
        .select()
        .column_as(day, "day")
        .column(Column::Provider)
        .column(Column::Model)
        .column(Column::Purpose)
        .column(Column::CreatedBy)
        .column_as(Column::Id.count(), "generations")
        .column_as(sum(Column::InputTokens), "input")
        .column_as(sum(Column::OutputTokens), "output")
        .column_as(sum(Column::CostMicros), "cost")
        .group_by(Expr::col(Alias::new("day")))
        .group_by(Column::Provider)
        .group_by(Column::Model)
        .group_by(Column::Purpose)
        .group_by(Column::CreatedBy);
    let mut lines: BTreeMap<String, UsageLine> = BTreeMap::new();
    for group in select.into_model::<Group>().all(connection).await? {
        let key = match by {
            UsageBy::Day => Timestamp::from_millis(group.day * DAY).to_string().chars().take(10).collect(),
            UsageBy::Model => model_key(group.provider.as_deref(), group.model.as_deref()),
            UsageBy::Purpose => group.purpose,
            UsageBy::User => group.created_by.to_string(),
        };
        add(&mut lines, key, [group.generations, group.input, group.output, group.cost]);
    }
    if by == UsageBy::Model {
        move_to_attempts(connection, span, &mut lines).await?;
    }
    Ok(lines.into_values().collect())
}

fn add(lines: &mut BTreeMap<String, UsageLine>, key: String, [generations, input, output, cost]: [i64; 4]) {
    let line = lines.entry(key.clone()).or_insert_with(|| UsageLine { key, ..UsageLine::default() });
    line.generations += generations;
    line.input_tokens += input;
    line.output_tokens += output;
    line.cost_micros += cost;
}

/// What generations of several attempts took is counted with the model of the last of them: each model gets its own.
async fn move_to_attempts<C: ConnectionTrait>(
    connection: &C,
    span: Span,
    lines: &mut BTreeMap<String, UsageLine>,
) -> Result<(), DbError> {
    let several = || span.select().filter(Column::Attempts.gt(1));
    let whole = several()
        .column_as(Expr::col(Column::Provider).if_null(""), "provider")
        .column_as(Expr::col(Column::Model).if_null(""), "model")
        .column_as(sum(Column::InputTokens), "input")
        .column_as(sum(Column::OutputTokens), "output")
        .column_as(sum(Column::CostMicros), "cost")
        .group_by(Column::Provider)
        .group_by(Column::Model);
    for group in whole.into_model::<ByModel>().all(connection).await? {
        let key = model_key(Some(&group.provider), Some(&group.model));
        add(lines, key, [0, -group.input, -group.output, -group.cost]);
    }
    let within = several().column(Column::Id).into_query();
    let parts = owned::<attempt::Entity>(span.owner)
        .select()
        .select_only()
        .column(attempt::Column::Provider)
        .column(attempt::Column::Model)
        .column_as(sum(attempt::Column::InputTokens), "input")
        .column_as(sum(attempt::Column::OutputTokens), "output")
        .column_as(sum(attempt::Column::CostMicros), "cost")
        .filter(attempt::Column::GenerationId.in_subquery(within))
        .group_by(attempt::Column::Provider)
        .group_by(attempt::Column::Model);
    for group in parts.into_model::<ByModel>().all(connection).await? {
        let key = model_key(Some(&group.provider), Some(&group.model));
        add(lines, key, [0, group.input, group.output, group.cost]);
    }
    Ok(())
}
