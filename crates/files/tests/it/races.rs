use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use files::{Links, Root};
use rustix::fs::{CWD, RenameFlags};

use crate::world::at;

/// Swaps `root/dir` for a link to `outside` and back, as fast as it can; every sixteen times it waits until somebody has made a whole try with
/// the directory in its place, so that some get through on any machine.
fn swapper(folder: std::path::PathBuf, over: Arc<AtomicBool>, tries: Arc<AtomicU64>) -> std::thread::JoinHandle<u64> {
    std::thread::spawn(move || {
        let (real, link) = (folder.join("root/dir"), folder.join("link"));
        symlink(folder.join("outside"), &link).unwrap();
        let mut swaps = 0_u64;
        while !over.load(Ordering::Relaxed) {
            rustix::fs::renameat_with(CWD, &real, CWD, &link, RenameFlags::EXCHANGE).unwrap();
            swaps += 1;
            // Without a pause of changing length the two threads fall into step, and hardly a read gets through.
            for _ in 0..(swaps * 97) % 4000 {
                std::hint::spin_loop();
            }
            let before = tries.load(Ordering::Relaxed);
            while swaps.is_multiple_of(16) && tries.load(Ordering::Relaxed) < before + 2 && !over.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
        }
        swaps
    })
}

fn race(by_name: bool) {
    let folder = tempfile::tempdir().unwrap();
    for directory in ["root/dir", "outside"] {
        std::fs::create_dir_all(folder.path().join(directory)).unwrap();
    }
    std::fs::write(folder.path().join("root/dir/file"), "inside").unwrap();
    std::fs::write(folder.path().join("outside/file"), "secret").unwrap();
    let (over, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let swapping = swapper(folder.path().to_owned(), Arc::clone(&over), Arc::clone(&tries));
    let root = Root::open(&folder.path().join("root"), Links::Beneath).unwrap();
    let root = if by_name { root.without_openat2() } else { root };
    let (file, mut read, mut written) = (at("dir/file"), 0, 0);
    while read <= 100 || tries.load(Ordering::Relaxed) < 30_000 {
        if let Ok((file, _)) = root.open_file(&file) {
            assert_eq!(std::io::read_to_string(file).unwrap(), "inside");
            read += 1;
        }
        tries.fetch_add(1, Ordering::Relaxed);
    }
    let mut round = 0_u128;
    while written <= 20 || round < 5_000 {
        // One after the other, so that files don't pile up.
        let path = at(&format!("dir/new-{}", round % 50));
        written += u32::from(root.write(&path, b"mine", round.is_multiple_of(2), round).is_ok());
        let _gone = root.remove(&path);
        tries.fetch_add(1, Ordering::Relaxed);
        round += 1;
    }
    over.store(true, Ordering::Relaxed);
    let swaps = swapping.join().unwrap();
    let outside: Vec<_> =
        std::fs::read_dir(folder.path().join("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["file"], "nothing was written beside the root");
    assert_eq!(std::fs::read_to_string(folder.path().join("outside/file")).unwrap(), "secret");
    assert!(swaps > 100, "{swaps} swaps: too few to say anything");
}

#[test]
fn a_directory_that_is_swapped_for_a_link_lets_nobody_out() {
    race(false);
}

#[test]
fn nor_does_it_where_the_kernel_does_not_help() {
    race(true);
}
