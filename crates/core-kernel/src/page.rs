use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Timestamp;

/// In which direction a list runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

/// The place after which the next page begins: the sort time and, to break ties, the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorKey {
    /// Sort time of the last row of the page before.
    pub at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// What a caller asks of a list. The limit is already within its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// How many rows at most, 1 to 100.
    pub limit: u16,
    /// Where the page before ended.
    pub after: Option<CursorKey>,
    /// Direction.
    pub order: Order,
    /// Only rows created after this moment.
    pub created_after: Option<Timestamp>,
    /// Only rows changed at or after this moment.
    pub updated_since: Option<Timestamp>,
}

impl PageRequest {
    /// The default number of rows of a page.
    pub const DEFAULT_LIMIT: u16 = 20;
    /// The most rows of a page.
    pub const MAX_LIMIT: u16 = 100;

    /// The first page of `limit` rows in `order`.
    pub fn first(limit: u16, order: Order) -> Self {
        let limit = limit.clamp(1, Self::MAX_LIMIT);
        Self { limit, after: None, order, created_after: None, updated_since: None }
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::first(Self::DEFAULT_LIMIT, Order::default())
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// Where the next page begins; none on the last page.
    pub next: Option<CursorKey>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}
