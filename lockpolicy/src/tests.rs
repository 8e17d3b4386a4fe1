//! What holds between the parts of the crate.

mod surface_rows;
mod surfaces;
