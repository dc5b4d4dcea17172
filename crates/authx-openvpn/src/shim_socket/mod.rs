//! Messages and descriptors from the plugin inside OpenVPN.
