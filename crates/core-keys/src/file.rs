use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use core_kernel::Rng;
use zeroize::Zeroizing;

use crate::{KeyError, MasterKey};

/// The key in the file, or none when there is no file.
pub(crate) fn load(path: &Path) -> Result<Option<MasterKey>, KeyError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(KeyError::File { action: "read", path: path.to_owned(), source }),
    };
    let garbled = |problem| KeyError::GarbledFile { path: path.to_owned(), problem };
    let text = std::str::from_utf8(&bytes).map_err(|_error| garbled("it is not text"))?;
    let key = MasterKey::read(text).map_err(garbled)?;
    restrict(path);
    Ok(Some(key))
}

/// Writes the key to a temporary file beside `path` and links it there, so that no reader ever sees half a key and a file
/// that another process made meanwhile stays.
pub(crate) fn create(path: &Path, key: &MasterKey, rng: &dyn Rng) -> Result<(), KeyError> {
    let failed = |source| KeyError::File { action: "create", path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let temporary = temporary_name(path, rng);
    let placed = write_private(&temporary, key).and_then(|()| place(&temporary, path));
    let removed = fs::remove_file(&temporary);
    match placed {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(error)),
        Ok(()) => {
            // Moved instead of linked: then there is nothing left to remove.
            if let Err(error) = removed
                && error.kind() != ErrorKind::NotFound
            {
                return Err(failed(error));
            }
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
        }
    }
}

fn write_private(path: &Path, key: &MasterKey) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key.encode().expose().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

fn place(temporary: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(temporary, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // Some mounted file systems have no hard links.
        Err(_) if !path.exists() => fs::rename(temporary, path),
        Err(error) => Err(error),
    }
}

fn temporary_name(path: &Path, rng: &dyn Rng) -> PathBuf {
    let mut random = [0; 8];
    rng.fill(&mut random);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.tmp", u64::from_be_bytes(random)));
    path.with_file_name(name)
}

/// Takes the rights of the group and of others away. A read-only mount refuses that, and its operator decided its rights.
fn restrict(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
        if open {
            let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

#[cfg(test)]
mod tests {
    use core_kernel::OsRng;

    use super::*;

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_missing_file_is_made_for_its_owner_alone_and_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/master.key");
        let first = MasterKey::load_or_create(&path, &OsRng).unwrap();
        assert_eq!(MasterKey::load_or_create(&path, &OsRng).unwrap(), first);
        #[cfg(unix)]
        assert_eq!(mode(&path), 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_garbled_file_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for content in [&b""[..], b"half a key", b"\xff\xfe\x00"] {
            fs::write(&path, content).unwrap();
            let error = MasterKey::load_or_create(&path, &OsRng).unwrap_err();
            assert!(matches!(error, KeyError::GarbledFile { .. }), "{error}");
            assert!(error.to_string().contains("master.key"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_made_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, MasterKey::generate(&OsRng).encode().expose()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        MasterKey::load_or_create(&path, &OsRng).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn processes_that_start_together_agree_on_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let keys: Vec<MasterKey> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| MasterKey::load_or_create(&path, &OsRng).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }
}
