use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use core_kernel::{Owner, hex};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::model::{Media, MediaId, StoredVariant, Upload, UploadId};
use crate::pictures::Output;
use crate::service::Chunks;

/// Where the bytes of media are.
#[derive(Clone, Debug)]
pub(crate) struct Blobs {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Signs addresses of the same store; none: it takes nothing from anybody but this program.
    pub(crate) signer: Option<Arc<dyn Signer>>,
}

/// What the folders of the store belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Pictures,
    Uploads,
}

type Done<T> = Result<T, object_store::Error>;

fn place(owner: Owner, id: MediaId, variant: &StoredVariant) -> Path {
    let name = format!("{}.{}", variant.name.as_str(), variant.format.as_str());
    folder(owner, id).join(name)
}

fn folder(owner: Owner, id: MediaId) -> Path {
    Path::from(format!("{}/{}/{}", Kind::Pictures.root(), owner.get(), id.get()))
}

fn parts_folder(owner: Owner, id: UploadId) -> Path {
    Path::from(format!("{}/{}/{}", Kind::Uploads.root(), owner.get(), id.get()))
}

fn part_place(upload: &Upload, offset: u64) -> Path {
    parts_folder(upload.owner, upload.id).join(format!("{offset:020}"))
}

impl Kind {
    const fn root(self) -> &'static str {
        match self {
            Self::Pictures => "media",
            Self::Uploads => "media-uploads",
        }
    }
}

impl Blobs {
    /// Stores one size.
    pub(crate) async fn put(&self, owner: Owner, id: MediaId, output: Output) -> Done<StoredVariant> {
        let variant = StoredVariant {
            name: output.name,
            format: output.format,
            width: output.width,
            height: output.height,
            bytes: output.bytes.len() as u64,
            sha256: hex(digest::digest(&digest::SHA256, &output.bytes).as_ref()),
        };
        self.store.put(&place(owner, id, &variant), output.bytes.into()).await?;
        Ok(variant)
    }

    /// The bytes of a stored size, or some of them.
    pub(crate) async fn read(&self, media: &Media, variant: &StoredVariant, range: Option<Range<u64>>) -> Done<Chunks> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.store.get_opts(&place(media.owner, media.id, variant), options).await?;
        Ok(found.into_stream().boxed())
    }

    /// Removes everything of a picture, whatever rows say of it.
    pub(crate) async fn remove(&self, owner: Owner, id: MediaId) -> Done<()> {
        self.clear(&folder(owner, id)).await
    }

    /// Removes some sizes of a picture.
    pub(crate) async fn remove_variants(&self, owner: Owner, id: MediaId, variants: &[StoredVariant]) -> Done<()> {
        for variant in variants {
            self.delete(&place(owner, id, variant)).await?;
        }
        Ok(())
    }

    /// Removes the parts of an upload.
    pub(crate) async fn remove_parts(&self, owner: Owner, id: UploadId) -> Done<()> {
        self.clear(&parts_folder(owner, id)).await
    }

    async fn clear(&self, folder: &Path) -> Done<()> {
        let found: Vec<Path> = self.store.list(Some(folder)).map_ok(|found| found.location).try_collect().await?;
        for path in found {
            self.delete(&path).await?;
        }
        Ok(())
    }

    async fn delete(&self, path: &Path) -> Done<()> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Stores a part of an upload from a file.
    pub(crate) async fn put_part(&self, upload: &Upload, file: std::fs::File) -> Done<()> {
        let mut source = tokio::fs::File::from_std(file);
        let mut target = object_store::buffered::BufWriter::new(Arc::clone(&self.store), part_place(upload, upload.offset));
        tokio::io::copy(&mut source, &mut target).await.map_err(broken)?;
        target.shutdown().await.map_err(broken)
    }

    /// Writes all parts of an upload into a file, in their order, and never more than the upload has.
    pub(crate) async fn join_parts(&self, upload: &Upload, target: std::fs::File) -> Done<()> {
        let mut target = tokio::fs::File::from_std(target);
        let mut left = upload.length;
        for offset in &upload.parts {
            let mut chunks = self.store.get(&part_place(upload, *offset)).await?.into_stream();
            while let Some(chunk) = chunks.try_next().await? {
                let too_long = || broken(std::io::Error::other("a part is longer than it was"));
                left = left.checked_sub(chunk.len() as u64).ok_or_else(too_long)?;
                target.write_all(&chunk).await.map_err(broken)?;
            }
        }
        target.flush().await.map_err(broken)
    }

    /// An address to which whoever has it may put the whole upload for a while; none: the store signs nothing. A signature of S3 covers the
    /// place and the time, not the length, which is checked when the upload is completed.
    pub(crate) async fn signed_place(&self, upload: &Upload, life: Duration) -> Done<Option<String>> {
        let Some(signer) = &self.signer else { return Ok(None) };
        let url = signer.signed_url(Method::PUT, &part_place(upload, 0), life).await?;
        Ok(Some(url.into()))
    }

    /// The length of what was put straight into the store; none: nothing is there.
    pub(crate) async fn direct_length(&self, upload: &Upload) -> Done<Option<u64>> {
        match self.store.head(&part_place(upload, 0)).await {
            Ok(meta) => Ok(Some(meta.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What something is stored of, in the order of the paths.
    pub(crate) fn stored(&self, kind: Kind) -> BoxStream<'static, Done<(Owner, Uuid, i64)>> {
        let listed = self.store.list(Some(&Path::from(kind.root())));
        let read = |meta: object_store::ObjectMeta| async move {
            let path = meta.location.as_ref().to_owned();
            let mut parts = path.split('/').skip(1);
            let owner = parts.next()?.parse().ok().map(Owner)?;
            let id = parts.next()?.parse().ok()?;
            Some((owner, id, meta.last_modified.timestamp_millis()))
        };
        listed.try_filter_map(move |meta| async move { Ok(read(meta).await) }).boxed()
    }
}

fn broken(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "media", source: error.into() }
}
