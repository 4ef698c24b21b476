use std::sync::Arc;

use bytes::Bytes;
use core_kernel::Owner;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::AnalysisId;

/// Where photos wait for their analysis.
#[derive(Clone, Debug)]
pub(crate) struct Blobs(pub(crate) Arc<dyn ObjectStore>);

type Done<T> = Result<T, object_store::Error>;

fn folder(owner: Owner, id: AnalysisId) -> Path {
    Path::from(format!("vision/{}/{}", owner.get(), id.get()))
}

impl Blobs {
    pub(crate) async fn put(&self, owner: Owner, id: AnalysisId, number: usize, bytes: Vec<u8>) -> Done<()> {
        self.0.put(&folder(owner, id).join(format!("{number}.jpeg")), bytes.into()).await.map(drop)
    }

    /// A photo; none: it is gone.
    pub(crate) async fn get(&self, owner: Owner, id: AnalysisId, number: usize) -> Done<Option<Bytes>> {
        match self.0.get(&folder(owner, id).join(format!("{number}.jpeg"))).await {
            Ok(found) => found.bytes().await.map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes every photo of an analysis.
    pub(crate) async fn remove(&self, owner: Owner, id: AnalysisId) -> Done<()> {
        let found: Vec<Path> = self.0.list(Some(&folder(owner, id))).map_ok(|found| found.location).try_collect().await?;
        for path in found {
            match self.0.delete(&path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Analyses of which photos are stored, and when each photo was.
    pub(crate) fn stored(&self) -> futures_util::stream::BoxStream<'static, Done<(Owner, AnalysisId, i64)>> {
        let read = |meta: object_store::ObjectMeta| async move {
            let path = meta.location.as_ref().to_owned();
            let mut parts = path.split('/').skip(1);
            let owner = parts.next()?.parse().ok().map(Owner)?;
            let id = parts.next()?.parse().ok().map(AnalysisId)?;
            Some((owner, id, meta.last_modified.timestamp_millis()))
        };
        self.0.list(Some(&Path::from("vision"))).try_filter_map(move |meta| async move { Ok(read(meta).await) }).boxed()
    }
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    core_kernel::hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref())
}
