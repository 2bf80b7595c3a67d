//! The client against servers on loopback addresses: one test per endpoint and behaviour.

mod answers;
mod batches;
mod broken_connections;
mod credentials;
mod links;
mod reads;
mod rig;
mod tokens;
mod writes;
