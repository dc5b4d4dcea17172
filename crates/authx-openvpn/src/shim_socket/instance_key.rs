//! The secret that tells a plugin from a stranger on the socket.

use crate::cx;
use aws_lc_rs::constant_time;
use rustix::fs::{Mode, OFlags, fchown, fstat, open, stat};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The key of one agent, which its plugins read while OpenVPN is still root.
pub struct InstanceKey(Zeroizing<[u8; 32]>);

impl InstanceKey {
    /// Reads the key that lies in the socket's directory; makes it when there is none.
    ///
    /// A key made by root is given to the owner of the directory, which is the agent's user.
    ///
    /// # Errors
    /// The file cannot be read or made, others may read it, or it is no key.
    pub fn load_or_make(dir: &Path) -> io::Result<Self> {
        let path = dir.join(FILE);
        match Self::load(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(dir)?;
                Self::load(&path)
            }
            loaded => loaded,
        }
    }

    /// Whether this is the key; takes the same time whatever differs.
    pub fn is(&self, presented: &[u8; 32]) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_ref(), presented).is_ok()
    }

    fn load(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = open(path, flags, Mode::empty())?;
        if fstat(&file)?.st_mode & 0o077 != 0 {
            return Err(damaged(path, "others than its owner can read it; remove it"));
        }
        let mut text = Zeroizing::new(String::with_capacity(LENGTH));
        File::from(file).take(LENGTH_LIMIT).read_to_string(&mut text)?;
        let key = parse(&text).ok_or_else(|| damaged(path, "it is not 64 hexadecimal digits"))?;
        Ok(Self(key))
    }
}

/// Under another name first: whoever opens the key finds it whole.
fn make(dir: &Path) -> io::Result<()> {
    let draft = dir.join(format!(".{FILE}.{}", std::process::id()));
    let made = write(dir, &draft).and_then(|()| match fs::hard_link(&draft, dir.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    let cleared = match fs::remove_file(&draft) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    };
    made.and(cleared)
}

fn write(dir: &Path, draft: &Path) -> io::Result<()> {
    let mut key = Zeroizing::new([0; 32]);
    cx::draw(|cx| (cx.random)(key.as_mut()));
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut file = File::from(open(draft, flags, Mode::RUSR | Mode::WUSR)?);
    if rustix::process::geteuid().is_root() {
        let owner = stat(dir)?;
        let (uid, gid) = (owner.st_uid, owner.st_gid);
        fchown(&file, Some(rustix::fs::Uid::from_raw(uid)), Some(rustix::fs::Gid::from_raw(gid)))?;
    }
    let text = Zeroizing::new(format!("{}\n", HEX.encode(key.as_ref())));
    file.write_all(text.as_bytes())
}

fn parse(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let digits = text.strip_suffix('\n').unwrap_or(text);
    let bytes = Zeroizing::new(HEX.decode(digits.as_bytes()).ok()?);
    Some(Zeroizing::new(bytes.as_slice().try_into().ok()?))
}

fn damaged(path: &Path, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{}: {what}", path.display()))
}

const FILE: &str = "instance.key";
const HEX: data_encoding::Encoding = data_encoding::HEXLOWER_PERMISSIVE;
const LENGTH: usize = 65;
const LENGTH_LIMIT: u64 = 66;
