//! Changes an OpenVPN server's configuration, and changes it back.
