//! How long it takes to read a tree of sources, to map it again when nothing or one file has changed, and how Universal Ctags compares, run
//! in between on the same files. Prints one line each. `cargo bench -p brickwork-code --bench figures -- FOLDER [FILES]`.

#![expect(clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, reason = "a measurement prints what it finds")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use code::{Code, CodeConfig, Deps, Language, Limits, NoModel, SourceFile, SourceTree, extract, permissions};
use core_kernel::{Actor, PortError, Timestamp, UserId};
use core_testing::http::FixedActors;
use uuid::Uuid;

/// Files in memory, with stamps that are given and not counted, as a manifest in a database has them.
struct Tree(Mutex<Vec<(SourceFile, Vec<u8>)>>);

#[async_trait]
impl SourceTree for Tree {
    async fn files(&self, _: &Actor, _: Uuid) -> Result<(Vec<SourceFile>, bool), PortError> {
        Ok((self.0.lock().unwrap().iter().map(|(file, _)| file.clone()).collect(), false))
    }

    async fn load(&self, _: &Actor, _: Uuid, paths: Vec<String>, _: u64) -> Result<Vec<Option<Vec<u8>>>, PortError> {
        let files = self.0.lock().unwrap();
        let find = |path: &String| files.binary_search_by(|(file, _)| file.path.cmp(path)).ok().map(|at| files[at].1.clone());
        Ok(paths.iter().map(find).collect())
    }
}

fn read(root: &Path, most: usize) -> Vec<(SourceFile, Vec<u8>)> {
    let (mut waiting, mut found) = (vec![root.to_path_buf()], Vec::new());
    while let Some(folder) = waiting.pop() {
        let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let name = path.to_str().unwrap().to_owned();
            let Ok(bytes) = std::fs::read(&path) else { continue };
            if found.len() < most && bytes.len() < 1 << 20 && Language::of_name(&name).is_some() {
                let stamp = format!("{}-1", bytes.len());
                found.push((SourceFile { path: name, size: bytes.len() as u64, stamp }, bytes));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    found
}

/// Ctags over the same files: how long it takes and how many tags it finds.
fn ctags(files: &[(SourceFile, Vec<u8>)]) -> Option<(Duration, usize)> {
    let begun = Instant::now();
    let languages = "--languages=Rust,Python,JavaScript,TypeScript,Go,Java,C,JSON,Sh";
    let mut child = Command::new("ctags")
        .args(["-f", "-", "-L", "-", "--sort=no", "--fields=+nKS", languages])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let names: String = files.iter().flat_map(|(file, _)| [file.path.as_str(), "\n"]).collect();
    let mut input = child.stdin.take()?;
    let writer = std::thread::spawn(move || input.write_all(names.as_bytes()));
    let output = child.wait_with_output().ok()?;
    writer.join().ok()?.ok()?;
    Some((begun.elapsed(), String::from_utf8_lossy(&output.stdout).lines().count()))
}

fn extract_all(files: &[(SourceFile, Vec<u8>)], threads: usize) -> (Duration, usize) {
    let begun = Instant::now();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let found = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((file, bytes)) = files.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    let Ok(text) = std::str::from_utf8(bytes) else { continue };
                    let Some((language, _)) = Language::detect(Some(&file.path), text) else { continue };
                    let symbols = extract(language, text, Limits::default()).map_or(0, |found| found.symbols.len());
                    found.fetch_add(symbols, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    (begun.elapsed(), found.into_inner())
}

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let root = PathBuf::from(words.next().unwrap_or_else(|| ".".to_owned()));
    let most = words.next().map_or(5000, |word| word.parse().unwrap());
    let files = read(&root, most);
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("{} files, {} MB", files.len(), bytes / 1_000_000);
    for _ in 0..3 {
        let (ours, symbols) = extract_all(&files, 2);
        let (one, _) = extract_all(&files, 1);
        match ctags(&files) {
            Some((theirs, tags)) => println!(
                "extract: {ours:?} on two threads, {one:?} on one ({symbols} symbols); ctags: {theirs:?} ({tags} tags); ratio {:.1}",
                ours.as_secs_f64() / theirs.as_secs_f64()
            ),
            None => println!("extract: {ours:?} on two threads, {one:?} on one ({symbols} symbols); no ctags here"),
        }
    }
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(maps(files));
}

async fn maps(files: Vec<(SourceFile, Vec<u8>)>) {
    let edited = files.len() / 2;
    let tree = Arc::new(Tree(Mutex::new(files)));
    let config = CodeConfig { map_seconds: 25, ..CodeConfig::default() };
    let code = Code::new(Deps { config, tree: tree.clone(), model: Arc::new(NoModel) });
    let ada = FixedActors::person(UserId(Uuid::nil()), &permissions::ALL, Timestamp::from_millis(0));
    let map = async |what: &str| {
        let begun = Instant::now();
        let mapped = code.repositories.map(&ada, Uuid::nil(), 4000, Vec::new()).await.unwrap();
        println!("{what}: {:?} ({} tokens, cut short: {})", begun.elapsed(), mapped.tokens, mapped.truncated);
    };
    map("map, cold").await;
    map("map, cold or its rest").await;
    for round in 0..3 {
        map("map, nothing has changed").await;
        {
            let mut files = tree.0.lock().unwrap();
            let (file, bytes) = &mut files[edited];
            bytes.extend_from_slice(b"\n// changed\n");
            file.stamp = format!("{}-{round}", bytes.len());
        }
        map("map, one file has changed").await;
    }
}
