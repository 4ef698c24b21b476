//! Content that is no row, carried from one store to another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use aws_lc_rs::digest::{Context, SHA256};
use futures_util::TryStreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::signer::Signer;
use object_store::{ObjectStore, ObjectStoreExt as _, RetryConfig, WriteMultipart};

/// Larger objects are carried in parts.
const IN_PARTS_FROM: u64 = 8 * 1024 * 1024;

/// Parts on their way at a time.
const PARTS_AT_ONCE: usize = 4;

/// How long a store that is away is asked again. Its library's own three minutes are longer than any request.
const STORE_PATIENCE: Duration = Duration::from_secs(5);

/// Which URLs of stores there are.
pub(crate) const STORES: &str = "must be file:///... or s3://bucket/prefix";

/// SHA-256 of every object, by its path.
pub(crate) type Hashes = BTreeMap<String, String>;

/// A folder as a store; it is made when it is not there.
pub(crate) fn folder(folder: &Path) -> anyhow::Result<Arc<dyn ObjectStore>> {
    std::fs::create_dir_all(folder).with_context(|| format!("the folder {} can't be made", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(folder).context("the folder of blobs can't be opened")?;
    Ok(Arc::new(store.with_automatic_cleanup(true)))
}

/// Where content is kept that is no row.
pub(crate) struct Blobs {
    pub(crate) store: Arc<dyn ObjectStore>,
    /// Signs addresses of it, where it can.
    pub(crate) signer: Option<Arc<dyn Signer>>,
}

impl Blobs {
    /// The store of a `media.store_url`: `s3://bucket/prefix`, `file:///folder`, or the folder of blobs in the data folder.
    pub(crate) fn open(url: &str, data_dir: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(Self::knows(url), "`{url}` is no store: {STORES}");
        if url.starts_with("s3://") {
            return s3(url);
        }
        let path = url.strip_prefix("file://").map_or_else(|| data_dir.join("blobs"), PathBuf::from);
        Ok(Self { store: folder(&path)?, signer: None })
    }

    /// True for what [`Blobs::open`] can open.
    pub(crate) fn knows(url: &str) -> bool {
        url.is_empty() || url.starts_with("file:///") || url.strip_prefix("s3://").is_some_and(|rest| !rest.is_empty())
    }

    fn signed(store: impl ObjectStore + Signer) -> Self {
        let store = Arc::new(store);
        Self { signer: Some(store.clone()), store }
    }
}

/// An S3-compatible store. Where it is and with which keys comes from the usual `AWS_*` variables, as its library reads them.
fn s3(url: &str) -> anyhow::Result<Blobs> {
    let rest = url.trim_start_matches("s3://");
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let store = object_store::aws::AmazonS3Builder::from_env().with_bucket_name(bucket);
    let retry = RetryConfig { max_retries: 3, retry_timeout: STORE_PATIENCE, ..RetryConfig::default() };
    let store = store.with_retry(retry).build().context("media.store_url: the S3 store can't be set up")?;
    Ok(match prefix.trim_matches('/') {
        "" => Blobs::signed(store),
        prefix => Blobs::signed(object_store::prefix::PrefixStore::new(store, prefix)),
    })
}

/// How many objects a store holds and how many bytes they are.
pub(crate) async fn count(store: &dyn ObjectStore) -> anyhow::Result<(usize, u64)> {
    let sizes: Vec<u64> = store.list(None).map_ok(|meta| meta.size).try_collect().await?;
    Ok((sizes.len(), sizes.iter().sum()))
}

/// Copies every object that is not there yet, reads each back and compares. Objects of the target that the source does not have
/// stay.
pub(crate) async fn copy(from: &dyn ObjectStore, to: &dyn ObjectStore) -> anyhow::Result<Hashes> {
    let mut hashes = Hashes::new();
    let mut listed = from.list(None);
    while let Some(meta) = listed.try_next().await? {
        let path = meta.location.to_string();
        let same_size = to.head(&meta.location).await.is_ok_and(|there| there.size == meta.size);
        let there = if same_size { Some(hash(to, &meta.location).await?) } else { None };
        let sent = match there {
            Some(there) if hash(from, &meta.location).await? == there => there,
            _ => {
                let sent = carry(from, to, &meta).await.with_context(|| format!("{path} could not be copied"))?;
                let found = hash(to, &meta.location).await?;
                anyhow::ensure!(found == sent, "{path} is not the same on the other side; run the command again");
                sent
            }
        };
        hashes.insert(path, sent);
    }
    Ok(hashes)
}

/// Sends one object; the answer is the SHA-256 of what was sent.
async fn carry(from: &dyn ObjectStore, to: &dyn ObjectStore, meta: &object_store::ObjectMeta) -> anyhow::Result<String> {
    let mut hash = Context::new(&SHA256);
    let mut content = from.get(&meta.location).await?.into_stream().inspect_ok(|chunk| hash.update(chunk));
    if meta.size < IN_PARTS_FROM {
        let chunks: Vec<bytes::Bytes> = content.try_collect().await?;
        to.put(&meta.location, chunks.into_iter().collect()).await?;
    } else {
        let mut parts = WriteMultipart::new(to.put_multipart(&meta.location).await?);
        while let Some(chunk) = content.try_next().await? {
            parts.wait_for_capacity(PARTS_AT_ONCE).await?;
            parts.put(chunk);
        }
        parts.finish().await?;
        drop(content);
    }
    Ok(core_kernel::hex(hash.finish().as_ref()))
}

async fn hash(store: &dyn ObjectStore, path: &object_store::path::Path) -> anyhow::Result<String> {
    let mut hash = Context::new(&SHA256);
    let mut content = store.get(path).await?.into_stream();
    while let Some(chunk) = content.try_next().await? {
        hash.update(&chunk);
    }
    Ok(core_kernel::hex(hash.finish().as_ref()))
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[test]
    fn what_is_no_store_is_not_taken_for_the_folder_in_the_data_folder() {
        let folder = tempfile::tempdir().unwrap();
        for url in ["ftp://host/x", "s3://", "file://relative", "bucket"] {
            let said = Blobs::open(url, folder.path()).err().unwrap().to_string();
            assert_eq!(said, format!("`{url}` is no store: must be file:///... or s3://bucket/prefix"));
        }
        assert!(Blobs::open("", folder.path()).is_ok());
    }

    #[tokio::test]
    async fn every_object_arrives_and_what_is_there_is_not_sent_again() {
        let (from, to) = (InMemory::new(), InMemory::new());
        let large = vec![7_u8; 9 * 1024 * 1024];
        for (path, bytes) in [("a/1", b"one".to_vec()), ("a/2", Vec::new()), ("b", large)] {
            from.put(&path.into(), bytes.into()).await.unwrap();
        }
        to.put(&"a/1".into(), "two".into()).await.unwrap();
        to.put(&"mine".into(), "kept".into()).await.unwrap();
        let hashes = copy(&from, &to).await.unwrap();
        assert_eq!(hashes.keys().map(String::as_str).collect::<Vec<_>>(), ["a/1", "a/2", "b"]);
        assert_eq!(count(&to).await.unwrap(), (4, 9 * 1024 * 1024 + 3 + 4));
        let before = to.head(&"b".into()).await.unwrap().e_tag;
        assert_eq!(copy(&from, &to).await.unwrap(), hashes);
        assert_eq!(to.head(&"b".into()).await.unwrap().e_tag, before);
    }
}
