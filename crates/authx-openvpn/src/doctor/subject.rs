//! What is looked at, each with an exit code of its own.

use serde::Serialize;
use std::fmt;

macro_rules! subjects {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $words:literal;)*) => {
        /// What was looked at.
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Subject {
            $($(#[$doc])* $name,)*
        }

        impl Subject {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What a script reads when this is the first thing that is wrong. 1 and 2 are those of
            /// every command.
            pub const fn exit_code(self) -> u8 {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }
        }
    };
}

subjects! {
    /// The agent's configuration file.
    Configuration = 10, "configuration";
    /// The file of the Application Key.
    KeyFile = 11, "key file";
    /// Trusted certificates.
    Authorities = 12, "authorities";
    /// The address of AuthX's name.
    Name = 13, "name";
    /// A connection.
    Connection = 14, "connection";
    /// A secure one.
    Tls = 15, "TLS";
    /// An answer that AuthX signed.
    Answer = 16, "answer";
    /// Whether the Application Key is accepted.
    Key = 17, "key";
    /// This machine's clock.
    Clock = 18, "clock";
    /// Whether the policy takes the first factor that is configured here.
    Policy = 19, "policy";
    /// The host's own sign-in.
    Pam = 20, "PAM";
    /// The directory of what is remembered.
    StateDir = 21, "state_dir";
    /// The directory that OpenVPN's user must be able to enter.
    SocketDirectory = 22, "socket directory";
    /// The key by which agent and plugin know each other.
    InstanceKey = 23, "instance key";
    /// Whether the agent takes a plugin's connection.
    Agent = 24, "agent";
    /// OpenVPN's release.
    OpenvpnVersion = 25, "OpenVPN";
    /// Whether a server's configuration can be read.
    ServerConf = 26, "server.conf";
    /// What answers sign-ins beside AuthX.
    Obstacle = 27, "in the way";
    /// Lines that a server's configuration lacks.
    Lines = 28, "lines";
    /// OpenVPN's management socket.
    Management = 29, "management";
    /// A sign-in for trial.
    Login = 30, "sign-in";
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
