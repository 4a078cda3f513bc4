//! Where the master key comes from, and the file that is made for it at the first start (R29).

use std::{
    fs::{self, OpenOptions},
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

/// Makes the file, or fails with `AlreadyExists`: two gateways that start together must not each write a key.
fn create(path: &Path, fresh: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(fresh.as_bytes())?;
    file.sync_all()
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
}
