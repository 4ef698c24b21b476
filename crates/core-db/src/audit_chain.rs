use core_kernel::Timestamp;
use core_keys::Keyring;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as JsonValue;
use uuid::Uuid;

use crate::audit::{PURPOSE as SUBJECT, row};
use crate::fact::row as fact;
use crate::{Db, DbError, Tx, unscoped};

const CHAIN: &str = "audit-chain";
const HEAD: &str = "audit_chain_head";
const REASON: &str = "the chain runs over the entries of everybody";
/// How many entries one unit of work seals, so that other writes get their turn.
const BATCH: u64 = 200;

/// Where the chain of sealed entries ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// How many entries are sealed.
    pub position: i64,
    /// The last link, as hex digits. Who keeps position and link elsewhere can tell when the end of the log is cut off together with
    /// what the database knows of it.
    pub link: String,
}

/// What a look through the sealed entries found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditReport {
    /// Where the chain ends.
    pub head: AuditHead,
    /// Entries that are not sealed yet.
    pub unsealed: u64,
    /// What is wrong, one line each, the first hundred; empty: nothing was changed, removed, added or moved.
    pub faults: Vec<String>,
}

/// Chains the entries that are not chained yet: each gets a position, and a link over the one before it and over what it says, made
/// with a key that is not in the database. Gives how many.
pub async fn seal_audit(db: &Db) -> Result<u64, DbError> {
    let mut sealed = 0;
    loop {
        if unsealed(db).await? == 0 {
            return Ok(sealed);
        }
        let batch = db.write(|tx| async move { seal_batch(&tx).await }).await?;
        sealed += batch;
        if batch == 0 {
            return Ok(sealed);
        }
    }
}

async fn unsealed(db: &Db) -> Result<u64, DbError> {
    use sea_orm::PaginatorTrait;
    let open = unscoped::<row::Entity>(REASON).select().filter(row::Column::Position.is_null());
    Ok(open.count(db.read()).await?)
}

async fn seal_batch(tx: &Tx) -> Result<u64, DbError> {
    let mut head = lock_head(tx).await?;
    let open = unscoped::<row::Entity>(REASON).select().filter(row::Column::Position.is_null());
    let open = open.order_by_asc(row::Column::CreatedAt).order_by_asc(row::Column::Id).limit(BATCH).all(tx).await?;
    let sealed = open.len() as u64;
    for entry in open {
        let digest = subject_digest(tx.keyring(), &entry);
        let position = head.position + 1;
        let link = tx.keyring().sign(CHAIN, &message(&head.link, position, &digest, &entry)).to_vec();
        let change = row::ActiveModel {
            position: Set(Some(position)),
            subject_digest: Set(Some(digest)),
            link: Set(Some(link.clone())),
            ..Default::default()
        };
        let update = unscoped::<row::Entity>(REASON).update_many().set(change).filter(row::Column::Id.eq(entry.id));
        update.filter(row::Column::Position.is_null()).exec(tx).await?;
        head = Head { position, link };
    }
    write_head(tx, &head).await?;
    Ok(sealed)
}

/// Looks through all sealed entries. Every link is made anew from what the entries say now.
pub async fn verify_audit(db: &Db) -> Result<AuditReport, DbError> {
    let keyring = db.keyring();
    let mut faults = Vec::new();
    let mut last = Head { position: 0, link: Vec::new() };
    loop {
        let select = unscoped::<row::Entity>(REASON).select().filter(row::Column::Position.gt(last.position));
        let batch = select.order_by_asc(row::Column::Position).limit(1000).all(db.read()).await?;
        if batch.is_empty() {
            break;
        }
        for entry in batch {
            last = check(keyring, &last, &entry, &mut faults);
        }
    }
    match read_head(db).await? {
        Some(head) if head.position == last.position && head.link == last.link => {}
        None if last.position == 0 => {}
        Some(head) => faults.push(format!("the log ends at {}, and it was sealed up to {}", last.position, head.position)),
        None => faults.push("what the database knows of the end of the log is gone or was changed".to_owned()),
    }
    faults.truncate(100);
    let link = core_kernel::hex(&last.link);
    Ok(AuditReport { head: AuditHead { position: last.position, link }, unsealed: unsealed(db).await?, faults })
}

fn check(keyring: &Keyring, last: &Head, entry: &row::Model, faults: &mut Vec<String>) -> Head {
    let position = entry.position.unwrap_or_default();
    let at = Timestamp::from_millis(entry.created_at);
    let mut fault = |what: &str| faults.push(format!("entry {position} ({}, {at}): {what}", entry.id));
    if position != last.position + 1 {
        fault(&format!("it follows entry {}: what was between them is gone", last.position));
    }
    let (link, digest) = (entry.link.clone().unwrap_or_default(), entry.subject_digest.clone().unwrap_or_default());
    if !keyring.verify(CHAIN, &message(&last.link, position, &digest, entry), &link) {
        fault("it or the one before it was changed, or it was moved");
    }
    // Whom an entry is about is taken out when that person is erased, and is otherwise what it was.
    let erased = entry.subject_sealed.is_empty() && entry.subject_tag.is_empty();
    if !erased && !keyring.verify(CHAIN, &subject(entry), &digest) {
        fault("whom it is about was changed");
    }
    if !erased && keyring.open(SUBJECT, entry.id.as_bytes(), &entry.subject_sealed).is_err() {
        fault("it was not written by this server");
    }
    Head { position, link }
}

struct Head {
    position: i64,
    link: Vec<u8>,
}

/// Reads the end of the chain and makes whoever else seals wait for this unit of work.
async fn lock_head(tx: &Tx) -> Result<Head, DbError> {
    let first = fact::ActiveModel { name: Set(HEAD.to_owned()), value: Set(String::new()) };
    let touch = OnConflict::column(fact::Column::Name).value(fact::Column::Name, Expr::value(HEAD)).to_owned();
    fact::Entity::insert(first).on_conflict(touch).exec_without_returning(tx).await?;
    let found = unscoped::<fact::Entity>(REASON).by_id(HEAD.to_owned()).one(tx).await?.ok_or(DbError::NotFound)?;
    if found.value.is_empty() {
        return Ok(Head { position: 0, link: Vec::new() });
    }
    open_head(tx.keyring(), &found.value).ok_or_else(|| DbError::Corrupt("the end of the audit log was changed".to_owned()))
}

async fn write_head(tx: &Tx, head: &Head) -> Result<(), DbError> {
    let value = tx.keyring().sign_token(CHAIN, &[&head.position.to_be_bytes()[..], &head.link].concat());
    let update = unscoped::<fact::Entity>(REASON).update_many().col_expr(fact::Column::Value, Expr::value(value));
    update.filter(fact::Column::Name.eq(HEAD)).exec(tx).await?;
    Ok(())
}

async fn read_head(db: &Db) -> Result<Option<Head>, DbError> {
    let found = unscoped::<fact::Entity>(REASON).by_id(HEAD.to_owned()).one(db.read()).await?;
    Ok(found.and_then(|found| open_head(db.keyring(), &found.value)))
}

fn open_head(keyring: &Keyring, value: &str) -> Option<Head> {
    let bytes = keyring.open_token(CHAIN, value).ok()?;
    let (position, link) = bytes.split_at_checked(8)?;
    Some(Head { position: i64::from_be_bytes(position.try_into().ok()?), link: link.to_vec() })
}

/// Stands for whom an entry is about, so that the chain holds when that is taken out.
fn subject_digest(keyring: &Keyring, entry: &row::Model) -> Vec<u8> {
    keyring.sign(CHAIN, &subject(entry)).to_vec()
}

fn subject(entry: &row::Model) -> Vec<u8> {
    joined(&[b"subject", entry.id.as_bytes(), &entry.subject_tag, entry.subject_sealed.as_bytes()])
}

/// What a link is made over.
fn message(before: &[u8], position: i64, subject_digest: &[u8], entry: &row::Model) -> Vec<u8> {
    let org = entry.org_id.map(Uuid::into_bytes);
    joined(&[
        b"entry",
        before,
        &position.to_be_bytes(),
        entry.id.as_bytes(),
        &entry.created_at.to_be_bytes(),
        entry.action.as_bytes(),
        entry.outcome.as_bytes(),
        org.as_ref().map_or(&[][..], |id| &id[..]),
        subject_digest,
        canonical(&entry.details).as_bytes(),
    ])
}

/// Parts with their lengths, so that no two lists of parts read the same.
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    let with_length = |part: &&[u8]| [&(part.len() as u64).to_be_bytes()[..], part].concat();
    parts.iter().flat_map(with_length).collect()
}

/// JSON with its keys in order: engines keep them in orders of their own.
fn canonical(value: &JsonValue) -> String {
    match value {
        JsonValue::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields =
                fields.into_iter().map(|(name, value)| format!("{}:{}", JsonValue::from(name.as_str()), canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        JsonValue::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}
