//! The desktop program. All it does is start the library, because mobile systems start the library by themselves.
// Windows would open a console beside the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    xunjian_app::run()
}
