use std::io::{Cursor, Seek as _, Write as _};

use core_kernel::DomainError as _;
use core_testing::Engine;
use files::{ArchiveFormat, FilesConfig, FilesError, Imported, Part, codes};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::world::{World, at, fresh, fresh_with};

pub(crate) async fn import(world: &World, bytes: &[u8]) -> (files::WorkspaceId, Result<Imported, FilesError>) {
    let workspace = world.workspace().await.id;
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.rewind().unwrap();
    (workspace, world.files.archives.import(&world.ada, workspace, file).await)
}

/// What an import that must be refused says.
pub(crate) async fn refusal(world: &World, bytes: &[u8]) -> String {
    let (id, outcome) = import(world, bytes).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.code().code, codes::ARCHIVE_REFUSED.code, "{error}");
    assert_eq!(world.files.workspaces.get(&world.ada, id).await.unwrap().files, 0, "nothing of it is listed");
    error.detail()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn reasons(imported: &Imported) -> Vec<(&str, &str)> {
    imported.skipped.iter().map(|skipped| (skipped.path.as_str(), skipped.reason.as_str())).collect()
}

core_testing::on_every_engine! {
    setup = fresh;

    async fn archives_of_every_form_come_back_as_they_went(world) {
        let workspace = world.workspace().await.id;
        for (path, text) in [("a.txt", "alpha"), ("dir/ü.md", "beta"), ("dir/deep/empty", "")] {
            world.write(workspace, path, text).await;
        }
        for format in [ArchiveFormat::Zip, ArchiveFormat::Tar, ArchiveFormat::TarGz] {
            let packed = world.files.archives.export(&world.ada, workspace, format).await.unwrap();
            assert!(!packed.truncated);
            let target = world.workspace().await.id;
            let imported = world.files.archives.import(&world.ada, target, packed.file).await.unwrap();
            assert_eq!((imported.files, imported.bytes, imported.skipped.len()), (3, 9, 0), "{format:?}");
            let read = world.files.documents.read_file(&world.ada, target, at("dir/ü.md"), Part::Whole).await.unwrap();
            assert_eq!(read.text, "beta");
        }
    }

    async fn files_of_an_archive_replace_those_of_the_same_path(world) {
        let (workspace, imported) = import(&world, &zipped(&[("a", b"1"), ("d/b", b"22")])).await;
        assert_eq!(imported.unwrap().files, 2);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&zipped(&[("a", b"333"), ("d", b"4"), ("c", b"5")])).unwrap();
        file.rewind().unwrap();
        let again = world.files.archives.import(&world.ada, workspace, file).await.unwrap();
        assert_eq!((again.files, reasons(&again).len()), (2, 1), "{again:?}");
        let found = world.files.workspaces.get(&world.ada, workspace).await.unwrap();
        assert_eq!((found.files, found.bytes), (3, 6));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_entries_of_a_zip_are_skipped_and_said_to_be() {
    let world = fresh(&Engine::Sqlite).await;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default();
    for name in ["good.txt", "../x", "/etc/x", "C:/x", "a\\..\\x", "same", "SAME", "good.txt/below", ".brickwork-unfinished-1"] {
        writer.start_file(name, plain).unwrap();
        writer.write_all(b"x").unwrap();
    }
    writer.add_symlink("link", "/etc", plain).unwrap();
    writer.start_file("link/passwd", plain).unwrap();
    writer.add_directory("dir", plain).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let (id, imported) = import(&world, &bytes).await;
    let imported = imported.unwrap();
    let skipped: Vec<&str> = imported.skipped.iter().map(|skipped| skipped.path.as_str()).collect();
    let expected = ["../x", "/etc/x", "C:/x", "a\\..\\x", "SAME", "good.txt/below", ".brickwork-unfinished-1", "link"];
    assert_eq!(skipped, expected, "{imported:?}");
    // Without the link it is a name like any other.
    assert_eq!(imported.files, 3);
    assert!(world.files.documents.read_file(&world.ada, id, at("link/passwd"), Part::Whole).await.is_ok());
    assert!(!world.folder.path().join("x").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bombs_are_refused_before_they_go_off() {
    let config = FilesConfig { max_archive_ratio: 10, max_files: 50, ..FilesConfig::default() };
    let world = fresh_with(&Engine::Sqlite, config).await;
    let zeros = vec![0; 9 << 20];
    let bomb = zipped(&[("a", &zeros), ("b", &zeros), ("c", &zeros)]);
    assert!(bomb.len() < 100_000);
    assert!(refusal(&world, &bomb).await.contains("far larger"));
    let names: Vec<String> = (0..1000).map(|number| format!("f{number}")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(refusal(&world, &zipped(&many)).await.contains("entries"));
    assert!(refusal(&world, &zipped(&many[..60])).await.contains("files"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_archives_are_refused() {
    let world = fresh_with(&Engine::Sqlite, FilesConfig { max_workspaces: 10_000, ..FilesConfig::default() }).await;
    let good = zipped(&[("a.txt", b"hello hello hello hello hello"), ("b.txt", b"world")]);
    for bytes in [
        &b""[..],
        b"PK",
        b"PK\x05\x06",
        b"\x1f\x8b",
        b"\x1f\x8bgarbage",
        b"not an archive at all",
        &good[..good.len() - 10],
        &good[..40],
    ] {
        refusal(&world, bytes).await;
    }
    // Every single byte changed: refused, or read with the checks of the format; never a panic, never a file from elsewhere.
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 0xff;
        let (_, outcome) = import(&world, &changed).await;
        if let Err(error) = outcome {
            assert!(["files.archive_refused", "files.workspace_full"].contains(&error.code().code), "{at}: {error}");
        }
    }
}

/// A small archive whose one entry says that it holds an exabyte (CVE-2026-115909).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_says_it_is_an_exabyte_is_skipped() {
    let world = fresh(&Engine::Sqlite).await;
    let mut bytes = zipped(&[("a", b"x")]);
    // The uncompressed size, in the local header and in the list of entries.
    let listed = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    for place in [22, listed + 24] {
        bytes[place..place + 4].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    }
    let (_, outcome) = import(&world, &bytes).await;
    match outcome {
        Ok(imported) => assert_eq!((imported.files, imported.skipped.len()), (0, 1), "{imported:?}"),
        Err(error) => assert_eq!(error.code().code, codes::ARCHIVE_REFUSED.code),
    }
}
