//! Programs of others: the Python and Rust interfaces, and what a stranger
//! makes of the API's document.

mod book;
mod document;
mod fuzz;
mod python;
mod rust;
