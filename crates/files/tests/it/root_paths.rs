use std::os::unix::fs::symlink;
use std::path::Path;

use files::{Links, RelPath, Root, RootFault};

use crate::world::at;

/// A root beside which lies something that nobody may see.
fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for directory in ["root/dir/inner", "root-secret", "outside"] {
        std::fs::create_dir_all(at(directory)).unwrap();
    }
    for (path, text) in
        [("root/a.txt", "inside"), ("root/dir/b.txt", "inside"), ("root-secret/x", "secret"), ("outside/x", "secret")]
    {
        std::fs::write(at(path), text).unwrap();
    }
    let links = [
        (at("outside/x"), "root/file-out"),
        (at("outside"), "root/dir-out"),
        ("../outside".into(), "root/relative-out"),
        ("loop-b".into(), "root/loop-a"),
        ("loop-a".into(), "root/loop-b"),
        ("dir-out".into(), "root/chain"),
        ("dir".into(), "root/dir-in"),
        ("/proc/self/root".into(), "root/magic"),
        (at("root/a.txt"), "root/absolute-in"),
    ];
    for (target, link) in links {
        symlink(target, at(link)).unwrap();
    }
    std::fs::hard_link(at("outside/x"), at("root/hard")).unwrap();
    let pipe = std::process::Command::new("mkfifo").arg(at("root/pipe")).status().unwrap();
    assert!(pipe.success());
    let _socket = std::os::unix::net::UnixListener::bind(at("root/socket")).unwrap();
    folder
}

fn roots(folder: &Path) -> [(&'static str, Root); 3] {
    let open = |links| Root::open(&folder.join("root"), links).unwrap();
    [("beneath", open(Links::Beneath)), ("refused", open(Links::Refused)), ("by name", open(Links::Beneath).without_openat2())]
}

#[test]
fn nothing_outside_of_a_root_is_read_and_nothing_blocks() {
    let folder = tree();
    for (kind, root) in roots(folder.path()) {
        let read = |path: &str| root.open_file(&at(path)).map(|(file, _)| std::io::read_to_string(file).unwrap());
        assert_eq!(read("a.txt").unwrap(), "inside");
        assert_eq!(read("dir/b.txt").unwrap(), "inside");
        let leads_out = ["file-out", "dir-out/x", "relative-out/x", "loop-a", "chain/x", "magic/etc/passwd", "absolute-in"];
        for path in leads_out {
            assert!(matches!(read(path), Err(RootFault::Escapes)), "{kind} {path}: {:?}", read(path));
        }
        for path in ["dir", "pipe", "socket"] {
            assert!(matches!(read(path), Err(RootFault::NotAFile(_))), "{kind} {path}: {:?}", read(path));
        }
        for path in ["none", "dir/none", "a.txt/b", "%2e%2e%2froot-secret/x", "%252e%252e/x", "..../x", "none/none"] {
            assert!(matches!(read(path), Err(RootFault::NotFound)), "{kind} {path}: {:?}", read(path));
        }
        let within = read("dir-in/b.txt");
        match kind {
            "beneath" => assert_eq!(within.unwrap(), "inside"),
            _ => assert!(matches!(within, Err(RootFault::Escapes)), "{kind}"),
        }
    }
}

#[test]
fn nothing_outside_of_a_root_is_written_removed_or_moved() {
    let folder = tree();
    for (kind, root) in roots(folder.path()) {
        let write = |path: &str, replace| root.write(&at(path), b"new", replace, 7);
        for path in ["file-out", "dir-out/x", "dir-out/new", "chain/x", "relative-out/new", "magic/tmp/new", "loop-a/x"] {
            for replace in [false, true] {
                assert!(matches!(write(path, replace), Err(RootFault::Escapes)), "{kind} {path}: {:?}", write(path, replace));
            }
            assert!(matches!(root.remove(&at(path)), Err(RootFault::Escapes)), "{kind} {path}");
        }
        assert!(root.rename(&at("a.txt"), &at("dir-out/moved")).is_err(), "{kind}");
        assert!(matches!(root.remove(&at("dir")), Err(RootFault::NotAFile(_))), "{kind}");
        assert!(matches!(root.remove(&at("pipe")), Err(RootFault::NotAFile(_))), "{kind}");
        assert!(matches!(write("pipe", true), Err(RootFault::NotAFile(_))), "{kind}");
        assert!(matches!(write("dir", true), Err(RootFault::NotAFile(_))), "{kind}");
        assert!(matches!(write("a.txt/x", true), Err(RootFault::Exists)), "{kind}: {:?}", write("a.txt/x", true));
        assert_eq!(std::fs::read_to_string(folder.path().join("outside/x")).unwrap(), "secret");
        assert_eq!(std::fs::read_dir(folder.path().join("outside")).unwrap().count(), 1, "{kind}");
    }
}

#[test]
fn a_file_with_a_second_name_outside_is_replaced_and_the_other_keeps_what_it_had() {
    let folder = tree();
    let (_, root) = roots(folder.path()).into_iter().next().unwrap();
    root.write(&at("hard"), b"new", true, 1).unwrap();
    assert_eq!(std::fs::read_to_string(folder.path().join("outside/x")).unwrap(), "secret");
    assert_eq!(std::fs::read_to_string(folder.path().join("root/hard")).unwrap(), "new");
}

#[test]
fn a_file_is_written_once_and_whole_with_the_directories_on_its_way() {
    let folder = tree();
    for (number, (kind, root)) in (0..).zip(roots(folder.path())) {
        let path = at(&format!("new-{number}/deep/er/file"));
        root.write(&path, b"first", false, 1).unwrap();
        assert!(matches!(root.write(&path, b"second", false, 2), Err(RootFault::Exists)), "{kind}");
        root.write(&path, b"third", true, 3).unwrap();
        let moved = at(&format!("new-{number}/moved"));
        root.rename(&path, &moved).unwrap();
        assert!(matches!(root.rename(&moved, &at("a.txt")), Err(RootFault::Exists)), "{kind}");
        root.remove(&moved).unwrap();
        let left = root.walk(Some(&at(&format!("new-{number}"))), true, 100, &files::Stop::never()).unwrap();
        assert!(left.found.iter().all(|found| found.kind == files::FoundKind::Directory), "{kind}: {left:?}");
    }
    let all = roots(folder.path())[0].1.walk(None, true, 1000, &files::Stop::never()).unwrap();
    assert!(all.found.iter().all(|found| !found.path.as_str().contains("unfinished")));
    assert!(all.found.iter().all(|found| !found.path.as_str().starts_with("dir-out/")), "links are told and not followed");
    let few = roots(folder.path())[0].1.walk(None, true, 3, &files::Stop::never()).unwrap();
    assert_eq!((few.found.len(), few.truncated), (3, true));
}

#[test]
fn a_deep_tree_is_walked_to_the_depth_that_paths_have() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = folder.path().to_owned();
    // As deep as a path may be for the operating system.
    for _ in 0..400 {
        place.push("d");
    }
    std::fs::create_dir_all(&place).unwrap();
    let root = Root::open(folder.path(), Links::Beneath).unwrap();
    let walked = root.walk(None, true, 10_000, &files::Stop::never()).unwrap();
    assert_eq!(walked.found.len(), 64);
    assert!(RelPath::parse(&["d"; 65].join("/")).is_err());
}
