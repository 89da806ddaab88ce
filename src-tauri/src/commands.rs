//! The commands that pages may call, one function each. A command parses, calls one use case and converts, in one to ten
//! lines; each has its permission in `src-tauri/permissions/app.toml` and its counterpart in `ui/src/backend/index.ts`.
//!
//! `#[tauri::command(async)]` keeps a command off the window's thread: SQLite flushes, Argon2 and decoders take their time.

pub mod carrying;
pub mod people;
pub mod photos;
pub mod records;
pub mod reviews;
pub mod scanning;
pub mod work;
