use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use files::{Links, Root};
use rustix::fs::{CWD, RenameFlags};

use crate::world::at;

/// Swaps `root/dir` for a link to `outside` and back, as fast as it can.
fn swapper(folder: std::path::PathBuf, over: Arc<AtomicBool>) -> std::thread::JoinHandle<u64> {
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
    let over = Arc::new(AtomicBool::new(false));
    let swapping = swapper(folder.path().to_owned(), Arc::clone(&over));
    let root = Root::open(&folder.path().join("root"), Links::Beneath).unwrap();
    let root = if by_name { root.without_openat2() } else { root };
    let (file, mut read, mut written) = (at("dir/file"), 0, 0);
    for _ in 0..10_000 {
        if let Ok((file, _)) = root.open_file(&file) {
            assert_eq!(std::io::read_to_string(file).unwrap(), "inside");
            read += 1;
        }
    }
    for round in 0..10_000_u128 {
        // One after the other, so that files don't pile up. What gets through waits for the disk, so that few of them do.
        let path = at(&format!("dir/new-{}", round % 50));
        written += u32::from(root.write(&path, b"mine", round % 2 == 0, round).is_ok());
        let _gone = root.remove(&path);
    }
    over.store(true, Ordering::Relaxed);
    let swaps = swapping.join().unwrap();
    let outside: Vec<_> =
        std::fs::read_dir(folder.path().join("outside")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(outside, ["file"], "nothing was written beside the root");
    assert_eq!(std::fs::read_to_string(folder.path().join("outside/file")).unwrap(), "secret");
    assert!(swaps > 100 && read > 100 && written > 5, "{swaps} swaps, {read} reads, {written} writes: too few to say anything");
}

#[test]
fn a_directory_that_is_swapped_for_a_link_lets_nobody_out() {
    race(false);
}

#[test]
fn nor_does_it_where_the_kernel_does_not_help() {
    race(true);
}
