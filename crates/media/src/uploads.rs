use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core_db::{Db, DbError};
use core_kernel::{Actor, FieldError, Visibility};

use crate::blobs::Blobs;
use crate::library::LibraryService;
use crate::service::{Library as _, Part, Uploads};
use crate::store::{items, uploads, usage};
use crate::{MediaConfig, MediaError, MediaId, NewMedia, Upload, UploadId, permissions};

/// The most bytes of `Upload-Metadata`.
const MAX_METADATA: usize = 4096;
/// The most parts of an upload: each is an object in the store.
const MAX_PARTS: usize = 10_000;

/// [`Uploads`] over the tables of this crate. Parts are objects of their own, so that they are there on every replica and in every
/// kind of store; the row says which of them count.
#[derive(Clone)]
pub(crate) struct UploadService {
    pub(crate) db: Db,
    pub(crate) config: MediaConfig,
    pub(crate) blobs: Blobs,
    pub(crate) library: LibraryService,
}

#[async_trait]
impl Uploads for UploadService {
    async fn begin(&self, actor: &Actor, length: u64, metadata: &str) -> Result<Upload, MediaError> {
        actor.require(&permissions::WRITE)?;
        if metadata.len() > MAX_METADATA {
            return Err(refused("at most 4096 bytes"));
        }
        described(metadata)?;
        self.start(actor, length, metadata, false).await
    }

    async fn get(&self, actor: &Actor, id: UploadId) -> Result<Upload, MediaError> {
        self.find(actor, id, false).await
    }

    async fn append(&self, actor: &Actor, id: UploadId, offset: u64, part: Part) -> Result<Upload, MediaError> {
        let upload = self.get(actor, id).await?;
        if offset != upload.offset || upload.media.is_some() {
            return Err(MediaError::WrongOffset { offset: upload.offset });
        }
        if part.bytes > upload.length - upload.offset || upload.parts.len() >= MAX_PARTS {
            let fault =
                FieldError::new("", "too_long", format!("the upload has {} bytes in at most {MAX_PARTS} parts", upload.length));
            return Err(MediaError::Invalid(vec![fault]));
        }
        if part.bytes > 0 {
            let file = part.file.reopen().map_err(|error| MediaError::Internal(error.to_string()))?;
            self.blobs.put_part(&upload, file).await?;
            let (known, bytes) = (&upload, part.bytes);
            let moved = self.db.write(|tx| async move { uploads::advance(&tx, known, bytes).await });
            if !moved.await.map_err(MediaError::Db)? {
                let now = self.get(actor, id).await?.offset;
                return Err(MediaError::WrongOffset { offset: now });
            }
        }
        let upload = self.get(actor, id).await?;
        if upload.offset == upload.length { self.finish(actor, upload).await } else { Ok(upload) }
    }

    async fn end(&self, actor: &Actor, id: UploadId) -> Result<(), MediaError> {
        self.forget(&self.get(actor, id).await?).await
    }
}

impl UploadService {
    /// Begins one that comes in parts, or goes straight into the store.
    pub(crate) async fn start(&self, actor: &Actor, length: u64, metadata: &str, direct: bool) -> Result<Upload, MediaError> {
        actor.require(&permissions::WRITE)?;
        let most = self.config.max_bytes;
        if length == 0 || length > most {
            let pointer = if direct { "/bytes" } else { "/upload-length" };
            let fault = FieldError::new(pointer, "out_of_range", format!("1 to {most} bytes"));
            return Err(MediaError::Invalid(vec![fault]));
        }
        let (quota, life) = (self.config.quota_bytes, self.config.upload_life());
        let begun = |tx: core_db::Tx| async move {
            let stored = usage::stored(&tx, actor.owner).await?;
            if stored + length > quota {
                return Err(MediaError::QuotaSpent { stored, quota });
            }
            let expires_at = tx.ambient().now().plus(life);
            Ok(uploads::insert(&tx, actor, length, metadata, (expires_at, direct)).await?)
        };
        self.db.write(begun).await
    }

    /// One that the actor began and that still has time.
    pub(crate) async fn find(&self, actor: &Actor, id: UploadId, direct: bool) -> Result<Upload, MediaError> {
        actor.require(&permissions::WRITE)?;
        let upload = uploads::find(self.db.read(), actor, id, direct).await?.ok_or(DbError::NotFound)?;
        if upload.expires_at <= self.db.ambient().now() { Err(MediaError::Expired) } else { Ok(upload) }
    }

    /// Makes the picture of an upload that is whole. A picture that is refused is there all the same, as rejected: whoever sent it
    /// asks for it by its id.
    async fn finish(&self, actor: &Actor, upload: Upload) -> Result<Upload, MediaError> {
        let file = tempfile::NamedTempFile::new().map_err(|error| MediaError::Internal(error.to_string()))?;
        let target = file.reopen().map_err(|error| MediaError::Internal(error.to_string()))?;
        self.blobs.join_parts(&upload, target).await?;
        let new = described(&upload.metadata)?;
        let (media, outcome) = self.library.take(actor, &new, file).await?;
        match &outcome {
            Ok(()) => {}
            // Not the picture's fault: the last part can be sent again, empty.
            Err(error) if error.passes() => {
                let owner = actor.owner;
                self.blobs.remove(owner, media).await?;
                let gone = self.db.write(|tx| async move { items::delete_pending(&tx, owner, media).await });
                gone.await.map_err(MediaError::Db)?;
                tracing::warn!(%error, upload = %upload.id, "an upload could not be ended");
                return outcome.map(|()| upload);
            }
            Err(error) => self.library.reject(actor, media, error).await?,
        }
        self.settle(actor, &upload, media).await
    }

    /// Notes the picture of an upload. Where another request was faster, its picture stays and this one goes.
    pub(crate) async fn settle(&self, actor: &Actor, upload: &Upload, media: MediaId) -> Result<Upload, MediaError> {
        let first = self.db.write(|tx| async move { uploads::finish(&tx, upload, media).await }).await.map_err(MediaError::Db)?;
        if !first {
            self.library.delete(actor, media, None).await?;
        }
        self.blobs.remove_parts(upload.owner, upload.id).await?;
        Ok(uploads::again(self.db.read(), upload).await?.ok_or(DbError::NotFound)?)
    }

    /// Removes one with what arrived of it.
    pub(crate) async fn forget(&self, upload: &Upload) -> Result<(), MediaError> {
        self.db.write(|tx| async move { uploads::delete(&tx, upload).await }).await.map_err(MediaError::Db)?;
        Ok(self.blobs.remove_parts(upload.owner, upload.id).await?)
    }
}

fn refused(text: &'static str) -> MediaError {
    MediaError::Invalid(vec![FieldError::new("/upload-metadata", "invalid_metadata", text)])
}

/// The same as `Upload-Metadata` would say it.
pub(crate) fn in_words_of_tus(new: &NewMedia) -> String {
    let pairs = [
        ("filename", new.file_name.as_deref()),
        ("filetype", new.declared.as_deref()),
        ("alt", new.alt.as_deref()),
        ("purpose", new.purpose.as_deref()),
        ("visibility", Some(new.visibility.as_str())),
    ];
    let said = pairs.iter().filter_map(|(key, value)| Some(format!("{key} {}", STANDARD.encode((*value)?))));
    said.collect::<Vec<_>>().join(",")
}

/// What `Upload-Metadata` says (tus 1.0, creation): keys and values in base64, comma-separated. Keys that are not ours are left alone.
pub(crate) fn described(metadata: &str) -> Result<NewMedia, MediaError> {
    let mut new = NewMedia::default();
    for pair in metadata.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let bytes = STANDARD.decode(value.trim()).map_err(|_| refused("values in base64"))?;
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or_else(|| refused("values in UTF-8"))?;
        let some = Some(text).filter(|text| !text.is_empty());
        match key {
            "filename" | "name" => new.file_name = some,
            "filetype" | "type" => new.declared = some,
            "alt" => new.alt = some,
            "purpose" => new.purpose = some,
            "visibility" if some.as_deref() == Some("org") => new.visibility = Visibility::Org,
            _ => {}
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_and_what_is_none_is_refused() {
        let new = described("filename ZG9nLmpwZw==, filetype aW1hZ2UvanBlZw==,is_confidential").unwrap();
        assert_eq!((new.file_name.as_deref(), new.declared.as_deref()), (Some("dog.jpg"), Some("image/jpeg")));
        assert!(described("filename ***").is_err());
        let new = NewMedia { alt: Some("Zwei, drei".to_owned()), visibility: Visibility::Org, ..new };
        assert_eq!(described(&in_words_of_tus(&new)).unwrap(), new);
    }

    proptest::proptest! {
        #[test]
        fn no_metadata_breaks_the_reader(text in "\\PC{0,200}") {
            drop(described(&text));
        }
    }
}
