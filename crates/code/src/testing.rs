//! Fakes of the ports and the contract fixture.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use core_http::Installed;
use core_kernel::{Actor, Owner, PortError};
use core_testing::http::contract::{Fixture, Planted, Sample, World};
use serde_json::json;
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::{Code, CodeConfig, CodeError, Deps, Pieces, SourceFile, SourceTree, TextAnswer, TextModel, TextRequest, codes};

/// Workspaces in memory, each of one owner and creator.
#[derive(Debug, Default)]
pub struct MemoryTree {
    workspaces: Mutex<HashMap<Uuid, Kept>>,
}

/// Files by path, and whose they are.
type Kept = ((Owner, Uuid), BTreeMap<String, Vec<u8>>);

impl MemoryTree {
    /// Writes a file into a workspace of the actor.
    pub fn write(&self, actor: &Actor, workspace: Uuid, path: &str, text: impl AsRef<[u8]>) {
        let mut workspaces = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, files) = workspaces.entry(workspace).or_insert_with(|| ((actor.owner, actor.subject.get()), BTreeMap::new()));
        files.insert(path.to_owned(), text.as_ref().to_vec());
    }

    fn of(&self, actor: &Actor, workspace: Uuid) -> Result<BTreeMap<String, Vec<u8>>, PortError> {
        let workspaces = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        let found = workspaces.get(&workspace).filter(|(whose, _)| *whose == (actor.owner, actor.subject.get()));
        Ok(found.map(|(_, files)| files.clone()).ok_or(CodeError::Plain(&codes::NOT_FOUND))?)
    }
}

#[async_trait]
impl SourceTree for MemoryTree {
    async fn files(&self, actor: &Actor, workspace: Uuid) -> Result<(Vec<SourceFile>, bool), PortError> {
        let file = |(path, bytes): (String, Vec<u8>)| SourceFile {
            path,
            size: bytes.len() as u64,
            stamp: crate::digest::sha256(&bytes),
        };
        Ok((self.of(actor, workspace)?.into_iter().map(file).collect(), false))
    }

    async fn load(
        &self,
        actor: &Actor,
        workspace: Uuid,
        paths: Vec<String>,
        most: u64,
    ) -> Result<Vec<Option<Vec<u8>>>, PortError> {
        let files = self.of(actor, workspace)?;
        Ok(paths.iter().map(|path| files.get(path).filter(|bytes| bytes.len() as u64 <= most).cloned()).collect())
    }
}

/// A model that answers the same each time and remembers what it was asked.
#[derive(Debug, Default)]
pub struct FixedModel {
    /// What it says.
    pub answer: String,
    /// After its first word it waits for as many permits as it has words to say.
    held: Option<Semaphore>,
    asked: Mutex<Vec<TextRequest>>,
}

impl FixedModel {
    /// A model that says this.
    pub fn saying(answer: &str) -> Self {
        Self { answer: answer.to_owned(), ..Self::default() }
    }

    /// A model that stops after its first word until it is let go on.
    pub fn held(answer: &str) -> Self {
        Self { held: Some(Semaphore::new(0)), ..Self::saying(answer) }
    }

    /// Lets it say so many more words.
    pub fn go_on(&self, words: usize) {
        if let Some(held) = &self.held {
            held.add_permits(words);
        }
    }

    /// What it was asked, in order.
    pub fn asked(&self) -> Vec<TextRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl TextModel for FixedModel {
    fn is_available(&self, _: &Actor) -> bool {
        true
    }

    async fn ask(&self, _: &Actor, request: TextRequest, pieces: Option<&Pieces>) -> Result<TextAnswer, PortError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        for (place, word) in self.answer.split_inclusive(' ').enumerate() {
            if let Some(held) = self.held.as_ref().filter(|_| place > 0) {
                held.acquire().await.map_err(|_closed| CodeError::Lost)?.forget();
            }
            if let Some(pieces) = pieces {
                pieces.send(word.to_owned()).await;
            }
        }
        Ok(TextAnswer {
            text: self.answer.clone(),
            provider: "fixed".to_owned(),
            model: "echo".to_owned(),
            finish_reason: "stop".to_owned(),
            generation_id: None,
            usage: json!({"input_tokens": 1, "output_tokens": 1}),
            adjustments: Vec::new(),
        })
    }
}

/// Source code under the contract suite.
#[derive(Debug)]
pub struct CodeFixture {
    code: Arc<Code>,
    tree: Arc<MemoryTree>,
    world: World,
}

impl CodeFixture {
    /// Over workspaces in memory and a model that always answers the same.
    pub fn new(world: World) -> Self {
        let tree = Arc::new(MemoryTree::default());
        let model = Arc::new(FixedModel::saying("It doubles, see line 1."));
        let deps = Deps { config: CodeConfig::default(), tree: tree.clone(), model };
        Self { code: Arc::new(Code::new(deps)), tree, world }
    }
}

#[async_trait]
impl Fixture for CodeFixture {
    fn feature(&self) -> Arc<dyn Installed> {
        self.code.clone()
    }

    async fn plant(&self, actor: &Actor) -> Planted {
        let workspace = self.world.ambient.ids.next();
        self.tree.write(actor, workspace, "src/lib.rs", "/// Doubles.\npub fn double(x: i32) -> i32 { x * 2 }\n");
        self.tree.write(actor, workspace, "src/main.rs", "fn main() { double(2); }\n");
        // The feature keeps nothing of anybody, so that there is nothing to find.
        Planted { rows: BTreeMap::from([("workspace", workspace.to_string())]), urls: Vec::new(), canary: String::new() }
    }

    fn request_for(&self, operation_id: &str, planted: &Planted) -> Option<Sample> {
        let workspace = planted.row("workspace");
        let given = json!({"code": "pub fn double(x: i32) -> i32 { x * 2 }", "path": "a.rs", "language": "rust"});
        Some(match operation_id {
            "list_code_languages" => Sample::new(),
            "extract_code_context" | "summarize_code" => Sample::new().json(given),
            "explain_code" => Sample::new().json(json!({"workspace_id": workspace, "path": "src/lib.rs", "question": "Why?"})),
            "code_with_prompt" => Sample::new().json(
                json!({"code": "fn f() {}", "path": "a.rs", "template": "review", "variables": {"question": "Is it right?"}}),
            ),
            "map_code" => Sample::new().json(json!({"workspace_id": workspace, "token_budget": 500, "focus": ["src/main.rs"]})),
            "list_code_symbols" => Sample::new().query(format!("workspace_id={workspace}&query=dou")),
            "list_code_references" => Sample::new().query(format!("workspace_id={workspace}&symbol=double")),
            _ => return None,
        })
    }
}
