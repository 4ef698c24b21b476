use core_testing::Engine;
use files::{FilesConfig, Part};
use tar::{Builder, EntryType, Header};

use crate::archives::{import, refusal};
use crate::world::{at, fresh, fresh_with};

/// An entry of whatever kind, with a name that the library would not write.
fn append(builder: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, body: &[u8]) {
    let mut header = Header::new_gnu();
    let bytes = name.as_bytes();
    header.as_old_mut().name.get_mut(..bytes.len()).unwrap().copy_from_slice(bytes);
    header.set_entry_type(kind);
    header.set_size(body.len() as u64);
    header.set_mode(0o4777);
    if matches!(kind, EntryType::Symlink | EntryType::Link) {
        header.set_link_name("/etc/passwd").unwrap();
    }
    header.set_cksum();
    builder.append(&header, body).unwrap();
}

fn built(entries: &[(EntryType, &str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (kind, name, body) in entries {
        append(&mut builder, *kind, name, body);
    }
    builder.into_inner().unwrap()
}

fn pax(key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let mut length = rest.len() + 1;
    while length.to_string().len() + rest.len() != length {
        length = length.to_string().len() + rest.len();
    }
    format!("{length}{rest}").into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_devices_and_odd_names_of_a_tarball_are_skipped() {
    let world = fresh(&Engine::Sqlite).await;
    let bytes = built(&[
        (EntryType::Regular, "./good", b"x"),
        (EntryType::Symlink, "dir", b""),
        (EntryType::Directory, "dir/", b""),
        (EntryType::Regular, "dir/file", b"y"),
        (EntryType::Link, "hard", b""),
        (EntryType::Char, "tty", b""),
        (EntryType::Block, "disk", b""),
        (EntryType::Fifo, "pipe", b""),
        (EntryType::Regular, "../up", b"z"),
        (EntryType::Regular, "/abs", b"z"),
        (EntryType::GNUSparse, "sparse", b""),
    ]);
    let (id, imported) = import(&world, &bytes).await;
    let imported = imported.unwrap();
    let skipped: Vec<&str> = imported.skipped.iter().map(|skipped| skipped.path.as_str()).collect();
    assert_eq!(skipped, ["dir", "hard", "tty", "disk", "pipe", "../up", "/abs", "sparse"], "{imported:?}");
    assert_eq!(imported.files, 2);
    assert!(world.files.documents.read_file(&world.ada, id, at("dir/file"), Part::Whole).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_names_are_read_and_endless_ones_refused() {
    let world = fresh(&Engine::Sqlite).await;
    let long = format!("{}/{}", "d".repeat(120), "f".repeat(120));
    let named = built(&[(EntryType::GNULongName, "././@LongLink", long.as_bytes()), (EntryType::Regular, "short", b"x")]);
    let (id, imported) = import(&world, &named).await;
    assert_eq!(imported.unwrap().files, 1);
    assert!(world.files.documents.read_file(&world.ada, id, at(&long), Part::Whole).await.is_ok());
    let described = built(&[(EntryType::XHeader, "pax", &pax("path", "from/pax")), (EntryType::Regular, "short", b"x")]);
    let (id, imported) = import(&world, &described).await;
    assert_eq!(imported.unwrap().files, 1);
    assert!(world.files.documents.read_file(&world.ada, id, at("from/pax"), Part::Whole).await.is_ok());
    let endless = built(&[(EntryType::GNULongName, "././@LongLink", &vec![b'n'; 100_000]), (EntryType::Regular, "short", b"x")]);
    assert!(refusal(&world, &endless).await.contains("too large"));
    let endless = built(&[(EntryType::XHeader, "pax", &vec![b'n'; 200_000]), (EntryType::Regular, "short", b"x")]);
    assert!(refusal(&world, &endless).await.contains("too large"));
}

/// Readers that believe one size or the other see different entries (CVE-2025-62518).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_two_sizes_is_refused() {
    let world = fresh(&Engine::Sqlite).await;
    let inner = built(&[(EntryType::Regular, "hidden", b"x")]);
    let bytes = built(&[(EntryType::XHeader, "pax", &pax("size", "0")), (EntryType::Regular, "outer", &inner)]);
    assert!(refusal(&world, &bytes).await.contains("two sizes"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_compressed_bomb_ends_where_the_limit_is() {
    use std::io::Write as _;

    let config = FilesConfig { max_archive_ratio: 5, max_files: 10, ..FilesConfig::default() };
    let world = fresh_with(&Engine::Sqlite, config).await;
    let zeros = vec![0; 9 << 20];
    let bytes = built(&[(EntryType::Regular, "a", &zeros), (EntryType::Regular, "b", &zeros), (EntryType::Regular, "c", &zeros)]);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&bytes).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(refusal(&world, &packed).await.contains("far larger"));
}
