//! A provider on raw sockets that records every byte.
