//! Where the master key comes from, and the file that is made for it at the first start (R29).

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

/// The place of the master key.
#[derive(Debug, Clone, Copy)]
pub enum MasterKeySource<'a> {
    /// The key's text itself, from a variable or the configuration file.
    Text(&'a str),
    /// A file.
    File(&'a Path),
}

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file cannot be read or made.
    #[error("the master key file {0} cannot be used: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Others may read the file.
    #[error("the master key file {0} may be read by others: chmod 600 it")]
    Exposed(PathBuf),
}

impl MasterKeySource<'_> {
    /// The key's text. `None`: the file is not there.
    pub fn read(&self) -> Result<Option<String>, MasterKeyError> {
        let path = match self {
            Self::Text(text) => return Ok(Some((*text).to_owned())),
            Self::File(path) => *path,
        };
        let io_error = |error| MasterKeyError::Io(path.to_owned(), error);
        let mode = match fs::metadata(path) {
            Ok(metadata) => metadata.permissions().mode(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(error)),
        };
        if mode & 0o077 != 0 {
            return Err(MasterKeyError::Exposed(path.to_owned()));
        }
        fs::read_to_string(path).map(Some).map_err(io_error)
    }

    /// Writes `fresh` to a new file, mode 0600. Whether it did: the file, or a text, may be there already.
    pub fn create(&self, fresh: &str) -> Result<bool, MasterKeyError> {
        let Self::File(path) = self else { return Ok(false) };
        match create(path, fresh) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(MasterKeyError::Io((*path).to_owned(), error)),
        }
    }
}

/// Makes the file, whole and on the disk, or fails with `AlreadyExists`: two gateways that start together must not each
/// write a key. It gets its name when everything is in it, so that a crash leaves no half of a key that later starts would
/// stumble over. Where a file cannot have a second name (exFAT, many network and container mounts), it is written under its
/// own: one still makes it, and only a crash or a full disk meanwhile leaves a part.
fn create(path: &Path, fresh: &str) -> io::Result<()> {
    create_named(path, fresh, |from, to| fs::hard_link(from, to))
}

fn create_named(path: &Path, fresh: &str, link: impl Fn(&Path, &Path) -> io::Result<()>) -> io::Result<()> {
    let folder = folder_of(path);
    create_folder(folder)?;
    let unfinished = folder.join(unfinished_name(path, fresh));
    let named = write(&unfinished, fresh).and_then(|()| match link(&unfinished, path) {
        Err(error) if has_no_links(&error) => write(path, fresh),
        linked => linked,
    });
    let removed = fs::remove_file(&unfinished);
    named.and(removed)?;
    sync_folder(folder)
}

/// Whether the file system says that it knows no second names: EOPNOTSUPP and ENOSYS, or EPERM (link(2)).
fn has_no_links(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, Unsupported};
    // EACCES is of the same kind as EPERM; then the file cannot be made either, and says so.
    matches!(error.kind(), PermissionDenied | Unsupported)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A name that nobody else takes who starts at the same moment, because the keys are random. It tells eight bytes of a
/// hash.
fn unfinished_name(path: &Path, fresh: &str) -> OsString {
    let digest = openssl::sha::sha256(fresh.as_bytes());
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".");
    for byte in &digest[..8] {
        name.push(format!("{byte:02x}"));
    }
    name
}

/// Makes the folder and those above it, and puts their names on the disk.
fn create_folder(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|one| !one.exists()).collect();
    fs::create_dir_all(folder)?;
    missing.into_iter().try_for_each(|one| sync_folder(folder_of(one)))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/master.key");
        let source = MasterKeySource::File(&path);
        assert_eq!(source.read().unwrap(), None);
        assert!(source.create("first").unwrap());
        assert!(!source.create("second").unwrap());
        assert_eq!(source.read().unwrap().as_deref(), Some("first"));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(source.read(), Err(MasterKeyError::Exposed(_))));
    }

    #[test]
    fn of_several_first_starts_one_makes_the_key_and_nobody_sees_a_part_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data/master.key");
        let keys: Vec<String> =
            (b'a'..=b'h').map(|letter| char::from(letter).to_string().repeat(100_000)).collect();
        let read = || MasterKeySource::File(&path).read().unwrap();
        let (made, seen) = std::thread::scope(|scope| {
            let path = &path;
            let start = |key: &String| {
                let key = key.clone();
                scope.spawn(move || MasterKeySource::File(path).create(&key).unwrap())
            };
            let starts: Vec<_> = keys.iter().map(start).collect();
            let mut seen = None;
            while seen.is_none() && starts.iter().any(|start| !start.is_finished()) {
                seen = read();
            }
            (starts.into_iter().map(|start| start.join().unwrap()).collect::<Vec<bool>>(), seen)
        });
        let winner = made.iter().position(|made| *made).unwrap();
        assert_eq!(made.iter().filter(|made| **made).count(), 1);
        assert!(read().as_ref() == Some(&keys[winner]));
        assert!(seen.is_none_or(|seen| seen == keys[winner]), "what can be read is the whole key");
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }

    #[test]
    fn where_no_file_has_two_names_the_key_is_written_under_its_own() {
        // EPERM, EOPNOTSUPP (which is ENOTSUP on Linux), ENOSYS.
        for code in [1, 95, 38] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("master.key");
            let no_links = |_: &Path, _: &Path| Err(io::Error::from_raw_os_error(code));
            create_named(&path, "first", no_links).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), "first", "{code}");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let second = create_named(&path, "second", no_links).unwrap_err();
            assert_eq!(second.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&path).unwrap(), "first");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
        // Any other failure stays one.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        assert!(create_named(&path, "first", |_, _| Err(io::Error::from_raw_os_error(5))).is_err());
        assert!(!path.exists());
    }

    #[test]
    fn a_file_that_is_there_stays_whatever_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, "").unwrap();
        assert!(!MasterKeySource::File(&path).create("second").unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), "");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
