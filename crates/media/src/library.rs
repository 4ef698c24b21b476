use std::collections::HashMap;
use std::io::Read as _;
use std::sync::Arc;

use async_trait::async_trait;
use core_db::{Db, DbError};
use core_jobs::{NewEvent, publish};
use core_kernel::{Actor, DomainError as _, FieldError, Page, PageRequest, UserId, Visibility, members_hold_nul};
use serde_json::{Value, json};

use crate::attach::{self, AttachRule, Attached};
use crate::blobs::Blobs;
use crate::links::Links;
use crate::pictures::{self, Bounds, Prepared};
use crate::service::Library;
use crate::store::{items, usage};
use crate::workshop::{Turn, Workshop};
use crate::{
    ContentScan, Media, MediaChange, MediaConfig, MediaError, MediaFilter, MediaId, NewMedia, ScanVerdict, Scanned, VariantName,
    permissions,
};

/// The most characters of a description.
const MAX_ALT: usize = 1000;
/// The most characters of a purpose.
const MAX_PURPOSE: usize = 64;
/// The most bytes of a product's own metadata.
const MAX_METADATA: usize = 8 * 1024;

/// [`Library`] over the tables of this crate and the object store.
#[derive(Clone)]
pub(crate) struct LibraryService {
    pub(crate) db: Db,
    pub(crate) config: MediaConfig,
    pub(crate) blobs: Blobs,
    pub(crate) workshop: Workshop,
    pub(crate) scan: Arc<dyn ContentScan>,
    pub(crate) links: Links,
}

#[async_trait]
impl Library for LibraryService {
    async fn add(&self, actor: &Actor, new: NewMedia, file: tempfile::NamedTempFile) -> Result<Media, MediaError> {
        let (id, outcome) = self.take(actor, &new, file).await?;
        if let Err(error) = outcome {
            let owner = actor.owner;
            // The row first: it counts against the quota, also while the store is away. What the store keeps of it the sweeper finds as nobody's.
            let gone = self.db.write(|tx| async move { items::delete_pending(&tx, owner, id).await });
            gone.await.map_err(MediaError::Db)?;
            if let Err(left) = self.blobs.remove(owner, id).await {
                tracing::warn!(media = %id.get(), error = %left, "what is stored of a refused picture is left to the sweeper");
            }
            return Err(error);
        }
        self.get(actor, id).await
    }

    async fn get(&self, actor: &Actor, id: MediaId) -> Result<Media, MediaError> {
        actor.require(&permissions::READ)?;
        Ok(items::find(self.db.read(), actor, id).await?.ok_or(DbError::NotFound)?)
    }

    async fn get_many(&self, actor: &Actor, ids: &[MediaId]) -> Result<Vec<Media>, MediaError> {
        actor.require(&permissions::READ)?;
        Ok(items::find_many(self.db.read(), actor, ids).await?)
    }

    async fn list(&self, actor: &Actor, filter: MediaFilter, page: &PageRequest) -> Result<Page<Media>, MediaError> {
        actor.require(&permissions::READ)?;
        if let Some(fault) = check_purpose(filter.purpose.as_deref()) {
            return Err(MediaError::Invalid(vec![fault]));
        }
        let among = match filter.similar_to {
            None => None,
            Some(id) => Some(self.similar(actor, id).await?),
        };
        Ok(items::list(self.db.read(), actor, filter.purpose.as_deref(), among, page).await?)
    }

    async fn update(&self, actor: &Actor, id: MediaId, change: MediaChange, version: Option<i64>) -> Result<Media, MediaError> {
        actor.require(&permissions::WRITE)?;
        check_change(&change)?;
        let change = &change;
        self.db
            .write(|tx| async move {
                let media = own(&tx, actor, id, version).await?;
                if !items::update(&tx, &media, change).await? {
                    return Err(MediaError::Changed { current: media.version });
                }
                Ok(items::find(&tx, actor, id).await?.ok_or(DbError::NotFound)?)
            })
            .await
    }

    async fn delete(&self, actor: &Actor, id: MediaId, version: Option<i64>) -> Result<(), MediaError> {
        actor.require(&permissions::WRITE)?;
        let deleted = |tx| async move {
            let media = own(&tx, actor, id, version).await?;
            if items::delete(&tx, &media).await? { Ok(()) } else { Err(MediaError::Changed { current: media.version }) }
        };
        self.db.write(deleted).await?;
        // The row is gone, so nothing is served any more; what the store keeps after a crash here the sweeper finds.
        Ok(self.blobs.remove(actor.owner, id).await?)
    }

    async fn attach(&self, actor: &Actor, value: Value, rules: &[AttachRule]) -> Result<Attached, MediaError> {
        actor.require(&permissions::READ)?;
        let places = attach::places(&value, rules, &self.links.base)?;
        let ids = attach::ids(&places);
        let found = items::find_many(self.db.read(), actor, &ids).await?;
        let known: HashMap<MediaId, Media> = found.into_iter().map(|media| (media.id, media)).collect();
        let now = self.db.ambient().now();
        Ok(attach::put(value, rules, places, &known, |id, name| self.links.daily(id, name, now)))
    }
}

/// One that the actor may change, in the version that the change is based on. What others opened to an organisation everybody with the right
/// may change.
async fn own(tx: &core_db::Tx, actor: &Actor, id: MediaId, version: Option<i64>) -> Result<Media, MediaError> {
    let media = items::find(tx, actor, id).await?.ok_or(DbError::NotFound)?;
    match version {
        Some(wanted) if wanted != media.version => Err(MediaError::Changed { current: media.version }),
        _ => Ok(media),
    }
}

/// What comes with a new picture.
pub(crate) fn check_new(new: &NewMedia) -> Result<(), MediaError> {
    let faults: Vec<_> = [check_alt(new.alt.as_deref()), check_purpose(new.purpose.as_deref())].into_iter().flatten().collect();
    if faults.is_empty() { Ok(()) } else { Err(MediaError::Invalid(faults)) }
}

fn check_change(change: &MediaChange) -> Result<(), MediaError> {
    let mut faults = Vec::new();
    faults.extend(change.alt.as_ref().and_then(|alt| check_alt(alt.as_deref())));
    faults.extend(change.purpose.as_ref().and_then(|purpose| check_purpose(purpose.as_deref())));
    if let Some(metadata) = &change.metadata {
        let text = json!(metadata).to_string();
        if text.len() > MAX_METADATA {
            faults.push(FieldError::new("/metadata", "too_long", format!("at most {MAX_METADATA} bytes as JSON")));
        }
        if members_hold_nul(metadata) {
            faults.push(FieldError::new("/metadata", "invalid_text", "U+0000 is not taken"));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(MediaError::Invalid(faults)) }
}

fn check_alt(alt: Option<&str>) -> Option<FieldError> {
    let fine = alt.is_none_or(|alt| alt.chars().count() <= MAX_ALT && !alt.contains('\0'));
    (!fine).then(|| FieldError::new("/alt", "invalid_alt", format!("at most {MAX_ALT} characters, without U+0000")))
}

fn check_purpose(purpose: Option<&str>) -> Option<FieldError> {
    let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "_.-".contains(letter);
    let fine = purpose.is_none_or(|text| (1..=MAX_PURPOSE).contains(&text.len()) && text.chars().all(letter));
    (!fine).then(|| FieldError::new("/purpose", "invalid_purpose", format!("1 to {MAX_PURPOSE} of a-z 0-9 _ . -")))
}

impl LibraryService {
    /// Takes a picture in. The row is there first, so that whatever is stored after it has a row by which it is found again. Gives how
    /// it ended; a refused picture's row is still there.
    pub(crate) async fn take(
        &self,
        actor: &Actor,
        new: &NewMedia,
        file: tempfile::NamedTempFile,
    ) -> Result<(MediaId, Result<(), MediaError>), MediaError> {
        actor.require(&permissions::WRITE)?;
        check_new(new)?;
        let turn = self.workshop.turn()?;
        let length = file.as_file().metadata().map_err(|error| MediaError::Internal(error.to_string()))?.len();
        let quota = self.config.quota_bytes;
        let begin = |tx| async move {
            match items::insert(&tx, actor, new, length, quota).await? {
                Some(id) => Ok(id),
                None => Err(MediaError::QuotaSpent { stored: usage::stored(&tx, actor.owner).await?, quota }),
            }
        };
        let id = self.db.write(begin).await?;
        Ok((id, self.work(actor, id, new, file, turn).await))
    }

    /// Notes that a picture was refused, for those who are not there to hear it.
    pub(crate) async fn reject(&self, actor: &Actor, id: MediaId, error: &MediaError) -> Result<(), MediaError> {
        self.blobs.remove(actor.owner, id).await?;
        let code = error.code().code;
        let noted = self.db.write(|tx| async move { items::reject(&tx, actor.owner, id, code).await });
        noted.await.map_err(MediaError::Db)
    }

    async fn work(
        &self,
        actor: &Actor,
        id: MediaId,
        new: &NewMedia,
        file: tempfile::NamedTempFile,
        turn: Turn,
    ) -> Result<(), MediaError> {
        let (bounds, declared) = (self.config.bounds(), new.declared.clone());
        let mut prepared = self.workshop.run_in(turn, move || read_and_prepare(file, declared.as_deref(), &bounds)).await?;
        if let Some(original) = prepared.outputs.first() {
            let picture = Scanned { owner: actor.owner, mime: original.format.mime(), bytes: &original.bytes };
            if let ScanVerdict::Refused(reason) = self.scan.scan(picture).await? {
                return Err(MediaError::Scanned(reason));
            }
        }
        let mut stored = Vec::new();
        for output in std::mem::take(&mut prepared.outputs) {
            stored.push(self.blobs.put(actor.owner, id, output).await?);
        }
        let (prepared, stored) = (&prepared, &stored);
        // A picture without smaller sizes, or an animation, has nothing to be encoded.
        let avif =
            self.config.encodes_avif() && prepared.frames == 1 && stored.iter().any(|one| one.name != VariantName::Original);
        let done = |tx| async move {
            if !items::ready(&tx, actor.owner, id, prepared, stored).await? {
                return Err(MediaError::Db(DbError::NotFound));
            }
            let data = ready_data(id, actor.author(), new.visibility);
            let event = NewEvent { r#type: READY, version: 1, owner: actor.owner, subject: id.get(), data };
            publish(&tx, event).await?;
            if avif {
                crate::avif::enqueue(&tx, actor.owner, id).await?;
            }
            Ok(())
        };
        self.db.write(done).await
    }

    async fn similar(&self, actor: &Actor, id: MediaId) -> Result<Vec<MediaId>, MediaError> {
        let own = self.get(actor, id).await?.dhash.ok_or(MediaError::NotReady)?;
        let all = items::hashes(self.db.read(), actor).await?;
        let near = all.into_iter().filter(|(other, hash)| *other != id && pictures::near(own, *hash));
        // What a statement takes as parameters has an end.
        Ok(near.map(|(other, _)| other).take(1000).collect())
    }
}

fn read_and_prepare(file: tempfile::NamedTempFile, declared: Option<&str>, bounds: &Bounds) -> Result<Prepared, MediaError> {
    let mut bytes = Vec::new();
    let read = file.reopen().and_then(|mut file| file.read_to_end(&mut bytes));
    read.map_err(|error| MediaError::Internal(error.to_string()))?;
    Ok(pictures::prepare(&bytes, declared, bounds)?)
}

/// A picture can be seen.
pub(crate) const READY: &str = "media.ready";

/// The payload of `media.ready`.
pub(crate) fn ready_data(id: MediaId, created_by: UserId, visibility: Visibility) -> Value {
    json!({"media_id": id, "created_by": created_by, "visibility": visibility})
}
