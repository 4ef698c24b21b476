use core_kernel::{CursorKey, Owner, Page, PageRequest, Timestamp, UserId};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::Value as JsonValue;

use crate::{Db, DbError, Tx, page, unscoped};

pub(crate) mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_entries")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(crate) id: Uuid,
        pub(crate) created_at: i64,
        pub(crate) action: String,
        pub(crate) outcome: String,
        pub(crate) org_id: Option<Uuid>,
        pub(crate) subject_tag: Vec<u8>,
        pub(crate) subject_sealed: String,
        #[sea_orm(column_type = "JsonBinary")]
        pub(crate) details: Json,
        pub(crate) position: Option<i64>,
        pub(crate) subject_digest: Option<Vec<u8>>,
        pub(crate) link: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) const PURPOSE: &str = "audit-subject";

/// A security event to be written in the transaction of the change that it records.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    /// `feature.verb`, such as `auth.login`.
    pub action: &'static str,
    /// `success`, `failure` or `denied`.
    pub outcome: &'static str,
    /// Whom it is about.
    pub subject: UserId,
    /// The organisation it happened in.
    pub org: Option<Owner>,
    /// What else is worth knowing; no secret, no address.
    pub details: JsonValue,
}

/// A security event as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: String,
    /// How it ended.
    pub outcome: String,
    /// Whom it is about; none once that person was erased.
    pub subject: Option<UserId>,
    /// The organisation.
    pub org: Option<Owner>,
    /// What else.
    pub details: JsonValue,
}

/// Which events to read.
#[derive(Clone, Copy, Debug)]
pub enum AuditQuery {
    /// About one person.
    Subject(UserId),
    /// In one organisation.
    Org(Owner),
    /// All, for platform administrators.
    All,
}

/// Writes a security event with the change that it records. The subject is sealed: only this server can tell who it was.
pub async fn audit(tx: &Tx, entry: AuditEntry) -> Result<(), DbError> {
    let id = tx.ambient().ids.next();
    let subject = entry.subject.get();
    let row = row::ActiveModel {
        id: Set(id),
        created_at: Set(tx.ambient().now().millis()),
        action: Set(entry.action.to_owned()),
        outcome: Set(entry.outcome.to_owned()),
        org_id: Set(entry.org.map(Owner::get)),
        subject_tag: Set(tx.keyring().sign(PURPOSE, subject.as_bytes()).to_vec()),
        subject_sealed: Set(tx.keyring().seal(PURPOSE, id.as_bytes(), subject.as_bytes())?),
        details: Set(entry.details),
        position: Set(None),
        subject_digest: Set(None),
        link: Set(None),
    };
    row::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Reads security events, page by page.
pub async fn audit_rows(db: &Db, query: AuditQuery, request: &PageRequest) -> Result<Page<AuditRow>, DbError> {
    let select = unscoped::<row::Entity>("the caller's right to this query was checked above").select();
    let select = match query {
        AuditQuery::Subject(user) => {
            select.filter(row::Column::SubjectTag.is_in(db.keyring().tags(PURPOSE, user.get().as_bytes())))
        }
        AuditQuery::Org(owner) => select.filter(row::Column::OrgId.eq(owner.get())),
        AuditQuery::All => select,
    };
    let key = |row: &row::Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let rows = page(select, (row::Column::CreatedAt, row::Column::Id), request, db.read(), key).await?;
    Ok(rows.map(|row| AuditRow {
        subject: open_subject(db, &row),
        id: row.id,
        at: Timestamp::from_millis(row.created_at),
        action: row.action,
        outcome: row.outcome,
        org: row.org_id.map(Owner::from),
        details: row.details,
    }))
}

/// Makes the events about a person anonymous: they stay, but nobody can tell any more whom they are about.
pub async fn erase_audit_subject(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let tags = tx.keyring().tags(PURPOSE, user.get().as_bytes());
    let blank = row::ActiveModel { subject_tag: Set(Vec::new()), subject_sealed: Set(String::new()), ..Default::default() };
    let update = unscoped::<row::Entity>("rows about one person in all organisations").update_many();
    update.set(blank).filter(row::Column::SubjectTag.is_in(tags)).exec(tx).await?;
    Ok(())
}

fn open_subject(db: &Db, row: &row::Model) -> Option<UserId> {
    let plain = db.keyring().open(PURPOSE, row.id.as_bytes(), &row.subject_sealed).ok()?;
    Uuid::from_slice(&plain).ok().map(UserId::from)
}
