use std::ops::Range;
use std::sync::Arc;

use aws_lc_rs::digest;
use core_kernel::{Owner, hex};
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};
use tokio::io::AsyncWriteExt as _;

use crate::model::{Media, MediaId, StoredVariant, Upload, UploadId};
use crate::pictures::Output;
use crate::service::Chunks;

/// Where the bytes of media are.
#[derive(Clone, Debug)]
pub(crate) struct Blobs(pub(crate) Arc<dyn ObjectStore>);

type Done<T> = Result<T, object_store::Error>;

fn place(owner: Owner, id: MediaId, variant: &StoredVariant) -> Path {
    let name = format!("{}.{}", variant.name.as_str(), variant.format.as_str());
    folder(owner, id).join(name)
}

fn folder(owner: Owner, id: MediaId) -> Path {
    Path::from(format!("media/{}/{}", owner.get(), id.get()))
}

fn parts_folder(owner: Owner, id: UploadId) -> Path {
    Path::from(format!("media-uploads/{}/{}", owner.get(), id.get()))
}

fn part_place(upload: &Upload, offset: u64) -> Path {
    parts_folder(upload.owner, upload.id).join(format!("{offset:020}"))
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
        self.0.put(&place(owner, id, &variant), output.bytes.into()).await?;
        Ok(variant)
    }

    /// The bytes of a stored size, or some of them.
    pub(crate) async fn read(&self, media: &Media, variant: &StoredVariant, range: Option<Range<u64>>) -> Done<Chunks> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let found = self.0.get_opts(&place(media.owner, media.id, variant), options).await?;
        Ok(found.into_stream().boxed())
    }

    /// Removes everything of a picture, whatever rows say of it.
    pub(crate) async fn remove(&self, owner: Owner, id: MediaId) -> Done<()> {
        self.clear(&folder(owner, id)).await
    }

    /// Removes the parts of an upload.
    pub(crate) async fn remove_parts(&self, owner: Owner, id: UploadId) -> Done<()> {
        self.clear(&parts_folder(owner, id)).await
    }

    async fn clear(&self, folder: &Path) -> Done<()> {
        let found: Vec<Path> = self.0.list(Some(folder)).map_ok(|found| found.location).try_collect().await?;
        for path in found {
            match self.0.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Stores a part of an upload from a file.
    pub(crate) async fn put_part(&self, upload: &Upload, file: std::fs::File) -> Done<()> {
        let mut source = tokio::fs::File::from_std(file);
        let mut target = object_store::buffered::BufWriter::new(Arc::clone(&self.0), part_place(upload, upload.offset));
        tokio::io::copy(&mut source, &mut target).await.map_err(broken)?;
        target.shutdown().await.map_err(broken)
    }

    /// Writes all parts of an upload into a file, in their order.
    pub(crate) async fn join_parts(&self, upload: &Upload, target: std::fs::File) -> Done<()> {
        let mut target = tokio::fs::File::from_std(target);
        for offset in &upload.parts {
            let mut chunks = self.0.get(&part_place(upload, *offset)).await?.into_stream();
            while let Some(chunk) = chunks.try_next().await? {
                target.write_all(&chunk).await.map_err(broken)?;
            }
        }
        target.flush().await.map_err(broken)
    }

    /// Pictures of which something is stored, in the order of their paths, each once.
    pub(crate) fn stored(&self) -> futures_util::stream::BoxStream<'static, Done<(Owner, MediaId, i64)>> {
        let listed = self.0.list(Some(&Path::from("media")));
        let read = |meta: object_store::ObjectMeta| async move {
            let path = meta.location.as_ref().to_owned();
            let mut parts = path.split('/').skip(1);
            let owner = parts.next()?.parse().ok().map(Owner)?;
            let id = parts.next()?.parse().ok().map(MediaId)?;
            Some((owner, id, meta.last_modified.timestamp_millis()))
        };
        listed.try_filter_map(move |meta| async move { Ok(read(meta).await) }).boxed()
    }
}

fn broken(error: std::io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "media", source: error.into() }
}
