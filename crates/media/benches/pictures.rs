//! One task on one picture, for `benches/media/run`: `pictures draw <folder>`, or `pictures <task> <picture> <folder for what is made>`. The
//! last line that it writes is a JSON object with the median of 30 runs in milliseconds and the most memory in KiB.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench prints its figures, and a failed step fails it"
)]

use std::fs;
use std::path::Path;
use std::time::Instant;

use media::testing::{ladder, photo, scaled, whole_upload};

const ROUNDS: usize = 30;
const WARM_UP: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["draw", folder] => {
            for (name, width, height) in [("5mp", 2725, 2225), ("12mp", 4032, 3024)] {
                fs::write(Path::new(folder).join(name).with_extension("jpg"), photo(width, height)).unwrap();
            }
        }
        [task, picture, folder] => measure(task, &fs::read(picture).unwrap(), Path::new(folder)),
        _ => println!("pictures draw <folder> | pictures <task> <picture> <folder>"),
    }
}

fn run(task: &str, bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    match task {
        "to-320" => vec![("to-320", scaled(bytes, 320, 82))],
        "to-720" => vec![("to-720", scaled(bytes, 720, 80))],
        "ladder" => ladder(bytes),
        _ => {
            assert!(whole_upload(bytes) > 0);
            Vec::new()
        }
    }
}

fn measure(task: &str, bytes: &[u8], folder: &Path) {
    let mut times: Vec<f64> = (0..WARM_UP + ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            run(task, bytes);
            begun.elapsed().as_secs_f64() * 1000.0
        })
        .skip(WARM_UP)
        .collect();
    times.sort_by(f64::total_cmp);
    for (name, made) in run(task, bytes) {
        fs::write(folder.join(name).with_extension("jpg"), made).unwrap();
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()).unwrap_or("0");
    println!("{{\"ms\": {:.2}, \"kib\": {most}}}", times[times.len() / 2]);
}
