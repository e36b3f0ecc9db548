//! Lists page by page. A page goes on after the last row of the one before, so that rows made or deleted meanwhile
//! shift nothing. A cursor is that row's place, sealed together with the name of its list: one that was altered,
//! or given out by another list, does not open.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use sqlx::{QueryBuilder, Sqlite, sqlite::SqliteRow};

use super::Store;
use crate::error::StoreError;

/// A page of a list.
#[derive(Debug, Clone)]
pub struct Page<E> {
    /// The entries.
    pub entries: Vec<E>,
    /// Where the next page starts; `None` exactly when there is none.
    pub next_cursor: Option<String>,
}

/// What is listed.
pub(super) trait Listed: Sized {
    /// How its lists are sorted.
    const ORDER: Order;

    fn read(row: &SqliteRow) -> Result<Self, StoreError>;

    /// Its place in the list: what it is sorted by, as text.
    fn place(&self) -> String;
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order {
    /// By an id that grows with time, newest first.
    Log,
    /// By the time when it was made, then by id, oldest first.
    Oldest,
    /// The same, newest first.
    Newest,
}

impl Order {
    fn by(self) -> &'static str {
        match self {
            Self::Log => " ORDER BY id DESC",
            Self::Oldest => " ORDER BY created_at, id",
            Self::Newest => " ORDER BY created_at DESC, id DESC",
        }
    }

    /// Narrows a query to what comes after a place; `None` if it is no place.
    fn after(self, query: &mut QueryBuilder<Sqlite>, place: &str) -> Option<()> {
        let sign = match self {
            Self::Log => {
                query.push(" AND id < ").push_bind(place.parse::<i64>().ok()?);
                return Some(());
            }
            Self::Oldest => " > ",
            Self::Newest => " < ",
        };
        let (created_at, id) = place.split_once(' ')?;
        query.push(" AND (created_at, id)").push(sign).push("(");
        query
            .push_bind(created_at.parse::<i64>().ok()?)
            .push(", ")
            .push_bind(id.to_owned())
            .push(")");
        Some(())
    }
}

impl Store {
    /// A page of at most `limit` rows (at least one) of what `query` selects, which ends in a condition. `decides`
    /// is all that decides which rows the list has: its cursors belong to that.
    pub(super) async fn page<E: Listed>(
        &self,
        decides: &impl Serialize,
        mut query: QueryBuilder<Sqlite>,
        limit: u32,
        cursor: Option<&str>,
    ) -> Result<Page<E>, StoreError> {
        let limit = limit.max(1);
        let list = serde_json::to_string(decides).map_err(|error| StoreError::Damaged(error.to_string()))?;
        if let Some(cursor) = cursor {
            let place = self.place_of(&list, cursor).ok_or(StoreError::InvalidCursor)?;
            E::ORDER
                .after(&mut query, &place)
                .ok_or(StoreError::InvalidCursor)?;
        }
        // One more than asked for tells whether there is a next page.
        query
            .push(E::ORDER.by())
            .push(" LIMIT ")
            .push_bind(i64::from(limit) + 1);
        let rows = query.build().fetch_all(self.pool()).await?;
        let mut entries: Vec<E> = rows.iter().map(E::read).collect::<Result<_, _>>()?;
        let more = entries.len() > limit as usize;
        entries.truncate(limit as usize);
        let next_cursor = match entries.last() {
            Some(last) if more => {
                let sealed = self.inner.cursors.seal(&list, last.place().as_bytes())?;
                Some(URL_SAFE_NO_PAD.encode(sealed))
            }
            _ => None,
        };
        Ok(Page { entries, next_cursor })
    }

    fn place_of(&self, list: &str, cursor: &str) -> Option<String> {
        let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let place = self.inner.cursors.open(list, &sealed).ok()?;
        Some(std::str::from_utf8(&place).ok()?.to_owned())
    }
}
