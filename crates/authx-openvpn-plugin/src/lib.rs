//! What OpenVPN loads: hands each sign-in to the agent, and decides nothing.
