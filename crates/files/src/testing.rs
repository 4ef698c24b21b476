//! The contract fixture.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::Actor;
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use object_store::memory::InMemory;
use serde_json::json;

use crate::{Deps, Expected, Files, FilesConfig, FilesError, NewWorkspace, NoSections, RelPath};

/// Files under the contract suite.
#[derive(Debug)]
pub struct FilesFixture {
    files: Arc<Files>,
    world: World,
    /// Removed with the fixture.
    _cache: tempfile::TempDir,
}

impl FilesFixture {
    /// Files on this world, with contents in memory.
    ///
    /// # Errors
    /// When there is no temporary folder.
    pub fn new(world: World) -> std::io::Result<Self> {
        let cache = tempfile::tempdir()?;
        let deps = Deps {
            db: world.db.clone(),
            config: FilesConfig { max_archive_bytes: 1 << 20, ..FilesConfig::default() },
            blobs: Arc::new(InMemory::new()),
            cache: cache.path().to_owned(),
            sections: Arc::new(NoSections),
        };
        Ok(Self { files: Arc::new(Files::new(deps)), world, _cache: cache })
    }

    async fn try_plant(&self, actor: &Actor) -> Result<Planted, FilesError> {
        let canary = format!("canary-of-files-{}", self.world.ambient.ids.next());
        let new = NewWorkspace { name: canary.clone(), ..NewWorkspace::default() };
        let workspace = self.files.workspaces.create(actor, new).await?;
        let path = |text| RelPath::parse(text).map_err(|fault| FilesError::Path { pointer: String::new(), fault });
        let text = format!("fn main() {{\n    // {canary}\n}}\n");
        let documents = &self.files.documents;
        documents.create_file(actor, workspace.id, path("src/main.rs")?, text.into(), Expected::Nothing).await?;
        let choices = self.files.choosing.choose_file(actor, workspace.id, "main", None, 10).await?;
        let rows = BTreeMap::from([("workspace", workspace.id.to_string()), ("token", choices.token)]);
        let at = |rest: &str| format!("/api/v1/files/workspaces/{}{rest}", workspace.id);
        let urls = ["", "/entries", "/content?path=src%2Fmain.rs", "/raw?path=src%2Fmain.rs", "/search?q=main", "/archive"];
        Ok(Planted { rows, urls: urls.map(at).to_vec(), canary })
    }
}

/// A zip archive with one file.
fn archive() -> Vec<u8> {
    use std::io::Write as _;

    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let written = writer.start_file("docs/a.md", options).is_ok() && writer.write_all(b"# A\n").is_ok();
    writer.finish().ok().filter(|_| written).map(std::io::Cursor::into_inner).unwrap_or_default()
}

#[async_trait]
impl Fixture for FilesFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.files.clone()
    }

    #[expect(clippy::expect_used, reason = "a fixture that can't plant fails its test")]
    async fn plant(&self, actor: &Actor) -> Planted {
        self.try_plant(actor).await.expect("files can be planted through the facades")
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let one = || Sample::new().path("id", planted.row("workspace"));
        let main = || one().query("path=src%2Fmain.rs");
        Some(match operation_id {
            "list_workspaces" => Sample::new(),
            "create_workspace" => Sample::new().json(json!({"name": "Another", "visibility": "org", "kind": "stored"})),
            "get_workspace" | "delete_workspace" | "read_directory" | "download_archive" => one(),
            "upload_archive" => one().raw("application/zip", archive()),
            "read_file" | "read_raw_file" | "delete_file" => main(),
            "create_file" => main().header("if-match", "*").json(json!({"text": "//! Library\n"})),
            "read_files" => one().json(json!({"paths": ["src/main.rs", "none.rs"]})),
            "move_file" => one().json(json!({"from": "src/main.rs", "to": "src/moved.rs"})),
            "choose_file" => one().json(json!({"prompt": "the main file", "files": ["src/main.rs"], "limit": 3})),
            "answer_choice" => Sample::new().json(json!({"token": planted.row("token"), "path": "src/main.rs"})),
            "search_code" => one().query("q=main"),
            "search_code_by_body" => {
                one().json(json!({"q": "ma[i]n", "regex": true, "case": "smart", "glob": "*.rs", "context": 1}))
            }
            _ => return None,
        })
    }
}
