use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::signer::{Method, Signer, Url};
use serde_json::json;

use super::drawing;
use crate::{Deps, MediaConfig, MediaFeature, NewMedia, NoScan, VariantName};

/// Media under the contract suite.
#[derive(Debug)]
pub struct MediaFixture {
    media: Arc<MediaFeature>,
    blobs: Arc<InMemory>,
    world: World,
}

impl MediaFixture {
    /// Media over a store in memory.
    pub fn new(world: World) -> Self {
        let blobs = Arc::new(InMemory::new());
        let media = MediaFeature::new(Deps {
            db: world.db.clone(),
            config: MediaConfig::default(),
            blobs: blobs.clone(),
            signer: Some(Arc::new(FixedSigner)),
            public_url: "https://example.com".to_owned(),
            scan: Arc::new(NoScan),
        });
        Self { media: Arc::new(media), blobs, world }
    }
}

/// Signs nothing that any store would take.
#[derive(Debug)]
struct FixedSigner;

#[async_trait]
impl Signer for FixedSigner {
    async fn signed_url(&self, _: Method, path: &Path, _: Duration) -> object_store::Result<Url> {
        let address = format!("https://store.example.com/{path}");
        Url::parse(&address).map_err(|error| object_store::Error::Generic { store: "fixed", source: error.into() })
    }
}

const BOUNDARY: &str = "a-boundary-of-the-fixture";

fn form() -> Vec<u8> {
    let mut body = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"alt\"\r\n\r\nSquares\r\n--{BOUNDARY}\r\ncontent-disposition: \
         form-data; name=\"file\"; filename=\"squares.png\"\r\ncontent-type: image/png\r\n\r\n"
    )
    .into_bytes();
    body.extend(drawing(40, 30));
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").into_bytes());
    body
}

#[async_trait]
impl Fixture for MediaFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.media.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        let canary = format!("canary-{}", self.world.ambient.ids.next());
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(&drawing(64, 48)).expect("a file that can be written");
        let new = NewMedia { alt: Some(canary.clone()), ..NewMedia::default() };
        let media = self.media.library.add(actor, new, file).await.expect("a picture that is taken");
        let link = self.media.content.link(actor, media.id, VariantName::Thumb, None).await.expect("a link");
        let token = link.url.rsplit('/').next().unwrap_or_default().to_owned();
        let upload = self.media.uploads.begin(actor, 1000, "").await.expect("an upload");
        let bytes = drawing(20, 10);
        let begun = self.media.direct.begin(actor, bytes.len() as u64, NewMedia::default()).await.expect("a direct upload");
        let place = begun.url.trim_start_matches("https://store.example.com/");
        self.blobs.put(&place.into(), bytes.into()).await.expect("a store that takes it");
        let rows = BTreeMap::from([
            ("media", media.id.to_string()),
            ("token", token),
            ("upload", upload.id.to_string()),
            ("direct", begun.id.to_string()),
        ]);
        let urls = vec![format!("/api/v1/media/{}", media.id)];
        Planted { rows, urls, canary }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let one = || Sample::new().path("id", planted.row("media"));
        let tus = || Sample::new().header("tus-resumable", "1.0.0");
        let upload = || tus().path("id", planted.row("upload"));
        Some(match operation_id {
            "upload_media" => Sample::new().raw(&format!("multipart/form-data; boundary={BOUNDARY}"), form()),
            "list_media" => Sample::new().query(format!("similar_to={}", planted.row("media"))),
            "get_media" | "delete_media" | "get_media_content" => one(),
            "update_media" => one().json(json!({"alt": "Another", "purpose": "avatar", "metadata": {"a": 1}})),
            "get_media_variant" => one().path("name", "thumb"),
            "create_media_link" => one().json(json!({"variant": "small", "expires_in": 60})),
            "follow_media_link" => Sample::new().path("token", planted.row("token")),
            "begin_direct_upload" => Sample::new().json(json!({"bytes": 500, "content_type": "image/png", "visibility": "private"})),
            "complete_direct_upload" => Sample::new().path("id", planted.row("direct")),
            "attach_media" => Sample::new().json(json!({
                "value": {"id": planted.row("media")}, "rules": [{"id_pointer": "/id", "target": "/picture", "variants": ["thumb"]}],
            })),
            "upload_options" => Sample::new(),
            "begin_upload" => tus().header("upload-length", "10"),
            "get_upload" | "end_upload" | "upload_options_of_one" => upload(),
            // What the suite sends first moves the upload on; the crate's own tests append where it stands.
            "append_upload" => {
                let part = upload().header("upload-offset", "7").raw("application/offset+octet-stream", b"12345".as_slice());
                part.expect(409)
            }
            _ => return None,
        })
    }
}
