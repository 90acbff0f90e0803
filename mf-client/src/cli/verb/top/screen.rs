//! The whole terminal, taken over and given back as it was.

use std::io::{Read, Write, stdin, stdout};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr,
};
use tokio::sync::mpsc::Sender;

use super::News;
use crate::cli::exit::Failure;
use crate::cli::print::{colours, live};

/// To the other screen; no cursor.
const TAKE: &str = "\x1b[?1049h\x1b[?25l";
/// Back to where one was.
const GIVE_BACK: &str = "\x1b[?25h\x1b[?1049l";

/// The terminal, taken until this goes.
pub struct Screen {
    /// How the keyboard was; none where standard input is none.
    before: Option<Termios>,
    colours: bool,
    /// What would be said on it meanwhile is not.
    _silence: live::Silence,
}

impl Screen {
    /// Takes the terminal; says when somebody presses `q`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn take(say: Sender<News>) -> Result<Self, Failure> {
        let before = tcgetattr(stdin()).ok();
        if let Some(before) = &before {
            let mut keys = before.clone();
            keys.local_modes.remove(LocalModes::ICANON | LocalModes::ECHO);
            // Stopped or cut off, it could not give the terminal back.
            for key in [SpecialCodeIndex::VSUSP, SpecialCodeIndex::VQUIT] {
                keys.special_codes[key] = 0;
            }
            // Without it q is read with the next line.
            let _ = tcsetattr(stdin(), OptionalActions::Now, &keys);
            std::thread::spawn(move || listen(&say));
        }
        let screen = Self { before, colours: colours(), _silence: live::Silence::keep() };
        screen.write(TAKE)?;
        Ok(screen)
    }

    /// Shows these lines from the top, and nothing else.
    ///
    /// # Errors
    /// Nobody looks any more.
    pub fn show(&self, lines: &[String]) -> Result<(), Failure> {
        let mut text = String::from("\x1b[H");
        for (number, line) in lines.iter().enumerate() {
            // After the last line nothing scrolls.
            text += if number == 0 { "" } else { "\r\n" };
            match self.colours {
                true => text += line,
                false => text += &anstream::adapter::strip_str(line).to_string(),
            }
            text += "\x1b[K";
        }
        self.write(&(text + "\x1b[J"))
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        let mut out = stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        }
        // A terminal that is gone needs nothing back.
        let _ = self.write(GIVE_BACK);
    }
}

/// Waits for a `q`; ends with the program.
fn listen(say: &Sender<News>) {
    let mut key = [0];
    while let Ok(1) = stdin().read(&mut key) {
        if key[0].eq_ignore_ascii_case(&b'q') && say.blocking_send(News::Left).is_err() {
            return;
        }
    }
}
