use core_db::{DbError, Tx, owned, unscoped};
use core_kernel::{Actor, CursorKey, Owner, Page, PageRequest, Timestamp, UserId, Visibility};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::entity::item::{ActiveModel, Column, Entity, Model};
use super::usage;
use crate::MediaError;
use crate::model::{Media, MediaChange, MediaId, MediaStatus, NewMedia, StoredVariant};
use crate::pictures::Prepared;

const OF_ANYBODY: &str = "pictures of anybody have their time";
/// How many of the newest pictures are compared with one.
const COMPARED: u64 = 10_000;

/// What the actor may see: what is open to the space, and what they made themselves.
fn visible_to(actor: &Actor) -> Condition {
    core_db::visible_to(actor, Column::Visibility, Column::CreatedBy)
}

/// None: the space has no room for it.
pub(crate) async fn insert(tx: &Tx, actor: &Actor, new: &NewMedia, bytes: u64, quota: u64) -> Result<Option<MediaId>, DbError> {
    if !usage::take(tx, actor.owner, i64::try_from(bytes).unwrap_or(i64::MAX), quota).await? {
        return Ok(None);
    }
    let now = tx.ambient().now().millis();
    let id: MediaId = tx.ambient().id();
    let model = Model {
        id: id.get(),
        owner_id: actor.owner.get(),
        created_by: actor.author().get(),
        visibility: new.visibility.as_str().to_owned(),
        status: MediaStatus::Pending.as_str().to_owned(),
        purpose: new.purpose.clone(),
        alt: new.alt.clone(),
        file_name: new.file_name.clone(),
        width: 0,
        height: 0,
        frames: 0,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        thumbhash: None,
        dominant_color: None,
        dhash: None,
        reason: None,
        variants: json!([]),
        metadata: json!({}),
        created_at: now,
        updated_at: now,
        version: 1,
    };
    Entity::insert(ActiveModel::from(model)).exec_without_returning(tx).await?;
    Ok(Some(id))
}

/// What one is counted with; none: it is not there.
async fn counted(tx: &Tx, owner: Owner, id: MediaId, status: MediaStatus) -> Result<Option<i64>, DbError> {
    let select = owned::<Entity>(owner).select().filter(Column::Id.eq(id.get())).filter(Column::Status.eq(status.as_str()));
    Ok(select.one(tx).await?.map(|row| row.bytes))
}

/// It can be seen from now on. False: it was deleted meanwhile.
pub(crate) async fn ready(
    tx: &Tx,
    owner: Owner,
    id: MediaId,
    prepared: &Prepared,
    variants: &[StoredVariant],
) -> Result<bool, DbError> {
    let bytes = i64::try_from(variants.iter().map(|variant| variant.bytes).sum::<u64>()).unwrap_or(i64::MAX);
    let Some(before) = counted(tx, owner, id, MediaStatus::Pending).await? else { return Ok(false) };
    let print = &prepared.fingerprint;
    let change = ActiveModel {
        status: Set(MediaStatus::Ready.as_str().to_owned()),
        width: Set(prepared.width.into()),
        height: Set(prepared.height.into()),
        frames: Set(prepared.frames.into()),
        bytes: Set(bytes),
        thumbhash: Set(Some(print.thumbhash.clone())),
        dominant_color: Set(Some(print.dominant_color.clone())),
        dhash: Set(Some(print.dhash.cast_signed())),
        variants: Set(json!(variants)),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(2),
        ..Default::default()
    };
    let update = owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get()));
    let pending = Column::Status.eq(MediaStatus::Pending.as_str());
    let done = update.filter(pending).exec(tx).await?.rows_affected == 1;
    if done {
        usage::change(tx, owner, bytes - before).await?;
    }
    Ok(done)
}

/// It was refused; the row says why and nothing else is kept.
pub(crate) async fn reject(tx: &Tx, owner: Owner, id: MediaId, code: &str) -> Result<(), DbError> {
    let change = ActiveModel {
        status: Set(MediaStatus::Rejected.as_str().to_owned()),
        reason: Set(Some(code.to_owned())),
        bytes: Set(0),
        updated_at: Set(tx.ambient().now().millis()),
        version: Set(2),
        ..Default::default()
    };
    let Some(before) = counted(tx, owner, id, MediaStatus::Pending).await? else { return Ok(()) };
    owned::<Entity>(owner).update_many().set(change).filter(Column::Id.eq(id.get())).exec(tx).await?;
    usage::change(tx, owner, -before).await
}

pub(crate) async fn find<C: ConnectionTrait>(connection: &C, actor: &Actor, id: MediaId) -> Result<Option<Media>, DbError> {
    let select = owned::<Entity>(actor.owner).by_id(id.get()).filter(visible_to(actor));
    select.one(connection).await?.map(Media::try_from).transpose()
}

pub(crate) async fn find_many<C: ConnectionTrait>(connection: &C, actor: &Actor, ids: &[MediaId]) -> Result<Vec<Media>, DbError> {
    let mut all = Vec::new();
    for chunk in ids.chunks(500) {
        let within = Column::Id.is_in(chunk.iter().map(|id| id.get()));
        let rows = owned::<Entity>(actor.owner).select().filter(visible_to(actor)).filter(within).all(connection).await?;
        for row in rows {
            all.push(Media::try_from(row)?);
        }
    }
    Ok(all)
}

/// One that can be seen, for work on behalf of its space.
pub(crate) async fn find_ready<C: ConnectionTrait>(connection: &C, owner: Owner, id: MediaId) -> Result<Option<Media>, DbError> {
    let select = owned::<Entity>(owner).by_id(id.get()).filter(Column::Status.eq(MediaStatus::Ready.as_str()));
    select.one(connection).await?.map(Media::try_from).transpose()
}

/// One by its id alone, for whoever has a signed link.
pub(crate) async fn find_of_anybody<C: ConnectionTrait>(connection: &C, id: MediaId) -> Result<Option<Media>, DbError> {
    let select = unscoped::<Entity>("a signed link is the right to see it").by_id(id.get());
    select.one(connection).await?.map(Media::try_from).transpose()
}

pub(crate) async fn list<C: ConnectionTrait>(
    connection: &C,
    actor: &Actor,
    purpose: Option<&str>,
    among: Option<Vec<MediaId>>,
    request: &PageRequest,
) -> Result<Page<Media>, DbError> {
    let mut select = owned::<Entity>(actor.owner).select().filter(visible_to(actor));
    if let Some(purpose) = purpose {
        select = select.filter(Column::Purpose.eq(purpose));
    }
    if let Some(among) = among {
        select = select.filter(Column::Id.is_in(among.into_iter().map(MediaId::get)));
    }
    if let Some(since) = request.updated_since {
        select = select.filter(Column::UpdatedAt.gte(since.millis()));
    }
    let key = |row: &Model| CursorKey { at: Timestamp::from_millis(row.created_at), id: row.id };
    let page = core_db::page(select, (Column::CreatedAt, Column::Id), request, connection, key).await?;
    let items = page.items.into_iter().map(Media::try_from).collect::<Result<_, _>>()?;
    Ok(Page { items, next: page.next })
}

/// Difference hashes of the newest pictures of the space that the actor may see.
pub(crate) async fn hashes<C: ConnectionTrait>(connection: &C, actor: &Actor) -> Result<Vec<(MediaId, u64)>, DbError> {
    let select = owned::<Entity>(actor.owner).select().filter(visible_to(actor)).filter(Column::Dhash.is_not_null());
    let select = select.order_by_desc(Column::CreatedAt).limit(COMPARED).select_only().column(Column::Id).column(Column::Dhash);
    let rows: Vec<(Uuid, i64)> = select.into_tuple().all(connection).await?;
    Ok(rows.into_iter().map(|(id, hash)| (MediaId(id), hash.cast_unsigned())).collect())
}

/// Changes it while it has its version. False: it has another one, or is gone.
pub(crate) async fn update(tx: &Tx, media: &Media, change: &MediaChange) -> Result<bool, DbError> {
    let mut model = ActiveModel { updated_at: Set(tx.ambient().now().millis()), ..Default::default() };
    if let Some(alt) = &change.alt {
        model.alt = Set(alt.clone());
    }
    if let Some(purpose) = &change.purpose {
        model.purpose = Set(purpose.clone());
    }
    if let Some(visibility) = change.visibility {
        model.visibility = Set(visibility.as_str().to_owned());
    }
    if let Some(metadata) = &change.metadata {
        model.metadata = Set(Value::Object(metadata.clone()));
    }
    model.version = Set(media.version + 1);
    let update = owned::<Entity>(media.owner).update_many().set(model).filter(Column::Id.eq(media.id.get()));
    Ok(update.filter(Column::Version.eq(media.version)).exec(tx).await?.rows_affected == 1)
}

/// What became of formats that were made later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Added {
    /// They are served from now on.
    Kept,
    /// Somebody else added some before.
    Before,
    /// The picture is gone.
    Gone,
}

/// Adds formats to a picture while what it stores is what it was, within the space's quota. Its version stays: it is what clients base
/// their changes on, and none of theirs is touched.
pub(crate) async fn add_variants(tx: &Tx, media: &Media, added: &[StoredVariant], quota: u64) -> Result<Added, MediaError> {
    let more = i64::try_from(added.iter().map(|variant| variant.bytes).sum::<u64>()).unwrap_or(i64::MAX);
    let before = i64::try_from(media.bytes).unwrap_or(i64::MAX);
    let variants: Vec<_> = media.variants.iter().chain(added).collect();
    let change = ActiveModel { bytes: Set(before.saturating_add(more)), variants: Set(json!(variants)), ..Default::default() };
    let update = owned::<Entity>(media.owner).update_many().set(change).filter(Column::Id.eq(media.id.get()));
    let same = update.filter(Column::Bytes.eq(before)).filter(Column::Status.eq(MediaStatus::Ready.as_str()));
    if same.exec(tx).await.map_err(DbError::from)?.rows_affected == 0 {
        let there = find_ready(tx, media.owner, media.id).await?.is_some();
        return Ok(if there { Added::Before } else { Added::Gone });
    }
    if !usage::take(tx, media.owner, more, quota).await? {
        return Err(MediaError::QuotaSpent { stored: usage::stored(tx, media.owner).await?, quota });
    }
    Ok(Added::Kept)
}

/// Deletes it while it has its version. False: it has another one, or is gone.
pub(crate) async fn delete(tx: &Tx, media: &Media) -> Result<bool, DbError> {
    let delete = owned::<Entity>(media.owner).delete_many().filter(Column::Id.eq(media.id.get()));
    // What is given back is what was counted when the row went: formats are added without a new version.
    let deleted = delete.filter(Column::Version.eq(media.version)).exec_with_returning(tx).await?;
    for row in &deleted {
        usage::change(tx, media.owner, -row.bytes).await?;
    }
    Ok(!deleted.is_empty())
}

pub(crate) async fn delete_pending(tx: &Tx, owner: Owner, id: MediaId) -> Result<(), DbError> {
    let Some(before) = counted(tx, owner, id, MediaStatus::Pending).await? else { return Ok(()) };
    let delete = owned::<Entity>(owner).delete_many().filter(Column::Id.eq(id.get()));
    delete.filter(Column::Status.eq(MediaStatus::Pending.as_str())).exec(tx).await?;
    usage::change(tx, owner, -before).await
}

/// Those that are pending, or were refused, since before a moment.
pub(crate) async fn stale<C: ConnectionTrait>(
    connection: &C,
    status: MediaStatus,
    before: Timestamp,
    limit: u64,
) -> Result<Vec<Media>, DbError> {
    let select = unscoped::<Entity>(OF_ANYBODY).select().filter(Column::Status.eq(status.as_str()));
    let select = select.filter(Column::UpdatedAt.lt(before.millis())).limit(limit);
    select.all(connection).await?.into_iter().map(Media::try_from).collect()
}

/// Which of these are there.
pub(crate) async fn present<C: ConnectionTrait>(connection: &C, ids: &[Uuid]) -> Result<Vec<Uuid>, DbError> {
    let select = unscoped::<Entity>(OF_ANYBODY).select().filter(Column::Id.is_in(ids.iter().copied()));
    Ok(select.select_only().column(Column::Id).into_tuple().all(connection).await?)
}

/// Some of a space, by id after one.
pub(crate) async fn batch<C: ConnectionTrait>(
    connection: &C,
    owner: Owner,
    after: Option<MediaId>,
    limit: u64,
) -> Result<Vec<Media>, DbError> {
    let mut select = owned::<Entity>(owner).select().order_by_asc(Column::Id).limit(limit);
    if let Some(after) = after {
        select = select.filter(Column::Id.gt(after.get()));
    }
    select.all(connection).await?.into_iter().map(Media::try_from).collect()
}

pub(crate) async fn delete_all(tx: &Tx, owner: Owner) -> Result<(), DbError> {
    owned::<Entity>(owner).delete_many().exec(tx).await?;
    usage::forget(tx, owner).await
}

/// What a person left in spaces of organisations and nobody else sees.
pub(crate) async fn private_elsewhere<C: ConnectionTrait>(connection: &C, user: UserId) -> Result<Vec<Media>, DbError> {
    let select = unscoped::<Entity>("a person leaves rows in the spaces of organisations").select();
    let select = select.filter(Column::CreatedBy.eq(user.get())).filter(Column::OwnerId.ne(user.get()));
    let select = select.filter(Column::Visibility.eq(Visibility::Private.as_str()));
    select.all(connection).await?.into_iter().map(Media::try_from).collect()
}

/// What a person shared with organisations stays there, under no name.
pub(crate) async fn disown(tx: &Tx, user: UserId) -> Result<(), DbError> {
    let nobody = ActiveModel { created_by: Set(Uuid::nil()), file_name: Set(None), ..Default::default() };
    let update = unscoped::<Entity>("a person leaves rows in the spaces of organisations").update_many().set(nobody);
    update.filter(Column::CreatedBy.eq(user.get())).filter(Column::OwnerId.ne(user.get())).exec(tx).await?;
    Ok(())
}

impl TryFrom<Model> for Media {
    type Error = DbError;

    fn try_from(row: Model) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("picture {}: {what}", row.id));
        let small = |number: i64| u32::try_from(number).unwrap_or(0);
        Ok(Self {
            id: MediaId(row.id),
            owner: Owner(row.owner_id),
            created_by: UserId(row.created_by),
            visibility: if row.visibility == Visibility::Org.as_str() { Visibility::Org } else { Visibility::Private },
            status: MediaStatus::parse(&row.status).ok_or_else(|| corrupt("status"))?,
            purpose: row.purpose,
            alt: row.alt,
            file_name: row.file_name,
            width: small(row.width),
            height: small(row.height),
            frames: small(row.frames),
            bytes: u64::try_from(row.bytes).unwrap_or(0),
            thumbhash: row.thumbhash,
            dominant_color: row.dominant_color,
            dhash: row.dhash.map(i64::cast_unsigned),
            reason: row.reason,
            variants: serde_json::from_value(row.variants).map_err(|_| corrupt("variants"))?,
            metadata: row.metadata.as_object().cloned().unwrap_or_default(),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
            version: row.version,
        })
    }
}
